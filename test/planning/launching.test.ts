import { describe, expect, it } from '@jest/globals';
import type { AutoScalingGroup } from '../../lib/model/auto-scaling-group.ts';
import { type LaunchFailure, noMemory } from '../../lib/model/memory.ts';
import type { FailedActivity, Gap, Observation } from '../../lib/model/observation.ts';
import type { GroupSettings } from '../../lib/model/settings.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { contractFindings } from '../../lib/planning/launching/contract.ts';
import { failuresAfterRefusals, launchFailuresAfter } from '../../lib/planning/launching/failures.ts';
import { afterNotSized, grownAtAfter, launchesAfter } from '../../lib/planning/launching/memory.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { deployment, group, input, instance, member, now, provider, service, task } from '../support/builders.ts';
import { decideLaunches, detailsIn, kindsIn, sizes } from './launching-decision.ts';

const set = (over: Partial<GroupSettings> = {}): GroupSettings => ({
  registers: { cpuUnits: 2048, memoryMiB: 7680 },
  pricePerHour: undefined,
  hold: false,
  priority: 0,
  launchInstances: false,
  ...over,
});

const full = (n: number) => instance(n, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 });

const cause = 'We currently do not have sufficient m5.large capacity in the Availability Zone you requested';
const failed = (over: Partial<FailedActivity> = {}): FailedActivity => ({
  group: 'web',
  activityId: 'a-1',
  at: now - 10 * secondMs,
  cause,
  availabilityZone: undefined,
  ...over,
});
const failure = (over: Partial<LaunchFailure> = {}): LaunchFailure => ({
  group: 'web',
  at: now - 30 * secondMs,
  budget: 1,
  cause,
  waitMs: minuteMs,
  ...over,
});

describe('a group that AWS has no instances for', () => {
  const other = group([], { name: 'other' });
  const settings = { groups: { web: set({ pricePerHour: 0.1 }), other: set({ pricePerHour: 0.2 }) } };
  /** Web was asked for two half a minute ago; none came. */
  const asked = { intents: [{ group: 'web', desiredCapacity: 3, at: now - 30 * secondMs }] };
  const web = (over: Partial<AutoScalingGroup> = {}) => group([member(1)], { desiredCapacity: 3, ...over });
  const seen = { containerInstances: [full(1)], services: [service(8)], groups: [web(), other] };

  it('is waited for while nothing has failed', () => {
    expect(decideLaunches(input(seen, { memory: asked, settings })).out.steps).toEqual([]);
  });

  it('loses its tasks to the next group they may run in, in the very decision that sees the failure', () => {
    const launched = decideLaunches(input({ ...seen, failedActivities: [failed()] }, { memory: asked, settings }));

    expect(sizes(launched)).toEqual({ other: 2 });
    expect(launched.memory.launchFailures).toEqual([
      { group: 'web', at: now - 10 * secondMs, budget: 1, cause, availabilityZone: undefined, waitMs: minuteMs },
    ]);
    expect(launched.states.find((it) => it.group.name === 'web')?.notes).toEqual([`launches fail: ${cause}`]);
  });

  it('keeps tasks that are bound to it, and says why they wait', () => {
    const strategy = [{ capacityProvider: 'cp', base: 0, weight: 1 }];
    const bound = service(8, { deployments: [deployment({ desiredCount: 8, capacityProviderStrategy: strategy })] });
    const launched = decideLaunches(
      input(
        { ...seen, services: [bound], capacityProviders: [provider('cp')], failedActivities: [failed()] },
        { memory: asked, settings },
      ),
    );

    expect(launched.out.steps).toEqual([]);
    expect(kindsIn(launched)).toEqual([[8, 'capacityErrors']]);
    expect(detailsIn(launched)).toBe(`launches of web fail: ${cause}`);
    expect(launched.out.wakeAts).toEqual([now + 50 * secondMs]);
  });

  it.each([
    ['not before the wait is over', 59 * secondMs, minuteMs, undefined],
    ['with one instance once it is over', minuteMs, minuteMs, 2],
    ['as rarely as it has failed', 9 * minuteMs, 10 * minuteMs, undefined],
    ['at least every ten minutes', 10 * minuteMs, 10 * minuteMs, 2],
    ['as any other after half an hour', 30 * minuteMs, 10 * minuteMs, 3],
  ])('is tried again %s', (_, ago, waitMs, size) => {
    const launched = decideLaunches(
      input(
        { ...seen, groups: [group([member(1)])] },
        { memory: { launchFailures: [failure({ at: now - ago, waitMs })] }, settings },
      ),
    );

    expect(sizes(launched)['web']).toBe(size);
  });

  const waitAfter = (known: LaunchFailure, at: number, rest: Partial<Observation> = {}) =>
    launchFailuresAfter(
      viewOf(input({ ...seen, failedActivities: [failed({ at })], ...rest }, { memory: { launchFailures: [known] } })),
    ).map((it) => [it.at - now, it.budget, it.waitMs]);

  it('waits twice as long after each probe that fails, up to ten minutes', () => {
    const known = (waitMs: number) => failure({ at: now - 20 * minuteMs, waitMs });

    expect(waitAfter(known(minuteMs), now)).toEqual([[0, 1, 2 * minuteMs]]);
    expect(waitAfter(known(4 * minuteMs), now)).toEqual([[0, 1, 8 * minuteMs]]);
    expect(waitAfter(known(8 * minuteMs), now)).toEqual([[0, 1, 10 * minuteMs]]);
  });

  it('does not wait longer for what Auto Scaling tries again by itself, nor for an event that came twice', () => {
    expect(waitAfter(failure({ at: now - 50 * secondMs }), now)).toEqual([[0, 1, minuteMs]]);
    expect(waitAfter(failure({ at: now }), now)).toEqual([[0, 1, minuteMs]]);
    expect(waitAfter(failure({ at: now }), now - minuteMs)).toEqual([[0, 1, minuteMs]]);
  });

  it('may be asked for twice as many each time that all have come', () => {
    const joined = (count: number) =>
      decideLaunches(
        input(
          {
            containerInstances: Array.from({ length: count + 1 }, (_, n) =>
              instance(n, { ...full(n), registeredAt: n === 0 ? now - 60 * minuteMs : now - minuteMs }),
            ),
            services: [service(80)],
            groups: [group(Array.from({ length: count + 1 }, (_, n) => member(n)))],
          },
          { memory: { launchFailures: [failure({ at: now - 5 * minuteMs })] } },
        ),
      );

    expect(sizes(joined(0))).toEqual({ web: 1 + 1 });
    expect(sizes(joined(1))).toEqual({ web: 2 + 2 });
    expect(sizes(joined(3))).toEqual({ web: 4 + 4 });
    expect(joined(3).memory.launchFailures[0]?.budget).toBe(4);
  });

  it('is still counted on where one of its zones is without capacity: Auto Scaling tries the others', () => {
    const zonal = web({ availabilityZones: ['eu-west-1a', 'eu-west-1b'] });
    const failedIn = (...zones: readonly string[]) =>
      decideLaunches(
        input(
          {
            ...seen,
            groups: [zonal, other],
            failedActivities: zones.map((zone) => failed({ availabilityZone: zone, activityId: zone })),
          },
          { memory: asked, settings },
        ),
      );

    const one = failedIn('eu-west-1b');
    expect(one.out.steps).toEqual([]);
    expect(one.states.find((it) => it.group.name === 'web')?.incoming).toEqual(['eu-west-1a', 'eu-west-1a']);
    expect(sizes(failedIn('eu-west-1a', 'eu-west-1b'))).toEqual({ other: 2 });
    expect(sizes(failedIn('eu-west-1b', 'eu-west-1c'))).toEqual({ other: 2 }); // a zone it does not have: all of it
  });

  describe('and that still wants what it was asked for', () => {
    const launches = [{ group: 'web', at: now - 30 * secondMs, instances: 2 }];
    const after = (over: Partial<AutoScalingGroup>, mine = launches) =>
      decideLaunches(
        input(
          { ...seen, groups: [web(over), other], failedActivities: [failed()] },
          { memory: { ...asked, launches: mine }, settings },
        ),
      );

    it('gives it back where every instance is protected', () => {
      const launched = after({});

      expect(sizes(launched)).toEqual({ web: 1, other: 2 });
      expect(launched.memory.launches).toEqual([{ group: 'other', at: now, instances: 2 }]);
      expect(launched.memory.grownAt).toEqual({ other: now });
    });

    it.each([
      ['one instance could be picked', { instances: [member(1, { protectedFromScaleIn: false })] }],
      ['new ones could be picked', { newInstancesProtectedFromScaleIn: false }],
      ['its minimum is as high', { minSize: 3 }],
    ])('keeps it where %s', (_, over) => {
      expect(sizes(after(over))['web']).toBeUndefined();
    });

    it('gives back no more than Berth asked for, and nothing that is there', () => {
      expect(sizes(after({}, []))['web']).toBeUndefined();
      expect(sizes(after({}, [{ group: 'web', at: now - minuteMs, instances: 1 }]))['web']).toBe(2);
      const pending = [member(1), member(2, { lifecycleState: 'Pending' })];
      expect(sizes(after({ instances: pending }))['web']).toBe(2);
    });

    it('does nothing of the kind after a partial look', () => {
      const after = (subject: Gap['subject']) => {
        const gaps = [{ subject, cause: 'throttled', detail: 'page 2' }] as const;
        const groups = [web(), other];
        const memory = { ...asked, launches };
        return sizes(
          decideLaunches(input({ ...seen, groups, failedActivities: [failed()], gaps }, { memory, settings })),
        );
      };

      expect(after('groups')).toEqual({});
      expect(after('services')).toEqual({ other: 2 });
      expect(after('metrics')).toEqual({ web: 1, other: 2 });
    });
  });

  it('is as bad where a launch is refused at once, in the one zone that it was asked for', () => {
    const refused = { group: 'web', availabilityZone: 'eu-west-1a', instances: 2, cause };
    const known = failure({ at: now - 2 * minuteMs, availabilityZone: 'eu-west-1a' });
    const elsewhere = failure({ availabilityZone: 'eu-west-1b' });
    const after = (...its: readonly LaunchFailure[]) => failuresAfterRefusals(its, [refused], now);
    const anew = { group: 'web', at: now, budget: 1, cause, availabilityZone: 'eu-west-1a', waitMs: minuteMs };

    expect(after()).toEqual([anew]);
    expect(after(elsewhere)).toEqual([elsewhere, anew]);
    expect(after(known)).toEqual([{ ...anew, waitMs: 2 * minuteMs }]);
    expect(after({ ...known, budget: 3 })).toEqual([anew]);
    expect(after({ ...known, at: now - 30 * secondMs })).toEqual([anew]);
  });

  it('has launched none of what was refused at once: it counts against no budget', () => {
    const at = (seconds: number, instances: number) => ({ group: 'web', at: now - seconds * secondMs, instances });
    const refused = [
      { group: 'web', availabilityZone: 'eu-west-1a', instances: 2, cause },
      { group: 'web', availabilityZone: 'eu-west-1b', instances: 1, cause },
    ];

    const resized = ['web', 'other'].map((name) => ({ group: name, from: 1, to: 6, at: now }));
    const memory = { ...noMemory, launches: [at(90, 4), at(0, 5)], resized };
    const after = afterNotSized(memory, { refused, unchanged: [] }, { planned: now, now });

    expect(after.launches.toSorted((a, b) => a.at - b.at)).toEqual([at(90, 4), at(0, 2)]);
    expect(after.launchFailures.map((it) => it.availabilityZone)).toEqual(['eu-west-1a', 'eu-west-1b']);
    expect(after.resized).toEqual([{ group: 'web', from: 1, to: 3, at: now }, resized[1]]); // two of five came
  });

  it('has launched nothing where its size was not changed after all', () => {
    const memory = {
      ...noMemory,
      launches: [
        { group: 'web', at: now - secondMs, instances: 2 },
        { group: 'web', at: now, instances: 5 }, // those of one minute are one entry
      ],
      resized: [
        { group: 'web', from: 1, to: 3, at: now - secondMs },
        { group: 'web', from: 3, to: 7, at: now },
      ],
    };
    const unchanged = [{ group: 'web', instances: 4 }];
    const after = afterNotSized(memory, { refused: [], unchanged }, { planned: now, now });

    expect(after.launches).toEqual([{ group: 'web', at: now, instances: 1 }, memory.launches[0]]);
    expect(after.resized).toEqual(memory.resized.slice(0, 1));
  });

  it('has launched still what was not taken back after all', () => {
    const resized = [{ group: 'web', from: 5, to: 3, at: now }];
    const memory = { ...noMemory, launches: [], resized };
    const unchanged = [{ group: 'web', instances: -2 }];
    const after = afterNotSized(memory, { refused: [], unchanged }, { planned: now, now });

    expect(after.launches).toEqual([{ group: 'web', at: now, instances: 2 }]);
    expect(after.resized).toEqual([]);
  });

  it('is as bad as its last failure, where several are remembered', () => {
    const both = [failure({ at: now - 8 * minuteMs }), failure({ cause: 'i-7 never registered' })];
    const after = (launchFailures: readonly LaunchFailure[]) =>
      launchFailuresAfter(viewOf(input({ groups: [group([])] }, { memory: { launchFailures } })));

    expect(after(both)).toEqual([both[1]]);
    expect(after(both.toReversed())).toEqual([both[1]]);
  });

  it('is remembered although a partial look did not show it', () => {
    const known = [failure()];
    const after = (gaps: Observation['gaps']) =>
      launchFailuresAfter(viewOf(input({ groups: [other], gaps }, { memory: { launchFailures: known } })));

    expect(after([{ subject: 'groups', cause: 'throttled', detail: '' }])).toEqual(known);
    expect(after([])).toEqual([]);
  });

  it('says what AWS said where nothing is known of its instances', () => {
    const gone = failed({ cause: 'The specified launch template does not exist' });
    const launched = decideLaunches(input({ services: [service(1)], groups: [group([])], failedActivities: [gone] }));

    expect(kindsIn(launched)).toEqual([[1, 'unknownInstanceShape']]);
    expect(detailsIn(launched)).toContain('its last launch failed: The specified launch template does not exist');
  });
});

describe('the launch budget', () => {
  const ago = (minutes: number) => now - minutes * minuteMs;
  const decided = (
    launches: readonly { readonly at: number; readonly instances: number }[],
    busy: readonly number[] = [],
    limit = 10,
  ) =>
    decideLaunches(
      input(
        {
          containerInstances: [full(0), ...busy.map((n) => ({ ...full(n), registeredAt: ago(1) }))],
          tasks: busy.map((n) => task(n, n)),
          services: [service(400)],
          groups: [group([member(0), ...busy.map((n) => member(n))], { maxSize: 500 })],
        },
        {
          memory: { launches: launches.map((it) => ({ group: 'web', ...it })) },
          settings: { launchesPerHour: limit },
        },
      ),
    );
  const grown = (...args: Parameters<typeof decided>) => {
    const { out } = decided(...args);
    return out.steps.map((it) => (it.kind === 'setGroupDesiredCapacity' ? it.to - it.from : it.count));
  };

  it('cuts what goes beyond it', () => {
    expect(grown([])).toEqual([10]);
    expect(grown([{ at: ago(5), instances: 7 }])).toEqual([3]);
    expect(kindsIn(decided([{ at: ago(5), instances: 7 }]))).toContainEqual([388, 'launchBudget']);
  });

  it('holds a group that has used it up to no end, and says when it opens again', () => {
    const launched = decided([
      { at: ago(50), instances: 4 },
      { at: ago(5), instances: 6 },
    ]);

    expect(launched.out.steps).toEqual([]);
    expect(launched.states[0]?.hold).toMatchObject({ reason: 'launchBudget' });
    expect(detailsIn(launched)).toBe(
      '10 of the 10 instances launched in the last hour have no task; 10 such are allowed (launchesPerHour)',
    );
    expect(launched.out.wakeAts).toEqual([now + 10 * minuteMs]);
  });

  it('does not count launches that led to an instance with a task', () => {
    const busy = Array.from({ length: 10 }, (_, n) => n + 1);

    expect(grown([{ at: ago(5), instances: 10 }], busy)).toEqual([10]);
    expect(grown([{ at: ago(5), instances: 10 }], busy.slice(0, 4))).toEqual([4]);
  });

  it('is probed by one instance every ten minutes as the hour passes', () => {
    const used = [
      { at: ago(70), instances: 9 },
      { at: ago(9), instances: 1 },
    ];

    expect(grown(used)).toEqual([]);
    expect(detailsIn(decided(used))).toContain('one is tried every 10 minutes');
    expect(decided(used).out.wakeAts).toEqual([now + minuteMs]);
    expect(
      grown([
        { at: ago(70), instances: 9 },
        { at: ago(10), instances: 1 },
      ]),
    ).toEqual([1]);
  });

  it('is whole again once an instance of the last launches works', () => {
    expect(grown([{ at: ago(70), instances: 10 }], [1])).toEqual([10]);
    expect(grown([{ at: ago(120), instances: 10 }])).toEqual([10]);
  });

  it('does not stop a burst whose instances come and are filled', () => {
    const busy = Array.from({ length: 100 }, (_, n) => n + 1);

    expect(grown([{ at: ago(4), instances: 100 }], busy.slice(0, 100), 60)).toEqual([60]);
  });
});

describe('what is remembered of launches', () => {
  const step = (groupName: string, from: number, to: number) =>
    ({ kind: 'setGroupDesiredCapacity', group: groupName, from, to, reason: '' }) as const;
  const view = (mode: 'act' | 'observe' = 'act') =>
    viewOf(
      input(
        { groups: [group([])] },
        {
          settings: { mode },
          memory: {
            launches: [
              { group: 'web', at: now - 121 * minuteMs, instances: 9 },
              { group: 'web', at: now - 10 * secondMs, instances: 2 },
              { group: 'web', at: now - minuteMs - 10 * secondMs, instances: 1 },
            ],
            grownAt: { web: 1, gone: 1 },
          },
        },
      ),
    );

  it('is kept by the minute, for two hours', () => {
    expect(launchesAfter(view(), [step('web', 1, 4)])).toEqual([
      { group: 'web', at: now - 70 * secondMs, instances: 1 },
      { group: 'web', at: now - 10 * secondMs, instances: 2 },
      { group: 'web', at: now, instances: 3 },
    ]);
    expect(grownAtAfter(view(), [step('web', 1, 4)])).toEqual({ web: now });
    expect(grownAtAfter(view(), [step('web', 4, 1)])).toEqual({ web: 1 });
  });

  it('is nothing while Berth only observes', () => {
    expect(launchesAfter(view('observe'), [step('web', 1, 4)])).toHaveLength(2);
    expect(grownAtAfter(view('observe'), [step('web', 1, 4)])).toEqual({ web: 1 });
  });

  it('is less by what was taken back, the newest first', () => {
    expect(launchesAfter(view(), [step('web', 9, 7)])).toEqual([
      { group: 'web', at: now - 70 * secondMs, instances: 1 },
    ]);
  });
});

describe('launching by LaunchInstances', () => {
  const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
  const settings = { groups: { web: set({ launchInstances: true }) }, launchesPerHour: 10_000 };
  const steps = (over: Partial<AutoScalingGroup>, tasks: number, rest: Partial<Observation> = {}, at = now) =>
    decideLaunches(
      input(
        { services: [service(tasks)], groups: [group([], { maxSize: 5_000, ...over })], observedAt: at, ...rest },
        { settings },
      ),
    ).out.steps;
  const calls = (...args: Parameters<typeof steps>) =>
    steps(...args).map((it) => (it.kind === 'launchInstances' ? [it.availabilityZone, it.from, it.count] : it.kind));

  it('asks for as many in each zone, one zone a call', () => {
    expect(calls({ availabilityZones: zones }, 28)).toEqual([
      ['eu-west-1a', 0, 3],
      ['eu-west-1b', 0, 2],
      ['eu-west-1c', 0, 2],
    ]);
  });

  it('names no zone where there is but one, and asks for a hundred at most a call', () => {
    expect(calls({}, 1_000)).toEqual([
      [undefined, 0, 100],
      [undefined, 0, 100],
      [undefined, 0, 50],
    ]);
  });

  it('leaves out a zone that has none', () => {
    const failedActivities = [failed({ availabilityZone: 'eu-west-1b' })];

    expect(calls({ availabilityZones: zones }, 16, { failedActivities })).toEqual([
      ['eu-west-1a', 0, 2],
      ['eu-west-1c', 0, 2],
    ]);
  });

  it('uses one token for one request, and another for any other', () => {
    const tokens = (...args: Parameters<typeof steps>) =>
      steps(...args).map((it) => (it.kind === 'launchInstances' ? it.clientToken : ''));
    const all = [
      ...tokens({ availabilityZones: zones }, 28),
      ...tokens({ availabilityZones: zones }, 28, {}, now + minuteMs),
      ...tokens({}, 1_000),
    ];

    expect(new Set(all).size).toBe(9);
    expect(all[0]).toMatch(/^berth-[0-9a-f]{16}$/);
    expect(tokens({}, 8)).toEqual(tokens({}, 8, {}, now + 59 * secondMs));
  });
});

describe('others who size a group', () => {
  const seen = { containerInstances: [full(1)], services: [service(4)] };
  const surroundings = (scalingPolicies: readonly string[], isRefreshing = false) => [
    { group: 'web', hooks: [], scalingPolicies, isRefreshing },
  ];

  it('are named where a scaling policy does, and nothing is launched', () => {
    const launched = decideLaunches(
      input({ ...seen, groups: [group([member(1)])], surroundings: surroundings(['cpu-60', 'at-night']) }),
    );

    expect(kindsIn(launched)).toEqual([[4, 'groupConflict']]);
    expect(detailsIn(launched)).toBe('another scaling policy also sizes it: at-night, cpu-60; remove it');
  });

  it('do not stop it from growing where it only refreshes its instances', () => {
    const given = { ...seen, groups: [group([member(1)])], surroundings: surroundings([], true) };

    expect(sizes(decideLaunches(input(given)))).toEqual({ web: 2 });
  });

  it('are reported where the desired capacity is not what Berth asked for', () => {
    const notes = (desiredCapacity: number, own = true) => {
      const at = now - 20 * secondMs;
      const web = group([member(1)], { desiredCapacity });
      const view = viewOf(
        input(
          { groups: [web] },
          {
            memory: {
              intents: [{ group: 'web', desiredCapacity: 4, at }],
              launches: own ? [{ group: 'web', at, instances: 3 }] : [],
            },
          },
        ),
      );
      return stateOf(view, web).notes;
    };

    expect(notes(4)).toEqual([]);
    expect(notes(9)).toEqual(['desired capacity was set to 9 by somebody else; Berth had asked for 4']);
    expect(notes(2)).toEqual(['desired capacity was set to 2 by somebody else; Berth had asked for 4']);
    expect(notes(9, false)).toEqual([]);
  });
});

describe('a group of which nobody knows what a new instance registers', () => {
  const wants = { containerInstances: [full(1)], services: [service(4)] };
  const unknown = group([], { name: 'unknown', launchSource: 'lt-gone:1', instanceTypes: ['x9.huge'] });

  it('is not made larger, and says why; others are', () => {
    const alone = decideLaunches(input({ ...wants, groups: [unknown] }));
    const both = decideLaunches(input({ ...wants, groups: [unknown, group([member(1)])] }));

    expect(sizes(alone)).toEqual({});
    expect(kindsIn(alone)).toEqual([[4, 'unknownInstanceShape']]);
    expect(detailsIn(alone)).toContain('set groups.*.registers');
    expect(sizes(both)).toEqual({ web: 2 });
  });

  it('is made larger by what its launch template tells, for tasks that want its attributes', () => {
    const wanting = service(4, {
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:tier == general' }],
    });
    const told = (attributes: Readonly<Record<string, string>>) =>
      decideLaunches(
        input(
          { containerInstances: [full(1)], services: [wanting], groups: [unknown] },
          {
            memory: {
              ...noMemory,
              shapes: {
                unknown: {
                  launchSource: 'lt-gone:1',
                  instanceType: 'x9.huge',
                  registered: { cpuUnits: 2048, memoryMiB: 7680 },
                  attributes,
                  from: 'ec2',
                },
              },
            },
          },
        ),
      );

    expect(sizes(told({ tier: 'general' }))).toEqual({ unknown: 1 });
    expect(kindsIn(told({}))).toEqual([[4, 'unclearConstraints']]);
  });
});

describe('the contract of a group', () => {
  const findings = (over: Partial<AutoScalingGroup>, rest: Partial<Observation> = {}) => {
    const web = group([member(1)], over);
    const hooks = [{ name: 'berth-drain', heartbeatTimeoutMs: 1, globalTimeoutMs: 1 }];
    const surroundings = [{ group: 'web', hooks, scalingPolicies: [], isRefreshing: false }];
    return contractFindings(viewOf(input({ groups: [web], surroundings, ...rest })), web);
  };

  it('is kept by a group as it is attached', () => {
    expect(findings({})).toEqual([]);
  });

  it.each<[string, Partial<AutoScalingGroup>, readonly string[]]>([
    ['protection of new instances', { newInstancesProtectedFromScaleIn: false }, ['new instances are not protected']],
    ['protection', { instances: [member(1, { protectedFromScaleIn: false })] }, ['1 of its instances is not']],
    [
      'a suspended AZRebalance where it could harm',
      { availabilityZones: ['a', 'b'], instances: [member(1, { protectedFromScaleIn: false })] },
      ['1 of its instances is not', 'AZRebalance is not suspended'],
    ],
    [
      'a size in instances',
      { conflicts: ['weightedCapacity', 'capacityUnits'] },
      ['have weights', 'in vCPUs or memory'],
    ],
  ])('lacks %s', (_, over, expected) => {
    const found = findings(over);

    expect(found).toHaveLength(expected.length);
    for (const [n, it] of expected.entries()) expect(found[n]).toContain(it);
  });

  it('lacks a hook, and knows of other policies, where its surroundings were read', () => {
    const surroundings = [{ group: 'web', hooks: [], scalingPolicies: ['b', 'a'], isRefreshing: false }];

    expect(findings({}, { surroundings })).toEqual([
      'another scaling policy also sizes it: a, b; delete or disable the policy: two cannot size one group',
      'it has no termination hook berth-drain: instances that AWS or people end are not drained first; npx berth attach --cluster main --group web',
    ]);
    expect(findings({}, { surroundings: [] })).toEqual([]);
  });
});

describe('after asking', () => {
  const given = { containerInstances: [full(1)], services: [service(4)], groups: [group([member(1)])] };

  it('looks at what came of it after 15 and 45 seconds', () => {
    expect(decideLaunches(input(given)).out.wakeAts).toEqual([now + 15 * secondMs, now + 45 * secondMs]);
    expect(decideLaunches(input(given, { settings: { mode: 'observe' } })).out.wakeAts).toEqual([]);
  });

  it('looks again while the group still lacks them', () => {
    const later = (desiredCapacity: number) =>
      decideLaunches(
        input(
          { ...given, groups: [group([member(1)], { desiredCapacity })] },
          { memory: { launches: [{ group: 'web', at: now - 20 * secondMs, instances: 1 }] } },
        ),
      );

    expect(later(2).out.wakeAts).toEqual([now + 25 * secondMs]);
  });
});
