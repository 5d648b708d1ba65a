/** How a duration is written in a scenario: a whole number and one unit. */
export const durationPattern = /^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$/;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The milliseconds of `90s`, `10m`, `1h` or `7d`; undefined for anything else. */
export const durationMs = (text: string): number | undefined => {
  const [, count, unit] = durationPattern.exec(text) ?? [];
  const factor = unitMs[unit ?? ''];
  return factor === undefined ? undefined : Number(count) * factor;
};

/** The largest unit that says it in a whole number: `90s`, `10m`, `7d`. */
export const durationText = (ms: number): string => {
  const unit = ['d', 'h', 'm', 's'].find((it) => ms > 0 && ms % (unitMs[it] ?? 1) === 0) ?? 'ms';
  return `${ms / (unitMs[unit] ?? 1)}${unit}`;
};
