import { describe, expect, it } from '@jest/globals';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { ClusterMemory } from '../../lib/model/memory.ts';
import type { Plan } from '../../lib/model/plan.ts';
import type { ClusterSettings } from '../../lib/model/settings.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { group, input, instance, member, now, service, task } from '../support/builders.ts';

const settings: Partial<ClusterSettings> = {
  rotation: { maximumAgeMs: 120 * minuteMs, outdatedLaunchTemplate: false },
  repair: { agentDisconnectedMs: 15 * minuteMs, neverRegistered: false },
};

const full = { cpuUnits: 0, memoryMiB: 3584 };
const tasks = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => task(n, n <= 4 ? 1 : 2));
const young = instance(2, { remaining: full, runningTasksCount: 4 });
const fresh = (at: number) => instance(3, { registeredAt: at });

/** Two full instances, four tasks of one service on each. */
const plan = (
  at: number,
  first: ContainerInstance,
  memory: Partial<ClusterMemory>,
  more: {
    readonly minSize?: number;
    readonly instances?: readonly ContainerInstance[];
    readonly booting?: boolean;
  } = {},
): Plan => {
  const others = more.instances ?? [];
  const members = [member(1), member(2), ...others.map(() => member(3))];
  return planCluster(
    input(
      {
        observedAt: at,
        containerInstances: [first, young, ...others],
        groups: [
          group(more.booting === true ? [...members, member(3, { lifecycleState: 'Pending' })] : members, {
            minSize: more.minSize ?? 0,
          }),
        ],
        tasks,
        services: [service(8)],
        taskProtection: Object.fromEntries(tasks.map((it) => [it.arn, false])),
      },
      { settings, memory },
    ),
  );
};

const kindsOf = ({ steps }: Plan): readonly string[] => steps.map((it) => it.kind);

describe('an instance that is to be rotated', () => {
  const old = instance(1, { remaining: full, runningTasksCount: 4, registeredAt: now - 180 * minuteMs });

  it('is replaced before it is drained, one decision after the other', () => {
    const first = plan(now, old, {});
    expect(kindsOf(first)).toEqual([]);
    expect(first.memory.retiring).toEqual({ 'i-1': { cause: 'rotation', since: now } });

    const second = plan(now + secondMs, old, first.memory);
    expect(second.steps).toMatchObject([{ kind: 'setGroupDesiredCapacity', group: 'web', from: 2, to: 3 }]);

    const third = plan(now + minuteMs, old, second.memory, { booting: true });
    expect(kindsOf(third)).toEqual([]);

    const registered = now + 2 * minuteMs;
    const fourth = plan(registered, old, third.memory, { instances: [fresh(registered)] });
    expect(fourth.steps).toMatchObject([
      { kind: 'drainInstances', group: 'web', cause: 'rotation', instances: [{ ec2InstanceId: 'i-1' }] },
    ]);
    expect(fourth.drains).toMatchObject([{ ec2InstanceId: 'i-1', cause: 'rotation', state: 'draining' }]);
  });

  it('is given up, and left alone, where it finds no room in half an hour', () => {
    const memory = { retiring: { 'i-1': { cause: 'rotation', since: now } } } as const;
    const given = plan(now + 30 * minuteMs, old, memory);

    expect(given.memory.retiring).toEqual({});
    expect(given.memory.leftAloneUntil['i-1']).toBe(now + 90 * minuteMs);
  });
});

describe('an instance whose agent is lost', () => {
  const lost = instance(1, { remaining: full, runningTasksCount: 4, agentConnected: false });

  it('is replaced, and then ends without a drain', () => {
    const first = plan(now, lost, { disconnectedSince: { 'i-1': now - 16 * minuteMs } });
    expect(first.memory.retiring).toEqual({ 'i-1': { cause: 'repair', since: now } });

    const second = plan(now + secondMs, lost, first.memory);
    expect(kindsOf(second)).toEqual(['setGroupDesiredCapacity']);

    const registered = now + 2 * minuteMs;
    const third = plan(registered, lost, second.memory, { instances: [fresh(registered)] });
    expect(kindsOf(third)).toEqual(['deregisterInstances', 'terminateInstances']);
    expect(third.drains).toEqual([]);
  });
});

it('leaves the replacement alone that came for the group’s minimum, while something keeps the old one', () => {
  const half = { cpuUnits: 1536, memoryMiB: 6656 };
  const old = instance(1, { remaining: half, runningTasksCount: 1, registeredAt: now - 180 * minuteMs });
  const other = instance(2, { remaining: half, runningTasksCount: 1 });
  const { steps, instances } = planCluster(
    input(
      {
        containerInstances: [old, other, fresh(now - 5 * minuteMs)],
        groups: [group([member(1), member(2), member(3)], { minSize: 2 })],
        tasks: [task(1, 1), task(2, 2)],
        services: [service(2)],
      },
      {
        settings,
        memory: {
          retiring: { 'i-1': { cause: 'rotation', since: now - 5 * minuteMs } },
          emptySince: { 'i-3': now - 5 * minuteMs },
          leftAloneUntil: { 'i-1': now + minuteMs },
        },
      },
    ),
  );

  expect(steps).toEqual([]);
  expect(instances[2]?.verdict.kind).toBe('keep');
});

describe('when the next decision is wanted', () => {
  const empties = {
    containerInstances: [instance(1, { registeredAt: now - 180 * minuteMs }), instance(2)],
    groups: [group([member(1), member(2)])],
  };
  const wakeIn = (mode: ClusterSettings['mode']) =>
    planCluster(input(empties, { settings: { ...settings, mode } })).nextTimerAt;

  it('is at once where somebody begins to retire, and not in observe mode, which forgets it again', () => {
    expect(wakeIn('act')).toBe(now);
    expect(wakeIn('observe')).toBeGreaterThan(now);
  });

  it('is when a pause is over', () => {
    const pause = { what: 'scaleIn', until: now + 5 * minuteMs } as const;
    const seen = { containerInstances: [instance(2)], groups: [group([member(2)])] };

    expect(planCluster(input(seen, { asked: { pause } })).nextTimerAt).toBe(pause.until);
  });
});
