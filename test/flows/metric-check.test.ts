import { describe, expect, it } from '@jest/globals';
import { checkClusters, type MetricCheckDependencies } from '../../lib/flows/metric-check.ts';
import type { AutoScalingGroup } from '../../lib/model/auto-scaling-group.ts';
import type { ServiceForecast } from '../../lib/model/forecast.ts';
import { noMemory } from '../../lib/model/memory.ts';
import type { Gap } from '../../lib/model/observation.ts';
import type { ScalingSettings } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { cpu, scaling } from '../planning/counts/counts.ts';
import { group, member, now, service, settings } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { ingest } from '../support/ingest.ts';

const flow = (over: Partial<ScalingSettings> = {}, mode: 'act' | 'observe' = 'act') => {
  const aws = new FakeAws({ groups: [group([member(1)])] });
  const fingerprints: Record<string, string> = { main: 'a', other: 'a' };
  let at = now;
  const store = memoryStore();
  const base = { ...ingest(), store };
  const shapes: string[] = [];
  const woken: string[] = [];
  const values: Record<string, number | undefined> = { 'main/api cpu': 90 };
  const read: string[][] = [];
  let hasTarget = false;
  let targetGaps: readonly Gap[] = [];
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
      read: (queries, asked) => {
        read.push(queries.map((it) => it.id));
        return Promise.resolve({
          items: queries.map(({ id }) => ({ id, value: values[id], at: asked - minuteMs })),
          gaps: [],
        });
      },
    },
    counts: store,
    scalableTargets: {
      scalableTargets: (services) => Promise.resolve({ items: hasTarget ? services : [], gaps: targetGaps }),
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
    settings: {
      defaults: settings(),
      clusters: { main: settings({ mode, services: { api: { metrics: [], scaling: scaling(over) } } }) },
    },
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
  const target = (has: boolean, gaps: readonly Gap[] = []): void => {
    hasTarget = has;
    targetGaps = gaps;
  };
  return { ...base, aws, deps, read, target, shapes, woken, values, fingerprints, decided, later };
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

    it.later(minuteMs);
    it.fingerprints['other'] = 'b';
    await checkClusters(it.deps);
    expect(it.asked).toEqual(['other#1 its counts have changed']);
  });

  it('leaves changed counts to the decision that has just been taken, and asks a minute later all the same', async () => {
    const it = flow();
    await checkClusters(it.deps);
    for (const cluster of ['main', 'other']) await it.decided(cluster);
    it.asked.length = 0;

    it.fingerprints['other'] = 'b';
    await checkClusters(it.deps);
    expect(it.asked).toEqual([]);

    it.later(minuteMs);
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

  it.each([
    'instance types of web: InvalidLaunchTemplateId.NotFound: The specified launch template does not exist',
    'web: EC2 does not know all of m5.large, x9.huge',
  ])('says of a group what cannot be learned, with the remedy, and learns the others: %s', async (detail) => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, groups: [group([]), group([], { name: 'other' })] };
    const gap: Gap = { subject: 'groups', cause: 'missing', detail };
    const shapes = {
      shapeOf: (one: AutoScalingGroup) =>
        one.name === 'web' ? Promise.resolve({ items: [], gaps: [gap] }) : it.deps.shapes.shapeOf(one),
    };
    await it.decided('main');

    await checkClusters({ ...it.deps, shapes });

    expect(Object.keys((await it.deps.store.recall('main'))?.memory.shapes ?? {})).toEqual(['other']);
    expect(it.telemetry.lines).toContainEqual({
      level: 'warn',
      message: 'what a new instance registers is unknown',
      fields: {
        group: 'web',
        problems: [detail],
        remedy: 'set clusters.<name>.groups.<group>.registers in berth.yml',
      },
    });
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

  it('keeps the count that a service should have where the next decision finds it, and asks for that decision', async () => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    for (const cluster of ['main', 'other']) await it.decided(cluster);

    await checkClusters(it.deps);

    expect(it.asked).toContain('main#1 a service should have another count');
    expect((await it.deps.store.drainsAndAsked('main')).asked.counts).toMatchObject([
      { service: 'api', from: 4, to: 6, at: now },
    ]);
    expect(it.read).toEqual([['main/api cpu']]);
  });

  it('asks again each minute while it is not done, and takes it back when it is no longer right', async () => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    await checkClusters(it.deps);
    it.later(minuteMs);
    await checkClusters(it.deps);
    expect(it.asked.filter((one) => one.includes('another count'))).toHaveLength(2);

    it.values['main/api cpu'] = 60;
    it.later(minuteMs);
    await checkClusters(it.deps);
    expect((await it.deps.store.drainsAndAsked('main')).asked.counts).toEqual([]);
  });

  it('keeps two hundred of what is wanted, the most urgent: what an item holds', async () => {
    const it = flow();
    const tags = { 'berth:max': '5000', 'berth:target-cpu': '60' };
    const names = Array.from({ length: 300 }, (_, n) => `${String(n).padStart(3, '0')}-${'x'.repeat(251)}`);
    it.aws.seen = {
      ...it.aws.seen,
      services: names.map((name) => service(4, { name, arn: `arn:${name}`, runningCount: 4, tags })),
    };
    for (const [n, name] of names.entries()) it.values[`main/${name} cpu`] = 600 + 60 * n;
    const { defaults, clusters } = it.deps.settings;
    const main = { ...(clusters['main'] ?? defaults), scalingByTags: scaling({ signals: [] }) };
    await checkClusters({ ...it.deps, settings: { defaults, clusters: { ...clusters, main } } });
    const counts = (await it.deps.store.drainsAndAsked('main')).asked.counts ?? [];

    expect(counts).toHaveLength(200);
    expect(counts.map((one) => one.service).sort()).toEqual(names.slice(100));
    expect(Buffer.byteLength(JSON.stringify(counts))).toBeLessThan(400_000 / 2);
  });

  it('asks once in observe mode: nothing will change', async () => {
    const it = flow({}, 'observe');
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    await checkClusters(it.deps);
    it.later(minuteMs);
    await checkClusters(it.deps);

    expect(it.asked.filter((one) => one.includes('another count'))).toHaveLength(1);
  });

  it('reads seldom what is far from asking for more', async () => {
    const it = flow({ quietReadIntervalMs: 5 * minuteMs });
    it.values['main/api cpu'] = 30;
    it.aws.seen = { ...it.aws.seen, services: [service(1, { runningCount: 1 })] };
    for (let minute = 0; minute < 12; minute++) {
      await checkClusters(it.deps);
      it.later(minuteMs);
    }

    expect(it.read.length).toBeLessThanOrEqual(4);
  });

  it('leaves to Application Auto Scaling what that scales, also while nobody can tell', async () => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    const counts = async () => (await it.deps.store.drainsAndAsked('main')).asked.counts ?? [];
    const gap: Gap = { subject: 'services', cause: 'throttled', detail: 'DescribeScalableTargets' };

    it.target(false, [gap]);
    await checkClusters(it.deps);
    expect(await counts()).toEqual([]);

    it.target(true);
    it.later(minuteMs);
    await checkClusters(it.deps);
    expect(await counts()).toEqual([]);
    expect(it.telemetry.lines.find((one) => one.message === 'service counts')?.fields).toMatchObject({
      services: [{ service: 'api', holds: ['scalableTarget'] }],
    });

    it.target(false);
    it.later(minuteMs);
    await checkClusters(it.deps);
    expect(await counts()).toHaveLength(1);

    it.target(false, [gap]); // known from before
    it.later(minuteMs);
    await checkClusters(it.deps);
    expect(await counts()).toHaveLength(1);
  });

  it('counts the tasks of a family that wait in its own queue', async () => {
    const queue = cpu({
      name: 'taskQueue job',
      source: { kind: 'taskQueue', family: 'job' },
      measure: 'total',
      rule: { kind: 'target', target: 2 },
    });
    const it = flow({ minimum: 0, signals: [queue] });
    it.aws.seen = { ...it.aws.seen, services: [service(0)] };
    const open = (id: string, family: string, tasks: number) =>
      it.deps.store.openQueued('main', {
        task: {
          id,
          taskDefinitionArn: `task-definition/${family}:7`,
          group: undefined,
          capacityProvider: undefined,
          tasks,
          queuedAt: now,
        },
        request: { taskDefinition: family },
        tries: 0,
        nextTryAt: now,
      });
    await open('a', 'job', 5);
    await open('b', 'other', 9);

    await checkClusters(it.deps);

    expect((await it.deps.store.drainsAndAsked('main')).asked.counts).toMatchObject([{ from: 0, to: 3 }]);
  });

  it('scales by tags where the settings allow it, the file first, and leaves alone what it cannot read', async () => {
    const it = flow();
    const { defaults, clusters } = it.deps.settings;
    const main = { ...(clusters['main'] ?? defaults), scalingByTags: scaling({ minimum: 1, maximum: 1, signals: [] }) };
    const settings = { defaults, clusters: { ...clusters, main } };
    const tags = { 'berth:max': '9', 'berth:target-cpu': '60' };
    const running = { runningCount: 4 };
    it.aws.seen = {
      ...it.aws.seen,
      services: [
        service(4, { ...running, tags: { 'berth:max': '5' } }), // in the file too
        service(4, { ...running, name: 'plain' }),
        service(4, { ...running, name: 'tagged', tags }),
        service(4, { ...running, name: 'wrong', tags: { ...tags, 'berth:min': '10' } }),
      ].map((one) => ({ ...one, arn: `${one.arn}/${one.name}` })),
    };
    it.values['main/tagged cpu'] = 600;
    const asked: (boolean | undefined)[] = [];
    const cluster = {
      ...it.deps.cluster,
      services: (name: string, withTags?: boolean) => {
        if (name === 'main') asked.push(withTags);
        return it.deps.cluster.services(name);
      },
    };

    await checkClusters({ ...it.deps, settings, cluster });
    expect(asked).toEqual([true]);
    const { counts } = (await it.deps.store.drainsAndAsked('main')).asked;
    expect(counts?.find((one) => one.service === 'tagged')).toMatchObject({ from: 4, to: 9 });
    expect(counts?.map((one) => one.service)).not.toContain('wrong');
    const told = it.telemetry.lines.find((one) => one.message === 'service counts')?.fields;
    expect(told).toMatchObject({
      services: [
        { service: 'api', notices: [expect.stringContaining('its tags berth:max do not count')] },
        { service: 'tagged', wanted: 9 },
        { service: 'wrong', holds: ['tags'], notices: [expect.stringContaining('tag berth:min is "10"')] },
      ],
    });

    // Without the setting tags are not even asked for.
    await checkClusters({ ...it.deps, cluster });
    expect(asked).toEqual([true, false]);
  });

  it('names the signals that say nothing, and the service that is not there', async () => {
    const it = flow();
    it.values['main/api cpu'] = undefined;
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    await checkClusters(it.deps);
    expect(it.telemetry.counts.get('MetricsWithoutData')).toBe(1);
    expect(it.telemetry.lines.find((one) => one.message === 'metrics without data')).toMatchObject({
      level: 'warn',
      fields: { silent: ['main/api cpu'] },
    });

    it.aws.seen = { ...it.aws.seen, services: [] };
    it.later(minuteMs);
    await checkClusters(it.deps);
    expect(it.telemetry.lines.findLast((one) => one.message === 'service counts')?.fields).toMatchObject({
      services: [{ service: 'api', holds: ['notFound'] }],
    });
  });

  it('does the other parts when one fails, and fails as a whole', async () => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    const broken = { ...it.deps, metrics: { read: () => Promise.reject(new Error('no network')) } };

    await expect(checkClusters(broken)).rejects.toThrow('1 of 3 parts of the minute check failed: Error: no network');
    expect(it.asked).toHaveLength(2);
  });

  it('counts for the other clusters where one’s history cannot be read, and fails as a whole', async () => {
    const it = flow();
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    for (const cluster of ['main', 'other']) await it.decided(cluster);
    const { defaults, clusters } = it.deps.settings;
    const settings = { defaults, clusters: { ...clusters, other: clusters['main'] ?? defaults } };
    const counts = {
      ...it.deps.counts,
      countHistories: (cluster: string) =>
        cluster === 'other' ? Promise.reject(new Error('no item')) : it.deps.counts.countHistories(cluster),
    };

    await expect(checkClusters({ ...it.deps, settings, counts })).rejects.toThrow(
      'the counts of 1 of 2 clusters could not be kept: Error: no item',
    );
    expect(it.asked).toContain('main#1 a service should have another count');
  });

  const forecast = { quantile: 0.9, aheadMs: 10 * minuteMs, timeZone: 'UTC' };
  const ramp = (over: Partial<ServiceForecast> = {}): ServiceForecast => ({
    service: 'api',
    madeAt: now,
    expiresAt: now + 60 * minuteMs,
    from: now,
    periodMs: 15 * minuteMs,
    floors: [4, 9, 9, 9],
    ...over,
  });
  const wantedOf = async (it: ReturnType<typeof flow>): Promise<number | undefined> => {
    await checkClusters(it.deps);
    return (await it.store.drainsAndAsked('main')).asked.counts?.[0]?.to;
  };

  it('asks for what the forecast says before its time comes, which a process that knows nothing reads', async () => {
    const it = flow({ forecast });
    it.values['main/api cpu'] = 60;
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    await it.store.keepForecast('main', ramp());

    expect(await wantedOf(it)).toBeUndefined();
    it.later(6 * minuteMs);
    expect(await wantedOf(it)).toBe(9);
    expect(it.asked).toContain('main#0 a service should have another count');
  });

  it.each([
    ['one that is over', { forecast }, ramp({ expiresAt: now + minuteMs })],
    ['one that nobody asks for any more', {}, ramp()],
    ['one of another service', { forecast }, ramp({ service: 'web' })],
    ['one without floors', { forecast }, ramp({ floors: [] })],
  ])('is raised by no forecast like %s', async (_, over, kept) => {
    const it = flow(over);
    it.values['main/api cpu'] = 60;
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    await it.store.keepForecast('main', kept);
    it.later(20 * minuteMs);

    expect(await wantedOf(it)).toBeUndefined();
  });

  it('goes by its signals where forecasts cannot be read, and says so', async () => {
    const it = flow({ forecast });
    it.aws.seen = { ...it.aws.seen, services: [service(4, { runningCount: 4 })] };
    const counts = { ...it.deps.counts, forecasts: () => Promise.reject(new Error('throttled')) };

    expect(await wantedOf({ ...it, deps: { ...it.deps, counts } })).toBe(6);
    expect(it.telemetry.lines.map((one) => one.message)).toContain('forecasts could not be read: none holds');
  });
});
