import { describe, expect, it } from '@jest/globals';
import type { DemandReport, UnplacedVerdict } from '../../lib/model/plan.ts';
import type { Deployment } from '../../lib/model/service.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { type Demand, demandOf, heldBackDetail, unstartedAfter } from '../../lib/planning/demand.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { deployment, input, now, provider, service, task } from '../support/builders.ts';

type Seen = Parameters<typeof input>[0];

const fitsNow: UnplacedVerdict = { kind: 'fitsNow', instances: 2 };
const launch: UnplacedVerdict = { kind: 'launch', group: 'web', instances: 1 };

const reportOf = (demand: Demand, ...verdicts: readonly UnplacedVerdict[]): DemandReport => ({
  id: demand.id,
  source: demand.source,
  capacityProvider: undefined,
  requirements: { cpuUnits: 0, memoryMiB: 0 },
  tasks: demand.tasks,
  verdicts: verdicts.map((verdict) => ({ tasks: 1, verdict })),
  obstacles: [],
});

/** Looks at a cluster at a time, with what is remembered, and says what becomes of all demand. */
const look = (
  seen: Seen,
  at: number,
  unstartedSince: Readonly<Record<string, number>>,
  ...verdicts: readonly UnplacedVerdict[]
) => {
  const view = viewOf(input({ ...seen, observedAt: at }, { memory: { unstartedSince } }));
  const demands = demandOf(view);
  const reports = demands.map((it) => reportOf(it, ...verdicts));
  return { view, demands, after: unstartedAfter(view, demands, reports) };
};

const short = { services: [service(4)], tasks: [task(1, 1)] };
const [lacking] = look(short, now, {}).demands;
const id = lacking?.id ?? '';
const minutesAgo = (minutes: number) => ({ [id]: now - minutes * minuteMs });

const failing = (over: Partial<Deployment>): Seen => ({
  services: [service(4, { deployments: [deployment({ desiredCount: 4, ...over })] })],
  tasks: [task(1, 1)],
});

describe('tasks that have room and are not started', () => {
  it('are timed from the first look at which all of them fit', () => {
    expect(look(short, now, {}, fitsNow).after).toEqual({ [id]: now });
    expect(look(short, now, minutesAgo(3), fitsNow).after).toEqual(minutesAgo(3));
  });

  it.each<[string, readonly UnplacedVerdict[]]>([
    ['need a launch', [fitsNow, launch]],
    ['may fit only', [{ kind: 'mayFitNow', instances: 1 }]],
    ['are not reported on', []],
  ])('are not timed where some of them %s', (_, verdicts) => {
    expect(look(short, now, minutesAgo(3), ...verdicts).after).toEqual({});
  });

  // ECS API reference, eventual consistency: up to about five minutes.
  it('are held back after five minutes', () => {
    expect(look(short, now, minutesAgo(5)).demands).toMatchObject([{ heldBack: true, tasks: 3 }]);
    expect(look(short, now + minuteMs - 1, minutesAgo(4)).demands[0]?.heldBack).toBeUndefined();
  });

  it('say so', () => {
    const { view, demands } = look(short, now, minutesAgo(6));
    const said = demands.map((it) => heldBackDetail(view, it, 2));

    expect(said).toEqual([
      'fits on 2 instances for 6 min and was not started: ECS is holding it back (crash loop, throttled restarts)',
    ]);
  });

  it('are timed anew when ECS starts one of them', () => {
    const started = now - 20 * secondMs;
    const tasks = [task(1, 1), task(2, 1, { createdAt: started, lastStatus: 'PENDING' })];

    expect(look({ ...short, tasks }, now, minutesAgo(4), fitsNow).after).toEqual({ [id]: started });
  });

  it('are not timed anew by a task of another deployment, nor by one without a place', () => {
    const others = [
      task(2, 1, { createdAt: now, startedBy: 'ecs-svc/0' }),
      task(3, undefined, { createdAt: now, capacityProviderName: 'spot' }),
    ];
    const seen = { ...short, tasks: [task(1, 1), ...others], capacityProviders: [provider('spot')] };

    expect(look(seen, now, minutesAgo(4), fitsNow).after).toEqual(minutesAgo(4));
  });

  it('begin anew with a new deployment', () => {
    const { demands } = look(failing({ id: 'ecs-svc/2' }), now, minutesAgo(9));

    expect(demands.map((it) => it.heldBack)).toEqual([undefined]);
  });

  it('are forgotten once all of them run', () => {
    expect(look({ services: [service(1)], tasks: [task(1, 1)] }, now, minutesAgo(9), fitsNow).after).toEqual({});
  });

  it('launch again as soon as their room is gone', () => {
    expect(look(short, now, minutesAgo(9), launch).after).toEqual({});
  });

  // ECS developer guide, service throttle logic: up to 27 minutes between attempts.
  it.each<[string, Partial<Deployment>]>([
    ['whose tasks keep failing', { failedTasks: 3 }],
    ['that has failed', { rolloutState: 'FAILED', failedTasks: 0 }],
  ])('of a deployment %s launch again only when an attempt is due', (_, over) => {
    const leaving = { ...failing(over), containerInstances: [] };
    const { view, demands } = look(leaving, now, minutesAgo(26));
    const due = { ...lacking, ...demands[0], id } as Demand;
    const after = (minutes: number) => {
      const it = { ...view, memory: { ...view.memory, unstartedSince: minutesAgo(minutes) } };
      return unstartedAfter(it, [due], [reportOf(due, launch)]);
    };

    expect(after(26)).toEqual(minutesAgo(26));
    expect(after(27)).toEqual({});
    expect(after(4)).toEqual({}); // it was not held back yet
  });

  it('launch at once again after fewer failures', () => {
    expect(look(failing({ failedTasks: 2 }), now, minutesAgo(9), launch).after).toEqual({});
  });

  it('keep their times while the view has gaps', () => {
    const gaps = [{ subject: 'tasks', cause: 'throttled', detail: '' }] as const;

    expect(look({ ...short, gaps }, now, minutesAgo(3)).after).toEqual(minutesAgo(3));
  });

  it('are so many at most that an item of the table holds them', () => {
    const services = Array.from({ length: 501 }, (_, n) => service(1, { name: `s${n}`, arn: `arn:${n}` }));
    const first = `arn:500|${deployment().id}|anywhere`;
    const { after } = look({ services }, now, { [first]: now - 1 }, fitsNow);

    expect(Object.keys(after)).toHaveLength(500);
    expect(after[first]).toBe(now - 1);
  });

  it('are never those that wait in PROVISIONING or in the queue', () => {
    const seen = { tasks: [task(1, undefined, { capacityProviderName: 'spot', group: 'family:api' })] };

    expect(look({ ...seen, capacityProviders: [provider('spot')] }, now, {}, fitsNow).after).toEqual({});
  });
});
