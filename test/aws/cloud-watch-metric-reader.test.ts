import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from '@jest/globals';
import { cloudWatchMetricReader } from '../../lib/aws/cloud-watch-metric-reader.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import type { MetricQuery } from '../../lib/ports/metric-api.ts';
import { numbered } from './answers.ts';
import { type Answers, loopbackAws, Refusal } from './loopback-aws.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 30);

const query = (id: string, periodMs = minuteMs): MetricQuery => ({
  id,
  metric: {
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: 'jobs' },
    statistic: 'Average',
    periodMs,
  },
});

const read = async (queries: readonly MetricQuery[], answer: Answers[string]) => {
  await using aws = await loopbackAws({ GetMetricData: answer });
  const client = new CloudWatchClient(aws.config);
  const result = await cloudWatchMetricReader(client).read(queries, now);
  client.destroy();
  return { result, calls: aws.calls };
};

/** Seconds since 1970, of a minute before noon. */
const minutesAgo = (n: number): number => Date.UTC(2026, 10, 23, 12, -n) / secondMs;

const countOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

describe('cloudWatchMetricReader', () => {
  it('gives the newest datapoint whose period is over', async () => {
    const { result, calls } = await read([query('backlog of a service')], () => ({
      MetricDataResults: [
        {
          Id: 'q0',
          StatusCode: 'Complete',
          Timestamps: [minutesAgo(0), minutesAgo(1), minutesAgo(2)],
          Values: [9, 5, 3],
        },
      ],
    }));

    expect(result).toEqual({
      items: [{ id: 'backlog of a service', value: 5, at: minutesAgo(1) * secondMs }],
      gaps: [],
    });
    expect(calls[0]?.input).toMatchObject({
      StartTime: minutesAgo(14),
      EndTime: minutesAgo(-1),
      ScanBy: 'TimestampDescending',
      MetricDataQueries: [
        {
          Id: 'q0',
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: 'ApproximateNumberOfMessagesVisible',
              Dimensions: [{ Name: 'QueueName', Value: 'jobs' }],
            },
            Period: 60,
            Stat: 'Average',
          },
        },
      ],
    });
  });

  it('gives no value where the window holds none', async () => {
    const { result } = await read([query('silent')], () => ({
      MetricDataResults: [{ Id: 'q0', StatusCode: 'Complete', Timestamps: [], Values: [] }],
    }));

    expect(result).toEqual({ items: [{ id: 'silent', value: undefined, at: undefined }], gaps: [] });
  });

  it('joins the pages of a result', async () => {
    const { result } = await read([query('a')], (_, earlier) =>
      earlier === 0
        ? {
            MetricDataResults: [{ Id: 'q0', StatusCode: 'PartialData', Timestamps: [minutesAgo(5)], Values: [1] }],
            NextToken: 'more',
          }
        : { MetricDataResults: [{ Id: 'q0', StatusCode: 'Complete', Timestamps: [minutesAgo(2)], Values: [2] }] },
    );

    expect(result).toMatchObject({ items: [{ id: 'a', value: 2 }], gaps: [] });
  });

  it('asks for 500 metrics a call, and for each period apart', async () => {
    const queries = [...numbered(501, (n) => n).map((id) => query(id)), query('slow', 5 * minuteMs)];

    const { result, calls } = await read(queries, (input) => ({
      MetricDataResults: numbered(countOf(input['MetricDataQueries']), (n) => n).map((n) => ({
        Id: `q${n}`,
        StatusCode: 'Complete',
      })),
    }));

    expect(calls.map((it) => countOf(it.input['MetricDataQueries'])).sort((a, b) => a - b)).toEqual([1, 1, 500]);
    expect(result).toMatchObject({ items: { length: 502 }, gaps: [] });
  });

  it('has a gap, and no value, for a metric it may not read', async () => {
    const { result } = await read([query('mine'), query('theirs')], () => ({
      MetricDataResults: [
        { Id: 'q0', StatusCode: 'Complete', Timestamps: [minutesAgo(1)], Values: [1] },
        { Id: 'q1', StatusCode: 'Forbidden', Messages: [{ Code: 'Forbidden', Value: 'not allowed' }] },
      ],
    }));

    expect(result).toMatchObject({
      items: [{ id: 'mine', value: 1 }],
      gaps: [{ subject: 'metrics', cause: 'accessDenied', detail: 'metric theirs: Forbidden not allowed' }],
    });
  });

  it('has CloudWatch compute, each expression with inputs of its own, and counts them against the 500 of a call', async () => {
    const stat = (queue: string) => ({
      namespace: 'AWS/SQS',
      metricName: 'Visible',
      dimensions: { QueueName: queue },
      statistic: 'Sum',
    });
    const math = (id: string): MetricQuery => ({
      id,
      metric: {
        expression: 'IF(a > 0, a + b, 0) * SUM("a")',
        inputs: { a: stat('a'), b: stat('b') },
        periodMs: minuteMs,
      },
    });
    const queries = [...numbered(167, (n) => n).map((n) => math(`math ${n}`)), query('plain')];

    const { calls } = await read(queries, () => ({ MetricDataResults: [] }));

    expect(calls.map((it) => countOf(it.input['MetricDataQueries'])).sort((a, b) => a - b)).toEqual([4, 498]);
    const first = calls.find((it) => countOf(it.input['MetricDataQueries']) === 498);
    expect(first?.input).toMatchObject({
      MetricDataQueries: expect.arrayContaining([
        expect.objectContaining({
          Id: 'q1',
          Expression: 'IF(q1_a > 0, q1_a + q1_b, 0) * SUM("a")',
          ReturnData: true,
        }),
        expect.objectContaining({ Id: 'q1_b', ReturnData: false }),
      ]),
    });
  });

  it('answers for all others when CloudWatch refuses one expression, and names that one', async () => {
    const queries = numbered(9, (n) => n).map((n) => query(`m${n}`));
    const broken: MetricQuery = { id: 'broken', metric: { expression: 'FOO(', inputs: {}, periodMs: minuteMs } };
    const isBroken = (it: unknown): boolean => typeof it === 'object' && it !== null && 'Expression' in it;

    const { result } = await read([...queries.slice(0, 4), broken, ...queries.slice(4)], (input) => {
      const asked = Array.isArray(input['MetricDataQueries']) ? input['MetricDataQueries'] : [];
      if (asked.some(isBroken)) throw new Refusal('ValidationError', 'Error in expression');
      return {
        MetricDataResults: asked.map((_, n) => ({
          Id: `q${n}`,
          StatusCode: 'Complete',
          Timestamps: [minutesAgo(1)],
          Values: [1],
        })),
      };
    });

    expect(result.items.map((it) => it.id).sort()).toEqual(queries.map((it) => it.id).sort());
    expect(result.gaps).toMatchObject([{ cause: 'failed', detail: expect.stringContaining('metric broken:') }]);
  });

  it('has a gap where CloudWatch does not answer', async () => {
    const { result } = await read([query('a')], () => {
      throw new Refusal('Throttling', 'Rate exceeded');
    });

    expect(result).toEqual({
      items: [],
      gaps: [{ subject: 'metrics', cause: 'throttled', detail: 'GetMetricData: Throttling: Rate exceeded' }],
    });
  });
});
