import type { CalendarWindow, Weekday } from '../../model/settings.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';

const dayMinutes = 24 * 60;
const dayMs = dayMinutes * minuteMs;

/** Two weeks and a day: a weekly window that falls into the hour a clock change skips comes back a week later. */
const lookAheadDays = 15;

const formatters = new Map<string, Intl.DateTimeFormat | undefined>();

/** Undefined for a name that is no time zone: Intl alone knows them all, and says so by throwing. */
const newFormatter = (timeZone: string): Intl.DateTimeFormat | undefined => {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  } catch {
    return undefined;
  }
};

/** Making one takes far longer than using it. */
export const formatterOf = (timeZone: string): Intl.DateTimeFormat | undefined => {
  if (!formatters.has(timeZone)) formatters.set(timeZone, newFormatter(timeZone));
  return formatters.get(timeZone);
};

/** What a clock on the wall shows, in minutes since it showed 1970-01-01 00:00. */
export const wallMinuteAt = (formatter: Intl.DateTimeFormat, at: EpochMs): number => {
  const shown = new Map(formatter.formatToParts(at).map((it) => [it.type, Number(it.value)]));
  const read = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
  return Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute')) / minuteMs;
};

const weekdays: readonly Weekday[] = [0, 1, 2, 3, 4, 5, 6];
const firstWeekday = 4; // 1970-01-01 was a Thursday

const begins = ({ days }: CalendarWindow, day: number): boolean => {
  const weekday = weekdays.at((day + firstWeekday) % 7);
  return weekday !== undefined && days.includes(weekday);
};

const holdsAt = (window: CalendarWindow, formatter: Intl.DateTimeFormat, at: EpochMs): boolean => {
  const wall = wallMinuteAt(formatter, at);
  const day = Math.floor(wall / dayMinutes);
  const minute = wall - day * dayMinutes;
  const { fromMinute, toMinute } = window;
  return toMinute > fromMinute
    ? begins(window, day) && minute >= fromMinute && minute < toMinute
    : (begins(window, day) && minute >= fromMinute) || (begins(window, day - 1) && minute < toMinute);
};

const isMinuteUpTo = (minute: number, last: number): boolean =>
  Number.isInteger(minute) && minute >= 0 && minute <= last;

/** Whether it can be told at all when a window is open. */
export const isReadable = ({ timeZone, fromMinute, toMinute }: CalendarWindow): boolean =>
  formatterOf(timeZone) !== undefined && isMinuteUpTo(fromMinute, dayMinutes - 1) && isMinuteUpTo(toMinute, dayMinutes); // 24:00 is the end of the day

/**
 * Whether a clock on the wall of the window's time zone shows a time within it. `fromMinute` is within, `toMinute` no
 * more; equal ones make a whole day from `fromMinute` on. Without days it never opens. Where a clock change skips an
 * hour, what falls into it is skipped; an hour that comes twice is within twice. A window that cannot be read
 * (`isReadable`) is closed.
 */
export const isOpen = (window: CalendarWindow, now: EpochMs): boolean => {
  const formatter = formatterOf(window.timeZone);
  return formatter !== undefined && isReadable(window) && holdsAt(window, formatter, now);
};

type OffsetAt = (at: EpochMs) => number;

/** By how much the wall clock is ahead of UTC, in milliseconds. */
const offsetsIn =
  (formatter: Intl.DateTimeFormat): OffsetAt =>
  (at) =>
    (wallMinuteAt(formatter, at) - Math.floor(at / minuteMs)) * minuteMs;

/** The whole minute after `before`, up to `after`, at which the clocks are changed. */
const clockChange = (offsetAt: OffsetAt, before: EpochMs, after: EpochMs): EpochMs => {
  let [low, high] = [Math.floor(before / minuteMs), Math.floor(after / minuteMs)];
  const offset = offsetAt(low * minuteMs);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * minuteMs) === offset) low = middle;
    else high = middle;
  }
  return high * minuteMs;
};

/** Every moment after `now` at which a window can open or close: its own edges, and changes of the clocks. */
const momentsAfter = (
  { fromMinute, toMinute }: CalendarWindow,
  offsetAt: OffsetAt,
  now: EpochMs,
): readonly EpochMs[] => {
  const days = Array.from({ length: lookAheadDays + 3 }, (_, n) => {
    const at = now + (n - 1) * dayMs;
    return { at, offset: offsetAt(at) };
  });
  const offsets = [...new Set(days.map((it) => it.offset))];
  const changes = days.flatMap(({ at, offset }) =>
    offsetAt(at - dayMs) === offset ? [] : [clockChange(offsetAt, at - dayMs, at)],
  );
  const edges = days.flatMap(({ at, offset }) => {
    const midnight = Math.floor((at + offset) / dayMs) * dayMs;
    return [fromMinute, toMinute].flatMap((minute) => offsets.map((one) => midnight + minute * minuteMs - one));
  });
  return [...changes, ...edges].filter((at) => at > now).sort((a, b) => a - b);
};

const nextChangeOf = (window: CalendarWindow, now: EpochMs): EpochMs | undefined => {
  const formatter = formatterOf(window.timeZone);
  if (formatter === undefined || !isReadable(window)) return undefined;
  const open = holdsAt(window, formatter, now);
  return momentsAfter(window, offsetsIn(formatter), now).find((at) => holdsAt(window, formatter, at) !== open);
};

/**
 * The first moment after `now` at which one of the windows opens or closes; undefined where none ever does: no window,
 * none with days, or all of them open always.
 */
export const nextChange = (windows: readonly CalendarWindow[], now: EpochMs): EpochMs | undefined =>
  windows.reduce<EpochMs | undefined>((first, window) => {
    const own = nextChangeOf(window, now);
    return own === undefined || (first !== undefined && first <= own) ? first : own;
  }, undefined);
