import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import { hasGap, type View } from '../view.ts';

/** What a group lacks to be sized and drained without surprises, in sentences. */
export const contractFindings = (view: View, group: AutoScalingGroup): readonly string[] => {
  const unprotected = group.instances.filter((it) => it.lifecycleState === 'InService' && !it.protectedFromScaleIn);
  const surroundings = view.observation.surroundings.find((it) => it.group === group.name);
  const hasHook = surroundings?.hooks.some((it) => it.name === view.settings.lifecycleHookName) === true;
  const findings: readonly (string | false)[] = [
    !group.newInstancesProtectedFromScaleIn &&
      'new instances are not protected from scale-in: the group may pick a busy one when its size is lowered',
    unprotected.length > 0 && `${unprotected.length} of its instances are not protected from scale-in`,
    unprotected.length > 0 &&
      group.availabilityZones.length > 1 &&
      !group.suspendedProcesses.includes('AZRebalance') &&
      'AZRebalance is not suspended: the group may replace busy instances to balance its zones',
    group.conflicts.includes('weightedCapacity') &&
      'its instance types have weights: its size is no count of instances',
    group.conflicts.includes('capacityUnits') && 'its size is counted in vCPUs or memory, not in instances',
    surroundings !== undefined &&
      surroundings.scalingPolicies.length > 0 &&
      `another scaling policy also sizes it: ${surroundings.scalingPolicies.toSorted().join(', ')}`,
    surroundings !== undefined &&
      !hasHook &&
      !hasGap(view, 'surroundings') &&
      `it has no termination hook ${view.settings.lifecycleHookName}: instances that AWS or people end are not drained first`,
  ];
  return findings.filter((it) => it !== false);
};
