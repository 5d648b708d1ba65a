import type { Observation } from '../../../lib/model/observation.ts';
import { type Planned, stepsOf } from './plan-check.ts';

/** The services with the counts that a plan gives them, all or only those it raises: a task more is missed at once. */
export const servicesAfter = ({ input, plan }: Planned, which: 'all' | 'raised' = 'all'): Observation['services'] => {
  const set = stepsOf(plan, 'setServiceDesiredCount').filter((it) => which === 'all' || it.to > it.from);
  const countOf = new Map(set.map((it) => [it.service, it.to]));
  return input.observation.services.map((it) => {
    const desiredCount = countOf.get(it.name);
    if (desiredCount === undefined) return it;
    const more = desiredCount - it.desiredCount;
    const deployments = it.deployments.map((one) =>
      one.status === 'PRIMARY' ? { ...one, desiredCount: one.desiredCount + more } : one,
    );
    return { ...it, desiredCount, deployments };
  });
};
