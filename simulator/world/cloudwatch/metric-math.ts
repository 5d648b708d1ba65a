import { type Expression, ExpressionError, type Operator, parseExpression } from './expression.ts';
import { periodsOf, type Series, type Span } from './series.ts';

/** What an expression comes to: a scalar, one time series or several. */
export type MathValue = number | Series | readonly Series[];

/** The other queries of the request, by id. */
export interface MathContext {
  readonly span: Span;
  /** The value of another query; throws an `ExpressionError` where there is none. */
  readonly valueOf: (id: string) => MathValue;
  /** The metrics (not expressions) of the request whose id contains the text. */
  readonly metrics: (part: string) => readonly Series[];
  /** Of a series that no metric gives a period. */
  readonly periodMs: number;
}

export const isList = (value: MathValue): value is readonly Series[] => Array.isArray(value);

const operations: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '>': (a, b) => Number(a > b),
  '>=': (a, b) => Number(a >= b),
  AND: (a, b) => Number(a !== 0 && b !== 0),
  OR: (a, b) => Number(a !== 0 || b !== 0),
};

/** What comes to no number (a division by zero) is no datapoint. */
const mapped = (series: Series, of: (value: number, at: number) => number | undefined): Series => {
  const points = new Map<number, number>();
  for (const [at, value] of series.points) {
    const result = of(value, at);
    if (result !== undefined && Number.isFinite(result)) points.set(at, result);
  }
  return { periodMs: series.periodMs, points };
};

const at = (value: number | Series, time: number): number | undefined =>
  typeof value === 'number' ? value : value.points.get(time);

/** Series meet where both have a datapoint; a series and a scalar at each datapoint; lists member by member. */
const combined = (operator: Operator, left: MathValue, right: MathValue): MathValue => {
  const run = operations[operator];
  if (isList(left) && isList(right)) {
    if (left.length !== right.length) throw new ExpressionError('The arrays differ in length');
    return left.flatMap((it, index) => {
      const other = right[index];
      return other === undefined ? [] : [single(combined(operator, it, other))];
    });
  }
  if (isList(left)) return left.map((it) => single(combined(operator, it, right)));
  if (isList(right)) return right.map((it) => single(combined(operator, left, it)));
  if (typeof left === 'number' && typeof right === 'number') return run(left, right);
  if (typeof left === 'number') return mapped(single(right), (value) => run(left, value));
  return mapped(left, (value, time) => {
    const other = at(right, time);
    return other === undefined ? undefined : run(value, other);
  });
};

const single = (value: MathValue): Series => {
  if (typeof value === 'number' || isList(value)) throw new ExpressionError('A time series expected');
  return value;
};

const scalarOf = (value: MathValue): number => {
  if (typeof value !== 'number') throw new ExpressionError('A scalar expected');
  return value;
};

const listOf = (value: MathValue): readonly Series[] => {
  if (!isList(value)) throw new ExpressionError('An array of time series expected');
  return value;
};

const eachOf = (value: MathValue, of: (series: Series) => Series): MathValue =>
  isList(value) ? value.map(of) : of(single(value));

const total = (values: readonly number[]): number => values.reduce((sum, it) => sum + it, 0);

const deviation = (values: readonly number[]): number => {
  const mean = total(values) / values.length;
  return Math.sqrt(total(values.map((it) => (it - mean) ** 2)) / values.length);
};

/** Of one series a scalar; of several a series, at each time over those that have a datapoint there. */
const summaries: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: total,
  AVG: (values) => total(values) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
  STDDEV: deviation,
};

const summarised = (of: (values: readonly number[]) => number, value: MathValue, periodMs: number): MathValue => {
  if (typeof value === 'number') throw new ExpressionError('A time series expected');
  if (!isList(value)) {
    if (value.points.size === 0) return { periodMs: value.periodMs, points: new Map() };
    return of([...value.points.values()]);
  }
  const times = [...new Set(value.flatMap((it) => [...it.points.keys()]))].sort((a, b) => a - b);
  const points = new Map(times.map((time) => [time, of(value.flatMap((it) => it.points.get(time) ?? []))] as const));
  return { periodMs: value[0]?.periodMs ?? periodMs, points };
};

const rounding: Readonly<Record<string, (value: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
};

/** Each datapoint against the one before it. */
const stepwise = (series: Series, of: (change: number, seconds: number) => number): Series => {
  let before: readonly [number, number] | undefined;
  return mapped(series, (value, time) => {
    const last = before;
    before = [time, value];
    return last === undefined ? undefined : of(value - last[1], (time - last[0]) / 1_000);
  });
};

const conditional = (condition: MathValue, then: MathValue, otherwise: MathValue): MathValue => {
  if (isList(then) || isList(otherwise) || isList(condition))
    throw new ExpressionError('IF takes scalars and single time series');
  if (typeof condition === 'number') return condition !== 0 ? then : otherwise;
  return mapped(condition, (value, time) => at(value !== 0 ? then : otherwise, time));
};

/** A value for each period of the span without a datapoint, the newest ones too, which are only late. */
const filled = (series: Series, filler: MathValue | 'REPEAT' | 'LINEAR', span: Span): Series => {
  const known = [...series.points];
  const between = (time: number): number | undefined => {
    const before = known.findLast(([it]) => it < time);
    const after = known.find(([it]) => it > time);
    if (filler === 'REPEAT' || before === undefined || after === undefined) return (before ?? after)?.[1];
    return before[1] + ((after[1] - before[1]) * (time - before[0])) / (after[0] - before[0]);
  };
  const missing = (time: number): number | undefined => {
    if (filler === 'REPEAT' || filler === 'LINEAR') return between(time);
    return at(typeof filler === 'number' ? filler : single(filler), time);
  };
  const points = new Map<number, number>();
  for (const time of periodsOf(span, series.periodMs)) {
    const value = series.points.get(time) ?? missing(time);
    if (value !== undefined) points.set(time, value);
  }
  return { periodMs: series.periodMs, points };
};

const evaluateCall = (name: string, args: readonly Expression[], context: MathContext): MathValue => {
  const value = (index: number): MathValue => {
    const argument = args[index];
    if (argument === undefined) throw new ExpressionError(`${name} takes more arguments`);
    return evaluate(argument, context);
  };
  const summary = summaries[name];
  if (summary !== undefined) return summarised(summary, value(0), context.periodMs);
  const round = rounding[name];
  if (round !== undefined) return eachOf(value(0), (it) => mapped(it, round));
  switch (name) {
    case 'METRICS': {
      const [part] = args;
      if (part !== undefined && part.kind !== 'text') throw new ExpressionError('METRICS takes a text');
      return context.metrics(part?.value ?? '');
    }
    case 'FILL': {
      const filler = args[1];
      const word = filler?.kind === 'name' ? filler.name : undefined;
      const by = word === 'REPEAT' || word === 'LINEAR' ? word : value(1);
      return eachOf(value(0), (it) => filled(it, by, context.span));
    }
    case 'IF':
      return conditional(value(0), value(1), value(2));
    case 'METRIC_COUNT':
      return listOf(value(0)).length;
    case 'FIRST':
    case 'LAST': {
      const found = listOf(value(0)).at(name === 'FIRST' ? 0 : -1);
      if (found === undefined) throw new ExpressionError(`${name} of an empty array`);
      return found;
    }
    case 'TIME_SERIES': {
      const { span, periodMs } = context;
      const scalar = scalarOf(value(0));
      return { periodMs, points: new Map(periodsOf(span, periodMs).map((time) => [time, scalar])) };
    }
    case 'PERIOD':
      return single(value(0)).periodMs / 1_000;
    case 'DIFF':
      return eachOf(value(0), (it) => stepwise(it, (change) => change));
    case 'RATE':
      return eachOf(value(0), (it) => stepwise(it, (change, seconds) => change / seconds));
    case 'RUNNING_SUM':
      return eachOf(value(0), (it) => {
        let sum = 0;
        return mapped(it, (point) => (sum += point));
      });
    default:
      throw new ExpressionError(`The function ${name} is not modelled`);
  }
};

const evaluate = (expression: Expression, context: MathContext): MathValue => {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'name':
      return context.valueOf(expression.name);
    case 'text':
      throw new ExpressionError('A text stands where a value should');
    case 'list':
      return expression.items.flatMap((it) => {
        const value = evaluate(it, context);
        return isList(value) ? value : [single(value)];
      });
    case 'negative':
      return combined('-', 0, evaluate(expression.of, context));
    case 'binary':
      return combined(expression.operator, evaluate(expression.left, context), evaluate(expression.right, context));
    case 'call':
      return evaluateCall(expression.name, expression.args, context);
  }
};

/** Computes an expression; throws an `ExpressionError` where it is none, or asks for what there is not. */
export const evaluateMath = (text: string, context: MathContext): MathValue => evaluate(parseExpression(text), context);
