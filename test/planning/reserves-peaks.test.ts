import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Peak } from '../../lib/model/memory.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { nextPeakExpiry, peaksAfter } from '../../lib/planning/peaks.ts';
import { levelsWith } from '../../lib/planning/reserves/levels.ts';
import { reservesOf } from '../../lib/planning/reserves.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { deployment, input, now, provider, service, task } from '../support/builders.ts';

type Seen = Parameters<typeof input>[0];

const windowMs = 20 * minuteMs;

const view = (seen: Seen, peaks: Readonly<Record<string, readonly Peak[]>>, peakWindowMs = windowMs) =>
  viewOf(input(seen, { memory: { peaks }, settings: { peakWindowMs } }));

const ago = (minutes: number): number => now - minutes * minuteMs;

describe('the counts that are kept', () => {
  it.each<[string, readonly Peak[], number, readonly Peak[]]>([
    ['begin with the first', [], 4, [{ tasks: 4, at: now }]],
    ['stay as they are while nothing changes', [{ tasks: 4, at: ago(90) }], 4, [{ tasks: 4, at: ago(90) }]],
    ['forget less when more is wanted', [{ tasks: 4, at: ago(90) }], 6, [{ tasks: 6, at: ago(90) }]],
    [
      'keep more when less is wanted',
      [{ tasks: 9, at: ago(90) }],
      4,
      [
        { tasks: 9, at: ago(90) },
        { tasks: 4, at: now },
      ],
    ],
    [
      'keep until when the most was wanted as less comes and goes',
      [
        { tasks: 9, at: ago(90) },
        { tasks: 2, at: ago(9) },
      ],
      5,
      [
        { tasks: 9, at: ago(90) },
        { tasks: 5, at: ago(9) },
      ],
    ],
    [
      'forget the most a window after it ended',
      [
        { tasks: 9, at: ago(90) },
        { tasks: 5, at: ago(20) },
        { tasks: 2, at: ago(9) },
      ],
      2,
      [
        { tasks: 5, at: ago(20) },
        { tasks: 2, at: ago(9) },
      ],
    ],
  ])('%s', (_, before, tasks, expected) => {
    expect(levelsWith(before, tasks, now, windowMs, windowMs / 4)).toEqual(expected);
  });

  it('are the very same while nothing changes, so that nothing is written', () => {
    const before = [{ tasks: 4, at: ago(90) }];

    expect(levelsWith(before, 4, now, windowMs, windowMs / 4)).toBe(before);
  });

  const histories = fc.array(
    fc.record({ tasks: fc.integer({ min: 0, max: 9 }), afterMs: fc.integer({ min: 1, max: 8 * minuteMs }) }),
    { minLength: 1, maxLength: 40 },
  );

  /** The most of a history that still held within so long before its last look. */
  const bruteForce = (looks: readonly Peak[], within: number): number => {
    const end = looks.at(-1)?.at ?? 0;
    return Math.max(
      ...looks.filter((_, n) => (looks[n + 1]?.at ?? Number.POSITIVE_INFINITY) > end - within).map((it) => it.tasks),
    );
  };

  const follow = (steps: readonly { readonly tasks: number; readonly afterMs: number }[]) => {
    let at = now;
    let peaks: readonly Peak[] = [];
    const looks: Peak[] = [];
    for (const { tasks, afterMs } of steps) {
      at += afterMs;
      peaks = levelsWith(peaks, tasks, at, windowMs, windowMs / 4);
      looks.push({ tasks, at });
    }
    return { looks, peaks };
  };

  it('have the most of the window first: never forgotten early, and at most a quarter of it late', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const { looks, peaks } = follow(steps);
        const most = peaks[0]?.tasks ?? -1;

        expect(most).toBeGreaterThanOrEqual(bruteForce(looks, windowMs));
        expect(most).toBeLessThanOrEqual(bruteForce(looks, windowMs * 1.25));
        expect(peaks.at(-1)?.tasks).toBe(looks.at(-1)?.tasks);
      }),
    );
  });

  it('have exactly the most of the window first where looks are a quarter of it apart', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const { looks, peaks } = follow(steps.map((it) => ({ ...it, afterMs: it.afterMs + windowMs / 4 })));

        expect(peaks[0]?.tasks).toBe(bruteForce(looks, windowMs));
      }),
    );
  });

  it('fall, at rising times, and are few', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const { peaks } = follow(steps);

        peaks.slice(1).forEach((it, n) => {
          expect(it.tasks).toBeLessThan(peaks[n]?.tasks ?? -1);
          expect(it.at).toBeGreaterThanOrEqual(peaks[n]?.at ?? Number.POSITIVE_INFINITY);
        });
        expect(peaks.length).toBeLessThanOrEqual(7);
      }),
    );
  });
});

describe('what services wanted lately', () => {
  it('is kept by name', () => {
    const services = [service(4), service(2, { name: 'web', arn: 'arn:web' })];
    const kept = peaksAfter(view({ services }, { web: [{ tasks: 7, at: ago(3) }] }));

    expect(kept).toEqual({
      api: [{ tasks: 4, at: now }],
      web: [
        { tasks: 7, at: ago(3) },
        { tasks: 2, at: now },
      ],
    });
  });

  it('is not kept of services that are gone, want nothing, are daemons, or run elsewhere', () => {
    const fargate = [deployment({ launchType: 'FARGATE' })];
    const services = [
      service(0),
      service(3, { name: 'd', arn: 'arn:d', schedulingStrategy: 'DAEMON' }),
      service(3, { name: 'f', arn: 'arn:f', deployments: fargate }),
    ];
    const peaks = { gone: [{ tasks: 3, at: ago(3) }], api: [{ tasks: 0, at: ago(3) }] };

    expect(peaksAfter(view({ services }, peaks))).toEqual({});
    expect(Object.keys(peaksAfter(view({ services }, { api: [{ tasks: 2, at: ago(3) }] })))).toEqual(['api']);
  });

  it('is kept of services that a partial look did not show', () => {
    const gaps = [{ subject: 'services', cause: 'throttled', detail: '' }] as const;
    const peaks = { unseen: [{ tasks: 3, at: ago(3) }], api: [{ tasks: 1, at: ago(3) }] };

    expect(peaksAfter(view({ services: [service(2)], gaps }, peaks))).toEqual({
      unseen: peaks.unseen,
      api: [{ tasks: 2, at: ago(3) }],
    });
  });

  it('is not kept, and reserves nothing, without a window', () => {
    const off = view({ services: [service(2)] }, { api: [{ tasks: 9, at: ago(3) }] }, 0);

    expect(peaksAfter(off)).toEqual({});
    expect(reservesOf(off)).toEqual([]);
  });

  it('is kept of the largest services where there are too many for an item of the table', () => {
    const services = Array.from({ length: 1_500 }, (_, n) => service(n + 1, { name: `s${n}`, arn: `arn:${n}` }));
    const peaks = Object.fromEntries(services.map((it) => [it.name, [{ tasks: 2_000, at: ago(90) }]]));
    const few = peaksAfter(view({ services: services.slice(0, 1_000) }, peaks));
    const many = peaksAfter(view({ services: [...services, service(1)] }, peaks));

    expect(Object.keys(few)).toHaveLength(1_000);
    expect(Object.keys(many)).toHaveLength(1_000);
    expect(many['s0']).toBeDefined(); // of equals the first by name
    expect(many['api']).toBeUndefined(); // the smallest
  });

  it('takes a name like any other', () => {
    const services = [service(2, { name: 'constructor' })];

    expect(peaksAfter(view({ services }, {}))).toEqual({ constructor: [{ tasks: 2, at: now }] });
  });
});

describe('a recent peak', () => {
  const peaks = {
    api: [
      { tasks: 12, at: ago(90) },
      { tasks: 5, at: ago(9) },
    ],
  };

  it('reserves what was wanted beyond what is, and never launches', () => {
    expect(reservesOf(view({ services: [service(5)] }, peaks))).toMatchObject([
      {
        kind: 'peak',
        launches: false,
        detail: 'recent peak: service api wanted 12 tasks up to 9 min ago, and 5 now',
        demand: { tasks: 7, group: 'service:api' },
      },
    ]);
  });

  it('reserves at the very look at which the count has fallen', () => {
    const [it] = reservesOf(view({ services: [service(3)] }, { api: [{ tasks: 8, at: ago(90) }] }));

    expect(it?.demand.tasks).toBe(5);
  });

  it.each([
    ['has come back', 12, 0],
    ['is passed', 14, 0],
    ['was a window ago', 5, 11],
  ])('reserves nothing once it %s', (_, desired, laterMinutes) => {
    const seen = { services: [service(desired)], observedAt: now + laterMinutes * minuteMs };

    expect(reservesOf(view(seen, peaks))).toEqual([]);
  });

  it('is no surge of a deployment', () => {
    const services = [service(4, { deployments: [deployment({ desiredCount: 4, rolloutState: 'IN_PROGRESS' })] })];
    const tasks = Array.from({ length: 8 }, (_, n) => task(n, 1, { startedBy: n < 4 ? 'ecs-svc/0' : 'ecs-svc/1' }));

    expect(peaksAfter(view({ services, tasks }, {}))).toEqual({ api: [{ tasks: 4, at: now }] });
  });

  it('is bound as the service would start its tasks', () => {
    const capacityProviderStrategy = [{ capacityProvider: 'spot', base: 0, weight: 1 }];
    const deployments = [deployment({ desiredCount: 5, launchType: undefined, capacityProviderStrategy })];
    const seen = { services: [service(5, { deployments })], capacityProviders: [provider('spot')] };

    expect(reservesOf(view(seen, peaks)).map((it) => it.demand.binding)).toEqual([{ kind: 'provider', name: 'spot' }]);
  });

  it('tells when the next is over', () => {
    const services = [service(5), service(1, { name: 'web', arn: 'arn:web' })];
    const both = { ...peaks, web: [{ tasks: 4, at: ago(30) }] };

    expect(nextPeakExpiry(view({ services }, both))).toBe(ago(9) + windowMs);
    expect(nextPeakExpiry(view({ services: [service(12)] }, peaks))).toBeUndefined();
    const then = view({ services: [service(5)], observedAt: ago(9) + windowMs }, peaks);
    expect(nextPeakExpiry(then)).toBeUndefined();
  });
});
