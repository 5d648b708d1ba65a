import type { ClusterMemory } from '../../model/memory.ts';
import type { DemandReport } from '../../model/plan.ts';
import type { Deployment } from '../../model/service.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { counted, wholeMinutes } from '../text.ts';
import { hasGap, type View } from '../view.ts';
import type { Demand } from './wants.ts';

/**
 * How long a service's tasks may have room and not be started before they count as held back. ECS starts what has room
 * within seconds, and what it reads may be a few minutes old; AWS advises to wait up to about five for that
 * (ECS API reference, eventual consistency). Only its throttle for tasks that keep failing to start takes longer.
 */
const unstartedLimitMs = 5 * minuteMs;

/** The longest that ECS waits between two attempts to start a task. (ECS developer guide, service throttle logic.) */
const longestThrottleMs = 27 * minuteMs;

/** As many failures in a row as let a deployment circuit breaker trip at the earliest. (ECS API, DeploymentCircuitBreaker.) */
const failuresOfCrashLoop = 3;

/** How many are timed at once: an item of the table holds 400 KB, and an id takes up to 200 bytes. */
const mostTimed = 500;

/** Whether tasks have had room for so long, and ECS started none, that it is not room they wait for. */
export const heldBack = ({ memory, now }: View, { id }: Pick<Demand, 'id'>): boolean => {
  const since = memory.unstartedSince[id];
  return since !== undefined && now - since >= unstartedLimitMs;
};

/** Says so; `instances` are those on which they fit now. */
export const heldBackDetail = (
  { memory, now }: View,
  { id, isUncertain }: Pick<Demand, 'id' | 'isUncertain'>,
  instances: number,
): string => {
  if (isUncertain === true) return 'its service counts more tasks than were listed: another look tells what it lacks';
  const room = instances === 0 ? 'had room' : `fits on ${counted(instances, 'instance')}`;
  return `${room} for ${wholeMinutes(now - (memory.unstartedSince[id] ?? now))} and was not started: ECS is holding it back (crash loop, throttled restarts)`;
};

const isFailing = ({ failedTasks, rolloutState }: Deployment): boolean =>
  failedTasks >= failuresOfCrashLoop || rolloutState === 'FAILED';

/** When ECS last started a task of the deployment, as far as such tasks still run; 0 where none does. */
const lastStartOf = (view: View, { group, deployment }: Demand): EpochMs =>
  (view.tasksByGroup.get(group) ?? []).reduce(
    (last, it) =>
      it.startedBy === deployment && it.containerInstanceArn !== undefined ? Math.max(last, it.createdAt ?? 0) : last,
    0,
  );

const fitsWholly = ({ verdicts }: DemandReport): boolean =>
  verdicts.length > 0 && verdicts.every((it) => it.verdict.kind === 'fitsNow');

/**
 * Since when which service's missing tasks all have room and were not started, by demand id. A task that is started
 * begins the time anew. Once they have no room any more it is forgotten, so that room is launched for the next attempt;
 * of a deployment whose tasks keep failing only when an attempt is due, or the same instance would come and go every few
 * minutes. Tasks that wait in PROVISIONING or in Berth's queue are started by being placed and are never held back.
 * `reports` are what became of `demands`, by id.
 */
export const unstartedAfter = (
  view: View,
  demands: readonly Demand[],
  reports: readonly DemandReport[],
): ClusterMemory['unstartedSince'] => {
  const { memory, now, observation } = view;
  if (hasGap(view, 'tasks', 'services', 'containerInstances')) return memory.unstartedSince;
  const fitting = new Set(reports.filter(fitsWholly).map((it) => it.id));
  const failing = new Set(
    observation.services.flatMap((it) => it.deployments.filter(isFailing).map((one) => `${it.name}|${one.id}`)),
  );
  const sinceOf = (it: Demand): EpochMs | undefined => {
    const before = memory.unstartedSince[it.id];
    if (fitting.has(it.id)) return before === undefined ? now : Math.max(before, lastStartOf(view, it));
    const isThrottled =
      heldBack(view, it) && failing.has(`${it.group.slice('service:'.length)}|${it.deployment ?? ''}`);
    return isThrottled && before !== undefined && now - before < longestThrottleMs ? before : undefined;
  };
  const timed = demands.flatMap((it) => {
    const since = it.deployment === undefined || it.startsAfterStop === true ? undefined : sinceOf(it);
    return since === undefined ? [] : [[it.id, since] as const];
  });
  const longestFirst = timed.toSorted(([a, one], [b, other]) => one - other || (a < b ? -1 : 1));
  return Object.fromEntries(longestFirst.slice(0, mostTimed));
};
