import { parseCron } from './cron.ts';
import { invalid } from './rule.ts';

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** When a scheduled rule is due, to the minute. */
export interface Schedule {
  /** The first time of a rule that is put now. */
  readonly first: (nowMs: number) => number | undefined;
  /** The time after this one; undefined when there is none any more. */
  readonly next: (dueMs: number) => number | undefined;
}

/** A rate begins with a whole minute, a period from now. */
const rateSchedule = (periodMs: number): Schedule => ({
  first: (nowMs) => Math.ceil(nowMs / 60_000) * 60_000 - 60_000 + periodMs,
  next: (dueMs) => dueMs + periodMs,
});

/** The times of `rate(5 minutes)` or `cron(0 8 ? * MON-FRI *)` (EventBridge user guide, scheduled rules). */
export const scheduleOf = (expression: string): Schedule => {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const ms = unitMs[unit];
  if (ms !== undefined && Number(count) >= 1) return rateSchedule(Number(count) * ms);
  const cron = parseCron(/^cron\((.*)\)$/.exec(expression)?.[1] ?? '');
  if (cron === undefined) throw invalid('Parameter ScheduleExpression is not valid.');
  return { first: cron.next, next: cron.next };
};
