import type { Drain } from '../../model/memory.ts';
import type { Task } from '../../model/task.ts';
import { minuteMs, secondMs } from '../../model/time.ts';
import { stopTimeoutOf, workLeftOn } from '../deadlines.ts';
import { serviceOf } from '../services.ts';
import { counted } from '../text.ts';
import type { View } from '../view.ts';
import { type Move, waitUntil } from './move.ts';

/** Beyond its stopTimeout a task that was told to stop has so long to be seen stopped. */
const seenStoppedMs = 30 * secondMs;

/** Past its deadline, and known to hold something: what was not read is not given up, nor ended, for that. */
export const isOverdue = (view: View, { deadlineAt, containerInstanceArn: arn }: Drain): boolean =>
  deadlineAt !== undefined &&
  view.now >= deadlineAt &&
  (view.observation.tasksOnDraining[arn] !== undefined || workLeftOn(view, arn).length > 0);

/** So many tasks are named one by one. */
const named = 3;

const nameOf = ({ arn, group }: Task): string => `${group ?? 'standalone'} ${arn.slice(arn.lastIndexOf('/') + 1)}`;

/** What is left on a draining instance, in words. */
export const describeLeft = (view: View, drain: Drain): string => {
  const left = workLeftOn(view, drain.containerInstanceArn);
  if (left.length === 0)
    return view.observation.tasksOnDraining[drain.containerInstanceArn] === undefined
      ? 'what it holds was not looked into'
      : 'ECS still holds resources there that no listed task accounts for';
  const more = left.length > named ? `, and ${left.length - named} more` : '';
  return `${counted(left.length, 'task')} left: ${left.slice(0, named).map(nameOf).join(', ')}${more}`;
};

/** Stopping already, so its protection does not matter any more. */
const isStopping = (it: Task): boolean => it.desiredStatus === 'STOPPED';

const isKept = (view: View, it: Task): boolean =>
  serviceOf(view, it) === undefined || view.observation.taskProtection[it.arn] === true;

/** Whether all that is left and does not stop yet is standalone or protected: stopping tasks would never empty it. */
export const isLeftForGood = (view: View, { containerInstanceArn }: Drain): boolean => {
  const left = workLeftOn(view, containerInstanceArn).filter((it) => !isStopping(it));
  return left.length > 0 && left.every((it) => isKept(view, it));
};

/**
 * Stops what services have left there, never standalone or protected tasks. The deadline moves on to the moment at
 * which they must be gone, and what is still there then is stopped again: whether the call was made need not be known.
 */
export const stopTasksLeft = (view: View, drain: Drain): Move => {
  const ofServices = workLeftOn(view, drain.containerInstanceArn).filter((it) => serviceOf(view, it) !== undefined);
  const isProtected = (it: Task): boolean | undefined =>
    isStopping(it) ? false : view.observation.taskProtection[it.arn];
  const questions = ofServices.filter((it) => isProtected(it) === undefined).map((it) => it.arn);
  const stoppable = ofServices.filter((it) => isProtected(it) === false);
  if (stoppable.length === 0) {
    const left = `past its deadline: ${describeLeft(view, drain)}; none that may be stopped`;
    return waitUntil(view.now + minuteMs, drain, left, questions);
  }
  const againAt = view.now + Math.max(...stoppable.map((it) => stopTimeoutOf(view, it))) + seenStoppedMs;
  return {
    kind: 'stopTasks',
    drain: { ...drain, deadlineAt: againAt },
    taskArns: stoppable.map((it) => it.arn),
    wakeAt: againAt,
    questions,
  };
};
