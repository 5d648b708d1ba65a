import { describe, expect, it } from '@jest/globals';
import { number, objects, text } from '../../simulator/world/json.ts';
import {
  countBy,
  detailsOf,
  instancesOf,
  minute,
  ofKind,
  refusal,
  second,
  serviceNamed,
  tasksOf,
  textAt,
  type UnderTest,
  withDefinition,
  withGroup,
  withService,
} from '../world/world-under-test.ts';
import { clusterOf, reasonsOf, run, startedBy, statusesOf, update, withProvider } from './ecs-harness.ts';

const grow = (under: UnderTest, AutoScalingGroupName: string, DesiredCapacity = 1): void => {
  under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName, DesiredCapacity });
};

const withTwo = async (status: 'ENABLED' | 'DISABLED', constants: Parameters<typeof clusterOf>[2] = {}) => {
  const under = await clusterOf(0, {}, constants);
  withProvider(under, 'p1', status);
  withProvider(under, 'p2', status);
  withDefinition(under, 'web');
  return under;
};

const item = (capacityProvider: string, weight: number, base = 0) => ({ capacityProvider, weight, base });
const onP1 = { capacityProviderStrategy: [item('p1', 1)] };

describe('providers bind', () => {
  it('ECS API, CapacityProviderStrategyItem: a task runs on instances of its provider only, and is never re-assigned', async () => {
    const under = await withTwo('ENABLED');
    grow(under, 'p2', 2);
    await under.pass(2 * minute);
    withService(under, 'web', 2, onP1);
    await under.pass(5 * minute);
    const waiting = statusesOf(under);

    grow(under, 'p1');
    await under.pass(3 * minute);

    expect(waiting).toEqual(['PROVISIONING', 'PROVISIONING']);
    expect(countBy(tasksOf(under), 'capacityProviderName')).toEqual({ p1: 2 });
  });

  it('ECS API, RunTask: launch type EC2 runs anywhere', async () => {
    const under = await withTwo('ENABLED');
    grow(under, 'p2');
    await under.pass(2 * minute);

    const [task] = objects(run(under, 'web', { launchType: 'EC2' }), 'tasks') ?? [];

    expect(task?.['capacityProviderName']).toBeUndefined();
    expect(textAt(task, 'containerInstanceArn')).toBe(textAt(instancesOf(under)[0], 'containerInstanceArn'));
  });

  it('ECS API, CreateCluster: the default strategy holds where neither launch type nor strategy is given', async () => {
    const under = await withTwo('ENABLED');
    under.ecs('PutClusterCapacityProviders', {
      cluster: 'c',
      capacityProviders: ['p1', 'p2'],
      defaultCapacityProviderStrategy: [item('p2', 1)],
    });
    withDefinition(under, 'api');
    withDefinition(under, 'old');
    withService(under, 'web', 1);
    withService(under, 'api', 1, onP1);
    withService(under, 'old', 1, { launchType: 'EC2' });
    await under.pass(10 * second);

    expect(countBy(tasksOf(under), 'group')).toEqual({ 'service:web': 1, 'service:api': 1 });
    expect(countBy(tasksOf(under), 'capacityProviderName')).toEqual({ p1: 1, p2: 1 });
    expect(serviceNamed(under, 'old')).toMatchObject({ launchType: 'EC2' });
  });

  it('containers-roadmap issue 631: a default strategy without a weight is taken, and refuses every task', async () => {
    const under = await withTwo('ENABLED');
    under.ecs('PutClusterCapacityProviders', {
      cluster: 'c',
      capacityProviders: ['p1', 'p2'],
      defaultCapacityProviderStrategy: [item('p2', 0)],
    });

    expect(refusal(() => run(under, 'web'))).toContain('weight value greater than zero');
  });

  it('ECS developer guide, capacity providers: an instance that registered before the provider existed is not linked to it', async () => {
    const under = await clusterOf(0);
    withGroup(under, { name: 'p1', size: 1 });
    await under.pass(2 * minute);

    withProvider(under, 'p2', 'ENABLED', { size: 1 });
    await under.pass(2 * minute);

    expect(instancesOf(under).map((it) => text(it, 'capacityProviderName'))).toEqual([undefined, 'p2']);
  });
});

describe('base and weight', () => {
  it.each([
    ['base first, then by weight', [item('p1', 1, 2), item('p2', 3)], { p1: 4, p2: 6 }],
    ['equal weights share', [item('p1', 1), item('p2', 1)], { p1: 5, p2: 5 }],
    ['weight 0 places nothing', [item('p1', 0), item('p2', 1)], { p2: 10 }],
    ['weight 0 places nothing beyond its base', [item('p1', 0, 4), item('p2', 1)], { p1: 4, p2: 6 }],
    ['one provider alone needs no weight', [item('p1', 0)], { p1: 10 }],
  ])('ECS API, CapacityProviderStrategyItem: %s', async (_, capacityProviderStrategy, expected) => {
    const under = await withTwo('ENABLED');
    withService(under, 'web', 10, { capacityProviderStrategy });
    await under.pass(10 * second);

    const answer = run(under, 'web', { capacityProviderStrategy, count: 10 });

    expect(countBy(tasksOf(under, { serviceName: 'web' }), 'capacityProviderName')).toEqual(expected);
    expect(countBy(objects(answer, 'tasks') ?? [], 'capacityProviderName')).toEqual(expected);
  });

  it.each([
    ['all weights 0', [item('p1', 0), item('p2', 0)]],
    ['two bases', [item('p1', 1, 1), item('p2', 1, 1)]],
    ['an unknown provider', [item('p9', 1)]],
  ])('ECS API, CapacityProviderStrategyItem: %s is refused', async (_, capacityProviderStrategy) => {
    const under = await withTwo('ENABLED');

    expect(refusal(() => run(under, 'web', { capacityProviderStrategy }))).toContain('InvalidParameterException');
    expect(refusal(() => run(under, 'web', { capacityProviderStrategy, launchType: 'EC2' }))).toContain(
      'InvalidParameterException',
    );
  });
});

describe('PROVISIONING', () => {
  it('ECS developer guide, cluster auto scaling: with managed scaling a task without room waits, without instance; RunTask succeeds', async () => {
    const under = await withTwo('ENABLED');

    const answer = run(under, 'web', onP1);

    expect(answer).toMatchObject({ failures: [], tasks: [{ lastStatus: 'PROVISIONING', desiredStatus: 'RUNNING' }] });
    expect(objects(answer, 'tasks')?.[0]?.['containerInstanceArn']).toBeUndefined();
  });

  it('ECS developer guide, task lifecycle: PROVISIONING does not mean unplaced: an awsvpc task is in it with its instance, its room taken', async () => {
    const under = await clusterOf(1, {}, { networkInterfaceAttachMs: { low: 10_000, high: 10_000 } });
    withDefinition(under, 'net', { networkMode: 'awsvpc', cpu: 100 });

    const [task] = objects(run(under, 'net'), 'tasks') ?? [];

    expect(task).toMatchObject({ lastStatus: 'PROVISIONING', containerInstanceArn: expect.any(String) });
    expect(instancesOf(under)).toMatchObject([{ pendingTasksCount: 1 }]);
  });

  it('ECS developer guide, cluster auto scaling: without managed scaling RunTask fails at once and nobody tries again; a service does', async () => {
    const under = await withTwo('DISABLED');
    grow(under, 'p2');
    await under.pass(2 * minute);

    const answer = run(under, 'web', onP1);
    withService(under, 'web', 1, onP1);
    await under.pass(minute);
    grow(under, 'p1');
    await under.pass(3 * minute);

    expect([startedBy(answer), reasonsOf(answer)]).toEqual([[], ['ATTRIBUTE']]);
    expect(countBy(tasksOf(under), 'group')).toEqual({ 'service:web': 1 });
    expect(ofKind(under, 'taskWithdrawn').map((it) => [it.want, it.reason])).toEqual([['STANDALONE', 'noRoom']]);
  });

  it('ECS API, RunTask: in an empty cluster it is refused, and the wish is on record', async () => {
    const under = await clusterOf(0);
    withDefinition(under, 'job');

    expect(refusal(() => run(under, 'job', { count: 3 }))).toContain(
      'No Container Instances were found in your cluster',
    );

    expect(ofKind(under, 'taskWanted')).toHaveLength(3);
    expect(ofKind(under, 'taskWithdrawn').map((it) => it.reason)).toEqual(['noRoom', 'noRoom', 'noRoom']);
  });

  it('ECS service quotas: 500 tasks in PROVISIONING a cluster; RunTask beyond is refused (aws/aws-sdk-ruby issue 3047)', async () => {
    const under = await withTwo('ENABLED');
    const answers = Array.from({ length: 50 }, () => run(under, 'web', { ...onP1, count: 10 }));

    expect(answers.flatMap(startedBy)).toHaveLength(500);
    expect(refusal(() => run(under, 'web', onP1))).toContain('ClientException');
    expect(ofKind(under, 'taskWanted')).toHaveLength(501);
    expect(ofKind(under, 'taskWithdrawn')).toHaveLength(1);
  });

  it('AWS blog, deep dive on ECS cluster auto scaling: after 10 to 30 minutes the task stops', async () => {
    const under = await withTwo('ENABLED');
    for (let i = 0; i < 10; i++) run(under, 'web', { ...onP1, count: 10 });

    await under.pass(9.9 * minute);
    const early = statusesOf(under).length;
    await under.pass(10 * minute);
    const midway = statusesOf(under).length;
    await under.pass(11 * minute);

    expect(early).toBe(100);
    expect(midway).toBeGreaterThan(10);
    expect(midway).toBeLessThan(90);
    const stopped = tasksOf(under, { desiredStatus: 'STOPPED' });
    expect(countBy(stopped, 'stopCode')).toEqual({ TaskFailedToStart: 100 });
    expect(countBy(stopped, 'stoppedReason')).toEqual({ 'EMPTY CAPACITY PROVIDER': 100 });
    expect(
      countBy(
        ofKind(under, 'taskWithdrawn').map(({ reason }) => ({ reason })),
        'reason',
      ),
    ).toEqual({ failed: 100 });
  });

  it('AWS blog, deep dive on ECS cluster auto scaling: a service puts another in its place, which is the same wish', async () => {
    const under = await withTwo('ENABLED');
    withService(under, 'web', 1, onP1);

    await under.pass(40 * minute);

    expect(statusesOf(under)).toEqual(['PROVISIONING']);
    expect(tasksOf(under, { desiredStatus: 'STOPPED' }).length).toBeGreaterThan(0);
    expect(ofKind(under, 'taskWanted')).toHaveLength(1);
  });

  it.each([0, 15, 60])('assumed: how soon ECS tries again once there is room: %i s', async (seconds) => {
    const retry = { placementRetryMs: { low: seconds * second, high: seconds * second } };
    const under = await withTwo('ENABLED', retry);
    withDefinition(under, 'api');
    withService(under, 'web', 1, onP1);
    withService(under, 'api', 1, { launchType: 'EC2' });
    await under.pass(minute);

    grow(under, 'p1');
    await under.pass(4 * minute);

    const registered = ofKind(under, 'containerInstance').find((it) => it.change === 'registered')?.at ?? 0;
    expect(ofKind(under, 'taskPlaced').map((it) => it.at - registered)).toEqual([seconds * second, seconds * second]);
  });
});

describe('what placement failures say', () => {
  it('ECS developer guide, service action events: the failure names the capacity provider, or the container instances', async () => {
    const under = await withTwo('DISABLED');
    withDefinition(under, 'big', { cpu: 9_000 });
    grow(under, 'p1');
    await under.pass(2 * minute);
    withService(under, 'web', 9, onP1);
    withService(under, 'big', 1, { launchType: 'EC2' });
    await under.pass(2 * minute);

    const failures = detailsOf(under, 'ECS Service Action').filter(
      (it) => it['eventName'] === 'SERVICE_TASK_PLACEMENT_FAILURE',
    );

    expect(failures).toContainEqual(
      expect.objectContaining({ reason: 'RESOURCE:CPU', capacityProviderArns: [expect.stringContaining('/p1')] }),
    );
    expect(failures).toContainEqual(
      expect.objectContaining({ reason: 'RESOURCE:CPU', containerInstanceArns: [expect.any(String)] }),
    );
  });

  it('ECS developer guide, service action events: a change of the desired count sends none', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'web', { cpu: 10, memory: 10 });
    withService(under, 'web', 1);
    await under.pass(2 * minute);
    const before = detailsOf(under, 'ECS Service Action').length;

    update(under, 'web', { desiredCount: 5 });

    const told = detailsOf(under, 'ECS Service Action').slice(before);
    expect(told).toEqual([]);
    await under.pass(minute);
    expect(detailsOf(under, 'ECS Service Action').map((it) => it['eventName'])).not.toContain(
      'SERVICE_DESIRED_COUNT_UPDATED',
    );
    expect(number(serviceNamed(under, 'web'), 'desiredCount')).toBe(5);
  });
});
