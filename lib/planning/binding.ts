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

/** Tasks that are bound alike. */
export interface Bound {
  readonly binding: Binding;
  readonly tasks: number;
}

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

export const bindingKey = (binding: Binding): string => (binding.kind === 'provider' ? binding.name : binding.kind);

/** How tasks are started: those that name neither launch type nor strategy by the cluster's default (ECS API, RunTask). */
const strategyOf = (
  view: View,
  { launchType, capacityProviderStrategy: own }: LaunchTarget,
): readonly StrategyItem[] =>
  own.length > 0 || launchType !== undefined ? own : (view.observation.cluster?.defaultStrategy ?? own);

/** A line of a strategy as tasks are given to it. */
interface Line extends StrategyItem {
  count: number;
  given: number;
}

/** Tasks beyond the base, as a share of the weight: the least of it is given the next. */
const loadOf = ({ count, base, weight }: Line): number => (count - base) / weight;

/** The next of the lines, which stand in order of name; undefined where all of them have weight 0 and their base. */
const nextLine = (lines: readonly Line[]): Line | undefined => {
  let next: Line | undefined;
  for (const it of lines) {
    if (it.count < it.base) return it;
    if (it.weight > 0 && (next === undefined || loadOf(it) < loadOf(next))) next = it;
  }
  return next;
};

/**
 * Splits missing tasks over a strategy as ECS does: bases first, then in proportion to the weights, of which 0 is given
 * nothing (ECS API, CapacityProviderStrategyItem). How it breaks ties is undocumented: by name here.
 */
const splitByStrategy = (
  missing: number,
  strategy: readonly StrategyItem[],
  existing: ReadonlyMap<string, number>,
): readonly Line[] => {
  const lines = strategy
    .map((it): Line => ({ ...it, count: existing.get(it.capacityProvider) ?? 0, given: 0 }))
    .sort((a, b) => (a.capacityProvider < b.capacityProvider ? -1 : 1));
  for (let n = 0; n < missing; n++) {
    const next = nextLine(lines);
    if (next === undefined) break;
    next.count++;
    next.given++;
  }
  return lines.filter((it) => it.given > 0);
};

/** How many of `missing` tasks go where. */
export const splitByTarget = (
  view: View,
  missing: number,
  target: LaunchTarget,
  existing: ReadonlyMap<string, number>,
): readonly Bound[] => {
  if (missing <= 0) return [];
  const strategy = strategyOf(view, target);
  if (strategy.length > 0)
    return splitByStrategy(missing, strategy, existing).map((it) => ({
      binding: bindingToProvider(view, it.capacityProvider),
      tasks: it.given,
    }));
  const onInstances = target.launchType === undefined || target.launchType === 'EC2';
  return [{ binding: onInstances ? anywhere : { kind: 'elsewhere' }, tasks: missing }];
};

export const mayRunIn = (view: View, binding: Binding, group: AutoScalingGroup): boolean =>
  binding.kind === 'anywhere' ||
  (binding.kind === 'provider' && providerOf(view, binding.name)?.autoScalingGroupName === group.name);

/** Whether any task that is started so needs an instance of a group. */
export const needsInstances = (view: View, target: LaunchTarget): boolean => {
  const strategy = strategyOf(view, target);
  return strategy.length > 0
    ? strategy.some((it) => bindingToProvider(view, it.capacityProvider).kind === 'provider')
    : target.launchType === undefined || target.launchType === 'EC2';
};
