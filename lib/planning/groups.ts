import { type AutoScalingGroup, countsTowardsDesired, type GroupInstance } from '../model/auto-scaling-group.ts';
import { type ContainerInstance, instanceTypeOf } from '../model/container-instance.ts';
import type { LaunchIntent } from '../model/memory.ts';
import type { Resources } from '../model/resources.ts';
import type { EpochMs } from '../model/time.ts';
import { raisedNote } from './keeping/raised.ts';
import { bootDeadlineOf } from './launching/boots.ts';
import { type LaunchBudget, launchBudgetOf } from './launching/budget.ts';
import { rebalances } from './launching/contract.ts';
import { type Failing, failingOf } from './launching/failures.ts';
import { foreignSizeNote } from './launching/foreign.ts';
import { type Limit, limitOf } from './launching/limits.ts';
import { type Missing, missingOf } from './launching/missing.ts';
import type { View } from './view.ts';
import { nextZones } from './zones.ts';

/** Why Berth does not size a group now. */
export type Hold =
  | 'managedScaling'
  | 'groupConflict'
  | 'launchesDoNotRegister'
  | 'launchBudget'
  | 'unknownInstanceShape';

/** What forbids to make a group smaller. */
export interface NotToShrink {
  readonly reason: Extract<Hold, 'managedScaling' | 'groupConflict'>;
  readonly detail: string;
}

/** What is known of the instances a group would launch. */
export interface Registered {
  readonly resources: Resources;
  readonly gpus: number;
  readonly instanceType: string | undefined;
  /** Live instances of the same launch source. */
  readonly siblings: readonly ContainerInstance[];
  /** Where there are none: what earlier ones agreed on, or what the launch template names; undefined where neither is known. */
  readonly attributes: Readonly<Record<string, string>> | undefined;
  /** Whether a new instance has no others than those. */
  readonly hasNoOthers: boolean;
}

/** A group as the planner counts it. */
export interface GroupState {
  readonly group: AutoScalingGroup;
  /** Who must not size it and why; `detail` is for people. */
  readonly hold: { readonly reason: Hold; readonly detail: string } | undefined;
  /** Why no instance of it may go by Berth's choice; undefined where some may. */
  readonly mayNotShrink: NotToShrink | undefined;
  /** What a new instance would be; undefined where nothing is known of it. */
  readonly registered: Registered | undefined;
  /** Launched or asked for, not registered, and not late: supply to come, by the zone it comes up in. */
  readonly incoming: readonly (string | undefined)[];
  /** The zone that the n-th instance launched on top of those would come up in. */
  readonly zoneOfNext: (n: number) => string | undefined;
  /** Not registered although the settings' boot deadline is over: no supply, and a sign that launches fail. */
  readonly overdue: number;
  readonly missing: Missing;
  /** Undefined where no launch has failed lately. */
  readonly failing: Failing | undefined;
  /** How many more instances it may be asked for now. */
  readonly limit: Limit;
  /** What people should know of it besides. */
  readonly notes: readonly string[];
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
const siblingsOf = (view: View, group: AutoScalingGroup): readonly ContainerInstance[] =>
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
 * figures, else the settings. Where siblings are not of every type that the group may launch, what was learned counts
 * too: the worst type must suffice.
 */
const registeredByNew = (view: View, group: AutoScalingGroup): Registered | undefined => {
  const siblings = siblingsOf(view, group);
  const configured = view.settings.groups[group.name]?.registers;
  const learned = view.memory.shapes[group.name];
  const fresh = learned !== undefined && learned.launchSource === group.launchSource ? learned : undefined;
  const [first] = siblings;
  if (first === undefined) {
    const resources = fresh?.registered ?? configured;
    const instanceType = fresh?.instanceType.split(',')[0];
    const { gpus = 0, attributes, from } = fresh ?? {};
    const hasNoOthers = from === 'instance';
    return resources === undefined ? undefined : { resources, gpus, instanceType, siblings, attributes, hasNoOthers };
  }
  const seen = new Set(siblings.map(instanceTypeOf));
  const others = fresh !== undefined && group.instanceTypes.some((it) => !seen.has(it)) ? [fresh] : [];
  const registered = [...siblings, ...others].map((it) => it.registered);
  return {
    resources: {
      cpuUnits: Math.min(...registered.map((it) => it.cpuUnits)),
      memoryMiB: Math.min(...registered.map((it) => it.memoryMiB)),
    },
    gpus: Math.min(
      ...siblings.map((it) => it.gpusRegistered ?? it.gpusRemaining),
      ...others.map((it) => it.gpus ?? Number.POSITIVE_INFINITY),
    ),
    instanceType: instanceTypeOf(first),
    siblings,
    attributes: undefined,
    hasNoOthers: false,
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

/** What else sizes the group: two writers of one desired capacity fight. */
const conflictsOf = (view: View, group: AutoScalingGroup): string | undefined => {
  const policies = view.observation.surroundings
    .filter((it) => it.group === group.name)
    .flatMap((it) => it.scalingPolicies)
    .toSorted();
  const conflicts = [
    ...group.conflicts,
    ...(policies.length === 0 ? [] : [`another scaling policy also sizes it: ${policies.join(', ')}; remove it`]),
  ];
  return conflicts.length === 0 ? undefined : conflicts.join(', ');
};

interface Known {
  readonly registered: Registered | undefined;
  readonly overdue: number;
  readonly failing: Failing | undefined;
  readonly budget: LaunchBudget;
}

const holdOf = (view: View, group: AutoScalingGroup, known: Known): GroupState['hold'] => {
  const provider = managedBy(view, group);
  if (provider !== undefined)
    return {
      reason: 'managedScaling',
      detail: `capacity provider ${provider} has managed scaling ENABLED: ECS sizes it`,
    };
  const conflicts = conflictsOf(view, group);
  if (conflicts !== undefined) return { reason: 'groupConflict', detail: conflicts };
  if (known.overdue >= view.settings.maximumOverdue)
    return {
      reason: 'launchesDoNotRegister',
      detail: `${known.overdue} launches are past the boot deadline and not registered`,
    };
  if (known.budget.left === 0) return { reason: 'launchBudget', detail: known.budget.detail };
  if (known.registered === undefined) {
    const failed = known.failing === undefined ? '' : `; its last launch failed: ${known.failing.cause}`;
    return {
      reason: 'unknownInstanceShape',
      detail: `no instance of it was ever seen; set groups.*.registers or wait a minute${failed}`,
    };
  }
  return undefined;
};

/** Where others size it, or where the group would even out its zones by ending an instance that nobody chose. */
const notToShrink = (view: View, group: AutoScalingGroup, hold: GroupState['hold']): NotToShrink | undefined => {
  if (hold?.reason === 'managedScaling' || hold?.reason === 'groupConflict')
    return { reason: hold.reason, detail: hold.detail };
  const detail = rebalances(view, group);
  return detail === undefined ? undefined : { reason: 'groupConflict', detail };
};

/** By name. */
export const shrinkForbiddenIn = (states: readonly GroupState[], name: string): NotToShrink | undefined =>
  states.find(({ group }) => group.name === name)?.mayNotShrink;

/** Said where it decides which of several groups grows. */
const priceNote = ({ observation, settings }: View, { name }: AutoScalingGroup): string | undefined =>
  observation.groups.length < 2 || settings.groups[name]?.pricePerHour !== undefined
    ? undefined
    : 'it has no pricePerHour: its vCPU and memory stand for one';

const notesOf = (view: View, group: AutoScalingGroup, failing: Failing | undefined): readonly string[] => [
  ...[foreignSizeNote(view, group), raisedNote(view, group), priceNote(view, group)].filter((it) => it !== undefined),
  ...(failing === undefined ? [] : [`launches fail${failing.isWhole ? '' : ' in one of its zones'}: ${failing.cause}`]),
];

export const stateOf = (view: View, group: AutoScalingGroup): GroupState => {
  const { bootDeadlineMs, maximumOverdue } = view.settings;
  const deadline = bootDeadlineOf(view, group);
  // One that has been drained is gone, not on its way.
  const notReady = notReadyMembers(view, group).filter((it) => !view.drainByEc2Id.has(it.ec2InstanceId));
  const unregisteredSince = Object.fromEntries(
    notReady.map((it) => [it.ec2InstanceId, view.memory.unregisteredSince[it.ec2InstanceId] ?? view.now]),
  );
  const sinceOf = (it: GroupInstance): EpochMs => unregisteredSince[it.ec2InstanceId] ?? view.now;
  const lateBy = (ms: number): readonly GroupInstance[] => notReady.filter((it) => view.now - sinceOf(it) >= ms);
  const overdueMembers = lateBy(bootDeadlineMs);
  // One that takes far longer than others before it is lost; where many do, booting has become slow.
  const lost = lateBy(deadline)
    .toSorted((a, b) => sinceOf(a) - sinceOf(b))
    .slice(0, maximumOverdue);
  const late = new Set([...overdueMembers, ...lost]);

  const failing = failingOf(view, group);
  const missing = missingOf(view, group, failing);
  const notThere = missing.onTheirWay + missing.late + missing.failed;
  const budget = launchBudgetOf(view, group);
  const registered = registeredByNew(view, group);
  const zoneOf = nextZones(group, failing?.isWhole === true ? undefined : failing?.zones);
  const overdue = overdueMembers.length + missing.late;
  const deadlines = [
    ...Object.values(unregisteredSince).flatMap((at) => [at + deadline, at + bootDeadlineMs]),
    ...missing.intents.map((it) => it.at + bootDeadlineMs),
  ].filter((at) => at > view.now);
  const hold = holdOf(view, group, { registered, overdue, failing, budget });
  return {
    group,
    hold,
    mayNotShrink: notToShrink(view, group, hold),
    registered,
    incoming: [
      ...notReady.filter((it) => !late.has(it)).map((it) => it.availabilityZone),
      ...Array.from({ length: missing.onTheirWay }, (_, n) => zoneOf(n)),
    ],
    zoneOfNext: (n) => zoneOf(notThere + n),
    overdue,
    missing,
    failing,
    limit: limitOf(view, group, {
      failing,
      budget,
      outstanding: missing.onTheirWay + missing.failed + notReady.length - late.size,
    }),
    notes: notesOf(view, group, failing),
    intents: missing.intents,
    unregisteredSince,
    deadlineAt: deadlines.length === 0 ? undefined : Math.min(...deadlines),
  };
};
