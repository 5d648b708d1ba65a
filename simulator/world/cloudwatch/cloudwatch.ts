import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, flag, number, object, objects, pageOf, requiredText, text, time } from '../json.ts';
import { addTo, dimensionsOf, keyOf, type Metric, type Minute, statisticOf } from './metrics.ts';

const invalid = (message: string): AwsApiError => new AwsApiError('ValidationError', message);
const badToken = (): AwsApiError => new AwsApiError('InvalidNextToken', 'The token is invalid.');
const maximumQueries = 500; // CloudWatch API, GetMetricData

interface Span {
  readonly from: number;
  readonly to: number;
}

interface Datapoint {
  readonly at: number;
  readonly value: number;
}

/** Amazon CloudWatch metrics. Unlike AWS it takes data in AWS/ namespaces too: the workload plays the services that own them. */
export const createCloudWatch = (ground: Ground): Api => {
  const metrics = new Map<string, Metric>();

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
    addTo(metric, datum, time(datum, 'Timestamp') ?? ground.now(), ground.constants.metricKeptMs);
  };

  /** The complete datapoints of a span: a period shows some time after its end. */
  const datapoints = (metric: Metric, stat: JsonObject, span: Span): readonly Datapoint[] => {
    const periodMs = (number(stat, 'Period') ?? 60) * 1_000;
    if (periodMs % 60_000 !== 0) throw invalid('Only periods of whole minutes are modelled.');
    const statistic = text(stat, 'Stat') ?? 'Average';
    const found: Datapoint[] = [];
    for (let at = Math.floor(span.from / periodMs) * periodMs; at < span.to; at += periodMs) {
      if (at < span.from || at + periodMs + ground.constants.metricVisibleAfterMs > ground.now()) continue;
      const minutes: Minute[] = [];
      for (let minute = at; minute < at + periodMs; minute += 60_000) {
        const held = metric.minutes.get(minute);
        if (held !== undefined) minutes.push(held);
      }
      if (minutes.length === 0) continue;
      const value = statisticOf(minutes, statistic);
      if (value === undefined) throw invalid(`The value ${statistic} for parameter Stat is not supported.`);
      found.push({ at, value });
    }
    return found;
  };

  const answer = (query: JsonObject, span: Span, ascending: boolean): JsonObject => {
    const stat = object(query, 'MetricStat');
    if (stat === undefined) throw invalid('Metric math expressions are not modelled.');
    const asked = object(stat, 'Metric') ?? {};
    const name = text(asked, 'MetricName') ?? '';
    const metric = metrics.get(keyOf(text(asked, 'Namespace') ?? '', name, dimensionsOf(asked)));
    const found = metric === undefined ? [] : [...datapoints(metric, stat, span)];
    if (!ascending) found.reverse();
    return {
      Id: text(query, 'Id'),
      Label: text(query, 'Label') ?? name,
      Timestamps: found.map((it) => epochSeconds(it.at)),
      Values: found.map((it) => it.value),
      StatusCode: 'Complete',
    };
  };

  const getMetricData = (input: JsonObject): JsonObject => {
    const queries = objects(input, 'MetricDataQueries') ?? [];
    if (queries.length > maximumQueries)
      throw invalid(`The collection MetricDataQueries must not have a size greater than ${maximumQueries}.`);
    const from = time(input, 'StartTime');
    const to = time(input, 'EndTime');
    if (from === undefined || to === undefined || from >= to) throw invalid('StartTime must be before EndTime.');
    const ascending = text(input, 'ScanBy') === 'TimestampAscending';
    const shown = queries.filter((it) => flag(it, 'ReturnData') !== false);
    return { MetricDataResults: shown.map((it) => answer(it, { from, to }, ascending)), Messages: [] };
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
    ListMetrics: (input) => {
      const all = [...metrics.values()].filter((it) => isListed(it, input));
      const page = pageOf(all, 500, text(input, 'NextToken'), badToken);
      return {
        Metrics: page.items.map((it) => ({ Namespace: it.namespace, MetricName: it.name, Dimensions: it.dimensions })),
        NextToken: page.nextToken,
      };
    },
  };
};
