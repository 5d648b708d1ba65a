import type { RefusedRun } from '../../model/asked-for.ts';
import { serviceNameOf } from '../../model/task.ts';
import { type EpochMs, secondMs } from '../../model/time.ts';
import { bindingKey, splitByTarget } from '../binding.ts';
import { definitionNamed } from '../reserves/reserve.ts';
import type { View } from '../view.ts';
import { type Demand, wantedOf } from './wants.ts';

/** Calls alike that go on for longer are not made side by side. */
const longestBurstSeconds = 10;

/** Equal for calls that ask for the same. */
const alike = ({ taskDefinition, group, target, placementConstraints, placementStrategy }: RefusedRun): string =>
  JSON.stringify([taskDefinition, group, target, placementConstraints, placementStrategy]);

interface Burst {
  readonly tasks: number;
  readonly at: EpochMs;
}

/**
 * What was asked for from this second on, for as long as there are several calls a second: who asks again and again does
 * so once a second at most. CloudTrail tells times by the second.
 */
const burstFrom = (bySecond: ReadonlyMap<number, readonly RefusedRun[]>, first: number): Burst => {
  const isBusy = (second: number): boolean =>
    [second - 1, second, second + 1].some((it) => (bySecond.get(it)?.length ?? 0) > 1);
  let end = first + 1;
  while (isBusy(first) && isBusy(end) && end < first + longestBurstSeconds) end++;
  const calls = Array.from({ length: end - first }, (_, n) => bySecond.get(first + n) ?? []).flat();
  return { tasks: calls.reduce((total, it) => total + it.tasks, 0), at: first * secondMs };
};

/** The most tasks that calls alike asked for side by side, and from when on; of several as many, the last. */
const mostAtOnce = (runs: readonly RefusedRun[]): Burst => {
  const bySecond = Map.groupBy(runs, (it) => Math.floor(it.at / secondMs));
  return [...bySecond.keys()]
    .map((second) => burstFrom(bySecond, second))
    .reduce((most, it) => (it.tasks > most.tasks || (it.tasks === most.tasks && it.at > most.at) ? it : most));
};

/** Standalone tasks of the definition that came since: somebody has asked again, and this time there was room. */
const comeSince = ({ observation }: View, taskDefinitionArn: string, at: EpochMs): number =>
  observation.tasks.filter(
    (it) => it.taskDefinitionArn === taskDefinitionArn && serviceNameOf(it) === undefined && (it.createdAt ?? 0) > at,
  ).length;

/**
 * Tasks that instances count and no list has yet: what was run a moment ago may be missing in an answer (ECS API
 * reference, eventual consistency). They may be those that were asked for again.
 */
const notListed = ({ observation, tasksByInstance }: View): number =>
  observation.containerInstances.reduce((total, it) => {
    const counted = it.runningTasksCount + it.pendingTasksCount;
    return total + Math.max(0, counted - (tasksByInstance.get(it.arn)?.length ?? 0));
  }, 0);

const demandOfAlike = (view: View, runs: readonly RefusedRun[]): readonly Demand[] => {
  const [first] = runs;
  if (first === undefined) return [];
  const definition = definitionNamed(view, first.taskDefinition);
  const group = first.group ?? `family:${definition?.family ?? first.taskDefinition}`;
  const { tasks, at } = mostAtOnce(runs);
  const left = tasks - notListed(view) - (definition === undefined ? 0 : comeSince(view, definition.arn, at));
  const wants = definition && {
    ...wantedOf(definition, undefined, undefined),
    constraints: first.placementConstraints ?? [],
    strategy: first.placementStrategy ?? [],
  };
  return splitByTarget(view, left, first.target, new Map()).map((bound) => ({
    id: ['refused', bindingKey(bound.binding), alike(first)].join('|'),
    source: `refused RunTask ${group}`,
    binding: bound.binding,
    tasks: bound.tasks,
    group,
    wants,
    runsOnlyIfAskedAgain: true,
  }));
};

/**
 * Room for tasks whose RunTask call was refused, while that is remembered. Whoever asks again and again asks for the
 * same tasks, and whoever asks for many makes many calls at once: of calls alike those count that were made side by side.
 */
export const demandOfRefused = (view: View): readonly Demand[] =>
  [...Map.groupBy(view.asked.refused, alike)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, runs]) => demandOfAlike(view, runs));
