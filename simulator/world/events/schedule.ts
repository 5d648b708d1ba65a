import { AwsApiError } from '../api.ts';

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The period of a `rate(...)` expression; cron expressions are not modelled. */
export const periodOf = (expression: string): number => {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const ms = unitMs[unit];
  if (ms === undefined || Number(count) < 1) {
    throw new AwsApiError(
      'ValidationException',
      'Parameter ScheduleExpression is not valid (only rate(...) is modelled).',
    );
  }
  return Number(count) * ms;
};
