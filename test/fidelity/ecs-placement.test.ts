import { describe, expect, it } from '@jest/globals';
import { objects, text } from '../../simulator/world/json.ts';
import {
  countBy,
  detailsOf,
  instancesOf,
  minute,
  ofKind,
  only,
  refusal,
  second,
  serviceNamed,
  start,
  tasksOf,
  textAt,
  userDataFor,
  withDefinition,
  withGroup,
  withService,
} from '../world/world-under-test.ts';
import { clusterOf, reasonsOf, run, spreadOf, startedBy, update } from './ecs-harness.ts';

const zones = ['eu-west-1a', 'eu-west-1b'];
const strategy = (type: string, field?: string) => ({ type, ...(field === undefined ? {} : { field }) });

describe('the order of placement (ECS developer guide, task placement)', () => {
  it('ECS developer guide, task placement: resources first, then constraints, then strategies; constraints bind', async () => {
    const under = await clusterOf(1, { instanceType: 'c5.large' });
    withGroup(under, { name: 'm', size: 1 });
    withDefinition(under, 'web', { constraints: ['attribute:ecs.instance-type == c5.large'] });
    await under.pass(2 * minute);

    withService(under, 'web', 20, { placementStrategy: [strategy('spread', 'instanceId')] });
    await under.pass(2 * minute);

    expect(spreadOf(under)).toEqual([0, 8]);
  });

  it('ECS developer guide, task placement strategies: strategies are best effort: one zone full, tasks go to the other', async () => {
    const under = await clusterOf(2, { zones });
    withDefinition(under, 'hog', { cpu: 1_900, constraints: ['attribute:ecs.availability-zone == eu-west-1a'] });
    withDefinition(under, 'web', { cpu: 500 });
    run(under, 'hog');

    withService(under, 'web', 3);
    await under.pass(2 * minute);

    expect(countBy(tasksOf(under, { serviceName: 'web' }), 'availabilityZone')).toEqual({ 'eu-west-1b': 3 });
  });

  it('ECS developer guide, task placement strategies: several apply in the order listed', async () => {
    const under = await clusterOf(4, { zones });
    withDefinition(under, 'web');
    const placementStrategy = [strategy('spread', 'attribute:ecs.availability-zone'), strategy('binpack', 'memory')];

    withService(under, 'web', 8, { placementStrategy });
    await under.pass(2 * minute);

    expect(spreadOf(under)).toEqual([0, 0, 4, 4]);
    expect(countBy(tasksOf(under), 'availabilityZone')).toEqual({ 'eu-west-1a': 4, 'eu-west-1b': 4 });
  });

  it('ECS API, RunTask: without a strategy standalone tasks go at random', async () => {
    const under = await clusterOf(4);
    withDefinition(under, 'job', { cpu: 1, memory: 4 });

    for (let i = 0; i < 40; i++) run(under, 'job', { count: 10 });

    const counts = spreadOf(under);
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(new Set(counts).size).toBeGreaterThan(1);
  });

  it('assumed: ECS does not say how it breaks ties, so the dice do', async () => {
    const firstPlace = async (seed: number): Promise<string> => {
      const under = await clusterOf(3);
      withDefinition(under, 'web');
      withDefinition(under, 'dust', { cpu: 0, memory: 4 });
      for (let i = 0; i < seed; i++) run(under, 'dust', { placementStrategy: [strategy('binpack', 'cpu')] });
      const [task] = objects(run(under, 'web', { placementStrategy: [strategy('binpack', 'cpu')] }), 'tasks') ?? [];
      return textAt(task, 'containerInstanceArn');
    };

    const places = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(firstPlace));

    expect(new Set(places).size).toBeGreaterThan(1);
  });
});

describe('constraints', () => {
  it('ECS developer guide, task placement constraints: distinctInstance counts the tasks of the service only', async () => {
    const under = await clusterOf(2);
    withDefinition(under, 'web');
    withDefinition(under, 'api');

    withService(under, 'web', 3, { placementConstraints: [{ type: 'distinctInstance' }] });
    withService(under, 'api', 2, { placementConstraints: [{ type: 'distinctInstance' }] });
    await under.pass(2 * minute);

    expect(countBy(tasksOf(under), 'group')).toEqual({ 'service:web': 2, 'service:api': 2 });
  });

  it('ECS developer guide, task placement constraints: memberOf of the task definition and of the call both bind', async () => {
    const gold = userDataFor('c', `echo ECS_INSTANCE_ATTRIBUTES='{"stack":"gold"}' >> /etc/ecs/ecs.config`);
    const under = await clusterOf(1, { userData: gold });
    withGroup(under, { name: 'c', size: 1, instanceType: 'c5.large', userData: gold });
    withDefinition(under, 'job', { constraints: ['attribute:stack == gold'] });
    await under.pass(2 * minute);
    const placementConstraints = [{ type: 'memberOf', expression: 'attribute:ecs.instance-type == c5.large' }];

    const [task] = objects(run(under, 'job', { placementConstraints }), 'tasks') ?? [];

    const place = instancesOf(under).find((it) => it['containerInstanceArn'] === task?.['containerInstanceArn']);
    expect(objects(place ?? {}, 'attributes')).toContainEqual({ name: 'ecs.instance-type', value: 'c5.large' });
  });

  it('ECS developer guide, cluster query language: not(task:group == database) keeps tasks apart from a group', async () => {
    const under = await clusterOf(2);
    withDefinition(under, 'db');
    withDefinition(under, 'job', { constraints: ['not(task:group == database)'] });
    run(under, 'db', { group: 'database' });

    run(under, 'job', { count: 4 });

    expect(spreadOf(under)).toEqual([1, 4]);
  });

  it('ECS API, TaskDefinition requiresAttributes: an instance without the capability is no place', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'net', { networkMode: 'awsvpc' });
    const targetId = textAt(only(instancesOf(under)), 'containerInstanceArn');
    under.ecs('DeleteAttributes', { cluster: 'c', attributes: [{ name: 'ecs.capability.task-eni', targetId }] });

    expect(reasonsOf(run(under, 'net'))).toEqual(['ATTRIBUTE']);
  });
});

describe('the default of services', () => {
  it('ECS API, UpdateService: zones with fewest of its tasks first, then the instance with fewest of them', async () => {
    const under = await clusterOf(3, { zones });
    withDefinition(under, 'web', { cpu: 100 });

    withService(under, 'web', 8);
    await under.pass(2 * minute);

    expect(countBy(tasksOf(under), 'availabilityZone')).toEqual({ 'eu-west-1a': 4, 'eu-west-1b': 4 });
    expect(spreadOf(under)).toEqual([2, 2, 4]);
  });

  it('ECS API, UpdateService: scaling in stops where most are, zone first', async () => {
    const under = await clusterOf(4, { zones });
    withDefinition(under, 'web', { cpu: 100 });
    withService(under, 'web', 8);
    await under.pass(2 * minute);

    update(under, 'web', { desiredCount: 4 });
    await under.pass(2 * minute);

    expect(spreadOf(under)).toEqual([1, 1, 1, 1]);
  });

  it('ECS developer guide, task placement strategies: with binpack it stops where most would be left free', async () => {
    const under = await clusterOf(2);
    withDefinition(under, 'filler', { cpu: 1_000 });
    withDefinition(under, 'web', { cpu: 512 });
    withService(under, 'web', 6, { placementStrategy: [strategy('binpack', 'cpu')] });
    await under.pass(2 * minute);
    const full = spreadOf(under);

    update(under, 'web', { desiredCount: 4 });
    await under.pass(2 * minute);

    expect([full, spreadOf(under)]).toEqual([
      [2, 4],
      [0, 4],
    ]);
  });
});

describe('daemons', () => {
  it('ECS developer guide, service schedulers: one task on each matching ACTIVE instance, before anything else takes its room', async () => {
    const under = await clusterOf(0);
    withDefinition(under, 'agent', { cpu: 1_000 });
    withDefinition(under, 'web', { cpu: 1_500 });
    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });
    withService(under, 'web', 2);

    under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: 2 });
    await under.pass(5 * minute);

    expect(countBy(tasksOf(under), 'group')).toEqual({ 'service:agent': 2 });
    expect(serviceNamed(under, 'agent')).toMatchObject({ desiredCount: 2, runningCount: 2 });
  });

  it('ECS API, DeploymentConfiguration: daemons default to a minimum of 0 and a maximum of 100 %', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'agent');

    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });

    expect(serviceNamed(under, 'agent')['deploymentConfiguration']).toMatchObject({
      minimumHealthyPercent: 0,
      maximumPercent: 100,
    });
  });

  it('ECS developer guide, service schedulers: a daemon leaves an instance that no longer matches', async () => {
    const under = await clusterOf(1);
    const targetId = textAt(only(instancesOf(under)), 'containerInstanceArn');
    under.ecs('PutAttributes', { cluster: 'c', attributes: [{ name: 'watched', value: 'yes', targetId }] });
    withDefinition(under, 'agent', { constraints: ['attribute:watched == yes'] });
    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });
    await under.pass(minute);
    const before = tasksOf(under).length;

    under.ecs('DeleteAttributes', { cluster: 'c', attributes: [{ name: 'watched', targetId }] });
    await under.pass(minute);

    expect([before, tasksOf(under).length]).toEqual([1, 0]);
  });
});

describe('failing starts', () => {
  it('ECS developer guide, service throttle logic: what fails before RUNNING is started ever more rarely, up to every 27 minutes', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'web');
    under.world.setTaskBehaviour('web', { failingStarts: 1 });
    withService(under, 'web', 1);

    await under.pass(6 * 60 * minute);

    const at = ofKind(under, 'taskPlaced').map((it) => it.at);
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(Math.max(...pauses)).toBeGreaterThan(26 * minute);
    expect(Math.max(...pauses)).toBeLessThan(29 * minute);
    expect(pauses[0]).toBeLessThan(minute);
  });

  it('ECS developer guide, service throttle logic: what dies after RUNNING is restarted at once, every time', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'web');
    under.world.log.subscribe(
      (record) => {
        if (record.kind !== 'taskStatus' || record.lastStatus !== 'RUNNING' || record.desiredStatus !== 'RUNNING')
          return;
        under.world.finishTask(record.taskArn, 1);
      },
      ['taskStatus'],
    );
    withService(under, 'web', 1);

    await under.pass(60 * minute);

    expect(ofKind(under, 'taskPlaced').length).toBeGreaterThan(100);
  });

  it('assumed of a program: a share of its starts fails, the others run', async () => {
    const under = await clusterOf(3);
    withDefinition(under, 'job', { cpu: 10, memory: 10 });
    under.world.setTaskBehaviour('job', { failingStarts: 0.3, activatingMs: { low: second, high: second } });

    for (let i = 0; i < 20; i++) run(under, 'job', { count: 10 });
    await under.pass(minute);

    const failed = tasksOf(under, { desiredStatus: 'STOPPED' });
    expect(failed.every((it) => it['stopCode'] === 'TaskFailedToStart')).toBe(true);
    expect(ofKind(under, 'taskWithdrawn').length).toBeGreaterThan(40);
    expect(ofKind(under, 'taskWithdrawn').length).toBeLessThan(80);
  });
});

describe('the cluster query language (ECS developer guide, cluster query language)', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['attribute:ecs.instance-type == m5.large', true],
    ['attribute:ecs.instance-type equals m5.large', true],
    ['attribute:ecs.instance-type in [m5.large, c5.large]', true],
    ["attribute:ecs.instance-type in ['m5.large','c5.large']", true],
    ['attribute:ecs.instance-type !in [m5.large]', false],
    ['attribute:ecs.instance-type not_in [c5.large]', true],
    ['attribute:ecs.instance-type =~ m5.*', true],
    ['attribute:ecs.instance-type matches [cm]5.*', true],
    ['attribute:ecs.instance-type =~ (m5|c5).large and agentConnected == true', true],
    ['(attribute:ecs.instance-type =~ [cm]5\\.(x)?large)', true],
    ['attribute:ecs.instance-type !~ m5.*', false],
    ['attribute:stack exists', true],
    ['attribute:stack !exists', false],
    ['attribute:nobody not_exists', true],
    ['attribute:stack != prod', true],
    ['attribute:nobody != prod', false],
    ['not(attribute:nobody == prod)', true],
    ['attribute:stack == dev and (attribute:ecs.instance-type == c5.large or agentConnected == true)', true],
    ['attribute:stack == prod || runningTasksCount == 0', true],
    ['!(runningTasksCount > 0)', true],
    ['runningTasksCount less_than_equal 0', true],
    ['task:group == service:web', false],
    ['agentVersion >= 1.9.0', true],
    ['agentVersion < 1.9.0', false],
    ['agentVersion greater_than 1.97.9', true],
    ['registeredAt > 2026-01-01', true],
    ['registeredAt >= 2026-01-01T00:00:00', true],
    ['registeredAt < 2026-01-01T02:00:00+02:00', false],
    ['registeredAt < 2026-01-01T01:10:00+01:00', true],
    ['registeredAt less_than 2025-12-31T23:59:59Z', false],
  ];

  it.each(cases)('ECS developer guide, cluster query language: %s is %s of the instance', async (filter, holds) => {
    const userData = userDataFor('c', `echo ECS_INSTANCE_ATTRIBUTES='{"stack":"dev"}' >> /etc/ecs/ecs.config`);
    const under = await clusterOf(1, { userData });

    expect(start).toBe(Date.UTC(2026, 0, 1));
    expect(under.ecs('ListContainerInstances', { cluster: 'c', filter })['containerInstanceArns']).toHaveLength(
      holds ? 1 : 0,
    );
  });

  it.each([
    'attribute:stack',
    'attribute:stack ==',
    'attribute:stack == a b',
    '(attribute:stack == a',
    'nothing == 1',
    'agentConnected > true',
    'registeredAt > yesterday',
    'agentVersion >= newest',
    'ec2InstanceId exists',
    'attribute:stack in [a',
    'attribute:stack =~ [',
    'attribute:stack == "a',
  ])('ECS developer guide, cluster query language: %s is refused', async (filter) => {
    const under = await clusterOf(1);

    expect(refusal(() => under.ecs('ListContainerInstances', { cluster: 'c', filter }))).toContain(
      'InvalidParameterException',
    );
  });
});

describe('Availability Zone rebalancing', () => {
  const uneven = async (service: Parameters<typeof withService>[3] = {}) => {
    const lookedAtLate = { serviceZoneRebalanceMs: { low: 3 * minute, high: 3 * minute } };
    const under = await clusterOf(1, { zones: ['eu-west-1a'] }, lookedAtLate);
    withDefinition(under, 'web');
    withService(under, 'web', 4, service);
    await under.pass(2 * minute);
    withGroup(under, { name: 'b', size: 1, zones: ['eu-west-1b'] });
    await under.pass(2 * minute);
    return under;
  };
  const byZone = (under: Awaited<ReturnType<typeof uneven>>) => countBy(tasksOf(under), 'availabilityZone');
  const named = (under: Awaited<ReturnType<typeof uneven>>): readonly string[] =>
    detailsOf(under, 'ECS Service Action').map((it) => text(it, 'eventName') ?? '');

  it('ECS API, CreateService: ENABLED unless said otherwise, and DISABLED where the service cannot have it', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'web');
    withDefinition(under, 'packed');
    withDefinition(under, 'agent');
    withDefinition(under, 'tight');
    withService(under, 'web', 1);
    withService(under, 'packed', 1, { placementStrategy: [strategy('binpack', 'cpu')] });
    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });
    withService(under, 'tight', 1, { deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 } });

    const modes = ['web', 'packed', 'agent', 'tight'].map(
      (name) => serviceNamed(under, name)['availabilityZoneRebalancing'],
    );
    update(under, 'web', { availabilityZoneRebalancing: 'DISABLED' });
    update(under, 'web', { desiredCount: 2 });

    expect(modes).toEqual(['ENABLED', 'DISABLED', 'DISABLED', 'DISABLED']);
    expect(serviceNamed(under, 'web')['availabilityZoneRebalancing']).toBe('DISABLED');
    expect(refusal(() => update(under, 'tight', { availabilityZoneRebalancing: 'ENABLED' }))).toContain(
      'InvalidParameterException',
    );
  });

  it('ECS developer guide, service rebalancing: starts a task in the emptier zone and only then stops one in the fuller', async () => {
    const under = await uneven();
    const before = byZone(under);

    let fewest = 4;
    let most = 4;
    for (let i = 0; i < 240; i++) {
      await under.pass(5 * second);
      const tasks = tasksOf(under);
      fewest = Math.min(fewest, tasks.filter((it) => it['lastStatus'] === 'RUNNING').length);
      most = Math.max(most, tasks.length);
    }

    expect(before).toEqual({ 'eu-west-1a': 4 });
    expect(byZone(under)).toEqual({ 'eu-west-1a': 2, 'eu-west-1b': 2 });
    expect([fewest, most]).toEqual([4, 5]);
    expect(named(under)).toEqual(
      expect.arrayContaining(['SERVICE_REBALANCING_STARTED', 'SERVICE_REBALANCING_COMPLETED']),
    );
    expect(ofKind(under, 'taskWanted')).toHaveLength(6);
  });

  it('ECS developer guide, service rebalancing: says so where the emptier zone has no room, and moves nothing', async () => {
    const under = await clusterOf(1, { zones: ['eu-west-1a'] });
    withDefinition(under, 'web', { cpu: 400 });
    withDefinition(under, 'hog', { cpu: 1_900, constraints: ['attribute:ecs.availability-zone == eu-west-1b'] });
    withService(under, 'web', 4);
    withService(under, 'hog', 1);
    await under.pass(2 * minute);
    withGroup(under, { name: 'b', size: 1, zones: ['eu-west-1b'] });
    await under.pass(20 * minute);

    expect(countBy(tasksOf(under, { serviceName: 'web' }), 'availabilityZone')).toEqual({ 'eu-west-1a': 4 });
    const reasons = detailsOf(under, 'ECS Service Action').filter(
      (it) => it['eventName'] === 'SERVICE_TASK_PLACEMENT_FAILURE' && it['reason'] === 'RESOURCE:CPU',
    );
    expect(reasons).toHaveLength(1);
    expect(ofKind(under, 'taskWanted').filter((it) => it.service === 'web')).toHaveLength(4);
  });

  it.each([
    ['that has it DISABLED', { availabilityZoneRebalancing: 'DISABLED' }],
    ['that packs', { placementStrategy: [strategy('binpack', 'memory')] }],
  ])('ECS developer guide, service rebalancing: a service %s stays where it is', async (_, service) => {
    const under = await uneven(service);

    await under.pass(30 * minute);

    expect(byZone(under)).toEqual({ 'eu-west-1a': 4 });
  });

  it('ECS developer guide, service rebalancing: a zone it emptied comes back into use: leaving a zone is undone', async () => {
    const under = await clusterOf(2, { zones });
    withDefinition(under, 'web');
    withService(under, 'web', 2);
    await under.pass(3 * minute);
    const [gone] = instancesOf(under);
    under.ecs('UpdateContainerInstancesState', {
      cluster: 'c',
      containerInstances: [textAt(gone, 'containerInstanceArn')],
      status: 'DRAINING',
    });
    await under.pass(5 * minute);
    const away = byZone(under);

    under.ecs('UpdateContainerInstancesState', {
      cluster: 'c',
      containerInstances: [textAt(gone, 'containerInstanceArn')],
      status: 'ACTIVE',
    });
    await under.pass(15 * minute);

    expect(Object.values(away)).toEqual([2]);
    expect(Object.values(byZone(under))).toEqual([1, 1]);
  });
});

describe('sizes', () => {
  it('ECS API, RunTask: at most ten tasks a call', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job', { cpu: 1, memory: 4 });

    expect(startedBy(run(under, 'job', { count: 10 }))).toHaveLength(10);
    expect(refusal(() => run(under, 'job', { count: 11 }))).toContain('InvalidParameterException');
  });
});
