import type { JsonObject } from '../api.ts';
import { number, object, text } from '../json.ts';
import { ExpressionError } from './expression.ts';
import { evaluateMath, isList, type MathContext, type MathValue } from './metric-math.ts';
import { dimensionsOf, keyOf, type Metric } from './metrics.ts';
import { invalid, type Series, type Span, seriesOf } from './series.ts';

/** Finds a metric by its key. */
export type FindMetric = (key: string) => Metric | undefined;

const idOf = (query: JsonObject): string => text(query, 'Id') ?? '';

const metricSeries = (stat: JsonObject, find: FindMetric, span: Span): Series => {
  const asked = object(stat, 'Metric') ?? {};
  const key = keyOf(text(asked, 'Namespace') ?? '', text(asked, 'MetricName') ?? '', dimensionsOf(asked));
  const periodMs = (number(stat, 'Period') ?? 60) * 1_000;
  return seriesOf(find(key), text(stat, 'Stat') ?? 'Average', periodMs, span);
};

/** The queries of one request, which may use each other; each is computed once. */
export const createQueries = (queries: readonly JsonObject[], find: FindMetric, span: Span) => {
  const byId = new Map(queries.map((it) => [idOf(it), it]));
  if (byId.size < queries.length) throw invalid('The values for parameter Id in MetricDataQueries are not unique.');
  const known = new Map<string, MathValue>();
  const underWay = new Set<string>();

  const metrics: MathContext['metrics'] = (part) =>
    queries.flatMap((it) => {
      const stat = object(it, 'MetricStat');
      return stat === undefined || !idOf(it).includes(part) ? [] : [metricSeries(stat, find, span)];
    });

  const valueOf = (id: string): MathValue => {
    const query = byId.get(id);
    if (query === undefined) throw new ExpressionError(`${id} is no id of this request`);
    const before = known.get(id);
    if (before !== undefined) return before;
    if (underWay.has(id)) throw new ExpressionError(`${id} refers to itself`);
    underWay.add(id);
    const value = compute(query);
    underWay.delete(id);
    known.set(id, value);
    return value;
  };

  const compute = (query: JsonObject): MathValue => {
    const stat = object(query, 'MetricStat');
    if (stat !== undefined) return metricSeries(stat, find, span);
    const expression = text(query, 'Expression');
    if (expression === undefined) throw invalid(`Either MetricStat or Expression must be given for ${idOf(query)}.`);
    const periodMs = (number(query, 'Period') ?? 60) * 1_000;
    return evaluateMath(expression, { span, valueOf, metrics, periodMs });
  };

  return {
    /** The time series a query comes to: one, or those of an array. */
    seriesOf: (query: JsonObject): readonly Series[] => {
      try {
        const value = valueOf(idOf(query));
        if (typeof value === 'number') throw new ExpressionError('The result must be a time series');
        return isList(value) ? value : [value];
      } catch (error) {
        if (error instanceof ExpressionError) throw invalid(`Error in expression '${idOf(query)}': ${error.message}`);
        throw error;
      }
    },
  };
};
