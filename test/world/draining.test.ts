import { describe, expect, it } from '@jest/globals';
import { number, objects, text } from '../../simulator/world/json.ts';
import {
  countBy,
  drain,
  instancesOf,
  minute,
  ofKind,
  only,
  second,
  serviceNamed,
  tasksOf,
  textAt,
  type UnderTest,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from './world-under-test.ts';

const onInstance = (under: UnderTest, index: number): number => {
  const containerInstance = textAt(instancesOf(under)[index], 'containerInstanceArn');
  return tasksOf(under, { containerInstance }).length;
};

describe('a DRAINING instance (ECS developer guide, container instance draining)', () => {
  it('has its service tasks replaced elsewhere first when the minimum is 100 %, then stopped', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 4);
    await under.pass(2 * minute);
    const [victim] = instancesOf(under);
    const arn = textAt(victim, 'containerInstanceArn');

    drain(under, victim ?? {});
    let fewest = 4;
    for (let i = 0; i < 180; i++) {
      await under.pass(second);
      fewest = Math.min(fewest, tasksOf(under).filter((task) => text(task, 'lastStatus') === 'RUNNING').length);
    }

    expect(fewest).toBe(4);
    expect(countBy(tasksOf(under), 'containerInstanceArn')[arn]).toBeUndefined();
    expect(number(serviceNamed(under, 'web'), 'runningCount')).toBe(4);
  });

  it('never progresses when minimum and maximum are both 100 %', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 2, { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 } });
    await under.pass(2 * minute);

    drain(under, instancesOf(under)[0] ?? {});
    await under.pass(60 * minute);

    expect(onInstance(under, 0)).toBe(1);
  });

  it('cannot stop any of two tasks at a minimum of 75 %, for it rounds up, and starts replacements first', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2 });
    withDefinition(under, 'web', { cpu: 2_048 });
    await under.pass(2 * minute);
    withService(under, 'web', 2, { deploymentConfiguration: { minimumHealthyPercent: 75, maximumPercent: 200 } });
    await under.pass(2 * minute);

    drain(under, instancesOf(under)[0] ?? {});
    await under.pass(30 * minute);

    expect(onInstance(under, 0)).toBe(1); // no room for a replacement elsewhere
  });

  it('has tasks that have not started stopped at once, and their wants wait again', async () => {
    const under = worldUnderTest(1, { taskActivatingMs: { low: 60_000, high: 60_000 } });
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 1);
    await under.pass(10 * second);

    drain(under, only(instancesOf(under)));
    await under.pass(10 * second);

    expect(tasksOf(under)).toHaveLength(0);
    expect(ofKind(under, 'taskUnplaced')).toHaveLength(1);
    expect(ofKind(under, 'taskWithdrawn')).toHaveLength(0);
  });

  it('keeps standalone tasks, takes no new ones, and stops daemons last', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'agent', { cpu: 32, memory: 64 });
    withDefinition(under, 'job');
    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });
    await under.pass(2 * minute);
    const job = textAt(
      only(objects(under.ecs('RunTask', { cluster: 'c', taskDefinition: 'job' }), 'tasks') ?? []),
      'taskArn',
    );
    await under.pass(minute);

    drain(under, only(instancesOf(under)));
    await under.pass(5 * minute);
    const during = countBy(tasksOf(under), 'group');
    const refused = under.ecs('RunTask', { cluster: 'c', taskDefinition: 'job' });
    under.world.finishTask(job);
    await under.pass(2 * minute);

    expect(during).toEqual({ 'family:job': 1, 'service:agent': 1 });
    expect(refused).toMatchObject({ tasks: [], failures: [{ reason: 'INACTIVE' }] });
    expect(tasksOf(under)).toHaveLength(0);
  });

  it('takes tasks again once it is ACTIVE, and a replacement already started is scaled in', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 2);
    await under.pass(2 * minute);
    const [victim] = instancesOf(under);

    drain(under, victim ?? {});
    await under.pass(15 * second);
    const during = tasksOf(under).length;
    drain(under, victim ?? {}, 'ACTIVE');
    await under.pass(2 * minute);

    expect(during).toBe(3);
    expect(tasksOf(under)).toHaveLength(2);
  });

  it('counts neither stopping tasks as running nor as pending, though they still hold their resources', async () => {
    const under = worldUnderTest(1, { taskStoppingMs: { low: 30_000, high: 30_000 } });
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 1);
    await under.pass(2 * minute);
    const before = only(instancesOf(under));

    under.ecs('UpdateService', { cluster: 'c', service: 'web', desiredCount: 0 });
    await under.pass(10 * second);
    const during = only(instancesOf(under));
    const arn = textAt(during, 'containerInstanceArn');

    expect([number(during, 'runningTasksCount'), number(during, 'pendingTasksCount')]).toEqual([0, 0]);
    expect(during['remainingResources']).toEqual(before['remainingResources']);
    expect(tasksOf(under, { containerInstance: arn })).toHaveLength(0);
    expect(tasksOf(under, { containerInstance: arn, desiredStatus: 'STOPPED' })).toMatchObject([
      { lastStatus: 'STOPPING' },
    ]);
    await under.pass(minute);
    expect(only(instancesOf(under))['remainingResources']).toEqual(during['registeredResources']);
  });
});

describe('task protection (ECS API, UpdateTaskProtection)', () => {
  it('keeps a service task from scale-in until it ends', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 3);
    await under.pass(minute);
    const tasks = tasksOf(under).map((task) => textAt(task, 'taskArn'));
    under.ecs('UpdateTaskProtection', { cluster: 'c', tasks, protectionEnabled: true, expiresInMinutes: 10 });

    under.ecs('UpdateService', { cluster: 'c', service: 'web', desiredCount: 0 });
    await under.pass(5 * minute);
    const during = tasksOf(under).length;
    await under.pass(6 * minute);

    expect(during).toBe(3);
    expect(tasksOf(under)).toHaveLength(0);
  });
});
