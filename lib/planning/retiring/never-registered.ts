import type { LaunchFailure } from '../../model/memory.ts';
import type { TerminateInstances } from '../../model/plan.ts';
import type { EpochMs } from '../../model/time.ts';
import type { GroupState } from '../groups.ts';
import { breakerOf } from '../keeping/breaker.ts';
import { pauseOf } from '../keeping/pause.ts';
import { leavingOf } from '../leaving/empties.ts';
import { wholeMinutes } from '../text.ts';
import { isPartial, type View } from '../view.ts';
import { type DueContext, unregistered } from './due.ts';

/** Of one group in one decision: more at once would look like a fault of the group, which ending them does not mend. */
const mostAtOnce = 2;

export interface NeverRegistered {
  readonly steps: readonly TerminateInstances[];
  /** To be counted like launches that failed, or the same would be launched again at once. */
  readonly failures: readonly LaunchFailure[];
}

/** Members of the group past their boot deadline that are no container instances, the oldest first. */
const overdueOf = (view: View, { group }: GroupState): readonly string[] =>
  group.instances
    .flatMap(({ ec2InstanceId: id, lifecycleState, protectedFromScaleIn }): readonly (readonly [string, EpochMs])[] => {
      const since = view.memory.unregisteredSince[id];
      const isOurs = lifecycleState === 'InService' && !view.instanceByEc2Id.has(id) && !view.drainByEc2Id.has(id);
      const isKept = protectedFromScaleIn && !group.newInstancesProtectedFromScaleIn; // by a person
      const isOverdue = since !== undefined && view.now - since >= view.settings.bootDeadlineMs;
      return isOurs && isOverdue && !isKept ? [[id, since]] : [];
    })
    .sort(([a, since], [b, other]) => since - other || (a < b ? -1 : 1))
    .map(([id]) => id);

/**
 * Whether any instance of the group was ever seen in this cluster: one that has none may serve another cluster than its
 * tag says, and then what looks lost may be hard at work.
 */
const hasEverRegistered = (view: View, { group }: GroupState): boolean =>
  view.memory.shapes[group.name]?.from === 'instance' ||
  group.instances.some((it) => view.instanceByEc2Id.has(it.ec2InstanceId));

/**
 * Ends instances that never registered with ECS, where the settings say so. They hold no task, and the group's desired
 * capacity falls with them, so that nothing replaces them unasked. None while a person has paused scale-in, or while so
 * many agents are silent that ECS itself is the likelier cause.
 */
export const neverRegistered = (
  view: View,
  { states, moves, resized }: Pick<DueContext, 'states' | 'moves' | 'resized'>,
): NeverRegistered => {
  const mayNot = pauseOf(view) !== undefined || breakerOf(view) !== undefined;
  if (mayNot || isPartial(view) || !view.settings.repair.neverRegistered) return { steps: [], failures: [] };
  const steps = states.flatMap((state): readonly TerminateInstances[] => {
    const { group, mayNotShrink } = state;
    if (mayNotShrink !== undefined || resized.has(group.name) || !hasEverRegistered(view, state)) return [];
    const aboveMinimum = group.desiredCapacity - group.minSize - leavingOf(view, moves, group.name);
    const ids = overdueOf(view, state).slice(0, Math.max(0, Math.min(mostAtOnce, aboveMinimum)));
    if (ids.length === 0) return [];
    return [
      {
        kind: 'terminateInstances',
        group: group.name,
        instances: ids.map((id) => unregistered(id, '')),
        reason: `not registered with ECS within the boot deadline of ${wholeMinutes(view.settings.bootDeadlineMs)}`,
      },
    ];
  });
  const failures = steps.map(({ group, instances }) => ({
    group,
    at: view.now,
    budget: 1,
    cause: `${instances.length} launched and never registered with ECS`,
  }));
  return { steps, failures };
};
