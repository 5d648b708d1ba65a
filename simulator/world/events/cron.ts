/** A cron expression's times (EventBridge user guide, cron expressions): UTC, whole minutes. */
export interface Cron {
  /** The first time after this one; undefined when there is none any more. */
  readonly next: (afterMs: number) => number | undefined;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** One field's range, and the names that stand for its numbers, the first for the lowest. */
interface Field {
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
}

const fields = {
  minutes: { low: 0, high: 59, names: [] },
  hours: { low: 0, high: 23, names: [] },
  dayOfMonth: { low: 1, high: 31, names: [] },
  month: { low: 1, high: 12, names: months },
  dayOfWeek: { low: 1, high: 7, names: weekdays },
  year: { low: 1970, high: 2199, names: [] },
} satisfies Readonly<Record<string, Field>>;

const numberOf = (text: string, { low, high, names }: Field): number | undefined => {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? named + low : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= low && value <= high ? value : undefined;
};

/** `*`, `5`, `1-5`, each with `/step`. */
const rangeOf = (part: string, field: Field): readonly number[] | undefined => {
  const [range = '', step, ...more] = part.split('/');
  const [from = '', to, ...rest] = range.split('-');
  if (more.length > 0 || rest.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) return undefined;
  const low = range === '*' ? field.low : numberOf(from, field);
  const alone = step === undefined ? low : field.high; // 5/15 goes on to the end
  const high = range === '*' ? field.high : to === undefined ? alone : numberOf(to, field);
  if (low === undefined || high === undefined || low > high) return undefined;
  const by = Number(step ?? 1);
  return Array.from({ length: Math.floor((high - low) / by) + 1 }, (_, n) => low + n * by);
};

const listOf = (text: string, field: Field): ReadonlySet<number> | undefined => {
  const ranges = text.split(',').map((part) => rangeOf(part, field));
  return ranges.includes(undefined) ? undefined : new Set(ranges.flatMap((it) => it ?? []));
};

type DayTest = (day: Date) => boolean;

const lastDate = (day: Date): number => new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();

/** `15W`: the weekday nearest to the 15th, within the month. */
const nearestWeekday = (day: Date, wanted: number): number => {
  const last = lastDate(day);
  const date = Math.min(wanted, last);
  const weekday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), date)).getUTCDay();
  if (weekday === 6) return date > 1 ? date - 1 : date + 2;
  if (weekday === 0) return date < last ? date + 1 : date - 2;
  return date;
};

const dayOfMonthTest = (text: string): DayTest | undefined => {
  if (text === 'L') return (day) => day.getUTCDate() === lastDate(day);
  const wanted = numberOf(/^(\d+)W$/.exec(text)?.[1] ?? '', fields.dayOfMonth);
  if (wanted !== undefined) return (day) => day.getUTCDate() === nearestWeekday(day, wanted);
  const dates = listOf(text, fields.dayOfMonth);
  return dates && ((day) => dates.has(day.getUTCDate()));
};

/** `6L`: the last Friday of the month; `3#2`: its second Tuesday; `L` alone: Saturday. */
const dayOfWeekTest = (text: string): DayTest | undefined => {
  const isWeekday = (day: Date, weekday: number): boolean => day.getUTCDay() + 1 === weekday;
  if (text === 'L') return (day) => isWeekday(day, 7);
  const last = numberOf(/^(\w+)L$/.exec(text)?.[1] ?? '', fields.dayOfWeek);
  if (last !== undefined) return (day) => isWeekday(day, last) && day.getUTCDate() + 7 > lastDate(day);
  const [, name = '', count = ''] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  const nth = numberOf(name, fields.dayOfWeek);
  if (nth !== undefined) return (day) => isWeekday(day, nth) && Math.ceil(day.getUTCDate() / 7) === Number(count);
  const weekdaysIn = listOf(text, fields.dayOfWeek);
  return weekdaysIn && ((day) => weekdaysIn.has(day.getUTCDay() + 1));
};

/** One of the two day fields must be `?`: the other says which days. */
const dayTest = (dayOfMonth: string, dayOfWeek: string): DayTest | undefined => {
  if (dayOfWeek === '?' && dayOfMonth !== '?') return dayOfMonthTest(dayOfMonth);
  return dayOfMonth === '?' && dayOfWeek !== '?' ? dayOfWeekTest(dayOfWeek) : undefined;
};

/** The times of the six fields between the parentheses; undefined where they are no cron expression. */
export const parseCron = (text: string): Cron | undefined => {
  const [minuteText = '', hourText = '', dayOfMonth = '', monthText = '', dayOfWeek = '', yearText = '', ...more] = text
    .trim()
    .split(/\s+/);
  const minutes = listOf(minuteText, fields.minutes);
  const hours = listOf(hourText, fields.hours);
  const inMonths = listOf(monthText, fields.month);
  const years = listOf(yearText, fields.year);
  const onDay = dayTest(dayOfMonth, dayOfWeek);
  if (!minutes || !hours || !inMonths || !years || !onDay || more.length > 0) return undefined;

  const lastYear = Math.max(...years);
  const matches = (day: Date): boolean =>
    years.has(day.getUTCFullYear()) && inMonths.has(day.getUTCMonth() + 1) && onDay(day);
  const offsets = [...hours].flatMap((hour) => [...minutes].map((minute) => (hour * 60 + minute) * minuteMs));
  offsets.sort((a, b) => a - b);

  return {
    next: (afterMs) => {
      for (let day = Math.floor(afterMs / dayMs) * dayMs; ; day += dayMs) {
        const date = new Date(day);
        if (date.getUTCFullYear() > lastYear) return undefined;
        const offset = matches(date) ? offsets.find((it) => day + it > afterMs) : undefined;
        if (offset !== undefined) return day + offset;
      }
    },
  };
};
