import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { flag, number, object, objects, requiredText, text, texts } from '../json.ts';
import { activityJson } from './activities.ts';
import { groupJson } from './group-json.ts';
import { hookOf } from './hook-api.ts';
import { type Groups, groupOf, groupPage, invalid } from './lookup.ts';
import { optionsOf, refuseUnmodelled, strategyOf } from './pools.ts';
import { emptyTally } from './roster.ts';
import type { Sizing } from './sizing.ts';
import type { Group, GroupTag } from './state.ts';
import { tagOf } from './tag-api.ts';
import { terminationPoliciesOf } from './termination-policy.ts';

const splitSubnets = (input: JsonObject): readonly string[] | undefined =>
  text(input, 'VPCZoneIdentifier')
    ?.split(',')
    .map((it) => it.trim());

/** Takes over what a create or update request says. Subnets stand in the zones a, b, c in the order given, unless zones are named too. */
const configure = (group: Group, input: JsonObject, region: string): void => {
  const replaced = object(input, 'MixedInstancesPolicy') === undefined ? 'MixedInstancesPolicy' : 'LaunchTemplate';
  const launch = object(input, 'MixedInstancesPolicy') ?? object(input, 'LaunchTemplate');
  group.json = { ...group.json, ...(launch === undefined ? {} : { [replaced]: undefined }), ...input };
  group.minSize = number(input, 'MinSize') ?? group.minSize;
  group.maxSize = number(input, 'MaxSize') ?? group.maxSize;
  const subnets = splitSubnets(input);
  const zones =
    texts(input, 'AvailabilityZones') ?? subnets?.map((_, index) => `${region}${'abcdef'[index % 6] ?? 'a'}`);
  group.zones = zones ?? group.zones;
  group.subnets =
    subnets ??
    (zones === undefined ? group.subnets : zones.map((_, index) => `subnet-${String(index + 1).padStart(8, '0')}`));
  group.protectNew = flag(input, 'NewInstancesProtectedFromScaleIn') ?? group.protectNew;
  const triggers = object(object(input, 'InstanceLifecyclePolicy') ?? {}, 'RetentionTriggers');
  if (triggers !== undefined) group.retainAbandoned = text(triggers, 'TerminateHookAbandon') === 'retain';
};

/** Refuses now what could never launch. */
const check = (group: Group, templates: LaunchTemplates): void => {
  if (group.minSize > group.maxSize) throw invalid('Max bound must be greater than or equal to min bound');
  refuseUnmodelled(group);
  optionsOf(group, templates);
  terminationPoliciesOf(group);
  for (const market of ['onDemand', 'spot'] as const) strategyOf(group, market);
};

const hasTag = (group: Group, filter: JsonObject): boolean => {
  const name = text(filter, 'Name') ?? '';
  const values = texts(filter, 'Values') ?? [];
  const tags = [...group.tags.values()];
  if (name === 'tag-key') return tags.some((it) => values.includes(it.key));
  if (name === 'tag-value') return tags.some((it) => values.includes(it.value));
  if (name.startsWith('tag:')) return values.includes(group.tags.get(name.slice(4))?.value ?? '\0');
  throw invalid(`Filter type ${name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>`);
};

export const groupApi = (ground: Ground, groups: Groups, templates: LaunchTemplates, sizing: Sizing): Api => {
  const newGroup = (name: string, input: JsonObject): Group => ({
    name,
    arn: ground.arn('autoscaling', `autoScalingGroup:${ground.uuid()}:autoScalingGroupName/${name}`),
    createdAt: ground.now(),
    minSize: 0,
    maxSize: 0,
    desired: 0,
    seenDesired: undefined,
    json: {},
    zones: [`${ground.region}a`],
    subnets: ['subnet-00000001'],
    protectNew: false,
    retainAbandoned: false,
    tags: new Map((objects(input, 'Tags') ?? []).map((it): [string, GroupTag] => [text(it, 'Key') ?? '', tagOf(it)])),
    hooks: new Map(
      (objects(input, 'LifecycleHookSpecificationList') ?? []).map((it) => [
        text(it, 'LifecycleHookName') ?? '',
        hookOf(it, undefined),
      ]),
    ),
    policies: new Map(),
    suspended: new Set(),
    instances: new Map(),
    tally: emptyTally(),
    asked: 0,
    extra: 0,
    refusals: new Map(),
    atRisk: new Map(),
    warmPool: undefined,
    refreshes: [],
    missing: [],
    activities: [],
    cause: ground.cause(),
    wakeAt: undefined,
    balanceAt: undefined,
    cooldownUntil: 0,
    deleted: false,
  });

  const checkDesired = (group: Group, desired: number): void => {
    const bounds: readonly [boolean, string, number][] = [
      [desired > group.maxSize, 'above max', group.maxSize],
      [desired < group.minSize, 'below min', group.minSize],
    ];
    for (const [broken, word, bound] of bounds) {
      if (broken)
        throw invalid(`New SetDesiredCapacity value ${desired} is ${word} value ${bound} for the AutoScalingGroup.`);
    }
  };

  const create = (input: JsonObject): void => {
    const name = requiredText(input, 'AutoScalingGroupName', 'ValidationError');
    if (groups.has(name))
      throw new AwsApiError(
        'AlreadyExists',
        `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
      );
    const group = newGroup(name, input);
    configure(group, input, ground.region);
    check(group, templates);
    const desired = number(input, 'DesiredCapacity') ?? group.minSize;
    if (desired < group.minSize || desired > group.maxSize) {
      throw invalid('Desired capacity must be between the specified min size and max size');
    }
    groups.set(name, group);
    sizing.setDesired(group, desired, ground.cause());
  };

  /** Desired capacity is moved into new bounds that leave it outside. (Auto Scaling API, UpdateAutoScalingGroup.) */
  const update = (input: JsonObject): void => {
    const group = groupOf(groups, input);
    const draft: Group = { ...group };
    configure(draft, input, ground.region);
    check(draft, templates);
    const desired = number(input, 'DesiredCapacity');
    if (desired !== undefined) checkDesired(draft, desired);
    Object.assign(group, draft);
    const { minSize, maxSize } = group;
    sizing.setDesired(group, desired ?? Math.min(maxSize, Math.max(minSize, group.desired)), ground.cause());
  };

  /** By force: instances go without their lifecycle hooks. (Auto Scaling API, DeleteAutoScalingGroup.) */
  const remove = (input: JsonObject): void => {
    const group = groupOf(groups, input);
    const force = flag(input, 'ForceDelete') === true;
    if ((group.instances.size > 0 || group.warmPool !== undefined) && !force) {
      throw new AwsApiError(
        'ResourceInUse',
        'You cannot delete an AutoScalingGroup while there are instances or a warm pool still in the group.',
      );
    }
    group.hooks.clear();
    for (const it of [...group.instances.values(), ...(group.warmPool?.instances.values() ?? [])])
      sizing.terminate(group, it, false, ground.cause(), 'the group was deleted');
    group.deleted = true;
    groups.delete(group.name);
  };

  const describe = (input: JsonObject): JsonObject => {
    const names = texts(input, 'AutoScalingGroupNames') ?? [];
    const filters = objects(input, 'Filters') ?? [];
    const named = names.length === 0 ? [...groups.values()] : names.flatMap((it) => groups.get(it) ?? []);
    const all = named.filter((it) => filters.every((filter) => hasTag(it, filter)));
    const { items, nextToken } = groupPage(all, input, 50, 100);
    const withInstances = flag(input, 'IncludeInstances') ?? true;
    return {
      AutoScalingGroups: items.map((it) => groupJson(it, templates, withInstances, ground.now())),
      NextToken: nextToken,
    };
  };

  const setDesired = (input: JsonObject): void => {
    const group = groupOf(groups, input);
    const desired = number(input, 'DesiredCapacity');
    if (desired === undefined) throw invalid('DesiredCapacity is required');
    checkDesired(group, desired);
    if (flag(input, 'HonorCooldown') === true && ground.now() < group.cooldownUntil) {
      throw new AwsApiError(
        'ScalingActivityInProgress',
        'You cannot perform this action while a scaling activity is in progress.',
      );
    }
    group.cooldownUntil = ground.now() + Number(text(group.json, 'DefaultCooldown') ?? 300) * 1_000;
    sizing.setDesired(group, desired, ground.cause());
  };

  const processes = [
    'Launch',
    'Terminate',
    'AddToLoadBalancer',
    'AlarmNotification',
    'AZRebalance',
    'HealthCheck',
    'InstanceRefresh',
    'ReplaceUnhealthy',
    'ScheduledActions',
  ];
  const suspension = (input: JsonObject, change: (group: Group, name: string) => void): JsonObject => {
    const group = groupOf(groups, input);
    const asked = texts(input, 'ScalingProcesses') ?? [];
    for (const name of asked.length === 0 ? processes : asked) change(group, name);
    sizing.touch(group);
    return {};
  };

  return {
    CreateAutoScalingGroup: (input) => {
      create(input);
      return {};
    },
    UpdateAutoScalingGroup: (input) => {
      update(input);
      return {};
    },
    DeleteAutoScalingGroup: (input) => {
      remove(input);
      return {};
    },
    DescribeAutoScalingGroups: describe,
    SetDesiredCapacity: (input) => {
      setDesired(input);
      return {};
    },
    SuspendProcesses: (input) => suspension(input, (group, name) => group.suspended.add(name)),
    ResumeProcesses: (input) => suspension(input, (group, name) => group.suspended.delete(name)),
    DescribeScalingActivities: (input) => {
      const named = text(input, 'AutoScalingGroupName') === undefined ? [...groups.values()] : [groupOf(groups, input)];
      const all = named.flatMap((group) => group.activities.map((it) => ({ group, it })).reverse());
      const { items, nextToken } = groupPage(all, input, 100, 100);
      return { Activities: items.map(({ group, it }) => activityJson(group, it)), NextToken: nextToken };
    },
  };
};
