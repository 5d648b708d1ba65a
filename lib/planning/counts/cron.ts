import type { CronWindow, Weekday } from '../../model/settings.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { formatterOf, wallMinuteAt } from '../keeping/calendar.ts';

const dayMinutes = 24 * 60;
const dayMs = dayMinutes * minuteMs;

/** A wall clock may be put back: what it shows now may have been, and be, twice. */
const putBackMinutes = 180;

const isNamed = (window: CronWindow, day: number): boolean => {
  const date = new Date(day * dayMs);
  const weekdays: readonly number[] = window.weekdays satisfies readonly Weekday[];
  if (!window.months.includes(date.getUTCMonth() + 1)) return false;
  const [inMonth, inWeek] = [window.daysOfMonth.includes(date.getUTCDate()), weekdays.includes(date.getUTCDay())];
  return window.eitherDay ? inMonth || inWeek : inMonth && inWeek;
};

/** Minutes of the wall clock at which the expression fits, the latest first. */
function* beginnings(window: CronWindow, from: number, to: number): Generator<number> {
  const times = window.hours.flatMap((hour) => window.minutes.map((minute) => hour * 60 + minute)).reverse();
  for (let day = Math.floor(to / dayMinutes); day >= Math.floor(from / dayMinutes); day--) {
    if (!isNamed(window, day)) continue;
    for (const time of times) {
      const wall = day * dayMinutes + time;
      if (wall >= from && wall <= to) yield wall;
    }
  }
}

/**
 * Whether a clock on the wall showed a time that fits less than the window's length ago. Where a clock change skips an
 * hour, what would begin in it does not; in an hour that comes twice it begins twice.
 */
export const isCronOpen = (window: CronWindow, now: EpochMs): boolean => {
  const formatter = formatterOf(window.timeZone);
  if (formatter === undefined) return false;
  const offsetAt = (at: EpochMs): number => wallMinuteAt(formatter, at) - Math.floor(at / minuteMs);
  const wall = wallMinuteAt(formatter, now);
  const from = wall - Math.ceil(window.lastsMs / minuteMs) - putBackMinutes;
  for (const begins of beginnings(window, from, wall + putBackMinutes)) {
    const about = (begins - offsetAt(now)) * minuteMs;
    const offsets = new Set([offsetAt(about - dayMs), offsetAt(about + dayMs)]);
    for (const offset of offsets) {
      const at = (begins - offset) * minuteMs;
      const isShown = wallMinuteAt(formatter, at) === begins;
      if (isShown && at <= now && now < at + window.lastsMs) return true;
    }
  }
  return false;
};
