import type { Weekday } from '../model/settings.ts';

const weekdays: Readonly<Record<string, Weekday>> = { sun: 0, mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6 };

const twoWeeks: readonly Weekday[] = [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6];

/** How days are written: one, or a range that may run over the end of the week (`fri-mon`). */
export const daysPattern = /^(sun|mon|tue|wed|thu|fri|sat)(-(sun|mon|tue|wed|thu|fri|sat))?$/;

/** The weekdays of `mon` or `mon-fri`; undefined for anything else. */
export const daysOf = (text: string): readonly Weekday[] | undefined => {
  const [, first = '', , last = first] = daysPattern.exec(text) ?? [];
  const [from, to] = [weekdays[first], weekdays[last]];
  if (from === undefined || to === undefined) return undefined;
  return twoWeeks.slice(from, 1 + (to < from ? to + 7 : to));
};

/** A time at which a day has not ended. */
export const beginningPattern = /^([01][0-9]|2[0-3]):([0-5][0-9])$/;

/** A time of day; 24:00 is the end of it. */
export const timePattern = /^(([01][0-9]|2[0-3]):([0-5][0-9])|24:00)$/;

/** Minutes since midnight, 0 to 1440, of `06:30`; undefined for anything else. */
export const minuteOf = (text: string): number | undefined => {
  if (!timePattern.test(text)) return undefined;
  const [hours, minutes] = text.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
};

/** Whether this process knows it as an IANA time zone by name, such as Europe/Berlin or UTC; offsets are none. */
export const isTimeZone = (text: string): boolean => {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
};
