import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import { contractLacks, lackText } from '../../model/group-contract.ts';
import { hasGap, type View } from '../view.ts';

/** What a group lacks to be sized and drained without surprises, in sentences; what does no harm now is left out. */
export const contractFindings = (view: View, group: AutoScalingGroup): readonly string[] => {
  const surroundings = view.observation.surroundings.find((it) => it.group === group.name);
  const known = surroundings && {
    terminationHooks: surroundings.hooks.map((it) => it.name),
    scalingPolicies: surroundings.scalingPolicies,
  };
  return contractLacks(group, known, view.settings.lifecycleHookName)
    .filter((it) => !(it.kind === 'azRebalance' && it.isHarmless))
    .filter((it) => !(it.kind === 'noTerminationHook' && hasGap(view, 'surroundings')))
    .map(lackText);
};
