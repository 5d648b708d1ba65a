import { describe, expect, it } from '@jest/globals';
import type { ClusterMemory } from '../../lib/model/memory.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { bootDeadlineOf } from '../../lib/planning/launching/boots.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { group, input, instance, member, now, service } from '../support/builders.ts';

const launchSource = group([]).launchSource ?? '';

const booted = (...seconds: readonly number[]): Pick<ClusterMemory, 'bootTimes'> => ({
  bootTimes: { web: { launchSource, timesMs: seconds.map((it) => it * secondMs) } },
});

const deadline = (memory: Partial<ClusterMemory>, over = {}) =>
  bootDeadlineOf(viewOf(input({ groups: [group([])] }, { memory, ...over })), group([])) / secondMs;

describe('how long an instance may take to register', () => {
  it.each<readonly [string, readonly number[], number]>([
    ['what the settings say, where none was seen', [], 600],
    ['the same, where few were', [60, 60], 600],
    ['three times as long as the slowest', [50, 90, 60], 270],
    ['a third of what the settings say at least', [20, 25, 22], 200],
    ['what the settings say at most', [20, 400, 22], 600],
  ])('is %s', (_, seconds, expected) => {
    expect(deadline(booted(...seconds))).toBe(expected);
  });

  it('follows the settings', () => {
    expect(deadline(booted(20, 25, 22), { settings: { bootDeadlineMs: 30 * minuteMs } })).toBe(600);
  });

  it('begins anew with what a group launches from', () => {
    const { bootTimes } = booted(50, 90, 60);

    expect(
      deadline({ bootTimes: { web: { launchSource: 'lt-2:1:', timesMs: bootTimes['web']?.timesMs ?? [] } } }),
    ).toBe(600);
  });

  it('decides what is supply: one that is late is made up for, long before it is given up', () => {
    const waiting = (memory: Partial<ClusterMemory>) =>
      planCluster(
        input(
          {
            containerInstances: [instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 })],
            services: [service(1)],
            groups: [group([member(1), member(2)])],
          },
          {
            memory: { ...memory, unregisteredSince: { 'i-2': now - 4 * minuteMs } },
            settings: { repair: { agentDisconnectedMs: undefined, neverRegistered: true } },
          },
        ),
      ).steps;

    expect(waiting({})).toEqual([]);
    expect(waiting(booted(60, 60, 60))).toMatchObject([{ kind: 'setGroupDesiredCapacity', from: 2, to: 3 }]);
  });

  it('makes up for as many late ones as may be lost by chance: where more are late, booting has become slow', () => {
    const ids = [1, 2, 3, 4, 5];
    const waitingFor = (ms: number) => ({
      unregisteredSince: Object.fromEntries(ids.map((it) => [`i-${it}`, now - ms])),
      ...booted(60, 60, 60),
    });
    const state = (ms: number) => {
      const groups = [group(ids.map((it) => member(it)))];
      const shapes = { registers: { cpuUnits: 2048, memoryMiB: 7680 } };
      const set = { pricePerHour: undefined, priority: 0, hold: false, launchInstances: false, ...shapes };
      const view = viewOf(input({ groups }, { memory: waitingFor(ms), settings: { groups: { web: set } } }));
      return stateOf(view, view.observation.groups[0] ?? group([]));
    };

    expect(state(4 * minuteMs)).toMatchObject({ overdue: 0, hold: undefined, deadlineAt: now + 6 * minuteMs });
    expect(state(4 * minuteMs).incoming).toHaveLength(3);
    expect(state(10 * minuteMs)).toMatchObject({ overdue: 5, hold: { reason: 'launchesDoNotRegister' } });
    expect(state(10 * minuteMs).incoming).toEqual([]);
  });

  it('does not bound how long a group takes to launch: many at once take longer than one', () => {
    const late = { intents: [{ group: 'web', desiredCapacity: 3, at: now - 4 * minuteMs }], ...booted(60, 60, 60) };
    const view = viewOf(input({ groups: [group([], { desiredCapacity: 3 })] }, { memory: late }));
    const [web = group([])] = view.observation.groups;

    expect(stateOf(view, web).missing).toMatchObject({ onTheirWay: 3, late: 0 });
    expect(stateOf(view, web).deadlineAt).toBe(now + 6 * minuteMs);
  });
});

describe('what is remembered of boots', () => {
  const after = (memory: Partial<ClusterMemory>, registeredAt: number | undefined, gaps = {}) =>
    planCluster(
      input(
        {
          containerInstances: registeredAt === undefined ? [] : [instance(1, { registeredAt })],
          groups: [group([member(1)])],
          ...gaps,
        },
        { memory: { unregisteredSince: { 'i-1': now - 70 * secondMs }, ...memory } },
      ),
    ).memory.bootTimes;

  it('is from when an instance was first seen in its group to when it registered', () => {
    expect(after({}, now - 5 * secondMs)).toEqual({ web: { launchSource, timesMs: [65_000] } });
    expect(after(booted(80), now - 5 * secondMs)['web']?.timesMs).toEqual([80_000, 65_000]);
  });

  it('is nothing while it has not, nor where it was there before it was seen', () => {
    expect(after({}, undefined)).toEqual({});
    expect(after({}, now - 80 * secondMs)).toEqual({});
    expect(after({ unregisteredSince: {} }, now - 5 * secondMs)).toEqual({});
  });

  it('is of the last ten, and of what the group launches from now', () => {
    const ten = after(booted(...Array.from({ length: 10 }, (_, n) => n + 1)), now - 5 * secondMs)['web']?.timesMs;

    expect(ten).toHaveLength(10);
    expect([ten?.at(0), ten?.at(-1)]).toEqual([2_000, 65_000]);
    expect(after({ bootTimes: { web: { launchSource: 'lt-0:1:', timesMs: [1] } } }, now - 5 * secondMs)).toEqual({
      web: { launchSource, timesMs: [65_000] },
    });
  });

  it('stays of groups that a partial look did not show, and goes with those that are gone', () => {
    const memory = { bootTimes: { other: { launchSource: 'x', timesMs: [9] } } };
    const gap = { gaps: [{ subject: 'groups', cause: 'throttled', detail: '' }] };

    expect(after(memory, undefined, gap)).toEqual(memory.bootTimes);
    expect(after(memory, undefined)).toEqual({});
  });
});
