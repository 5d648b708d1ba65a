import type { JsonObject } from '../api.ts';
import { flag, number, object, objects, requiredText, text } from '../json.ts';
import { dimensionsOf } from './metrics.ts';
import { invalid } from './series.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export const isAlarmState = (it: string): it is AlarmState => ['OK', 'ALARM', 'INSUFFICIENT_DATA'].includes(it);

const comparisons = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} satisfies Readonly<Record<string, (value: number, threshold: number) => boolean>>;

type Comparison = keyof typeof comparisons;

const isComparison = (it: string): it is Comparison => Object.hasOwn(comparisons, it);

export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

const isMissingData = (it: string): it is MissingData =>
  ['missing', 'ignore', 'breaching', 'notBreaching'].includes(it);

/** An alarm as it was put; how it stands now is kept apart. */
export interface AlarmSettings {
  readonly name: string;
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly periodMs: number;
  readonly missingData: MissingData;
  /** What it watches, as queries of GetMetricData, one of which returns data. */
  readonly queries: readonly JsonObject[];
  readonly json: JsonObject;
}

const singleMetric = (input: JsonObject): readonly JsonObject[] => {
  const Metric = {
    Namespace: requiredText(input, 'Namespace', 'MissingParameter'),
    MetricName: requiredText(input, 'MetricName', 'MissingParameter'),
    Dimensions: dimensionsOf(input),
  };
  const Stat = text(input, 'Statistic') ?? text(input, 'ExtendedStatistic');
  if (Stat === undefined) throw invalid('Exactly one of Statistic and ExtendedStatistic must be specified.');
  return [{ Id: 'm1', MetricStat: { Metric, Period: number(input, 'Period') ?? 60, Stat }, ReturnData: true }];
};

/** The one that the alarm compares. */
export const watched = (queries: readonly JsonObject[]): JsonObject => {
  const shown = queries.filter((it) => flag(it, 'ReturnData') !== false);
  const [query] = shown;
  if (query === undefined || shown.length > 1)
    throw invalid('Exactly one element of the metrics list should return data.');
  return query;
};

const periodOf = (input: JsonObject, queries: readonly JsonObject[]): number => {
  const periods = queries.flatMap((it) => {
    return [number(it, 'Period'), number(object(it, 'MetricStat') ?? {}, 'Period')];
  });
  return number(input, 'Period') ?? Math.max(60, ...periods.map((it) => it ?? 0));
};

export const alarmSettings = (input: JsonObject): AlarmSettings => {
  const name = requiredText(input, 'AlarmName', 'MissingParameter');
  const comparison = requiredText(input, 'ComparisonOperator', 'MissingParameter');
  if (!isComparison(comparison)) throw invalid(`${comparison} is not a comparison operator.`);
  const missingData = text(input, 'TreatMissingData') ?? 'missing';
  if (!isMissingData(missingData))
    throw invalid(`Option ${missingData} is not supported for treat missing data parameter.`);
  const threshold = number(input, 'Threshold');
  if (threshold === undefined) throw invalid('Threshold must be specified.');
  const evaluationPeriods = number(input, 'EvaluationPeriods') ?? 0;
  const datapointsToAlarm = number(input, 'DatapointsToAlarm') ?? evaluationPeriods;
  if (evaluationPeriods < 1 || datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods)
    throw invalid('EvaluationPeriods and DatapointsToAlarm must be at least 1, the second no more than the first.');
  const given = objects(input, 'Metrics') ?? [];
  const queries = given.length > 0 ? given : singleMetric(input);
  watched(queries);
  const periodMs = periodOf(input, queries) * 1_000;
  if (periodMs % 60_000 !== 0) throw invalid('Only periods of whole minutes are modelled.');
  return {
    name,
    comparison,
    threshold,
    evaluationPeriods,
    datapointsToAlarm,
    periodMs,
    missingData,
    queries,
    json: input,
  };
};

/** How many periods more than asked for are looked at when datapoints are missing. Assumed: CloudWatch does not say. */
const extraPeriods = 3;

/** How far back an alarm looks. */
export const evaluationRangeMs = (it: AlarmSettings): number => (it.evaluationPeriods + extraPeriods) * it.periodMs;

/**
 * The state after an evaluation, from the datapoints of its range, newest first, each with its age in periods (the last
 * complete one is 1); undefined where it stays what it is (CloudWatch user guide, how alarms treat missing data).
 */
export const evaluated = (
  it: AlarmSettings,
  datapoints: readonly { readonly value: number; readonly age: number }[],
): AlarmState | undefined => {
  const seen = datapoints.slice(0, it.evaluationPeriods);
  const missing = it.evaluationPeriods - seen.length;
  const breaching = seen.filter(({ value }) => comparisons[it.comparison](value, it.threshold));
  if (breaching.length >= it.datapointsToAlarm) return 'ALARM';
  switch (it.missingData) {
    case 'breaching':
      return breaching.length + missing >= it.datapointsToAlarm ? 'ALARM' : 'OK';
    case 'notBreaching':
      return 'OK';
    case 'ignore':
      return seen.length - breaching.length > it.evaluationPeriods - it.datapointsToAlarm ? 'OK' : undefined;
    case 'missing':
      if (seen.length === 0) return 'INSUFFICIENT_DATA';
      return breaching.length === seen.length && (seen.at(-1)?.age ?? 0) >= it.datapointsToAlarm ? 'ALARM' : 'OK';
  }
};
