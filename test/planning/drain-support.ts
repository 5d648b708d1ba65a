import type { Drain } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { ClusterSettings, DrainSettings } from '../../lib/model/settings.ts';
import type { Task } from '../../lib/model/task.ts';
import type { DrainContext, Move } from '../../lib/planning/drain-moves.ts';
import { type DrainMoves, moveDrains } from '../../lib/planning/drains.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { drain, group, input, instance, instanceArn, member, service, settings, task } from '../support/builders.ts';

export interface Situation {
  readonly drains: readonly Drain[];
  readonly seen?: Partial<Observation>;
  readonly settings?: Partial<ClusterSettings>;
  readonly rules?: Partial<DrainSettings>;
  readonly context?: Partial<Pick<DrainContext, 'needed' | 'restores' | 'growing'>>;
}

export const contextOf = ({
  drains,
  seen = {},
  settings: its = {},
  rules = {},
  context = {},
}: Situation): DrainContext => {
  const all = settings(its);
  const view = viewOf(input(seen, { drains, settings: { ...all, drain: { ...all.drain, ...rules } } }));
  return {
    view,
    states: view.observation.groups.map((it) => stateOf(view, it)),
    needed: new Set(),
    restores: new Set(),
    growing: new Set(),
    ...context,
  };
};

export const moved = (situation: Situation): DrainMoves => moveDrains(contextOf(situation));

export const moveOfOne = (situation: Situation, id = 'i-1'): Move | undefined => moved(situation).moves.get(id);

/** What instance 1 is seen like, with the tasks it still has. Its own account agrees with them. */
export const on1 = (
  tasks: readonly Task[],
  over: {
    readonly instance?: Parameters<typeof instance>[1];
    readonly member?: Parameters<typeof member>[1];
    readonly group?: Parameters<typeof group>[1];
    readonly seen?: Partial<Observation>;
  } = {},
): Partial<Observation> => ({
  containerInstances: [
    instance(1, {
      status: 'DRAINING',
      remaining: { cpuUnits: 2048 - 512 * tasks.length, memoryMiB: 7680 - 1024 * tasks.length },
      ...over.instance,
    }),
  ],
  tasks: tasks.filter((it) => it.desiredStatus === 'RUNNING'),
  tasksOnDraining: { [instanceArn('1')]: tasks },
  services: [service(1)],
  groups: [group([member(1, over.member)], over.group)],
  ...over.seen,
});

/** An own drain that is not over its deadline. */
export const running = (over: Partial<Drain> = {}): Drain =>
  drain(1, { cause: 'consolidation', deadlineAt: Number.MAX_SAFE_INTEGER, ...over });

export const api = task(1, 1);
