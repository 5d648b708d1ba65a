import { describe, expect, it } from '@jest/globals';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { objects, text } from '../../simulator/world/json.ts';
import type { WorldRecord } from '../../simulator/world/log.ts';
import { taskEvent } from '../support/ingest.ts';
import { type LocalBerth, localBerth } from '../support/local-berth.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const cluster = 'main';

/** Six tasks on two full instances of a group that may grow. */
const settled = async (berth: LocalBerth): Promise<void> => {
  const scenario = scenarioOf({
    cluster,
    groups: { web: largeGroup(0, 10, 2) },
    services: { api: packedService(512, 1024, { count: 8 }) },
  });
  stageScenario(berth.aws.world, berth.aws.clock, scenario, berthSetup);
  await berth.pass(10);
};

const anInstance = ({ aws }: LocalBerth): string => {
  const [group] = objects(aws.world.call('autoscaling', 'DescribeAutoScalingGroups', {}), 'AutoScalingGroups') ?? [];
  const [first] = objects(group ?? {}, 'Instances') ?? [];
  return text(first ?? {}, 'InstanceId') ?? '';
};

const runningTasks = ({ aws }: LocalBerth): number => {
  const { services = [] } = {
    services: objects(aws.world.call('ecs', 'DescribeServices', { cluster, services: ['api'] }), 'services'),
  };
  return Number(services[0]?.['runningCount'] ?? 0);
};

const drained = (records: readonly WorldRecord[], id: string): number | undefined =>
  records.find((it) => it.kind === 'containerInstance' && it.change === 'DRAINING' && it.ec2InstanceId === id)?.at;

describe('an instance that somebody else ends', () => {
  it('is drained within seconds of a spot warning, and its tasks run elsewhere before it goes', async () => {
    await using berth = await localBerth([cluster]);
    await settled(berth);
    const victim = anInstance(berth);
    const warned = berth.aws.clock.now();

    berth.aws.world.interruptSpot(victim);
    await berth.pass(10);

    expect((drained(berth.records, victim) ?? Number.POSITIVE_INFINITY) - warned).toBeLessThan(3000);
    expect(runningTasks(berth)).toBe(8);
    expect(berth.telemetry.errors.size).toBe(0);
  });

  it('is held by the lifecycle hook until it is really empty, and let go then', async () => {
    await using berth = await localBerth([cluster]);
    await settled(berth);
    const victim = anInstance(berth);
    const asked = berth.aws.clock.now();

    // A person, or an instance refresh: the group replaces it.
    berth.aws.world.call('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
      InstanceId: victim,
      ShouldDecrementDesiredCapacity: false,
    });
    await berth.pass(12);

    const end = berth.records.find((it) => it.kind === 'instanceTerminated' && it.ec2InstanceId === victim);
    expect((drained(berth.records, victim) ?? Number.POSITIVE_INFINITY) - asked).toBeLessThan(5000);
    expect(end).toMatchObject({ liveTasks: 0 });
    expect((end?.at ?? Number.POSITIVE_INFINITY) - asked).toBeLessThan(300_000); // the hook alone would hold it 15 minutes
    expect(runningTasks(berth)).toBe(8);
  });

  it('is let go although the event was lost: the minute check finds it waiting', async () => {
    await using berth = await localBerth([cluster]);
    await settled(berth);
    for (const rule of objects(berth.aws.world.call('events', 'ListRules', {}), 'Rules') ?? [])
      if ((text(rule, 'EventPattern') ?? '').includes('Lifecycle Action')) {
        const name = text(rule, 'Name') ?? '';
        berth.aws.world.call('events', 'RemoveTargets', { Rule: name, Ids: ['queue'] });
      }
    const victim = anInstance(berth);

    berth.aws.world.call('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
      InstanceId: victim,
      ShouldDecrementDesiredCapacity: false,
    });
    await berth.pass(14);

    const end = berth.records.find((it) => it.kind === 'instanceTerminated' && it.ec2InstanceId === victim);
    expect(end).toMatchObject({ liveTasks: 0 });
    expect(runningTasks(berth)).toBe(8);
  });
});

describe('a drain that takes long', () => {
  it('is looked at now and then, not more often with each event that comes', async () => {
    await using berth = await localBerth([cluster]);
    await settled(berth);
    const { world, clock } = berth.aws;
    world.call('ecs', 'RegisterTaskDefinition', {
      family: 'job',
      containerDefinitions: [{ name: 'main', image: 'example', cpu: 0, memory: 64 }],
    });
    world.call('ecs', 'RunTask', { cluster, taskDefinition: 'job', count: 1, launchType: 'EC2' });
    await berth.pass(2);
    const job = berth.records.findLast((it) => it.kind === 'taskStatus' && it.service === undefined);
    const arn = job?.kind === 'taskStatus' ? (job.containerInstanceArn ?? '') : '';
    const described = world.call('ecs', 'DescribeContainerInstances', { cluster, containerInstances: [arn] });
    const victim = text(objects(described, 'containerInstances')?.[0] ?? {}, 'ec2InstanceId') ?? '';
    world.call('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
      InstanceId: victim,
      ShouldDecrementDesiredCapacity: false,
    });
    await berth.pass(3);
    const from = clock.now();
    for (let n = 0; n < 40; n++)
      clock.at(from + n * 15_000, () => {
        world.call('sqs', 'SendMessage', {
          QueueUrl: berth.deployed.queueUrls.state,
          MessageBody: JSON.stringify(taskEvent(cluster)),
        });
      });
    await berth.pass(10);

    const decisions = berth.invocations.filter((it) => it.functionName === 'decide' && it.startedAt >= from);
    expect(decisions.length).toBeGreaterThan(10);
    expect(decisions.length).toBeLessThan(100); // four events, three looks and a minute check a minute
    expect(berth.records.some((it) => it.kind === 'instanceTerminated' && it.ec2InstanceId === victim)).toBe(false);
  });

  it('is taken back when its group’s minimum is raised meanwhile', async () => {
    await using berth = await localBerth([cluster]);
    await settled(berth);
    const { world } = berth.aws;
    const [idle, raised] = [1, 2];
    world.call('ecs', 'UpdateService', { cluster, service: 'api', desiredCount: 4 });
    await berth.pass(idle);
    const drains = (): number =>
      berth.records.filter((it) => it.kind === 'containerInstance' && it.change === 'DRAINING').length;
    for (let n = 0; n < 300 && drains() === 0; n++) await berth.aws.clock.runUntil(berth.aws.clock.now() + 1000);
    expect(drains()).toBe(1);

    world.call('autoscaling', 'UpdateAutoScalingGroup', { AutoScalingGroupName: 'web', MinSize: raised });
    await berth.pass(5);

    expect(berth.records.some((it) => it.kind === 'instanceTerminated')).toBe(false);
    expect(berth.records.some((it) => it.kind === 'containerInstance' && it.change === 'ACTIVE')).toBe(true);
  });
});

describe('a deployment of Berth', () => {
  it('serves its other clusters when one does not exist, and says which', async () => {
    await using berth = await localBerth(['ghost', cluster]);
    await settled(berth);

    expect(runningTasks(berth)).toBe(8);
    expect(berth.telemetry.warnings.get('cluster statistics could not be read')).toBeGreaterThan(0);
    expect(berth.telemetry.counts.get('ObservationGaps')).toBeGreaterThan(0);
    expect(berth.telemetry.errors.size).toBe(0);
  });

  it('brings a poison message to the dead letters with its reason', async () => {
    await using berth = await localBerth([cluster]);
    const { state, deadLetters } = berth.deployed.queueUrls;
    berth.aws.world.call('sqs', 'SendMessage', { QueueUrl: state, MessageBody: 'poison' });
    await berth.pass(2);

    const answer = berth.aws.world.call('sqs', 'ReceiveMessage', {
      QueueUrl: deadLetters,
      MessageAttributeNames: ['All'],
    });
    const [message] = objects(answer, 'Messages') ?? [];
    expect(message).toMatchObject({
      Body: 'poison',
      MessageAttributes: { reason: { StringValue: 'not JSON' }, source: { StringValue: 'state' } },
    });
  });

  it('does not touch what opts in to a cluster outside its list', async () => {
    await using berth = await localBerth(['other']);
    await settled(berth);

    const desired = berth.records.filter((it) => it.kind === 'groupCapacity');
    expect(desired.every((it) => it.cause.kind === 'call' && it.cause.caller === 'workload')).toBe(true);
  });
});
