import type { Ground } from '../ground.ts';
import type { TaskWithdrawnRecord, WantKind } from '../log.ts';
import type { Service, StrategyItem, TaskDefinition, Want } from './state.ts';

/** Whom a want is for, as the log tells it. */
export interface Wisher {
  readonly cluster: string;
  readonly service: string | undefined;
  readonly definition: TaskDefinition;
}

export interface Wants {
  ask(kind: WantKind, wisher: Wisher, capacityProvider: string | undefined): Want;
  withdraw(want: Want, wisher: Wisher, reason: TaskWithdrawnRecord['reason']): void;
}

export const createWants = (ground: Ground): Wants => {
  let asked = 0;
  const ofWant = (want: Want, wisher: Wisher) => ({
    at: ground.now(),
    wantId: want.id,
    want: want.kind,
    cluster: wisher.cluster,
    service: wisher.service,
    taskDefinitionArn: wisher.definition.arn,
  });
  return {
    ask: (kind, wisher, capacityProvider) => {
      const want: Want = { id: `want-${++asked}`, kind, capacityProvider };
      ground.log.write({ kind: 'taskWanted', ...ofWant(want, wisher) });
      return want;
    },
    withdraw: (want, wisher, reason) => {
      ground.log.write({ kind: 'taskWithdrawn', ...ofWant(want, wisher), reason });
    },
  };
};

export const wisherOf = (service: Service, definition: TaskDefinition): Wisher => ({
  cluster: service.cluster.name,
  service: service.name,
  definition,
});

/**
 * The provider of one more task: the base first, then whichever provider is furthest behind the share of its weight. One
 * with weight 0 places nothing beyond its base. (ECS API, CapacityProviderStrategyItem.)
 */
export const chooseProvider = (
  strategy: readonly StrategyItem[],
  countOf: (provider: string) => number,
): string | undefined => {
  if (strategy.length === 1) return strategy[0]?.capacityProvider;
  const based = strategy.find((it) => countOf(it.capacityProvider) < it.base);
  if (based !== undefined) return based.capacityProvider;
  let best: StrategyItem | undefined;
  const load = (it: StrategyItem): number => (countOf(it.capacityProvider) - it.base + 1) / it.weight;
  for (const it of strategy) {
    if (it.weight > 0 && (best === undefined || load(it) < load(best))) best = it;
  }
  return best?.capacityProvider;
};
