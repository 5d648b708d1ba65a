import type { SetServiceDesiredCount } from '../../model/plan.ts';
import type { Service } from '../../model/service.ts';
import type { WantedCount } from '../../model/service-counts.ts';
import { hasGap, type PlanningInput } from '../view.ts';
import { isDeploying, reasonNotToScale } from './standing.ts';

/**
 * As many counts are set in one decision, the most urgent first; the others are asked for again within a minute.
 * UpdateService has a bucket of 50 calls that fills by 5 a second (ECS developer guide, API throttling).
 */
const mostAtOnce = 40;

/** What makes a count that was wanted a minute ago one that is not set now. */
const isRefused = ({ from, to }: WantedCount, service: Service, input: PlanningInput): boolean => {
  if (service.desiredCount !== from || to === from || reasonNotToScale(service, false) !== undefined) return true;
  if (to > from) return false;
  return input.asked.pause !== undefined || isDeploying(service) || hasGap(input, 'services', 'tasks');
};

/**
 * Raised ones first, by what they lack of what they should have; then the lowered ones; last what was asked for in vain, so
 * that forty services that ECS refuses are not in the way of all others.
 */
export const byUrgency = (a: WantedCount, b: WantedCount): number =>
  Number(a.isInVain === true) - Number(b.isInVain === true) ||
  a.from / a.to - b.from / b.to ||
  (a.service < b.service ? -1 : 1);

/** What a service will have to start once its count is raised, wherever its kind of deployment says so. */
const withCount = (service: Service, to: number): Service => {
  const more = to - service.desiredCount;
  const isPrimary = ({ status }: { readonly status: string }): boolean => status === 'PRIMARY';
  return {
    ...service,
    desiredCount: to,
    deployments: service.deployments.map((it) =>
      isPrimary(it) ? { ...it, desiredCount: it.desiredCount + more } : it,
    ),
    taskSets: service.taskSets.map((it) =>
      isPrimary(it) ? { ...it, computedDesiredCount: it.computedDesiredCount + more } : it,
    ),
  };
};

/** The steps that set the counts which services should have, and the input with those that are raised. */
export interface CountsSet {
  readonly input: PlanningInput;
  readonly steps: readonly SetServiceDesiredCount[];
  /** The services that are raised, by name, as they were seen. */
  readonly raised: ReadonlyMap<string, Service>;
}

/**
 * A count that is raised is demand already, so that its instances are asked for in the same decision; not one that was
 * asked for in vain, for whatever is launched for it would come again and again. One that is lowered frees nothing before
 * its tasks have stopped.
 */
export const setCounts = (input: PlanningInput): CountsSet => {
  const { counts = [] } = input.asked;
  if (counts.length === 0) return { input, steps: [], raised: new Map() };
  const byName = new Map(input.observation.services.map((it) => [it.name, it]));
  const set = counts
    .filter((it) => {
      const service = byName.get(it.service);
      return service !== undefined && !isRefused(it, service, input);
    })
    .toSorted(byUrgency)
    .slice(0, mostAtOnce);
  const more = new Map(set.filter((it) => it.to > it.from && it.isInVain !== true).map((it) => [it.service, it.to]));
  const raised = new Map<string, Service>();
  const services = input.observation.services.map((it) => {
    const to = more.get(it.name);
    if (to === undefined) return it;
    raised.set(it.name, it);
    return withCount(it, to);
  });
  return {
    input: raised.size === 0 ? input : { ...input, observation: { ...input.observation, services } },
    steps: set.map(({ service, from, to, reason }) => ({ kind: 'setServiceDesiredCount', service, from, to, reason })),
    raised,
  };
};
