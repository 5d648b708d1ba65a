import type { Drain } from '../../model/memory.ts';
import type { Task } from '../../model/task.ts';
import { type EpochMs, secondMs } from '../../model/time.ts';
import { accountsFor, isDaemonTask, type View } from '../view.ts';
import { enter, type Seen, secondLookMs } from './move.ts';

/** A look that was due and could not be had is tried again so soon. */
const notReadMs = 2 * secondMs;

const tasksRead = (view: View, { containerInstanceArn }: Drain): readonly Task[] | undefined =>
  view.observation.tasksOnDraining[containerInstanceArn];

/**
 * Whether nothing but daemons is left: DRAINING is visible, every task that still holds something was listed, and
 * ECS's own account of what the instance has left agrees. A hole in any of these reads makes it false, and so does a
 * second registration, whose tasks are not among these.
 */
export const looksEmpty = (view: View, { drain, instance }: Seen): boolean => {
  const tasks = tasksRead(view, drain);
  if (tasks === undefined || instance.status !== 'DRAINING' || view.registeredTwice.has(drain.ec2InstanceId))
    return false;
  return tasks.every((it) => isDaemonTask(view, it)) && accountsFor(view, instance, tasks);
};

/**
 * From when on a look at a draining instance can say something new: at once, or, after one that found it empty or asked
 * for its end, ten seconds later; daemons that are left have their grace to flush what they hold.
 */
export const dueAgainAt = ({ state, since }: Drain, hasDaemons: boolean, daemonGraceMs: number): EpochMs => {
  if (state === 'emptied') return since + Math.max(secondLookMs, hasDaemons ? daemonGraceMs : 0);
  return state === 'terminating' ? since + secondLookMs : since;
};

/** What a look at an instance's emptiness says, with the drain as it is after it. */
export type Look =
  | { readonly kind: 'notEmpty'; readonly drain: Drain }
  | { readonly kind: 'lookAgain'; readonly drain: Drain; readonly at: EpochMs; readonly reason: string }
  | { readonly kind: 'empty'; readonly drain: Drain };

/** Found empty, and nothing that ECS counts there now says otherwise; its tasks were not listed in this look. */
const mayStillBeEmpty = (view: View, { drain, instance }: Seen): boolean => {
  if (drain.state !== 'emptied' || tasksRead(view, drain) !== undefined || instance.status !== 'DRAINING') return false;
  const listed = view.tasksByInstance.get(instance.arn) ?? [];
  return listed.every((it) => isDaemonTask(view, it)) && accountsFor(view, instance, listed);
};

/** Looks for emptiness: once, once more ten seconds later, and then daemons have their grace to flush what they hold. */
export const lookAt = (view: View, seen: Seen): Look => {
  const { drain } = seen;
  const { daemonGraceMs } = view.settings.drain;
  const lookAgain = { kind: 'lookAgain', drain } as const;
  if (mayStillBeEmpty(view, seen)) {
    const hasDaemons = view.tasksByInstance.has(drain.containerInstanceArn);
    const dueAt = dueAgainAt(drain, hasDaemons, daemonGraceMs);
    return { ...lookAgain, at: Math.max(dueAt, view.now + notReadMs), reason: 'empty at first look' };
  }
  if (!looksEmpty(view, seen)) return { kind: 'notEmpty', drain: enter(drain, 'draining', view.now) };
  if (drain.state !== 'emptied')
    return {
      kind: 'lookAgain',
      drain: enter(drain, 'emptied', view.now),
      at: view.now + secondLookMs,
      reason: 'empty at first look',
    };
  const daemons = tasksRead(view, drain)?.length ?? 0;
  if (view.now - drain.since < secondLookMs)
    return { ...lookAgain, at: drain.since + secondLookMs, reason: 'empty at first look' };
  if (daemons > 0 && view.now - drain.since < daemonGraceMs)
    return { ...lookAgain, at: drain.since + daemonGraceMs, reason: `empty; ${daemons} daemon tasks have their grace` };
  return { kind: 'empty', drain };
};
