import type { TasksAt } from '../../model/service-counts.ts';
import type { DirectionSettings } from '../../model/settings.ts';
import type { EpochMs } from '../../model/time.ts';

type Windows = Readonly<Record<'scaleOut' | 'scaleIn', Pick<DirectionSettings, 'stabilisationMs'>>>;

const within = (past: readonly TasksAt[], sinceMs: number, now: EpochMs): readonly number[] =>
  past.filter((it) => it.at > now - sinceMs).map((it) => it.tasks);

/**
 * The count that is asked for in spite of what was right lately: upwards no more than the least, downwards no less than
 * the most of each direction's window. (Kubernetes HPA, stabilization window.)
 */
export const stabilised = (
  desired: number,
  recommended: number,
  past: readonly TasksAt[],
  { scaleOut, scaleIn }: Windows,
  now: EpochMs,
): number => {
  const least = Math.min(recommended, ...within(past, scaleOut.stabilisationMs, now));
  const most = Math.max(recommended, ...within(past, scaleIn.stabilisationMs, now));
  if (desired < least) return least;
  return desired > most ? most : desired;
};

/** Whether one that came later, and so counts for longer, says as much. */
const isOutlived = (
  past: readonly TasksAt[],
  at: number,
  says: (later: number, earlier: number) => boolean,
  tasks: number,
): boolean => past.some((it, n) => n > at && says(it.tasks, tasks));

/** What windows may still ask about, the newest last: of rising and of falling runs only what can yet be least or most. */
export const stillToStabilise = (
  past: readonly TasksAt[],
  { scaleOut, scaleIn }: Windows,
  now: EpochMs,
): readonly TasksAt[] =>
  past.filter(({ at, tasks }, n) => {
    const mayBeLeast =
      at > now - scaleOut.stabilisationMs && !isOutlived(past, n, (later, earlier) => later <= earlier, tasks);
    const mayBeMost =
      at > now - scaleIn.stabilisationMs && !isOutlived(past, n, (later, earlier) => later >= earlier, tasks);
    return mayBeLeast || mayBeMost;
  });
