import type { TasksAt } from '../../model/service-counts.ts';
import type { DirectionSettings, RatePolicy } from '../../model/settings.ts';
import type { EpochMs } from '../../model/time.ts';

type Rates = Pick<DirectionSettings, 'policies' | 'select'>;

/** What the count was when the period of a policy began. */
const atStart = (desired: number, changes: readonly TasksAt[], periodMs: number, now: EpochMs): number =>
  desired - changes.filter((it) => it.at > now - periodMs).reduce((sum, it) => sum + it.tasks, 0);

/** Upwards a share is rounded up, downwards what remains is rounded down. (HPA, convertDesiredReplicasWithBehaviorRate.) */
const limitOf = (policy: RatePolicy, start: number, sign: 1 | -1): number => {
  if (policy.share === undefined) return start + sign * (policy.tasks ?? 0);
  const tasks = start * (1 + sign * policy.share);
  return sign > 0 ? Math.ceil(tasks - 1e-9) : Math.floor(tasks + 1e-9);
};

/**
 * How far the count may move now in a direction. A policy counts every change within its period, those the other way
 * too: what was taken away within it may come back at once. (Kubernetes HPA, scaling policies.)
 */
const limit = (
  { policies, select }: Rates,
  desired: number,
  changes: readonly TasksAt[],
  sign: 1 | -1,
  now: EpochMs,
): number => {
  if (select === 'off') return desired;
  if (policies.length === 0) return sign * Number.POSITIVE_INFINITY;
  const limits = policies.map((it) => limitOf(it, atStart(desired, changes, it.periodMs, now), sign));
  const isFurthest = (select === 'largest') === sign > 0;
  return isFurthest ? Math.max(...limits) : Math.min(...limits);
};

/** The wanted count, as near as the policies of its direction let it come by now. */
export const withinRates = (
  desired: number,
  wanted: number,
  changes: readonly TasksAt[],
  directions: Readonly<Record<'scaleOut' | 'scaleIn', Rates>>,
  now: EpochMs,
): number => {
  if (wanted > desired)
    return Math.max(desired, Math.min(wanted, limit(directions.scaleOut, desired, changes, 1, now)));
  if (wanted < desired)
    return Math.min(desired, Math.max(wanted, limit(directions.scaleIn, desired, changes, -1, now)));
  return desired;
};
