import type { CronWindow, Weekday } from '../model/settings.ts';

/** The five fields of a cron expression: minute, hour, day of month, month, weekday. */
export type CronFields = Omit<CronWindow, 'lastsMs' | 'timeZone'>;

const range = (from: number, to: number, step = 1): readonly number[] =>
  Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, n) => from + n * step);

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const numberOf = (text: string, names: readonly string[], offset: number): number | undefined => {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + offset;
  return /^[0-9]{1,2}$/.test(text) ? Number(text) : undefined;
};

interface Field {
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const minute: Field = { least: 0, most: 59, names: [] };
const hour: Field = { least: 0, most: 23, names: [] };
const dayOfMonth: Field = { least: 1, most: 31, names: [] };
const month: Field = { least: 1, most: 12, names: monthNames };
const weekday: Field = { least: 0, most: 7, names: dayNames };

const partOf = (text: string, { least, most, names }: Field): readonly number[] | undefined => {
  const [, first = '', , last, , step = '1'] = /^(\*|\w+)(-(\w+))?(\/([0-9]{1,2}))?$/.exec(text)?.slice(0) ?? [];
  const every = Number(step);
  if (first === '' || every < 1) return undefined;
  if (first === '*') return last === undefined ? range(least, most, every) : undefined;
  const from = numberOf(first, names, least);
  const open = text.includes('/') ? most : from; // 5/15: from 5 on, every 15
  const to = last === undefined ? open : numberOf(last, names, least);
  if (from === undefined || to === undefined || from < least || to > most || to < from) return undefined;
  return range(from, to, every);
};

const fieldOf = (text: string, field: Field): readonly number[] | undefined => {
  const parts = text.split(',').map((it) => partOf(it, field));
  return parts.some((it) => it === undefined)
    ? undefined
    : [...new Set(parts.flatMap((it) => it ?? []))].sort((a, b) => a - b);
};

const allWeekdays: readonly Weekday[] = [0, 1, 2, 3, 4, 5, 6];

/** `min hour day month weekday`, with names, lists, ranges and steps; undefined for anything else. */
export const cronFieldsOf = (text: string): CronFields | undefined => {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minuteText = '', hourText = '', dayText = '', monthText = '', weekdayText = ''] = fields;
  const minutes = fieldOf(minuteText, minute);
  const hours = fieldOf(hourText, hour);
  const daysOfMonth = fieldOf(dayText, dayOfMonth);
  const months = fieldOf(monthText, month);
  const days = fieldOf(weekdayText, weekday);
  if (!minutes || !hours || !daysOfMonth || !months || !days) return undefined;
  const weekdays = allWeekdays.filter((it) => days.includes(it) || (it === 0 && days.includes(7)));
  const eitherDay = !dayText.startsWith('*') && !weekdayText.startsWith('*');
  return { minutes, hours, daysOfMonth, months, weekdays, eitherDay };
};

/** In a leap year. */
const lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a day ever comes that it names: 31 February does not. */
export const everComes = ({ daysOfMonth, months, eitherDay }: CronFields): boolean =>
  eitherDay || months.some((it) => daysOfMonth.some((day) => day <= (lengths[it - 1] ?? 0)));
