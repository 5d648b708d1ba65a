import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import type { CapacityProvider } from '../model/capacity-provider.ts';
import type { LaunchTarget, StrategyItem } from '../model/service.ts';
import type { View } from './view.ts';

/**
 * Where a task may run. ECS picks one provider for each task started by strategy and never re-assigns it; a task
 * started by launch type EC2 may run on any instance of the cluster.
 */
export type Binding =
  | { readonly kind: 'anywhere' }
  | { readonly kind: 'provider'; readonly name: string }
  /** Fargate, ECS Anywhere, Managed Instances: no instance of ours is needed. */
  | { readonly kind: 'elsewhere' };

const anywhere: Binding = { kind: 'anywhere' };

const fargate = new Set(['FARGATE', 'FARGATE_SPOT']);

const providerOf = (view: View, name: string): CapacityProvider | undefined =>
  view.observation.capacityProviders.find((it) => it.name === name);

/** An unknown provider stays bound, so that its tasks are reported rather than launched for somewhere else. */
export const bindingToProvider = (view: View, name: string): Binding => {
  const provider = providerOf(view, name);
  const elsewhere = fargate.has(name) || (provider !== undefined && provider.autoScalingGroupName === undefined);
  return elsewhere ? { kind: 'elsewhere' } : { kind: 'provider', name };
};

/** Splits missing tasks over a strategy as ECS does: bases first, then in proportion to the weights. */
const splitByStrategy = (
  missing: number,
  strategy: readonly StrategyItem[],
  existing: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> => {
  const counts = new Map(existing);
  const given = new Map<string, number>();
  for (let n = 0; n < missing; n++) {
    const next = nextProvider(strategy, counts);
    if (next === undefined) break;
    counts.set(next, (counts.get(next) ?? 0) + 1);
    given.set(next, (given.get(next) ?? 0) + 1);
  }
  return given;
};

const nextProvider = (strategy: readonly StrategyItem[], counts: ReadonlyMap<string, number>): string | undefined => {
  const count = (it: StrategyItem): number => counts.get(it.capacityProvider) ?? 0;
  const short = strategy.find((it) => count(it) < it.base);
  if (short !== undefined) return short.capacityProvider;
  return strategy
    .filter((it) => it.weight > 0)
    .map((it) => ({ name: it.capacityProvider, load: (count(it) - it.base) / it.weight }))
    .sort((a, b) => a.load - b.load || (a.name < b.name ? -1 : 1))
    .at(0)?.name;
};

/** How many of `missing` tasks go where. */
export const splitByTarget = (
  view: View,
  missing: number,
  target: LaunchTarget,
  existing: ReadonlyMap<string, number>,
): readonly { readonly binding: Binding; readonly tasks: number }[] => {
  if (missing === 0) return [];
  if (target.capacityProviderStrategy.length > 0)
    return [...splitByStrategy(missing, target.capacityProviderStrategy, existing)].map(([name, tasks]) => ({
      binding: bindingToProvider(view, name),
      tasks,
    }));
  const onInstances = target.launchType === undefined || target.launchType === 'EC2';
  return [{ binding: onInstances ? anywhere : { kind: 'elsewhere' }, tasks: missing }];
};

export const mayRunIn = (view: View, binding: Binding, group: AutoScalingGroup): boolean =>
  binding.kind === 'anywhere' ||
  (binding.kind === 'provider' && providerOf(view, binding.name)?.autoScalingGroupName === group.name);
