import { rebalanceNoticeLastsMs } from '../../model/asked-for.ts';
import type { AutoScalingGroup, GroupInstance } from '../../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../model/container-instance.ts';
import type { RetireCause } from '../../model/memory.ts';
import type { KeepReason } from '../../model/plan.ts';
import type { EpochMs } from '../../model/time.ts';
import { wholeMinutes } from '../text.ts';
import type { Membership, View } from '../view.ts';

const templateIdOf = (launchTemplate: string): string => launchTemplate.slice(0, launchTemplate.lastIndexOf(':'));

/** When the first instance of the group's present launch template registered; Infinity where none has. */
const firstOfPresentTemplate = (view: View, { instances, launchTemplate }: AutoScalingGroup): EpochMs =>
  Math.min(
    ...instances
      .filter((it) => it.launchTemplate === launchTemplate)
      .map((it) => view.instanceByEc2Id.get(it.ec2InstanceId)?.registeredAt ?? Infinity),
  );

/**
 * Whether an instance comes from what its group no longer launches: another version of its launch template, or another
 * template altogether. One of another template that came after one of the present is not: an override of a mixed
 * instances policy may have a template of its own (Auto Scaling API reference, LaunchTemplateOverrides), and what
 * replaced it would come from there again.
 */
const isOutdated = (view: View, it: ContainerInstance, group: AutoScalingGroup, member: GroupInstance): boolean => {
  if (member.launchTemplate === undefined || group.launchTemplate === undefined) return false;
  if (member.launchTemplate === group.launchTemplate) return false;
  return (
    templateIdOf(member.launchTemplate) === templateIdOf(group.launchTemplate) ||
    it.registeredAt < firstOfPresentTemplate(view, group)
  );
};

/** Why the settings want an instance replaced by a new one; undefined where they do not. */
export const reasonToRotate = (
  view: View,
  it: ContainerInstance,
  { group, member }: Membership,
): string | undefined => {
  const { maximumAgeMs, outdatedLaunchTemplate } = view.settings.rotation;
  const age = view.now - it.registeredAt;
  if (outdatedLaunchTemplate && isOutdated(view, it, group, member))
    return `launched from ${member.launchTemplate ?? ''}, its group launches from ${group.launchTemplate ?? ''}`;
  return maximumAgeMs !== undefined && age > maximumAgeMs
    ? `registered ${wholeMinutes(age)} ago, may become ${wholeMinutes(maximumAgeMs)} old`
    : undefined;
};

/** When EC2 last recommended to replace an instance, where the settings act on it and it is not too long ago. */
export const recommendedAt = (view: View, it: ContainerInstance): EpochMs | undefined => {
  const recent = view.asked.rebalance.filter(
    ({ ec2InstanceId, at }) => ec2InstanceId === it.ec2InstanceId && view.now - at < rebalanceNoticeLastsMs,
  );
  return view.settings.rebalanceRecommendations && recent.length > 0
    ? Math.max(...recent.map((one) => one.at))
    : undefined;
};

/**
 * Since when an instance has had no agent, where that is longer than the settings bear. Agents lose their connection
 * several times an hour in normal operation (ECS developer guide, container instance state change events): one that comes
 * back in between starts anew.
 */
export const lostSince = (view: View, it: ContainerInstance): EpochMs | undefined => {
  const { agentDisconnectedMs } = view.settings.repair;
  const since = view.memory.disconnectedSince[it.ec2InstanceId];
  if (agentDisconnectedMs === undefined || since === undefined || it.agentConnected) return undefined;
  return view.now - since >= agentDisconnectedMs ? since : undefined;
};

/** Whether the cause for which an instance retires still stands; a recommendation is never taken back. */
export const stillStands = (view: View, cause: RetireCause, it: ContainerInstance, membership: Membership): boolean => {
  switch (cause) {
    case 'rotation':
      return reasonToRotate(view, it, membership) !== undefined;
    case 'rebalance':
      return view.settings.rebalanceRecommendations;
    case 'repair':
      return lostSince(view, it) !== undefined;
    case 'consolidation':
      return view.settings.consolidation.enabled;
  }
};

/**
 * Reasons to stay that say what a move is worth, or that one comes too soon to tell: consolidation weighs them when it
 * chooses, and nobody else asks. That tasks find no room is why a replacement comes first.
 */
const ofConsolidation: readonly KeepReason[] = [
  'tooYoung',
  'consolidationOff',
  'notWorthIt',
  'tasksFitNowhere',
  'retiring',
];

/** What says nothing against replacing an instance for the cause. */
const besideThePoint: Readonly<Record<RetireCause, readonly KeepReason[]>> = {
  consolidation: ofConsolidation,
  // Tasks that ECS brings back to the zone find other instances there, or the replacement.
  rotation: [...ofConsolidation, 'lastCopyInZone'],
  rebalance: [...ofConsolidation, 'lastCopyInZone', 'recentlyMoved'],
  // Nothing is moved off an instance without an agent: what it runs is started anew.
  repair: [...ofConsolidation, 'lastCopyInZone', 'recentlyMoved', 'serviceCannotMove', 'runningDeployment'],
};

/** Whether a reason to stay keeps an instance from being replaced for the cause. */
export const speaksAgainst = (cause: RetireCause, reason: KeepReason): boolean =>
  !besideThePoint[cause].includes(reason);
