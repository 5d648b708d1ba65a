import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { number, objects, text } from '../../simulator/world/json.ts';
import {
  detailsOf,
  drain,
  instancesOf,
  minute,
  only,
  second,
  serviceNamed,
  tasksOf,
  textAt,
  type UnderTest,
  withDefinition,
  withService,
} from '../world/world-under-test.ts';
import { arnsOn, clusterOf, run, startedBy, update } from './ecs-harness.ts';

const late = { ecsWriteVisibleAfterMs: { low: 5 * second, high: 5 * second } };

const describedTask = (under: UnderTest, task: string): JsonObject =>
  under.ecs('DescribeTasks', { cluster: 'c', tasks: [task] });

describe('eventual consistency (ECS API, RunTask: the API follows an eventual consistency model)', () => {
  it('ECS API, RunTask: a read after UpdateContainerInstancesState may show the state before, at the version before', async () => {
    const under = await clusterOf(1, {}, late);
    const before = only(instancesOf(under));

    drain(under, before);
    const soon = only(instancesOf(under));
    const listed = under.ecs('ListContainerInstances', { cluster: 'c', status: 'DRAINING' });
    await under.pass(5 * second);

    expect(soon).toEqual(before);
    expect(listed['containerInstanceArns']).toEqual([]);
    const after = only(instancesOf(under));
    expect(after['status']).toBe('DRAINING');
    expect(number(after, 'version')).toBeGreaterThan(number(before, 'version') ?? 0);
  });

  it('ECS API, RunTask: the write’s own answer and its event show the present', async () => {
    const under = await clusterOf(1, {}, late);
    const containerInstances = [textAt(only(instancesOf(under)), 'containerInstanceArn')];

    const answer = under.ecs('UpdateContainerInstancesState', { cluster: 'c', containerInstances, status: 'DRAINING' });

    const [written] = objects(answer, 'containerInstances') ?? [];
    const told = detailsOf(under, 'ECS Container Instance State Change').at(-1);
    expect(written?.['status']).toBe('DRAINING');
    expect([told?.['status'], told?.['version']]).toEqual(['DRAINING', written?.['version']]);
  });

  it('ECS API, RunTask: a task just made may be missing, and one just stopped may seem to run', async () => {
    const under = await clusterOf(1, {}, late);
    withDefinition(under, 'job');
    const [task = ''] = startedBy(run(under, 'job'));
    const instance = only(instancesOf(under));
    const missing = describedTask(under, task);
    const unlisted = arnsOn(under, instance);
    await under.pass(minute);
    const listed = arnsOn(under, instance);

    under.ecs('StopTask', { cluster: 'c', task });
    await under.pass(second);
    const stopping = objects(describedTask(under, task), 'tasks');
    const stillListed = arnsOn(under, instance);
    await under.pass(5 * second);

    expect(missing).toMatchObject({ tasks: [], failures: [{ arn: task, reason: 'MISSING' }] });
    expect([unlisted, listed, stillListed]).toEqual([[], [task], [task]]);
    expect(stopping).toMatchObject([{ lastStatus: 'RUNNING', desiredStatus: 'RUNNING' }]);
    expect(objects(describedTask(under, task), 'tasks')).toMatchObject([{ desiredStatus: 'STOPPED' }]);
  });

  it('ECS API, RunTask: a service’s desired count and deployments may be those before an update', async () => {
    const under = await clusterOf(1, {}, late);
    withDefinition(under, 'web', { cpu: 10 });
    withService(under, 'web', 2);
    await under.pass(2 * minute);

    update(under, 'web', { desiredCount: 5, forceNewDeployment: true });
    const soon = serviceNamed(under, 'web');
    await under.pass(5 * second);
    const after = serviceNamed(under, 'web');

    expect([number(soon, 'desiredCount'), objects(soon, 'deployments')?.length]).toEqual([2, 1]);
    expect([number(after, 'desiredCount'), objects(after, 'deployments')?.length]).toEqual([5, 2]);
  });

  it('ECS API, RunTask: whatever is written and read, versions of a resource never go back', async () => {
    const under = await clusterOf(2, {}, { ecsWriteVisibleAfterMs: { low: 0, high: 20 * second } });
    withDefinition(under, 'web', { cpu: 10 });
    withService(under, 'web', 6);
    const seen = new Map<string, number>();
    const look = (resources: readonly JsonObject[], name: string): void => {
      for (const it of resources) {
        const arn = textAt(it, name);
        const version = number(it, 'version') ?? 0;
        expect(version).toBeGreaterThanOrEqual(seen.get(arn) ?? 0);
        seen.set(arn, version);
      }
    };

    for (let i = 0; i < 200; i++) {
      const instance = instancesOf(under)[i % 2];
      if (i % 3 === 0) drain(under, instance ?? {}, i % 2 === 0 ? 'DRAINING' : 'ACTIVE');
      const [task] = tasksOf(under).map((it) => text(it, 'taskArn') ?? '');
      if (i % 7 === 0 && task !== undefined) under.ecs('StopTask', { cluster: 'c', task });
      await under.pass((i % 4) * second);
      look(instancesOf(under), 'containerInstanceArn');
      look(tasksOf(under), 'taskArn');
    }

    expect(seen.size).toBeGreaterThan(10);
  });
});
