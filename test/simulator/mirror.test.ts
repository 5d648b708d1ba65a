import { describe, expect, it } from '@jest/globals';
import { ecsClient } from '../../lib/aws/clients.ts';
import { ecsClusterReader } from '../../lib/aws/ecs-cluster-reader.ts';
import { ecsEventDetails } from '../../lib/aws/ecs-event-details.ts';
import { resourceEventIn } from '../../lib/events/resource-event.ts';
import { folded, instancesIn, tasksIn } from '../../lib/mirror/mirror.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { type LocalBerth, localBerth } from '../support/local-berth.ts';
import { actingSettings } from '../support/local-run.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const cluster = 'shop';

const scenario = scenarioOf({
  cluster,
  start: '2026-01-05T04:00:00Z',
  duration: '1h',
  world: { bestEffortLostShare: 0, eventLateShare: 0 },
  groups: { web: largeGroup(1, 10, 2) },
  services: {
    api: packedService(512, 1_024, {
      steps: [
        { at: '0s', value: 2 },
        { at: '8m', value: 14 },
        { at: '25m', value: 3 },
      ],
    }),
  },
});

const byArn = (a: { readonly arn: string }, b: { readonly arn: string }): number => (a.arn < b.arn ? -1 : 1);

/** Every event of ECS, as EventBridge delivers it. */
const hear = ({ aws }: LocalBerth): string[] => {
  const bodies: string[] = [];
  const Arn = `arn:aws:sqs:${aws.world.region}:${aws.world.accountId}:all`;
  aws.world.takeEvents(Arn, (event) => {
    bodies.push(JSON.stringify(event));
  });
  aws.world.call('events', 'PutRule', { Name: 'all', EventPattern: '{"source":["aws.ecs"]}' }, 'test');
  aws.world.call('events', 'PutTargets', { Rule: 'all', Targets: [{ Id: 'all', Arn }] }, 'test');
  return bodies;
};

const readerOf = ({ aws }: LocalBerth) =>
  ecsClusterReader(
    ecsClient({
      config: {
        endpoint: aws.endpoint.url,
        region: aws.world.region,
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      },
    }),
  );

const callsOf = (it: LocalBerth, functionName: string, operation: string, since: number): number =>
  it.records.filter(
    (record) =>
      record.kind === 'api' &&
      record.operation === operation &&
      record.at >= since &&
      it.invocations.some((one) => one.functionName === functionName && one.invocationId === record.caller),
  ).length;

describe('a mirrored cluster', () => {
  it('is told by its events what describing it would tell', async () => {
    await using it = await localBerth([cluster], actingSettings());
    const bodies = hear(it);
    stageScenario(it.aws.world, it.aws.clock, scenario, berthSetup);
    await it.pass(20);

    const changes = bodies.flatMap((body) => {
      const event = resourceEventIn(body);
      if (event?.kind !== 'described') return [];
      const { items, gaps } = ecsEventDetails.changeIn(event.detailType, event.detail, event.at);
      expect(gaps).toEqual([]);
      return items;
    });
    const mirror = folded(changes);
    const reader = readerOf(it);
    const [instances, tasks] = await Promise.all([reader.containerInstances(cluster), reader.tasks(cluster)]);

    expect(tasks.items.length).toBeGreaterThan(10);
    expect(instances.items.length).toBeGreaterThan(3);
    expect([...tasksIn(mirror)].sort(byArn)).toEqual([...tasks.items].sort(byArn));
    // That a task runs which was pending, the simulated ECS tells of the task alone.
    const summed = (all: readonly ContainerInstance[]) =>
      all.map(({ runningTasksCount, pendingTasksCount, ...it }) => ({
        ...it,
        on: runningTasksCount + pendingTasksCount,
      }));
    expect(summed(instancesIn(mirror)).sort(byArn)).toEqual(summed(instances.items).sort(byArn));
  });

  it('is decided on by its mirror, as its deployment has it, and described by who keeps it alone', async () => {
    await using it = await localBerth([cluster], actingSettings({ quietTime: '1m' }, { [cluster]: { mirror: true } }));
    stageScenario(it.aws.world, it.aws.clock, scenario, berthSetup);
    await it.pass(5);
    const since = it.aws.clock.now();
    await it.pass(35);

    expect([...it.telemetry.errors]).toEqual([]);
    const group = it.aws.world.call('autoscaling', 'DescribeAutoScalingGroups', {}, 'test');
    expect(JSON.stringify(group)).toContain('web');
    const decisions = it.invocations.filter(({ functionName }) => functionName === 'decide').length;
    expect(decisions).toBeGreaterThan(10);
    expect(callsOf(it, 'keepMirrors', 'ListContainerInstances', since)).toBeGreaterThanOrEqual(3);
    expect(callsOf(it, 'decide', 'ListContainerInstances', since)).toBe(0);
    expect(callsOf(it, 'decide', 'ListServices', since)).toBe(0);
    expect(callsOf(it, 'metricCheck', 'ListServices', since)).toBe(0);
    expect(it.telemetry.counts.get('MirrorDrift')).toBe(0);
    const sizes = it.records.flatMap((record) => (record.kind === 'groupCapacity' ? [record] : []));
    expect(sizes.length).toBeGreaterThan(1); // it grew for the step
    const reader = readerOf(it);
    const services = await reader.services(cluster);
    expect(services.items.map((one) => [one.desiredCount, one.runningCount])).toEqual([[3, 3]]);
    const instances = await reader.containerInstances(cluster);
    expect(instances.items.length).toBeLessThanOrEqual(3); // and shrank after it
  });

  it('is not there where nobody asks for it', async () => {
    await using it = await localBerth([cluster]);
    expect(it.deployed.functions.mirror).toBeUndefined();
    expect(it.deployed.functions.keepMirrors).toBeUndefined();
    expect(it.deployed.queueUrls.mirror).toBeUndefined();
  });
});
