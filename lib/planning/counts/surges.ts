import type { CountHistory, TasksAt } from '../../model/service-counts.ts';
import type { ScalingSettings } from '../../model/settings.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import type { Recommendation } from './recommend.ts';

/** Half as many again, and two at least: less is the way of the day, and noise. */
const surge = { ratio: 1.5, tasks: 2 };

const isSurge = (desired: number, asked: number): boolean =>
  asked >= Math.max(desired * surge.ratio, desired + surge.tasks);

/** Load that surges comes in bursts: for so long it is read each minute, and what it came to is known. */
const surgeLastsMs = 60 * minuteMs;

export const isSurging = ({ surgedAt }: CountHistory, now: EpochMs): boolean =>
  surgedAt !== undefined && now - surgedAt < surgeLastsMs;

/** The most that signals asked for lately. */
const busiestLately = ({ busiest }: CountHistory, now: EpochMs): TasksAt | undefined =>
  busiest !== undefined && now - busiest.at < surgeLastsMs ? busiest : undefined;

/** Tasks that have more to do than they can show no more than that: an average over them is of the least that is there. */
const mayBeFull = ({ tasks, signals }: Recommendation, settings: ScalingSettings): boolean =>
  settings.signals
    .filter((it) => it.measure === 'perTask' && it.rule.kind === 'target')
    .some((it) => signals.some((one) => one.signal === it.name && one.tasks === tasks));

/** Beyond what signals ask for no more than by this: a smaller surge than the last one is not taken for it. */
const mostBeyond = 1.5;

/**
 * What signals ask for in a surge, with what they came to ask for in the last hour: tasks that are full hide how much there
 * is, and asking again takes the start of the first ones.
 */
export const inSurge = (
  asked: Recommendation,
  settings: ScalingSettings,
  history: CountHistory,
  now: EpochMs,
): Recommendation => {
  const busiest = busiestLately(history, now)?.tasks ?? 0;
  if (busiest <= asked.tasks || !isSurge(history.desired, asked.tasks) || !mayBeFull(asked, settings)) return asked;
  const tasks = Math.min(busiest, Math.ceil(asked.tasks * mostBeyond));
  return { ...asked, tasks, reason: `${asked.reason}; in a surge up to the ${busiest} of the last hour: ${tasks}` };
};

/** The history with what signals ask for now, before anything is made of it. */
export const withAsked = (history: CountHistory, asked: number, now: EpochMs): CountHistory => {
  const before = busiestLately(history, now);
  return {
    ...history,
    surgedAt: isSurge(history.desired, asked) ? now : history.surgedAt,
    busiest: asked >= (before?.tasks ?? 0) ? { at: now, tasks: asked } : before,
  };
};
