import { type AutoScalingGroup, countsTowardsDesired, type GroupInstance } from '../model/auto-scaling-group.ts';
import { instanceTypeOf } from '../model/container-instance.ts';
import type { LaunchIntent } from '../model/memory.ts';
import { minus, type Resources } from '../model/resources.ts';
import type { EpochMs } from '../model/time.ts';
import { sum } from '../placement/requirements.ts';
import { daemonsOf } from './daemons.ts';
import type { View } from './view.ts';

/** Why Berth does not size a group now. */
export type Hold = 'managedScaling' | 'groupConflict' | 'launchesDoNotRegister' | 'unknownInstanceShape';

/** A group as the planner counts it. */
export interface GroupState {
  readonly group: AutoScalingGroup;
  /** Who must not size it and why; `detail` is for people. */
  readonly hold: { readonly reason: Hold; readonly detail: string } | undefined;
  /** What a new instance would have left for tasks once its daemons run; undefined where nothing is known of it. */
  readonly expected: Resources | undefined;
  /** Launched or asked for, not registered, within the boot deadline: supply to come. */
  readonly incoming: number;
  /** Not registered although the boot deadline is over: no supply, and a sign that launches fail. */
  readonly overdue: number;
  /** To be remembered: since when the group has fewer instances than desired. */
  readonly intent: LaunchIntent | undefined;
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

/**
 * What a new instance registers: the least of its live siblings launched from the same source, else what was learned
 * before or computed from EC2's figures, else the settings.
 */
const registeredByNew = (view: View, group: AutoScalingGroup): Resources | undefined => {
  const siblings = group.instances
    .map((it) => view.instanceByEc2Id.get(it.ec2InstanceId))
    .filter((it) => it !== undefined)
    .filter((it) => group.instanceTypes.length === 0 || group.instanceTypes.includes(instanceTypeOf(it) ?? ''));
  const configured = view.settings.groups[group.name]?.registers;
  const learned = view.memory.shapes[group.name];
  const fresh = learned !== undefined && learned.launchSource === group.launchSource ? learned.registered : undefined;
  if (siblings.length === 0) return fresh ?? configured;
  return {
    cpuUnits: Math.min(...siblings.map((it) => it.registered.cpuUnits)),
    memoryMiB: Math.min(...siblings.map((it) => it.registered.memoryMiB)),
  };
};

const unregisteredMembers = (view: View, group: AutoScalingGroup): readonly GroupInstance[] =>
  group.instances.filter((it) => countsTowardsDesired(it) && !view.instanceByEc2Id.has(it.ec2InstanceId));

const holdOf = (
  view: View,
  group: AutoScalingGroup,
  expected: Resources | undefined,
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
  if (expected === undefined)
    return {
      reason: 'unknownInstanceShape',
      detail: 'no instance of it was ever seen; set groups.*.registers or wait a minute',
    };
  return undefined;
};

export const stateOf = (view: View, group: AutoScalingGroup): GroupState => {
  const deadline = view.settings.bootDeadlineMs;
  const unregistered = unregisteredMembers(view, group);
  const unregisteredSince = Object.fromEntries(
    unregistered.map((it) => [it.ec2InstanceId, view.memory.unregisteredSince[it.ec2InstanceId] ?? view.now]),
  );
  const late = Object.values(unregisteredSince).filter((since) => view.now - since >= deadline).length;

  const members = group.instances.filter(countsTowardsDesired).length;
  const missing = Math.max(0, group.desiredCapacity - members);
  const known = view.memory.intents.find(
    (it) => it.group === group.name && it.desiredCapacity === group.desiredCapacity,
  );
  const intent =
    missing > 0 ? { group: group.name, desiredCapacity: group.desiredCapacity, at: known?.at ?? view.now } : undefined;
  const missingIsLate = intent !== undefined && view.now - intent.at >= deadline;

  const registered = registeredByNew(view, group);
  const expected =
    registered === undefined ? undefined : minus(registered, sum(daemonsOf(view).map((it) => it.requirements)));
  const overdue = late + (missingIsLate ? missing : 0);
  const starts = [...Object.values(unregisteredSince), ...(intent === undefined ? [] : [intent.at])];
  const deadlines = starts.map((at) => at + deadline).filter((at) => at > view.now);
  return {
    group,
    hold: holdOf(view, group, expected, overdue),
    expected,
    incoming: unregistered.length - late + (missingIsLate ? 0 : missing),
    overdue,
    intent,
    unregisteredSince,
    deadlineAt: deadlines.length === 0 ? undefined : Math.min(...deadlines),
  };
};
