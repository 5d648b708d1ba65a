import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { MetricStat } from '../model/settings.ts';
import type { MetricQuery } from '../ports/metric-api.ts';

/** GetMetricData takes up to 500 queries, those that an expression names included (AWS API model). */
const queriesPerCall = 500;

/** Query ids must begin with a small letter and hold letters, digits and underscores only: ours are by position. */
export const idAt = (at: number): string => `q${at}`;

const statQuery = (Id: string, stat: MetricStat, periodMs: number, ReturnData: boolean): MetricDataQuery => ({
  Id,
  ReturnData,
  MetricStat: {
    Metric: {
      Namespace: stat.namespace,
      MetricName: stat.metricName,
      Dimensions: Object.entries(stat.dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period: periodMs / 1000,
    Stat: stat.statistic,
  },
});

/** Ids begin with a small letter, functions with a capital one; what is in quotes is neither. */
const idOrText = /"[^"]*"|'[^']*'|(?<![\w.])[a-z]\w*/g;

/** Queries of one call share their ids: those of an expression's inputs are made its own. */
const expressionOf = (expression: string, inputs: readonly string[], id: string): string =>
  expression.replace(idOrText, (found) => (inputs.includes(found) ? `${id}_${found}` : found));

/** What GetMetricData is sent for a query that is the so-manieth of its call. */
export const dataQueriesFor = ({ metric }: MetricQuery, at: number): readonly MetricDataQuery[] => {
  const id = idAt(at);
  if (!('expression' in metric)) return [statQuery(id, metric, metric.periodMs, true)];
  const inputs = Object.entries(metric.inputs);
  const names = inputs.map(([name]) => name);
  return [
    {
      Id: id,
      Expression: expressionOf(metric.expression, names, id),
      Period: metric.periodMs / 1000,
      ReturnData: true,
    },
    ...inputs.map(([name, stat]) => statQuery(`${id}_${name}`, stat, metric.periodMs, false)),
  ];
};

/** How many metrics are asked for: each is charged for, those that an expression is made from in its stead. */
const sizeOf = ({ metric }: MetricQuery): number =>
  'expression' in metric ? 1 + Object.keys(metric.inputs).length : 1;

/** As many of one period a call as it takes, for a call has one window. */
export const callsFor = (queries: readonly MetricQuery[]): readonly (readonly MetricQuery[])[] => {
  const calls: MetricQuery[][] = [];
  for (const its of Map.groupBy(queries, (it) => it.metric.periodMs).values()) {
    let room = 0;
    for (const query of its) {
      if (room < sizeOf(query)) {
        calls.push([]);
        room = queriesPerCall;
      }
      calls.at(-1)?.push(query);
      room -= sizeOf(query);
    }
  }
  return calls;
};
