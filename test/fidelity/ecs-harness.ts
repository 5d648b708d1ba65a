import type { JsonObject } from '../../simulator/world/api.ts';
import type { WorldConstants } from '../../simulator/world/constants.ts';
import { number, objects, text, texts } from '../../simulator/world/json.ts';
import {
  type GroupOptions,
  instancesOf,
  minute,
  tasksOf,
  textAt,
  type UnderTest,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';

/** Reads see every write at once: for tests of anything else. */
export const consistent: Partial<WorldConstants> = { ecsWriteVisibleAfterMs: { low: 0, high: 0 } };

/** A cluster `c` whose instances have registered. */
export const clusterOf = async (
  size: number,
  options: Partial<GroupOptions> = {},
  constants: Partial<WorldConstants> = {},
): Promise<UnderTest> => {
  const under = worldUnderTest(1, { ...consistent, ...constants });
  withGroup(under, { size, ...options });
  await under.pass(2 * minute);
  return under;
};

export const run = (under: UnderTest, taskDefinition: string, more: JsonObject = {}): JsonObject =>
  under.ecs('RunTask', { cluster: 'c', taskDefinition, ...more });

export const startedBy = (answer: JsonObject): readonly string[] =>
  (objects(answer, 'tasks') ?? []).map((it) => textAt(it, 'taskArn'));

export const reasonsOf = (answer: JsonObject): readonly string[] =>
  (objects(answer, 'failures') ?? []).map((it) => text(it, 'reason') ?? '');

/** What an instance has registered or left of one resource: a number, or the members of a set. */
export const resource = (
  instance: JsonObject | undefined,
  member: 'registeredResources' | 'remainingResources',
  name: string,
): number | readonly string[] | undefined => {
  const found = objects(instance ?? {}, member)?.find((it) => it['name'] === name);
  if (found === undefined) return undefined;
  return text(found, 'type') === 'STRINGSET' ? texts(found, 'stringSetValue') : number(found, 'integerValue');
};

export const update = (under: UnderTest, service: string, more: JsonObject): JsonObject =>
  under.ecs('UpdateService', { cluster: 'c', service, ...more });

export const arnsOn = (
  under: UnderTest,
  instance: JsonObject | undefined,
  more: JsonObject = {},
): readonly string[] => {
  const containerInstance = textAt(instance, 'containerInstanceArn');
  return texts(under.ecs('ListTasks', { cluster: 'c', containerInstance, ...more }), 'taskArns') ?? [];
};

/** How many tasks each instance has, fewest first; empty instances too. */
export const spreadOf = (under: UnderTest): readonly number[] =>
  instancesOf(under)
    .map((it) => arnsOn(under, it).length)
    .sort((a, b) => a - b);

/** A group with a capacity provider of the same name, which cluster `c` then uses. */
export const withProvider = (
  under: UnderTest,
  name: string,
  status: 'ENABLED' | 'DISABLED',
  group: Partial<GroupOptions> = {},
): void => {
  withGroup(under, { name, size: 0, ...group });
  const groups = under.autoScaling('DescribeAutoScalingGroups', { AutoScalingGroupNames: [name] });
  const autoScalingGroupArn = textAt(objects(groups, 'AutoScalingGroups')?.[0], 'AutoScalingGroupARN');
  under.ecs('CreateCapacityProvider', {
    name,
    autoScalingGroupProvider: { autoScalingGroupArn, managedScaling: { status } },
  });
  const clusters = objects(under.ecs('DescribeClusters', { clusters: ['c'] }), 'clusters') ?? [];
  under.ecs('PutClusterCapacityProviders', {
    cluster: 'c',
    capacityProviders: [...(texts(clusters[0] ?? {}, 'capacityProviders') ?? []), name],
    defaultCapacityProviderStrategy: [],
  });
};

export const statusesOf = (under: UnderTest, filter: JsonObject = {}): readonly string[] =>
  tasksOf(under, filter).map((it) => text(it, 'lastStatus') ?? '');
