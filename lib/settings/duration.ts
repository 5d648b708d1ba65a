import { minuteMs, secondMs } from '../model/time.ts';

/** How a duration is written in `berth.yml`: a whole number and one unit. */
export const durationPattern = /^(0|[1-9][0-9]{0,8})(s|m|h|d)$/;

const hourMs = 60 * minuteMs;

const unitMs: Readonly<Record<string, number>> = { s: secondMs, m: minuteMs, h: hourMs, d: 24 * hourMs };

/** The milliseconds of `90s`, `10m`, `1h` or `7d`; undefined for anything else. */
export const durationMs = (text: string): number | undefined => {
  const [, count, unit] = durationPattern.exec(text) ?? [];
  const factor = unitMs[unit ?? ''];
  return factor === undefined ? undefined : Number(count) * factor;
};
