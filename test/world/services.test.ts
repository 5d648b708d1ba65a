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
  start,
  tasksOf,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from './world-under-test.ts';

describe('a service on a growing cluster', () => {
  it('gets its tasks running once instances have booted, and is steady then', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2 });
    withDefinition(under, 'web');
    withService(under, 'web', 5);

    await under.pass(3 * minute);

    const web = serviceNamed(under, 'web');
    expect([number(web, 'runningCount'), number(web, 'pendingCount')]).toEqual([5, 0]);
    expect(only(objects(web, 'deployments') ?? [])).toMatchObject({ status: 'PRIMARY', rolloutState: 'COMPLETED' });
    expect(detailsOf(under, 'ECS Service Action').map((detail) => detail['eventName'])).toContain(
      'SERVICE_STEADY_STATE',
    );
  });

  it('counts waits from the moment tasks are first wanted, and ends each want with RUNNING', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    withService(under, 'web', 3);

    await under.pass(3 * minute);

    const wanted = ofKind(under, 'taskWanted');
    const running = ofKind(under, 'taskStatus').filter(
      (record) => record.lastStatus === 'RUNNING' && record.desiredStatus === 'RUNNING',
    );
    expect(wanted).toHaveLength(3);
    expect(wanted.every((record) => record.at - start <= second)).toBe(true);
    expect(running.map((record) => record.wantId).sort()).toEqual(wanted.map((record) => record.wantId).sort());
  });

  it('withdraws wants that a lower desired count no longer asks for', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });
    withDefinition(under, 'web');
    withService(under, 'web', 3);
    await under.pass(10 * second);

    under.ecs('UpdateService', { cluster: 'c', service: 'web', desiredCount: 1 });
    await under.pass(10 * second);

    expect(ofKind(under, 'taskWithdrawn').map((record) => record.reason)).toEqual(['noLongerWanted', 'noLongerWanted']);
    expect(ofKind(under, 'serviceCount').at(-1)).toMatchObject({ from: 3, to: 1, caller: 'test' });
  });

  it('says it cannot place a task once while the trouble lasts, and again after six hours (ECS developer guide, service event messages)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'big', { cpu: 4_096 });
    withDefinition(under, 'small');
    withService(under, 'big', 2);
    withService(under, 'small', 1);
    await under.pass(10 * minute);
    for (let i = 0; i < 10; i++) {
      under.ecs('UpdateService', { cluster: 'c', service: 'small', desiredCount: i % 3 });
      await under.pass(10 * minute);
    }

    const failures = detailsOf(under, 'ECS Service Action').filter(
      (it) => it['eventName'] === 'SERVICE_TASK_PLACEMENT_FAILURE',
    );

    const reasons = failures.filter((it) => it['reason'] === 'RESOURCE:CPU');
    expect(reasons).toHaveLength(1);
    under.ecs('UpdateService', { cluster: 'c', service: 'big', desiredCount: 3 });
    await under.pass(7 * 60 * minute);
    under.ecs('UpdateService', { cluster: 'c', service: 'big', desiredCount: 4 });
    await under.pass(minute);
    const later = detailsOf(under, 'ECS Service Action').filter((it) => it['reason'] === 'RESOURCE:CPU');
    expect(later).toHaveLength(2);
  });

  it('stops first where most of its tasks are when it scales in (ECS API, UpdateService)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 3, zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });
    withDefinition(under, 'web', { cpu: 128, memory: 128 });
    await under.pass(2 * minute);
    withService(under, 'web', 9);
    await under.pass(2 * minute);

    under.ecs('UpdateService', { cluster: 'c', service: 'web', desiredCount: 3 });
    await under.pass(2 * minute);

    expect(countBy(tasksOf(under, { serviceName: 'web' }), 'availabilityZone')).toEqual({
      'eu-west-1a': 1,
      'eu-west-1b': 1,
      'eu-west-1c': 1,
    });
  });
});

describe('a rolling deployment', () => {
  it('keeps the minimum (rounded up) healthy and never exceeds the maximum (rounded down)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 4 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 5, { deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 } });
    await under.pass(2 * minute);
    withDefinition(under, 'web');
    under.ecs('UpdateService', { cluster: 'c', service: 'web', taskDefinition: 'web:2' });

    let most = 0;
    let fewest = 5;
    for (let i = 0; i < 300; i++) {
      await under.pass(second);
      const tasks = tasksOf(under, { serviceName: 'web' });
      most = Math.max(most, tasks.length);
      fewest = Math.min(fewest, tasks.filter((task) => task['lastStatus'] === 'RUNNING').length);
    }

    expect(most).toBeLessThanOrEqual(7);
    expect(fewest).toBeGreaterThanOrEqual(3);
    const definitions = countBy(tasksOf(under, { serviceName: 'web' }), 'taskDefinitionArn');
    expect(definitions).toEqual({ 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:2': 5 });
    expect(detailsOf(under, 'ECS Deployment State Change').map((detail) => detail['eventName'])).toEqual([
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_COMPLETED',
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_COMPLETED',
    ]);
  });

  it('stops old tasks only after new ones were RUNNING for 40 s when the minimum is 100 % (ECS API, DeploymentConfiguration)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 2);
    await under.pass(2 * minute);
    const deployedAt = under.clock.now();
    under.ecs('UpdateService', { cluster: 'c', service: 'web', forceNewDeployment: true });

    await under.pass(3 * minute);

    const after = ofKind(under, 'taskStatus').filter((record) => record.at >= deployedAt);
    const newRunning = after.find((record) => record.lastStatus === 'RUNNING' && record.desiredStatus === 'RUNNING');
    const oldStopping = after.find((record) => record.desiredStatus === 'STOPPED');
    expect((oldStopping?.at ?? 0) - (newRunning?.at ?? 0)).toBeGreaterThanOrEqual(40 * second);
  });

  it('stops first when the maximum is 100 %', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'web', { cpu: 1_024 });
    await under.pass(2 * minute);
    withService(under, 'web', 2, { deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 } });
    await under.pass(2 * minute);
    under.ecs('UpdateService', { cluster: 'c', service: 'web', forceNewDeployment: true });

    await under.pass(6 * minute);

    const web = serviceNamed(under, 'web');
    expect(objects(web, 'deployments')).toHaveLength(1);
    expect(number(web, 'runningCount')).toBe(2);
  });
});

describe('other ways to deploy', () => {
  it('blue/green runs the whole green set beside blue, whatever the maximum, and stops blue after the bake time', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 4 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 4, {
      deploymentConfiguration: {
        strategy: 'BLUE_GREEN',
        bakeTimeInMinutes: 5,
        maximumPercent: 100,
        minimumHealthyPercent: 100,
      },
    });
    await under.pass(2 * minute);
    under.ecs('UpdateService', { cluster: 'c', service: 'web', forceNewDeployment: true });

    await under.pass(2 * minute);
    const during = tasksOf(under, { serviceName: 'web' }).length;
    await under.pass(8 * minute);

    expect(during).toBe(8);
    expect(tasksOf(under, { serviceName: 'web' })).toHaveLength(4);
    expect(objects(serviceNamed(under, 'web'), 'deployments')).toHaveLength(1);
  });

  it('task sets hold their share of the desired count, rounded up', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 3 });
    withDefinition(under, 'web');
    under.ecs('CreateService', {
      cluster: 'c',
      serviceName: 'web',
      desiredCount: 5,
      deploymentController: { type: 'EXTERNAL' },
    });
    under.ecs('CreateTaskSet', {
      cluster: 'c',
      service: 'web',
      taskDefinition: 'web',
      scale: { value: 50, unit: 'PERCENT' },
    });

    await under.pass(3 * minute);

    const set = only(objects(under.ecs('DescribeTaskSets', { cluster: 'c', service: 'web' }), 'taskSets') ?? []);
    expect(set).toMatchObject({ computedDesiredCount: 3, runningCount: 3, stabilityStatus: 'STEADY_STATE' });
  });
});

describe('tasks that fail before they run', () => {
  it('are started ever more rarely (ECS developer guide, service throttle logic)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    under.world.log.subscribe(
      (record) => {
        if (record.kind === 'taskStatus' && record.lastStatus === 'ACTIVATING')
          under.world.finishTask(record.taskArn, 1);
      },
      ['taskStatus'],
    );
    withService(under, 'web', 1);

    await under.pass(60 * minute);

    const starts = ofKind(under, 'taskPlaced').length;
    expect(starts).toBeGreaterThan(5);
    expect(starts).toBeLessThan(16);
    expect(detailsOf(under, 'ECS Service Action').map((it) => it['eventName'])).toContain(
      'SERVICE_TASK_START_IMPAIRED',
    );
    expect(ofKind(under, 'taskWanted')).toHaveLength(1);
  });
});
