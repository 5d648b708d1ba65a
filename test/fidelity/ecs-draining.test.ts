import { describe, expect, it } from '@jest/globals';
import { text } from '../../simulator/world/json.ts';
import {
  countBy,
  drain,
  instancesOf,
  minute,
  ofKind,
  only,
  refusal,
  second,
  serviceNamed,
  tasksOf,
  textAt,
  type UnderTest,
  withDefinition,
  withService,
} from '../world/world-under-test.ts';
import { arnsOn, clusterOf, reasonsOf, run, startedBy, statusesOf, update } from './ecs-harness.ts';

const percents = (minimumHealthyPercent: number, maximumPercent: number) => ({
  deploymentConfiguration: { minimumHealthyPercent, maximumPercent },
  availabilityZoneRebalancing: 'DISABLED',
});

/** What is seen second by second of a service while time passes. */
const watched = async (under: UnderTest, ms: number) => {
  let [fewest, most] = [Number.POSITIVE_INFINITY, 0];
  for (let at = 0; at < ms; at += second) {
    await under.pass(second);
    const statuses = statusesOf(under, { serviceName: 'web' });
    fewest = Math.min(fewest, statuses.filter((it) => it === 'RUNNING').length);
    most = Math.max(most, statuses.length);
  }
  return { fewest, most };
};

const served = async (count: number, service: Parameters<typeof withService>[3], instances = 2, cpu = 100) => {
  const under = await clusterOf(instances);
  withDefinition(under, 'web', { cpu });
  withService(under, 'web', count, service);
  await under.pass(2 * minute);
  return under;
};

const leftOn = (under: UnderTest, index: number): number => arnsOn(under, instancesOf(under)[index]).length;

describe('draining: the minimum rounds up and the maximum down', () => {
  it('ECS developer guide, container instance draining: min 100 %: a replacement runs first, then the task stops', async () => {
    const under = await served(4, percents(100, 200));

    drain(under, instancesOf(under)[0] ?? {});
    const { fewest, most } = await watched(under, 3 * minute);

    expect(fewest).toBe(4);
    expect(most).toBe(6);
    expect(leftOn(under, 0)).toBe(0);
  });

  it('ECS developer guide, container instance draining: max 100 %: tasks stop first, down to the minimum', async () => {
    const under = await served(4, percents(50, 100));

    drain(under, instancesOf(under)[0] ?? {});
    const { fewest, most } = await watched(under, 3 * minute);

    expect([fewest, most]).toEqual([2, 4]);
    expect(leftOn(under, 0)).toBe(0);
  });

  it('ECS developer guide, container instance draining: desired 2, min 75 %: none can stop before a replacement runs', async () => {
    const under = await served(2, percents(75, 200));

    drain(under, instancesOf(under)[0] ?? {});
    const { fewest } = await watched(under, 2 * minute);

    expect(fewest).toBe(2);
    expect(leftOn(under, 0)).toBe(0);
  });

  it('ECS developer guide, container instance draining: desired 2, min 75 %, no room elsewhere: nothing moves', async () => {
    const under = await served(2, percents(75, 200), 2, 1_500);

    drain(under, instancesOf(under)[0] ?? {});
    await under.pass(60 * minute);

    expect(leftOn(under, 0)).toBe(1);
  });

  it('ECS developer guide, container instance draining: desired 3, max 125 %: none can start beside them; min 100 % then never moves', async () => {
    const under = await served(3, percents(100, 125));

    drain(under, instancesOf(under)[0] ?? {});
    const { most } = await watched(under, 10 * minute);

    expect(most).toBe(3);
    expect(leftOn(under, 0)).toBeGreaterThan(0);
  });

  it('ECS developer guide, container instance draining: desired 3, max 134 %: one starts beside them', async () => {
    const under = await served(3, percents(100, 134));

    drain(under, instancesOf(under)[0] ?? {});
    const { fewest, most } = await watched(under, 10 * minute);

    expect([fewest, most]).toEqual([3, 4]);
    expect(leftOn(under, 0)).toBe(0);
  });

  it('ECS developer guide, container instance draining: min 100 % and max 100 %: the drain never progresses', async () => {
    const under = await served(2, percents(100, 100));

    drain(under, instancesOf(under)[0] ?? {});
    await under.pass(6 * 60 * minute);

    expect(leftOn(under, 0)).toBe(1);
  });
});

describe('draining: which tasks', () => {
  it('ECS developer guide, container instance draining: service tasks that are PENDING stop at once', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'web');
    under.world.setTaskBehaviour('web', { activatingMs: { low: minute, high: minute } });
    withService(under, 'web', 2);
    await under.pass(10 * second);
    const before = statusesOf(under);

    drain(under, only(instancesOf(under)));
    await under.pass(2 * second);

    expect(before).toEqual(['ACTIVATING', 'ACTIVATING']);
    expect(tasksOf(under)).toHaveLength(0);
  });

  it('ECS developer guide, container instance draining: standalone tasks are left, PENDING or RUNNING; nothing new comes', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job');
    run(under, 'job');
    await under.pass(minute);
    run(under, 'job');

    drain(under, only(instancesOf(under)));
    const refused = reasonsOf(run(under, 'job'));
    await under.pass(30 * minute);

    expect(statusesOf(under)).toEqual(['RUNNING', 'RUNNING']);
    expect(refused).toEqual(['INACTIVE']);
  });

  it('ECS developer guide, container instance draining: a daemon is the last to stop', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'agent', { cpu: 10, memory: 10 });
    withDefinition(under, 'job');
    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });
    const [job] = startedBy(run(under, 'job'));
    await under.pass(minute);

    drain(under, only(instancesOf(under)));
    await under.pass(10 * minute);
    const during = countBy(tasksOf(under), 'group');
    under.world.finishTask(job ?? '');
    await under.pass(minute);

    expect(during).toEqual({ 'family:job': 1, 'service:agent': 1 });
    expect(tasksOf(under)).toHaveLength(0);
  });

  it('ECS developer guide, container instance draining: an empty instance stays DRAINING until somebody says otherwise', async () => {
    const under = await clusterOf(1);

    drain(under, only(instancesOf(under)));
    await under.pass(24 * 60 * minute);
    const after = textAt(only(instancesOf(under)), 'status');
    drain(under, only(instancesOf(under)), 'ACTIVE');

    expect([after, textAt(only(instancesOf(under)), 'status')]).toEqual(['DRAINING', 'ACTIVE']);
  });

  it('ECS API, UpdateContainerInstancesState: at most ten instances a call, and failures for what is not there', async () => {
    const under = await clusterOf(1);
    const containerInstance = textAt(only(instancesOf(under)), 'containerInstanceArn');
    const change = (containerInstances: readonly string[]) =>
      under.ecs('UpdateContainerInstancesState', { cluster: 'c', containerInstances, status: 'DRAINING' });

    expect(change([containerInstance, 'nobody'])).toMatchObject({
      containerInstances: [{ status: 'DRAINING' }],
      failures: [{ reason: 'MISSING' }],
    });
    expect(refusal(() => change(Array.from({ length: 11 }, () => containerInstance)))).toContain(
      'InvalidParameterException',
    );
  });
});

describe('stopping', () => {
  it('ECS agent configuration: a task is killed 30 s after SIGTERM, sooner if it ends by itself', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job', { cpu: 10, memory: 10 });
    const tasks = [1, 2].flatMap(() => startedBy(run(under, 'job', { count: 10 })));
    await under.pass(minute);
    for (const task of tasks) under.ecs('StopTask', { cluster: 'c', task });

    await under.pass(5 * second);
    const early = tasksOf(under, { desiredStatus: 'STOPPED' }).filter((it) => it['lastStatus'] === 'STOPPED').length;
    await under.pass(27 * second);

    expect(early).toBeGreaterThan(0);
    expect(early).toBeLessThan(20);
    expect(new Set(statusesOf(under, { desiredStatus: 'STOPPED' }))).toEqual(new Set(['STOPPED']));
  });

  it('ECS API, ContainerDefinition stopTimeout: on EC2 it has no upper bound', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job', { more: { stopTimeout: 3_600 } });
    under.world.setTaskBehaviour('job', { stoppingMs: { low: 60 * minute, high: 60 * minute } });
    const [task] = startedBy(run(under, 'job'));
    await under.pass(minute);

    under.ecs('StopTask', { cluster: 'c', task: task ?? '' });
    await under.pass(59 * minute);

    expect(statusesOf(under, { desiredStatus: 'STOPPED' })).toEqual(['STOPPING']);
  });

  it('ECS developer guide, task lifecycle: PENDING, ACTIVATING, RUNNING, then DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'net', { networkMode: 'awsvpc' });
    const [task] = startedBy(run(under, 'net'));
    await under.pass(minute);
    under.ecs('StopTask', { cluster: 'c', task: task ?? '' });
    await under.pass(2 * minute);

    const seen = ofKind(under, 'taskStatus').map((it) => it.lastStatus);

    expect(seen.filter((it, index) => it !== seen[index - 1])).toEqual([
      'PROVISIONING',
      'PENDING',
      'ACTIVATING',
      'RUNNING',
      'DEACTIVATING',
      'STOPPING',
      'DEPROVISIONING',
      'STOPPED',
    ]);
  });

  it('ECS API, DeploymentConfiguration: behind a load balancer a stopping task is DEACTIVATING for the deregistration delay', async () => {
    const loadBalancers = [{ targetGroupArn: 'arn:target', containerName: 'main', containerPort: 80 }];
    const under = await served(1, { loadBalancers });

    update(under, 'web', { desiredCount: 0 });
    await under.pass(4 * minute);
    const during = statusesOf(under, { desiredStatus: 'STOPPED' });
    await under.pass(2 * minute);

    expect([during, statusesOf(under, { desiredStatus: 'STOPPED' })]).toEqual([['DEACTIVATING'], ['STOPPED']]);
  });

  it.each([
    ['UserInitiated', (under: UnderTest, task: string) => under.ecs('StopTask', { cluster: 'c', task })],
    ['ServiceSchedulerInitiated', (under: UnderTest) => update(under, 'web', { desiredCount: 0 })],
    [
      'EssentialContainerExited',
      (under: UnderTest, task: string) => {
        under.world.finishTask(task, 1);
      },
    ],
    [
      'TerminationNotice',
      (under: UnderTest) => {
        under.world.killInstance(textAt(only(instancesOf(under)), 'ec2InstanceId'));
      },
    ],
  ])('ECS API, Task stopCode: %s', async (stopCode, end) => {
    const under = await served(1, {}, 1);
    const [task] = tasksOf(under).map((it) => textAt(it, 'taskArn'));

    end(under, task ?? '');
    await under.pass(2 * minute);

    const tasks = tasksOf(under, { desiredStatus: 'STOPPED' });
    expect(tasks.find((it) => it['taskArn'] === task)).toMatchObject({ stopCode, lastStatus: 'STOPPED' });
  });
});

describe('task protection', () => {
  const protect = (under: UnderTest, tasks: readonly string[], more = {}) =>
    under.ecs('UpdateTaskProtection', { cluster: 'c', tasks, protectionEnabled: true, ...more });
  const arns = (under: UnderTest): readonly string[] => tasksOf(under).map((it) => textAt(it, 'taskArn'));

  it('ECS API, UpdateTaskProtection: for tasks of services only; 1 to 2880 minutes, 120 unless said otherwise', async () => {
    const under = await served(1, {});
    withDefinition(under, 'job');
    const [mine] = arns(under);
    const [job] = startedBy(run(under, 'job'));

    const answer = protect(under, [mine ?? '', job ?? '']);

    expect(answer).toMatchObject({
      protectedTasks: [{ taskArn: mine, expirationDate: under.clock.now() / 1_000 + 120 * 60 }],
      failures: [{ arn: job, reason: 'TASK_NOT_VALID' }],
    });
    for (const expiresInMinutes of [0, 2_881]) {
      expect(refusal(() => protect(under, [mine ?? ''], { expiresInMinutes }))).toContain('InvalidParameterException');
    }
    expect(under.ecs('GetTaskProtection', { cluster: 'c', tasks: [job ?? ''] })).toMatchObject({
      protectedTasks: [],
      failures: [{ reason: 'TASK_NOT_VALID' }],
    });
  });

  it('ECS API, UpdateTaskProtection: keeps from scale-in until it ends', async () => {
    const under = await served(3, {});
    protect(under, arns(under), { expiresInMinutes: 10 });

    update(under, 'web', { desiredCount: 1 });
    await under.pass(9 * minute);
    const during = arns(under).length;
    await under.pass(3 * minute);

    expect([during, arns(under).length]).toEqual([3, 1]);
  });

  it('ECS API, UpdateTaskProtection: keeps from deployments until it ends', async () => {
    const under = await served(2, percents(50, 200));
    const [kept] = arns(under);
    protect(under, [kept ?? ''], { expiresInMinutes: 10 });

    update(under, 'web', { forceNewDeployment: true });
    await under.pass(9 * minute);
    const during = arns(under).includes(kept ?? '');
    await under.pass(3 * minute);

    expect([during, arns(under).includes(kept ?? '')]).toEqual([true, false]);
  });

  it('assumed, for AWS’s guides do not say it of DRAINING on EC2: a protected task stays while its protection lasts', async () => {
    const under = await served(2, percents(100, 200));
    const [victim] = instancesOf(under);
    protect(under, arnsOn(under, victim), { expiresInMinutes: 10 });

    drain(under, victim ?? {});
    await under.pass(9 * minute);
    const during = leftOn(under, 0);
    await under.pass(3 * minute);

    expect([during, leftOn(under, 0)]).toEqual([1, 0]);
  });

  it('ECS API, UpdateTaskProtection: StopTask is not held up', async () => {
    const under = await served(1, {});
    const [task] = arns(under);
    protect(under, [task ?? '']);

    under.ecs('StopTask', { cluster: 'c', task: task ?? '' });
    await under.pass(minute);

    expect(arns(under)).not.toContain(task);
    expect(serviceNamed(under, 'web')).toMatchObject({ runningCount: 1 });
    expect(text(tasksOf(under, { desiredStatus: 'STOPPED' })[0] ?? {}, 'stopCode')).toBe('UserInitiated');
  });
});
