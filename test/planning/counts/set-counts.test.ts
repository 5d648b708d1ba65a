import { describe, expect, it } from '@jest/globals';
import type { Deployment, StrategyItem } from '../../../lib/model/service.ts';
import type { WantedCount } from '../../../lib/model/service-counts.ts';
import { setCounts } from '../../../lib/planning/counts/set-counts.ts';
import { planCluster } from '../../../lib/planning/plan.ts';
import { deployment, group, input, instance, member, now, provider, service, task } from '../../support/builders.ts';

const wanted = (from: number, to: number, name = 'api'): WantedCount => ({
  service: name,
  from,
  to,
  reason: 'cpu is 90, its target is 60',
  at: now,
});

const line = (capacityProvider: string, weight: number): StrategyItem => ({ capacityProvider, base: 0, weight });

const running = (count: number, on: number) => Array.from({ length: count }, (_, n) => task(n, on));

describe('setCounts', () => {
  it('raises a count and its instances in one plan, the instances first', () => {
    const full = instance(1, { remaining: { cpuUnits: 0, memoryMiB: 3584 }, runningTasksCount: 4 });
    const plan = planCluster(
      input(
        {
          containerInstances: [full],
          groups: [group([member(1)])],
          services: [service(4, { runningCount: 4 })],
          tasks: running(4, 1),
        },
        { asked: { counts: [wanted(4, 10)] } },
      ),
    );

    expect(plan.steps).toMatchObject([
      { kind: 'setGroupDesiredCapacity', group: 'web', from: 1, to: 3 },
      { kind: 'setServiceDesiredCount', service: 'api', from: 4, to: 10 },
    ]);
  });

  it.each<[string, Partial<Deployment>, readonly object[]]>([
    ['none of Fargate', { launchType: 'FARGATE' }, []],
    ['none by Fargate’s providers', { launchType: undefined, capacityProviderStrategy: [line('FARGATE_SPOT', 1)] }, []],
    [
      'its share of a strategy of both',
      { launchType: undefined, capacityProviderStrategy: [line('FARGATE', 1), line('cp-web', 1)] },
      [{ kind: 'setGroupDesiredCapacity', group: 'web', from: 1, to: 2 }],
    ],
  ])('raises the count with the instances that its tasks need: %s', (_, target, instances) => {
    const full = instance(1, { remaining: { cpuUnits: 0, memoryMiB: 3584 }, runningTasksCount: 4 });
    const isMixed = instances.length > 0;
    const tasks = [1, 2, 3, 4].map((n) =>
      isMixed && n < 3
        ? task(n, 1, { capacityProviderName: 'cp-web' })
        : task(n, undefined, { launchType: 'FARGATE', capacityProviderName: 'FARGATE' }),
    );
    const plan = planCluster(
      input(
        {
          containerInstances: [full],
          groups: [group([member(1)])],
          services: [service(4, { runningCount: 4, deployments: [deployment({ desiredCount: 4, ...target })] })],
          tasks,
          capacityProviders: [provider('cp-web', { autoScalingGroupName: 'web' })],
        },
        { asked: { counts: [wanted(4, 10)] } },
      ),
    );

    expect(plan.steps).toMatchObject([
      ...instances,
      { kind: 'setServiceDesiredCount', service: 'api', from: 4, to: 10 },
    ]);
  });

  it('launches nothing for a count that was asked for in vain, and asks for it after all others', () => {
    const full = instance(1, { remaining: { cpuUnits: 0, memoryMiB: 3584 }, runningTasksCount: 4 });
    const seen = {
      containerInstances: [full],
      groups: [group([member(1)])],
      services: [service(4, { runningCount: 4 }), service(0, { name: 'web', runningCount: 0 })],
      tasks: running(4, 1),
    };
    const counts = [{ ...wanted(4, 10), isInVain: true }, wanted(0, 1, 'web')];

    const plan = planCluster(input(seen, { asked: { counts } }));

    expect(plan.steps).toMatchObject([
      { kind: 'setGroupDesiredCapacity', from: 1, to: 2 },
      { kind: 'setServiceDesiredCount', service: 'web' },
      { kind: 'setServiceDesiredCount', service: 'api' },
    ]);
  });

  it('remembers in observe mode what services want, not what they would', () => {
    const full = instance(1, { remaining: { cpuUnits: 0, memoryMiB: 3584 }, runningTasksCount: 4 });
    const seen = (remaining: { readonly cpuUnits: number; readonly memoryMiB: number }) => ({
      containerInstances: [{ ...full, remaining }],
      groups: [group([member(1)])],
      services: [service(4, { runningCount: 4 })],
      tasks: running(4, 1),
    });
    const memoryOf = (counts: readonly WantedCount[], mode: 'act' | 'observe', remaining = full.remaining) =>
      planCluster(input(seen(remaining), { settings: { mode, peakWindowMs: 3_600_000 }, asked: { counts } })).memory;

    expect(memoryOf([wanted(4, 10)], 'observe')).toEqual(memoryOf([], 'observe'));
    expect(memoryOf([wanted(4, 10)], 'act').peaks).not.toEqual(memoryOf([], 'act').peaks);

    // What fits already and nobody starts is no crash loop.
    const room = { cpuUnits: 1024, memoryMiB: 5632 };
    expect(memoryOf([wanted(4, 6)], 'observe', room).unstartedSince).toEqual({});
    expect(memoryOf([wanted(4, 6)], 'act', room).unstartedSince).not.toEqual({});
  });

  it('frees nothing for a count that is lowered before its tasks have stopped', () => {
    const one = { remaining: { cpuUnits: 1024, memoryMiB: 5632 }, runningTasksCount: 2 };
    const seen = {
      containerInstances: [instance(1, one), instance(2, one)],
      groups: [group([member(1), member(2)])],
      services: [service(4, { runningCount: 4 })],
      tasks: [task(1, 1), task(2, 1), task(3, 2), task(4, 2)],
    };

    const plan = planCluster(input(seen, { asked: { counts: [wanted(4, 1)] } }));

    expect(plan.steps.map((it) => it.kind)).toEqual(['setServiceDesiredCount']);
    expect(plan.demand).toEqual(planCluster(input(seen)).demand);
  });

  it.each([
    ['was changed meanwhile', service(5), 4, 10],
    ['is a daemon service', service(4, { schedulingStrategy: 'DAEMON' }), 4, 10],
    ['is of another name', service(4, { name: 'web' }), 4, 10],
    [
      'is being deployed and would shrink',
      service(4, { deployments: [deployment({ desiredCount: 4, rolloutState: 'IN_PROGRESS' })] }),
      4,
      2,
    ],
  ])('leaves a service alone that %s', (_, it, from, to) => {
    expect(setCounts(input({ services: [it] }, { asked: { counts: [wanted(from, to)] } })).steps).toEqual([]);
  });

  it('lowers nothing while scaling in is paused, or services were read in part', () => {
    const counts = [wanted(4, 2)];
    const pause = { what: 'scaleIn' as const, until: undefined };
    const gaps = [{ subject: 'services' as const, cause: 'throttled' as const, detail: 'page 2' }];

    expect(setCounts(input({ services: [service(4)] }, { asked: { counts } })).steps).toHaveLength(1);
    expect(setCounts(input({ services: [service(4)] }, { asked: { counts, pause } })).steps).toEqual([]);
    expect(setCounts(input({ services: [service(4)], gaps }, { asked: { counts } })).steps).toEqual([]);
  });

  it('sets the most urgent first, and no more than ECS lets it at once', () => {
    const names = Array.from({ length: 50 }, (_, n) => `s${n}`);
    const services = names.map((name) => service(10, { name }));
    const counts = names.map((name, n) => wanted(10, n === 7 ? 40 : n === 8 ? 5 : 12, name));

    const { steps } = setCounts(input({ services }, { asked: { counts } }));

    expect(steps).toHaveLength(40);
    expect(steps[0]?.service).toBe('s7');
    expect(steps.map((it) => it.service)).not.toContain('s8');
  });
});
