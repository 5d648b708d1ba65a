import { describe, expect, it } from '@jest/globals';
import { number, objects } from '../../simulator/world/json.ts';
import {
  countBy,
  detailsOf,
  minute,
  ofKind,
  only,
  second,
  serviceNamed,
  tasksOf,
  textAt,
  type UnderTest,
  withDefinition,
  withService,
} from '../world/world-under-test.ts';
import { clusterOf, statusesOf, update } from './ecs-harness.ts';

const deploymentsOf = (under: UnderTest) => objects(serviceNamed(under, 'web'), 'deployments') ?? [];

const steady = async (count: number, service: Parameters<typeof withService>[3] = {}, cpu = 100) => {
  const under = await clusterOf(4);
  withDefinition(under, 'web', { cpu, memory: 100 });
  withService(under, 'web', count, service);
  await under.pass(2 * minute);
  return under;
};

const percents = (minimumHealthyPercent: number, maximumPercent: number, more = {}) => ({
  deploymentConfiguration: { minimumHealthyPercent, maximumPercent, ...more },
});

/** The most tasks wanted, and the fewest that ran, second by second. */
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

describe('counting a service', () => {
  it.each([
    [10, 100, 200, 10, 20],
    [10, 50, 125, 5, 12],
    [10, 100, 110, 10, 11],
    [3, 50, 150, 2, 4],
    [1, 100, 199, 1, 1],
    [5, 0, 100, 0, 5],
  ])(
    'ECS API, DeploymentConfiguration: desired %i, min %i %%, max %i %%: never fewer than %i run, never more than %i are wanted',
    async (desired, min, max, floor, ceiling) => {
      const under = await steady(desired, percents(min, max));

      update(under, 'web', { forceNewDeployment: true });
      const { fewest, most } = await watched(under, 5 * minute);

      expect(fewest).toBeGreaterThanOrEqual(floor);
      expect(most).toBe(ceiling);
    },
  );

  it('ECS API, Deployment: an older one wants what it still has; the counts of all do not add up to the desired count', async () => {
    const under = await steady(4, percents(100, 200));

    update(under, 'web', { forceNewDeployment: true });
    await under.pass(20 * second);

    expect(deploymentsOf(under)).toMatchObject([
      { status: 'PRIMARY', desiredCount: 4 },
      { status: 'ACTIVE', desiredCount: 4, runningCount: 4 },
    ]);
    expect(number(serviceNamed(under, 'web'), 'desiredCount')).toBe(4);
  });

  it('ECS API, DescribeServices: running and pending leave out what is stopping', async () => {
    const under = await steady(4);
    under.world.setTaskBehaviour('web', { stoppingMs: { low: minute, high: minute } });

    update(under, 'web', { desiredCount: 1 });
    await under.pass(10 * second);

    expect(serviceNamed(under, 'web')).toMatchObject({ desiredCount: 1, runningCount: 1, pendingCount: 0 });
    expect(statusesOf(under, { desiredStatus: 'STOPPED' })).toEqual(['STOPPING', 'STOPPING', 'STOPPING']);
  });

  it('ECS service quotas: a service launches at most 500 tasks a minute', async () => {
    const under = await clusterOf(20, { instanceType: 'm5.4xlarge' });
    withDefinition(under, 'web', { cpu: 1, memory: 4 });

    withService(under, 'web', 1_200);
    await under.pass(50 * second);
    const first = ofKind(under, 'taskPlaced').length;
    await under.pass(2 * minute);

    expect([first, ofKind(under, 'taskPlaced').length]).toEqual([500, 1_200]);
  });
});

describe('health', () => {
  it('ECS API, DeploymentConfiguration: without a health check a task is healthy 40 s after RUNNING', async () => {
    const under = await steady(2);
    const at = under.clock.now();

    update(under, 'web', { forceNewDeployment: true });
    await under.pass(3 * minute);

    const later = ofKind(under, 'taskStatus').filter((it) => it.at > at);
    const running = later.find((it) => it.lastStatus === 'RUNNING' && it.desiredStatus === 'RUNNING')?.at ?? 0;
    const stopping = later.find((it) => it.desiredStatus === 'STOPPED')?.at ?? 0;
    expect(stopping - running).toBeGreaterThanOrEqual(40 * second);
    expect(stopping - running).toBeLessThan(50 * second);
  });

  it('ECS API, DeploymentConfiguration: an unhealthy task is replaced start-first up to the maximum, outside deployments too', async () => {
    const under = await steady(3);
    const sick = textAt(tasksOf(under)[0], 'taskArn');

    under.world.failHealthCheck(sick);
    const { most } = await watched(under, 2 * minute);

    expect(most).toBe(4);
    expect(tasksOf(under)).toHaveLength(3);
    expect(tasksOf(under).map((it) => it['taskArn'])).not.toContain(sick);
    const replacedAt = ofKind(under, 'taskStatus').find(
      (it) => it.taskArn === sick && it.desiredStatus === 'STOPPED',
    )?.at;
    const others = ofKind(under, 'taskStatus').filter((it) => it.taskArn !== sick);
    const running = others.filter((it) => it.lastStatus === 'RUNNING').at(-1)?.at;
    expect(Number(replacedAt) - Number(running)).toBeGreaterThanOrEqual(40 * second);
  });

  it('ECS API, DeploymentConfiguration: where the maximum lets none start, unhealthy tasks stop one by one above the minimum', async () => {
    const under = await steady(4, percents(50, 100));
    for (const task of tasksOf(under)) under.world.failHealthCheck(textAt(task, 'taskArn'));

    const { fewest, most } = await watched(under, 10 * minute);

    expect(most).toBe(4);
    expect(fewest).toBeGreaterThanOrEqual(2);
    expect(tasksOf(under).every((it) => it['healthStatus'] === 'UNKNOWN')).toBe(true);
  });
});

describe('the deployment circuit breaker', () => {
  const failing = async (count: number, deploymentCircuitBreaker: object) => {
    const under = await steady(count, percents(100, 200, { deploymentCircuitBreaker }), 10);
    withDefinition(under, 'bad', { cpu: 10, memory: 100 });
    under.world.setTaskBehaviour('bad', { failingStarts: 1, activatingMs: { low: second, high: second } });
    update(under, 'web', { taskDefinition: 'bad' });
    await under.pass(60 * minute);
    return under;
  };
  const eventNames = (under: UnderTest) => detailsOf(under, 'ECS Deployment State Change').map((it) => it['eventName']);

  it('ECS API, DeploymentCircuitBreaker: off, a failing deployment goes on for ever', async () => {
    const under = await failing(2, { enable: false, rollback: false });

    expect(deploymentsOf(under)).toMatchObject([{ rolloutState: 'IN_PROGRESS' }, { rolloutState: 'COMPLETED' }]);
    expect(countBy(tasksOf(under), 'lastStatus')['RUNNING']).toBe(2);
  });

  it('ECS API, ServiceDeploymentCircuitBreaker: half the desired count, at least 3: then it has FAILED and starts no more', async () => {
    const under = await failing(2, { enable: true, rollback: false });

    expect(eventNames(under).at(-1)).toBe('SERVICE_DEPLOYMENT_FAILED');
    expect(deploymentsOf(under)[0]).toMatchObject({ rolloutState: 'FAILED', runningCount: 0, pendingCount: 0 });
    const failed = ofKind(under, 'taskStatus').filter((it) => it.stopCode === 'TaskFailedToStart');
    expect(new Set(failed.map((it) => it.taskArn)).size).toBeLessThanOrEqual(4);
    expect(tasksOf(under)).toHaveLength(2);
  });

  it('ECS API, ServiceDeploymentCircuitBreaker: of 12 desired six failures are too many', async () => {
    const under = await failing(12, { enable: true, rollback: false });

    const failed = ofKind(under, 'taskStatus').filter((it) => it.stopCode === 'TaskFailedToStart');
    expect(new Set(failed.map((it) => it.taskArn)).size).toBeGreaterThanOrEqual(6);
    expect(eventNames(under)).toContain('SERVICE_DEPLOYMENT_FAILED');
  });

  it('ECS API, ThresholdConfiguration: a count of one’s own', async () => {
    const thresholdConfiguration = { type: 'COUNT', value: 1 };
    const under = await failing(12, { enable: true, rollback: false, thresholdConfiguration });

    expect(deploymentsOf(under)[0]).toMatchObject({ rolloutState: 'FAILED' });
    expect(serviceNamed(under, 'web')['deploymentConfiguration']).toMatchObject({
      deploymentCircuitBreaker: { enable: true, rollback: false, thresholdConfiguration },
    });
  });

  it('ECS API, DeploymentCircuitBreaker: with rollback the last completed deployment is deployed anew', async () => {
    const under = await failing(2, { enable: true, rollback: true });

    expect(eventNames(under).slice(-3)).toEqual([
      'SERVICE_DEPLOYMENT_FAILED',
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_COMPLETED',
    ]);
    const [deployment] = deploymentsOf(under);
    expect(deploymentsOf(under)).toHaveLength(1);
    expect(textAt(deployment, 'taskDefinition')).toContain('task-definition/web:1');
    expect(tasksOf(under)).toHaveLength(2);
  });
});

describe('other ways to deploy', () => {
  it('ECS API, DeploymentConfiguration strategy BLUE_GREEN: green is whole beside blue whatever the maximum says, through the bake time', async () => {
    const under = await steady(4, percents(100, 100, { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 10 }));

    update(under, 'web', { forceNewDeployment: true });
    await under.pass(2 * minute);
    const during = tasksOf(under).length;
    await under.pass(8 * minute);
    const baking = tasksOf(under).length;
    await under.pass(3 * minute);

    expect([during, baking, tasksOf(under).length]).toEqual([8, 8, 4]);
    expect(deploymentsOf(under)).toHaveLength(1);
  });

  it('ECS API, CreateService: CODE_DEPLOY and EXTERNAL keep the default percents on EC2', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'web');

    withService(under, 'web', 1, { ...percents(10, 110), deploymentController: { type: 'CODE_DEPLOY' } });

    expect(serviceNamed(under, 'web')).toMatchObject({
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
      deployments: [],
    });
  });

  it('ECS API, TaskSet: each set runs its share of the desired count, rounded up, beside the others', async () => {
    const under = await clusterOf(2);
    withDefinition(under, 'web', { cpu: 10 });
    under.ecs('CreateService', {
      cluster: 'c',
      serviceName: 'web',
      desiredCount: 5,
      deploymentController: { type: 'EXTERNAL' },
    });
    for (const value of [100, 50]) {
      const scale = { value, unit: 'PERCENT' };
      under.ecs('CreateTaskSet', { cluster: 'c', service: 'web', taskDefinition: 'web', scale });
    }
    await under.pass(2 * minute);

    expect(objects(serviceNamed(under, 'web'), 'taskSets')).toMatchObject([
      { computedDesiredCount: 3, runningCount: 3 },
      { computedDesiredCount: 5, runningCount: 5 },
    ]);
    expect(tasksOf(under)).toHaveLength(8);
    expect(detailsOf(under, 'ECS Service Action').map((it) => it['eventName'])).toContain('TASKSET_STEADY_STATE');
  });
});

describe('a service as a whole', () => {
  it('ECS API, Service events: the latest hundred, newest first', async () => {
    const under = await steady(1);
    for (let i = 0; i < 70; i++) {
      update(under, 'web', { desiredCount: i % 2 });
      await under.pass(minute);
    }

    const at = (objects(serviceNamed(under, 'web'), 'events') ?? []).map((it) => number(it, 'createdAt') ?? 0);

    expect(at).toHaveLength(100);
    expect(at).toEqual([...at].sort((a, b) => b - a));
  });

  it('ECS API, DeleteService: a deleted service is DRAINING until its tasks have stopped, then INACTIVE', async () => {
    const under = await steady(2);
    under.world.setTaskBehaviour('web', { stoppingMs: { low: minute, high: minute } });

    under.ecs('DeleteService', { cluster: 'c', service: 'web', force: true });
    await under.pass(10 * second);
    const during = serviceNamed(under, 'web')['status'];
    await under.pass(2 * minute);

    expect([during, serviceNamed(under, 'web')['status']]).toEqual(['DRAINING', 'INACTIVE']);
    expect(only([tasksOf(under).length])).toBe(0);
  });
});
