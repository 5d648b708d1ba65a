import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../simulator/world/api.ts';
import { ExpressionError, parseExpression } from '../../simulator/world/cloudwatch/expression.ts';
import { numbers, objects } from '../../simulator/world/json.ts';
import { minute, only, refusal, start, type UnderTest, worldUnderTest } from '../world/world-under-test.ts';

/** A metric's values, minute by minute; undefined: none. */
const put = (under: UnderTest, MetricName: string, values: readonly (number | undefined)[]): void => {
  for (const [n, Value] of values.entries()) {
    const Timestamp = (start + n * minute) / 1_000;
    if (Value !== undefined)
      under.call('monitoring', 'PutMetricData', { Namespace: 'N', MetricData: [{ MetricName, Value, Timestamp }] });
  }
};

const metric = (MetricName: string): JsonObject => ({
  Id: MetricName,
  ReturnData: false,
  MetricStat: { Metric: { Namespace: 'N', MetricName }, Period: 60, Stat: 'Sum' },
});

const world = async (): Promise<UnderTest> => {
  const under = worldUnderTest();
  put(under, 'm1', [10, 20, undefined, 40]);
  put(under, 'm2', [1, 2, 3, 0]);
  await under.pass(10 * minute);
  return under;
};

const ask = (under: UnderTest, Expression: string, more: readonly JsonObject[] = []): readonly JsonObject[] =>
  objects(
    under.call('monitoring', 'GetMetricData', {
      MetricDataQueries: [metric('m1'), metric('m2'), ...more, { Id: 'e', Expression }],
      StartTime: start / 1_000,
      EndTime: start / 1_000 + 4 * 60,
      ScanBy: 'TimestampAscending',
    }),
    'MetricDataResults',
  ) ?? [];

/** The values of the one series, at minutes 0 to 3. */
const computed = (under: UnderTest, expression: string): readonly (number | undefined)[] => {
  const result = only(ask(under, expression));
  const at = (numbers(result, 'Timestamps') ?? []).map((it) => (it * 1_000 - start) / minute);
  const values = numbers(result, 'Values') ?? [];
  return [0, 1, 2, 3].map((n) => values[at.indexOf(n)]);
};

const _ = undefined;

describe('metric math', () => {
  it.each<[string, readonly (number | undefined)[]]>([
    ['m1 + m2', [11, 22, _, 40]], // only where both have a datapoint
    ['m1 - m2 * 2', [8, 16, _, 40]],
    ['(m1 - m2) * 2', [18, 36, _, 80]],
    ['100 * m1 / m2', [1_000, 1_000, _, _]], // a division by zero is no datapoint
    ['-m1', [-10, -20, _, -40]],
    ['2 ^ m2', [2, 4, 8, 1]],
    ['m1 > 15', [0, 1, _, 1]],
    ['m1 > 15 AND m2 > 0', [0, 1, _, 0]],
    ['m1 > 15 || m2 == 1', [1, 1, _, 1]],
    ['SUM(METRICS())', [11, 22, 3, 40]], // over those that have a datapoint
    ['SUM([m1, m2])', [11, 22, 3, 40]],
    ['AVG([m1, m2])', [5.5, 11, 3, 20]],
    ['MAX(METRICS())', [10, 20, 3, 40]],
    ['MIN(METRICS("m2"))', [1, 2, 3, 0]],
    ['m1 - AVG(m1)', [-40 / 3, -10 / 3, _, 50 / 3]], // of one series: a scalar over its datapoints
    ['m1 / MAX(m1)', [0.25, 0.5, _, 1]],
    ['m1 * METRIC_COUNT(METRICS())', [20, 40, _, 80]],
    ['FILL(m1, 0)', [10, 20, 0, 40]],
    ['FILL(m1, REPEAT)', [10, 20, 20, 40]],
    ['FILL(m1, LINEAR)', [10, 20, 30, 40]],
    ['SUM(FILL(METRICS(), 100))', [11, 22, 103, 40]],
    ['IF(m2 > 1, m1, 5)', [5, 20, _, 5]],
    ['IF(FILL(m1, 0) > 15, 1, 0)', [0, 1, 0, 1]],
    ['CEIL(m1 / 3)', [4, 7, _, 14]],
    ['FLOOR(ABS(-m1 / 3))', [3, 6, _, 13]],
    ['DIFF(m1)', [_, 10, _, 20]],
    ['RATE(m2) * PERIOD(m2)', [_, 1, 1, -3]],
    ['RUNNING_SUM(m2)', [1, 3, 6, 6]],
    ['TIME_SERIES(7)', [7, 7, 7, 7]],
    ['FIRST(METRICS()) + LAST(METRICS())', [11, 22, _, 40]],
  ])('CloudWatch user guide, metric math syntax: %s', async (expression, values) => {
    expect(computed(await world(), expression)).toEqual(
      values.map((it) => it && expect.closeTo(it, 9)).map((it, n) => it ?? values[n]),
    );
  });

  it('CloudWatch user guide, metric math syntax: an expression may use another, and an array comes as several results', async () => {
    const under = await world();
    const sum = { Id: 'both', Expression: 'm1 + m2', ReturnData: false };

    expect(only(ask(under, 'both * 2', [sum]))).toMatchObject({ Id: 'e', Values: [22, 44, 80] });
    expect(ask(under, 'METRICS() * 2').map((it) => it['Values'])).toEqual([
      [20, 40, 80],
      [2, 4, 6, 0],
    ]);
  });

  it.each([
    ['a scalar result', 'SUM(m1)'],
    ['an id that is not there', 'm3 + 1'],
    ['itself', 'e + 1'],
    ['a function that is not modelled', 'ANOMALY_DETECTION_BAND(m1)'],
    ['a half expression', 'm1 +'],
    ['two expressions', 'm1 m2'],
    ['an open bracket', '(m1 + m2'],
    ['a strange character', 'm1 ; m2'],
    ['nothing', ''],
    ['too few arguments', 'IF(m1)'],
  ])('is refused with its id and a reason: %s', async (name, expression) => {
    const under = await world();
    const problem = refusal(() => ask(under, expression));

    expect(name).not.toBe('');
    expect(problem).toMatch(/^ValidationError: (Error in expression 'e': .+|Either MetricStat or Expression .+)/);
  });

  it('reads any text, or says why not, and never hangs', () => {
    const piece = fc.constantFrom(
      'm1',
      '(',
      ')',
      '[',
      ']',
      ',',
      '+',
      '-',
      '*',
      '/',
      '^',
      '1',
      '.5',
      'SUM',
      'IF',
      '"',
      ' ',
      '>=',
      'AND',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          parseExpression(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
    );
    expect(() => parseExpression('('.repeat(10_000))).toThrow(ExpressionError);
    expect(() => parseExpression('-'.repeat(100_000))).toThrow(ExpressionError);
  });
});

describe('CloudWatch API, GetMetricStatistics', () => {
  it('answers several statistics and percentiles at once', async () => {
    const under = await world();
    const answer = under.call('monitoring', 'GetMetricStatistics', {
      Namespace: 'N',
      MetricName: 'm2',
      Period: 120,
      Statistics: ['Average', 'SampleCount', 'Maximum'],
      ExtendedStatistics: ['p50'],
      StartTime: start / 1_000,
      EndTime: start / 1_000 + 240,
    });

    expect(answer).toMatchObject({
      Label: 'm2',
      Datapoints: [
        { Timestamp: start / 1_000, Average: 1.5, SampleCount: 2, Maximum: 2, ExtendedStatistics: { p50: 1 } },
        { Timestamp: start / 1_000 + 120, Average: 1.5, SampleCount: 2, Maximum: 3, ExtendedStatistics: { p50: 0 } },
      ],
    });
  });
});
