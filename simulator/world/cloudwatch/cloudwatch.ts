import { between, type Dice } from '../../kernel/dice.ts';
import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, flag, number, object, objects, pageOf, requiredText, text, texts, time } from '../json.ts';
import { createAlarms } from './alarms.ts';
import { addTo, dimensionsOf, keyOf, type Metric, type Minute } from './metrics.ts';
import { createQueries } from './queries.ts';
import { invalid, type Span, seriesOf } from './series.ts';

const badToken = (): AwsApiError => new AwsApiError('InvalidNextToken', 'The token is invalid.');
const maximumQueries = 500; // CloudWatch API, GetMetricData

/** Amazon CloudWatch metrics and alarms. Unlike AWS it takes data in AWS/ namespaces too: the workload plays the services that own them. */
export const createCloudWatch = (ground: Ground, dice: Dice): Api => {
  const metrics = new Map<string, Metric>();
  const delays = dice.fork('delays');
  const delayMs = (): number => {
    const { low, high } = ground.constants.metricVisibleAfterMs;
    return between(delays, low, high);
  };

  const put = (namespace: string, datum: JsonObject): void => {
    const name = requiredText(datum, 'MetricName', 'MissingParameter');
    const key = keyOf(namespace, name, dimensionsOf(datum));
    const metric = metrics.get(key) ?? {
      namespace,
      name,
      dimensions: dimensionsOf(datum),
      minutes: new Map<number, Minute>(),
    };
    metrics.set(key, metric);
    const now = ground.now();
    addTo(metric, datum, time(datum, 'Timestamp') ?? now, { keptMs: ground.constants.metricKeptMs, now, delayMs });
  };

  const find = (key: string): Metric | undefined => metrics.get(key);

  const spanOf = (input: JsonObject): Span => {
    const from = time(input, 'StartTime');
    const to = time(input, 'EndTime');
    if (from === undefined || to === undefined || from >= to) throw invalid('StartTime must be before EndTime.');
    return { from, to, now: ground.now() };
  };

  const labelOf = (query: JsonObject): string | undefined =>
    text(query, 'Label') ??
    text(object(object(query, 'MetricStat') ?? {}, 'Metric') ?? {}, 'MetricName') ??
    text(query, 'Id');

  const getMetricData = (input: JsonObject): JsonObject => {
    const asked = objects(input, 'MetricDataQueries') ?? [];
    if (asked.length > maximumQueries)
      throw invalid(`The collection MetricDataQueries must not have a size greater than ${maximumQueries}.`);
    const queries = createQueries(asked, find, spanOf(input));
    const ascending = text(input, 'ScanBy') === 'TimestampAscending';
    const shown = asked.filter((it) => flag(it, 'ReturnData') !== false);
    const results = shown.flatMap((query) =>
      queries.seriesOf(query).map(({ points }) => {
        const found = ascending ? [...points] : [...points].reverse();
        return {
          Id: text(query, 'Id'),
          Label: labelOf(query),
          Timestamps: found.map(([at]) => epochSeconds(at)),
          Values: found.map(([, value]) => value),
          StatusCode: 'Complete',
        };
      }),
    );
    return { MetricDataResults: results, Messages: [] };
  };

  const getMetricStatistics = (input: JsonObject): JsonObject => {
    const name = requiredText(input, 'MetricName', 'MissingParameter');
    const namespace = requiredText(input, 'Namespace', 'MissingParameter');
    const metric = find(keyOf(namespace, name, dimensionsOf(input)));
    const periodMs = (number(input, 'Period') ?? 60) * 1_000;
    const plain = texts(input, 'Statistics') ?? [];
    const extended = texts(input, 'ExtendedStatistics') ?? [];
    const span = spanOf(input);
    const columns = [...plain, ...extended].map((it) => [it, seriesOf(metric, it, periodMs, span).points] as const);
    const times = [...(columns[0]?.[1].keys() ?? [])];
    const valuesAt = (at: number, names: readonly string[]): JsonObject =>
      Object.fromEntries(columns.filter(([it]) => names.includes(it)).map(([it, points]) => [it, points.get(at)]));
    return {
      Label: name,
      Datapoints: times.map((at) => ({
        Timestamp: epochSeconds(at),
        ...valuesAt(at, plain),
        ...(extended.length > 0 ? { ExtendedStatistics: valuesAt(at, extended) } : {}),
        Unit: 'None',
      })),
    };
  };

  const isListed = (metric: Metric, input: JsonObject): boolean => {
    const wanted = dimensionsOf(input);
    return (
      (text(input, 'Namespace') ?? metric.namespace) === metric.namespace &&
      (text(input, 'MetricName') ?? metric.name) === metric.name &&
      wanted.every((it) =>
        metric.dimensions.some(
          (own) =>
            text(own, 'Name') === text(it, 'Name') && (text(it, 'Value') ?? text(own, 'Value')) === text(own, 'Value'),
        ),
      )
    );
  };

  return {
    PutMetricData: (input) => {
      const namespace = requiredText(input, 'Namespace', 'MissingParameter');
      for (const datum of objects(input, 'MetricData') ?? []) put(namespace, datum);
      return {};
    },
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    ListMetrics: (input) => {
      const all = [...metrics.values()].filter((it) => isListed(it, input));
      const page = pageOf(all, 500, text(input, 'NextToken'), badToken);
      return {
        Metrics: page.items.map((it) => ({ Namespace: it.namespace, MetricName: it.name, Dimensions: it.dimensions })),
        NextToken: page.nextToken,
      };
    },
    ...createAlarms(ground, dice.fork('alarms'), find),
  };
};
