import type { RefusedRun } from '../../model/asked-for.ts';
import { serviceNameOf } from '../../model/task.ts';
import { type EpochMs, secondMs } from '../../model/time.ts';
import { bindingKey, splitByTarget } from '../binding.ts';
import { definitionNamed } from '../reserves/reserve.ts';
import type { View } from '../view.ts';
import { type Demand, wantedOf } from './wants.ts';

/** Calls that ask for the same within so long are made side by side; a later one is taken for the same, asked again. */
const sideBySideMs = 10 * secondMs;

/** Equal for calls that ask for the same. */
const alike = ({ taskDefinition, group, target, placementConstraints, placementStrategy }: RefusedRun): string =>
  JSON.stringify([taskDefinition, group, target, placementConstraints, placementStrategy]);

/** The most tasks that calls alike asked for side by side, and when; of several as many, the last. */
const mostAtOnce = (runs: readonly RefusedRun[]): { readonly tasks: number; readonly at: EpochMs } =>
  runs
    .map(({ at }) => {
      const beside = runs.filter((it) => it.at >= at && it.at < at + sideBySideMs);
      return { at, tasks: beside.reduce((total, it) => total + it.tasks, 0) };
    })
    .reduce((most, it) => (it.tasks > most.tasks || (it.tasks === most.tasks && it.at > most.at) ? it : most));

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
