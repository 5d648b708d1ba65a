import { seededDice } from '../../simulator/kernel/dice.ts';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import type { Json, JsonObject, ServiceName } from '../../simulator/world/api.ts';
import type { WorldConstants } from '../../simulator/world/constants.ts';
import { isObject, objects, text, texts } from '../../simulator/world/json.ts';
import type { WorldRecord } from '../../simulator/world/log.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';

export const start = Date.UTC(2026, 0, 1);
export const second = 1_000;
export const minute = 60_000;

export interface UnderTest {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly records: readonly WorldRecord[];
  call(service: ServiceName, operation: string, input?: JsonObject, caller?: string): JsonObject;
  ecs(operation: string, input?: JsonObject): JsonObject;
  autoScaling(operation: string, input?: JsonObject): JsonObject;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
}

export const worldUnderTest = (seed = 1, constants: Partial<WorldConstants> = {}): UnderTest => {
  const clock = new VirtualClock(start);
  // Tests call without time passing, so that any number of calls is at once.
  const world = createWorld({
    kernel: clock,
    dice: seededDice(seed),
    constants: { apiThrottling: false, ...constants },
  });
  const records: WorldRecord[] = [];
  world.log.subscribe((record) => records.push(record));
  const call: UnderTest['call'] = (service, operation, input = {}, caller = 'test') =>
    world.call(service, operation, input, caller);
  return {
    clock,
    world,
    records,
    call,
    ecs: (operation, input) => call('ecs', operation, input),
    autoScaling: (operation, input) => call('autoscaling', operation, input),
    pass: (ms) => clock.runUntil(clock.now() + ms),
  };
};

export interface GroupOptions {
  readonly name?: string;
  readonly size: number;
  readonly max?: number;
  readonly min?: number;
  readonly instanceType?: string;
  readonly zones?: readonly string[];
  readonly userData?: string;
  readonly more?: JsonObject;
}

export const userDataFor = (cluster: string, more = ''): string =>
  Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${cluster} >> /etc/ecs/ecs.config\n${more}`).toString('base64');

/** A cluster `c` and a group of instances that join it; five minutes later they are there. */
export const withGroup = (it: UnderTest, options: GroupOptions): void => {
  const { name = 'g', size, max = 20, min = 0, instanceType = 'm5.large', zones = ['eu-west-1a'] } = options;
  it.ecs('CreateCluster', { clusterName: 'c' });
  it.call('ec2', 'CreateLaunchTemplate', {
    LaunchTemplateName: `${name}-template`,
    LaunchTemplateData: { InstanceType: instanceType, UserData: options.userData ?? userDataFor('c') },
  });
  it.autoScaling('CreateAutoScalingGroup', {
    AutoScalingGroupName: name,
    MinSize: min,
    MaxSize: max,
    DesiredCapacity: size,
    LaunchTemplate: { LaunchTemplateName: `${name}-template`, Version: '$Latest' },
    AvailabilityZones: zones,
    ...options.more,
  });
};

export interface TaskSize {
  readonly cpu?: number;
  readonly memory?: number;
  readonly networkMode?: string;
  readonly portMappings?: readonly JsonObject[];
  readonly constraints?: readonly string[];
  readonly more?: JsonObject;
}

export const withDefinition = (it: UnderTest, family: string, size: TaskSize = {}): void => {
  it.ecs('RegisterTaskDefinition', {
    family,
    networkMode: size.networkMode ?? 'bridge',
    placementConstraints: (size.constraints ?? []).map((expression) => ({ type: 'memberOf', expression })),
    containerDefinitions: [
      {
        name: 'main',
        image: 'example',
        cpu: size.cpu ?? 256,
        memory: size.memory ?? 256,
        portMappings: size.portMappings ?? [],
        ...size.more,
      },
    ],
  });
};

export const withService = (it: UnderTest, serviceName: string, desiredCount: number, more: JsonObject = {}): void => {
  it.ecs('CreateService', { cluster: 'c', serviceName, taskDefinition: serviceName, desiredCount, ...more });
};

export const only = <T>(items: readonly T[]): T => {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`expected one, found ${items.length}`);
  return item;
};

export const instancesOf = (it: UnderTest): readonly JsonObject[] => {
  const arns = texts(it.ecs('ListContainerInstances', { cluster: 'c' }), 'containerInstanceArns') ?? [];
  if (arns.length === 0) return [];
  return (
    objects(it.ecs('DescribeContainerInstances', { cluster: 'c', containerInstances: arns }), 'containerInstances') ??
    []
  );
};

export const tasksOf = (it: UnderTest, filter: JsonObject = {}): readonly JsonObject[] => {
  const arns = texts(it.ecs('ListTasks', { cluster: 'c', ...filter }), 'taskArns') ?? [];
  return arns.length === 0 ? [] : (objects(it.ecs('DescribeTasks', { cluster: 'c', tasks: arns }), 'tasks') ?? []);
};

export const serviceNamed = (it: UnderTest, name: string): JsonObject =>
  only(objects(it.ecs('DescribeServices', { cluster: 'c', services: [name] }), 'services') ?? []);

export const groupNamed = (it: UnderTest, name = 'g'): JsonObject =>
  only(
    objects(it.autoScaling('DescribeAutoScalingGroups', { AutoScalingGroupNames: [name] }), 'AutoScalingGroups') ?? [],
  );

export const membersOf = (it: UnderTest, name = 'g'): readonly JsonObject[] =>
  objects(groupNamed(it, name), 'Instances') ?? [];

/** The member as text, or a failure that names it. */
export const textAt = (json: JsonObject | undefined, name: string): string => {
  const value = text(json ?? {}, name);
  if (value === undefined) throw new Error(`no ${name} in ${JSON.stringify(json)}`);
  return value;
};

/** How many instances each value of a member has. */
export const countBy = (items: readonly JsonObject[], name: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const it of items) {
    const value = text(it, name) ?? 'none';
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
};

export const drain = (it: UnderTest, instance: JsonObject, status = 'DRAINING'): void => {
  const containerInstances = [textAt(instance, 'containerInstanceArn')];
  it.ecs('UpdateContainerInstancesState', { cluster: 'c', containerInstances, status });
};

/** The records of one kind. */
export const ofKind = <K extends WorldRecord['kind']>(
  it: UnderTest,
  kind: K,
): readonly Extract<WorldRecord, { kind: K }>[] =>
  it.records.filter((record): record is Extract<WorldRecord, { kind: K }> => record.kind === kind);

/** The detail of each event of a type. */
export const detailsOf = (it: UnderTest, detailType: string): readonly JsonObject[] =>
  ofKind(it, 'event')
    .filter(({ event }) => event['detail-type'] === detailType)
    .map(({ event }) => event['detail'])
    .filter((detail: Json): detail is JsonObject => isObject(detail));

/** The error code a call is answered with. */
export const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : String(error);
  }
  return 'accepted';
};
