import { describe, expect, it } from '@jest/globals';
import { checkClusters, type MetricCheckDependencies } from '../../lib/flows/metric-check.ts';
import { noMemory } from '../../lib/model/memory.ts';
import type { MetricSettings } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { group, member, now, service, settings } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { ingest } from '../support/ingest.ts';

const metric: MetricSettings = {
  name: 'backlog',
  namespace: 'AWS/SQS',
  metricName: 'ApproximateNumberOfMessagesVisible',
  dimensions: { QueueName: 'jobs' },
  statistic: 'Average',
  periodMs: minuteMs,
};

const flow = () => {
  const aws = new FakeAws({ groups: [group([member(1)])] });
  const fingerprints: Record<string, string> = { main: 'a', other: 'a' };
  let at = now;
  const base = ingest();
  const shapes: string[] = [];
  const woken: string[] = [];
  const values: Record<string, number | undefined> = { m0: 7 };
  const deps: MetricCheckDependencies = {
    ...base,
    cluster: {
      ...aws.cluster,
      statistics: (names) =>
        Promise.resolve({
          gaps: [],
          items: names.map((name) => ({
            cluster: { name, arn: name, status: 'ACTIVE', capacityProviders: [] },
            fingerprint: fingerprints[name] ?? '',
          })),
        }),
    },
    groups: aws.groups,
    wakeUps: {
      wake: (cluster, delayMs) => {
        woken.push(`${cluster} in ${delayMs} ms`);
        return Promise.resolve();
      },
    },
    metrics: {
      read: (queries) =>
        Promise.resolve({ items: queries.map(({ id }) => ({ id, value: values[id], at: undefined })), gaps: [] }),
    },
    shapes: {
      shapeOf: (it) => {
        shapes.push(it.name);
        const registered = { cpuUnits: 2048, memoryMiB: 7577 };
        return Promise.resolve({
          items: [{ launchSource: it.launchSource ?? '', instanceType: 'm5.large', registered, from: 'ec2' as const }],
          gaps: [],
        });
      },
    },
    settings: { defaults: settings(), clusters: { main: settings({ services: { api: { metrics: [metric] } } }) } },
    clock: { now: () => at, sleep: () => Promise.resolve() },
  };
  /** A decision that saw the cluster at this moment. */
  const decided = async (cluster: string, nextTimerAt?: number): Promise<void> => {
    const { head } = await deps.store.raiseGeneration(cluster);
    await deps.store.remember(head, noMemory, { at, nextTimerAt, wakeAt: undefined });
  };
  const later = (ms: number): void => {
    at += ms;
  };
  return { ...base, aws, deps, shapes, woken, values, fingerprints, decided, later };
};

describe('checkClusters', () => {
  it('asks about clusters never looked at', async () => {
    const { deps, asked } = flow();

    await checkClusters(deps);

    expect(asked).toEqual(['main#0 never looked at', 'other#0 never looked at']);
  });

  it('asks only about clusters whose counts have changed', async () => {
    const it = flow();
    await checkClusters(it.deps);
    for (const cluster of ['main', 'other']) await it.decided(cluster);
    it.asked.length = 0;

    await checkClusters(it.deps);
    expect(it.asked).toEqual([]);

    it.fingerprints['other'] = 'b';
    await checkClusters(it.deps);
    expect(it.asked).toEqual(['other#1 its counts have changed']);
  });

  it('asks about a cluster one of whose services wants more or other tasks, which no count of the cluster shows', async () => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, services: [service(3)] };
    await checkClusters(it.deps);
    for (const cluster of ['main', 'other']) await it.decided(cluster);
    it.asked.length = 0;
    await checkClusters(it.deps);
    expect(it.asked).toEqual([]);

    it.aws.seen = { ...it.aws.seen, services: [service(4)] };
    await checkClusters(it.deps);
    expect(it.asked).toEqual(['main#1 its counts have changed', 'other#1 its counts have changed']);
  });

  it('does not take a list of services that was read in part for a change', async () => {
    const it = flow();
    const gaps = [{ subject: 'services' as const, cause: 'throttled' as const, detail: 'page 2' }];
    it.aws.seen = { ...it.aws.seen, services: [service(3)], gaps };
    await checkClusters(it.deps);
    for (const cluster of ['main', 'other']) await it.decided(cluster);
    it.asked.length = 0;

    it.aws.seen = { ...it.aws.seen, services: [service(3), service(4, { name: 'web' })], gaps };
    await checkClusters(it.deps);

    expect(it.asked).toEqual([]);
    expect(it.telemetry.lines.map((line) => line.message)).toContain('services could not be read in full');
  });

  it('asks where a timer is due', async () => {
    const it = flow();
    await checkClusters(it.deps);
    await it.decided('main', now + 3 * minuteMs);
    await it.decided('other');
    it.asked.length = 0;

    it.later(2 * minuteMs);
    await checkClusters(it.deps);
    expect(it.asked).toEqual([]);

    it.later(minuteMs);
    await checkClusters(it.deps);
    expect(it.asked).toEqual(['main#1 timer']);
  });

  it('asks every ten minutes all the same: events may have been lost', async () => {
    const it = flow();
    await checkClusters(it.deps);
    for (const cluster of ['main', 'other']) await it.decided(cluster);
    it.asked.length = 0;

    it.later(10 * minuteMs);
    await checkClusters(it.deps);

    expect(it.asked).toEqual(['main#1 not looked at for ten minutes', 'other#1 not looked at for ten minutes']);
  });

  it('keeps the urgent path warm while nothing happens: it wakes the cluster looked at longest ago', async () => {
    const it = flow();
    await checkClusters(it.deps);
    await it.decided('other');
    it.later(minuteMs);
    await it.decided('main');
    it.later(3 * minuteMs);
    await checkClusters(it.deps);
    expect(it.woken).toEqual([]);

    it.later(minuteMs);
    await checkClusters(it.deps);
    expect(it.woken).toEqual(['other in 0 ms']);
  });

  it('asks again next time about a cluster that could not be asked for', async () => {
    const it = flow();
    for (const cluster of ['main', 'other']) await it.decided(cluster);
    it.unreachable.add('main');
    await checkClusters(it.deps);
    expect(it.asked).toEqual(['other#1 its counts have changed']);

    it.unreachable.clear();
    await it.decided('other');
    await checkClusters(it.deps);
    expect(it.asked).toEqual(['other#1 its counts have changed', 'main#1 its counts have changed']);
  });

  it('learns what an empty group would register, once', async () => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, groups: [group([]), group([member(1)], { name: 'known' })] };
    await it.decided('main');

    await checkClusters(it.deps);
    await checkClusters(it.deps);

    expect(it.shapes).toEqual(['web']);
    expect((await it.deps.store.recall('main'))?.memory.shapes['web']?.registered.memoryMiB).toBe(7577);
  });

  it('learns before it asks: a decision without a shape would launch nothing', async () => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, groups: [group([])] };
    const asked: number[] = [];
    const decisions = {
      ask: () => {
        asked.push(it.shapes.length);
        return Promise.resolve();
      },
    };

    await checkClusters({ ...it.deps, decisions });

    expect(asked).toEqual([1, 1]);
  });

  it('reads the metrics that settings name and counts those without data', async () => {
    const it = flow();
    await checkClusters(it.deps);
    expect(it.telemetry.counts.get('MetricsWithoutData')).toBe(0);

    it.values['m0'] = undefined;
    await checkClusters(it.deps);
    expect(it.telemetry.counts.get('MetricsWithoutData')).toBe(1);
    expect(it.telemetry.lines.at(-1)).toMatchObject({
      level: 'warn',
      message: 'metrics without data',
      fields: { silent: [{ cluster: 'main', service: 'api', metric: 'backlog' }] },
    });
  });

  it('does the other parts when one fails, and fails as a whole', async () => {
    const it = flow();
    const broken = { ...it.deps, metrics: { read: () => Promise.reject(new Error('no network')) } };

    await expect(checkClusters(broken)).rejects.toThrow('1 of 3 parts of the minute check failed: Error: no network');
    expect(it.asked).toHaveLength(2);
  });
});
