import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import { type ContractLack, contractLacks, lackText, remedyOf } from '../../model/group-contract.ts';
import { hasGap, type View } from '../view.ts';

const isHarmless = (it: ContractLack): boolean => it.kind === 'azRebalance' && it.isHarmless;

const told = (view: View, { name }: AutoScalingGroup, lack: ContractLack): string =>
  `${lackText(lack)}; ${remedyOf(lack, view.cluster, name)}`;

/**
 * What a group lacks to be sized and drained without surprises, in sentences with what to do; what does no harm now is
 * left out.
 */
export const contractFindings = (view: View, group: AutoScalingGroup): readonly string[] => {
  const surroundings = view.observation.surroundings.find((it) => it.group === group.name);
  const known = surroundings && {
    terminationHooks: surroundings.hooks.map((it) => it.name),
    scalingPolicies: surroundings.scalingPolicies,
  };
  return contractLacks(group, known, view.settings.lifecycleHookName)
    .filter((it) => !isHarmless(it))
    .filter((it) => !(it.kind === 'noTerminationHook' && hasGap(view, 'surroundings')))
    .map((it) => told(view, group, it));
};

/**
 * Said where a group evens out its zones by itself and has instances that it may end for that. Whatever makes one zone
 * smaller than another leads to it, an instance that Berth ends too. (EC2 Auto Scaling user guide, rebalancing activities.)
 */
export const rebalances = (view: View, group: AutoScalingGroup): string | undefined => {
  const lack = contractLacks(group, undefined, '').find((it) => it.kind === 'azRebalance' && !it.isHarmless);
  return lack && told(view, group, lack);
};
