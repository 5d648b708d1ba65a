import { type AutoScalingGroup, countsTowardsDesired, type GroupInstance } from '../model/auto-scaling-group.ts';
import { type ContainerInstance, instanceTypeOf } from '../model/container-instance.ts';
import type { LaunchIntent } from '../model/memory.ts';
import type { Resources } from '../model/resources.ts';
import type { EpochMs } from '../model/time.ts';
import type { View } from './view.ts';
import { nextZones } from './zones.ts';

/** Why Berth does not size a group now. */
export type Hold = 'managedScaling' | 'groupConflict' | 'launchesDoNotRegister' | 'unknownInstanceShape';

/** What is known of the instances a group would launch. */
export interface Registered {
  readonly resources: Resources;
  readonly gpus: number;
  readonly instanceType: string | undefined;
  /** Live instances of the same launch source. */
  readonly siblings: readonly ContainerInstance[];
  /** What earlier siblings agreed on, where there are none now; undefined where none was ever seen. */
  readonly attributes: Readonly<Record<string, string>> | undefined;
}

/** A group as the planner counts it. */
export interface GroupState {
  readonly group: AutoScalingGroup;
  /** Who must not size it and why; `detail` is for people. */
  readonly hold: { readonly reason: Hold; readonly detail: string } | undefined;
  /** What a new instance would be; undefined where nothing is known of it. */
  readonly registered: Registered | undefined;
  /** Launched or asked for, not registered, within the boot deadline: supply to come, by the zone it comes up in. */
  readonly incoming: readonly (string | undefined)[];
  /** The zone that the n-th instance launched on top of those would come up in. */
  readonly zoneOfNext: (n: number) => string | undefined;
  /** Not registered although the boot deadline is over: no supply, and a sign that launches fail. */
  readonly overdue: number;
  /** To be remembered: since when the group has fewer instances than desired. */
  readonly intents: readonly LaunchIntent[];
  /** To be remembered: since when instances are in the group and not registered. */
  readonly unregisteredSince: Readonly<Record<string, EpochMs>>;
  /** The earliest moment at which something incoming becomes overdue. */
  readonly deadlineAt: EpochMs | undefined;
}

/**
 * With managed scaling on, ECS sizes the group, unless the settings ask for `hold` and the group's alarms are cut off:
 * two writers of one desired capacity fight.
 */
const managedBy = (view: View, group: AutoScalingGroup): string | undefined => {
  const provider = view.observation.capacityProviders.find(
    (it) => it.autoScalingGroupName === group.name && it.managedScaling,
  );
  if (provider === undefined) return undefined;
  const held =
    view.settings.groups[group.name]?.hold === true && group.suspendedProcesses.includes('AlarmNotification');
  return held ? undefined : provider.name;
};

/** Live instances of the group that were launched from what a new one would be launched from, as far as AWS says. */
export const siblingsOf = (view: View, group: AutoScalingGroup): readonly ContainerInstance[] =>
  group.instances
    .filter(
      (it) =>
        it.launchTemplate === undefined ||
        group.launchTemplate === undefined ||
        it.launchTemplate === group.launchTemplate,
    )
    .map((it) => view.instanceByEc2Id.get(it.ec2InstanceId))
    .filter((it) => it !== undefined)
    .filter((it) => group.instanceTypes.length === 0 || group.instanceTypes.includes(instanceTypeOf(it) ?? ''));

/**
 * What a new instance registers: the least of its live siblings, else what was learned before or computed from EC2's
 * figures, else the settings.
 */
const registeredByNew = (view: View, group: AutoScalingGroup): Registered | undefined => {
  const siblings = siblingsOf(view, group);
  const configured = view.settings.groups[group.name]?.registers;
  const learned = view.memory.shapes[group.name];
  const fresh = learned !== undefined && learned.launchSource === group.launchSource ? learned : undefined;
  if (siblings.length === 0) {
    const resources = fresh?.registered ?? configured;
    const instanceType = fresh?.instanceType.split(',')[0];
    const { gpus = 0, attributes } = fresh ?? {};
    return resources === undefined ? undefined : { resources, gpus, instanceType, siblings, attributes };
  }
  const [first] = siblings;
  return {
    resources: {
      cpuUnits: Math.min(...siblings.map((it) => it.registered.cpuUnits)),
      memoryMiB: Math.min(...siblings.map((it) => it.registered.memoryMiB)),
    },
    gpus: Math.min(...siblings.map((it) => it.gpusRegistered ?? it.gpusRemaining)),
    instanceType: first === undefined ? undefined : instanceTypeOf(first),
    siblings,
    attributes: undefined,
  };
};

/**
 * Whether an instance has registered but cannot take tasks yet: its trunk interface is being attached, or its agent has
 * not connected for the first time. It is still on its way, and needs no second one beside it.
 */
const isGettingReady = (view: View, it: ContainerInstance): boolean =>
  it.status === 'REGISTERING' ||
  (it.status === 'ACTIVE' && !it.agentConnected && view.now - it.registeredAt < view.settings.bootDeadlineMs);

const notReadyMembers = (view: View, group: AutoScalingGroup): readonly GroupInstance[] =>
  group.instances.filter((it) => {
    const instance = view.instanceByEc2Id.get(it.ec2InstanceId);
    return countsTowardsDesired(it) && (instance === undefined || isGettingReady(view, instance));
  });

/**
 * Since when the group lacks instances, by the desired capacity it lacks them of. A capacity that is lowered keeps the
 * times of what is still missing: an exhausted group must not look as if it had only just been asked.
 */
const intentsOf = (view: View, group: AutoScalingGroup, members: number): readonly LaunchIntent[] => {
  const since = new Map<number, EpochMs>();
  for (const it of view.memory.intents.filter((one) => one.group === group.name)) {
    const desired = Math.min(it.desiredCapacity, group.desiredCapacity);
    if (desired > members) since.set(desired, Math.min(since.get(desired) ?? it.at, it.at));
  }
  if (group.desiredCapacity > members && !since.has(group.desiredCapacity)) since.set(group.desiredCapacity, view.now);
  return [...since]
    .sort(([a], [b]) => a - b)
    .map(([desiredCapacity, at]) => ({ group: group.name, desiredCapacity, at }));
};

/** How many of the missing instances are past the boot deadline; the lowest capacities are filled first. */
const lateOf = (view: View, intents: readonly LaunchIntent[], members: number): number =>
  intents.reduce((late, it, n) => {
    const from = intents[n - 1]?.desiredCapacity ?? members;
    return view.now - it.at >= view.settings.bootDeadlineMs ? late + it.desiredCapacity - from : late;
  }, 0);

const holdOf = (
  view: View,
  group: AutoScalingGroup,
  registered: Registered | undefined,
  overdue: number,
): GroupState['hold'] => {
  const provider = managedBy(view, group);
  if (provider !== undefined)
    return {
      reason: 'managedScaling',
      detail: `capacity provider ${provider} has managed scaling ENABLED: ECS sizes it`,
    };
  if (group.conflicts.length > 0) return { reason: 'groupConflict', detail: group.conflicts.join(', ') };
  if (overdue >= view.settings.maximumOverdue)
    return {
      reason: 'launchesDoNotRegister',
      detail: `${overdue} launches are past the boot deadline and not registered`,
    };
  if (registered === undefined)
    return {
      reason: 'unknownInstanceShape',
      detail: 'no instance of it was ever seen; set groups.*.registers or wait a minute',
    };
  return undefined;
};

export const stateOf = (view: View, group: AutoScalingGroup): GroupState => {
  const deadline = view.settings.bootDeadlineMs;
  const notReady = notReadyMembers(view, group);
  const unregisteredSince = Object.fromEntries(
    notReady.map((it) => [it.ec2InstanceId, view.memory.unregisteredSince[it.ec2InstanceId] ?? view.now]),
  );
  const isLate = (it: GroupInstance): boolean =>
    view.now - (unregisteredSince[it.ec2InstanceId] ?? view.now) >= deadline;
  const lateMembers = notReady.filter(isLate).length;

  const members = group.instances.filter(countsTowardsDesired).length;
  const missing = Math.max(0, group.desiredCapacity - members);
  const intents = intentsOf(view, group, members);
  const lateMissing = lateOf(view, intents, members);

  const registered = registeredByNew(view, group);
  const zoneOf = nextZones(group);
  const overdue = lateMembers + lateMissing;
  const starts = [...Object.values(unregisteredSince), ...intents.map((it) => it.at)];
  const deadlines = starts.map((at) => at + deadline).filter((at) => at > view.now);
  return {
    group,
    hold: holdOf(view, group, registered, overdue),
    registered,
    incoming: [
      ...notReady.filter((it) => !isLate(it)).map((it) => it.availabilityZone),
      ...Array.from({ length: missing - lateMissing }, (_, n) => zoneOf(n)),
    ],
    zoneOfNext: (n) => zoneOf(missing + n),
    overdue,
    intents,
    unregisteredSince,
    deadlineAt: deadlines.length === 0 ? undefined : Math.min(...deadlines),
  };
};
