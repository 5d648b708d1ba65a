import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from '@jest/globals';
import { cloudWatchHistoryReader } from '../../lib/aws/cloud-watch-history-reader.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import type { MetricQuery } from '../../lib/ports/metric-api.ts';
import { type Answers, loopbackAws, Refusal } from './loopback-aws.ts';

const to = Date.UTC(2026, 10, 23, 12);
const from = to - 14 * 24 * 60 * minuteMs;

const query = (id: string): MetricQuery => ({
  id,
  metric: {
    namespace: 'AWS/ECS',
    metricName: 'CPUUtilization',
    dimensions: { ClusterName: 'main', ServiceName: id },
    statistic: 'Sum',
    periodMs: 5 * minuteMs,
  },
});

const read = async (queries: readonly MetricQuery[], answer: Answers[string]) => {
  await using aws = await loopbackAws({ GetMetricData: answer });
  const client = new CloudWatchClient(aws.config);
  const result = await cloudWatchHistoryReader(client).history(queries, from, to);
  client.destroy();
  return { result, calls: aws.calls };
};

describe('cloudWatchHistoryReader', () => {
  it('gives all datapoints of the time asked for, over as many pages as they take', async () => {
    const { result, calls } = await read([query('api')], ({ NextToken }) => {
      const [at, value] = NextToken === undefined ? [to - 5 * minuteMs, 30] : [to - 10 * minuteMs, 20];
      const page = { Id: 'q0', StatusCode: 'Complete', Timestamps: [at / secondMs], Values: [value] };
      return { MetricDataResults: [page], ...(NextToken === undefined ? { NextToken: 'more' } : {}) };
    });

    expect(result).toEqual({
      items: [
        {
          id: 'api',
          points: [
            { at: to - 5 * minuteMs, value: 30 },
            { at: to - 10 * minuteMs, value: 20 },
          ],
        },
      ],
      gaps: [],
    });
    expect(calls[0]?.input).toMatchObject({
      StartTime: from / secondMs,
      EndTime: to / secondMs,
      MetricDataQueries: [{ MetricStat: { Period: 300, Stat: 'Sum' } }],
    });
  });

  it('asks for no more at once than come in one page', async () => {
    const queries = Array.from({ length: 60 }, (_, n) => query(`service-${n}`));
    const { result, calls } = await read(queries, ({ MetricDataQueries }) => ({
      MetricDataResults: (MetricDataQueries as readonly { readonly Id: string }[]).map(({ Id }) => ({
        Id,
        StatusCode: 'Complete',
        Timestamps: [],
        Values: [],
      })),
    }));

    expect(calls).toHaveLength(3);
    expect(result.items.map((it) => it.id)).toEqual(queries.map((it) => it.id));
  });

  it('names what is refused, and gives the others', async () => {
    const { result } = await read([query('api'), query('bad')], ({ MetricDataQueries }) => {
      if (JSON.stringify(MetricDataQueries).includes('bad'))
        throw new Refusal('ValidationError', 'Error in expression');
      return { MetricDataResults: [{ Id: 'q0', StatusCode: 'Complete', Timestamps: [], Values: [] }] };
    });

    expect(result.items).toEqual([{ id: 'api', points: [] }]);
    expect(result.gaps).toMatchObject([{ subject: 'metrics', detail: expect.stringContaining('metric bad') }]);
  });
});
