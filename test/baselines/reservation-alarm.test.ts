import { describe, expect, it } from '@jest/globals';
import { type Proposal, proposalOf, reservationAlarms } from '../../simulator/baselines/reservation-alarm.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import type { DecisionRecord } from '../../simulator/score/simulation.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import type { WorldRecord } from '../../simulator/world/log.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';
import { group, scenario, service, sized, task } from './tiny-scenarios.ts';

const minuteMs = 60_000;

const metric = (name: string, ...values: readonly number[]) => ({
  name,
  points: values.map((value, n) => ({ atMs: n * minuteMs, value })),
});
const steady = (name: string, value: number) => metric(name, ...Array.from({ length: 15 }, () => value));

const sizes = { desired: 10, minSize: 2, maxSize: 30, warm: 10 };
const to = (proposal: Proposal | undefined): number | undefined => proposal?.to;

describe('the size that target tracking comes to', () => {
  it('is in proportion to the metric above its target, and the larger of two wins', () => {
    const proposal = proposalOf([steady('CPUReservation', 91), steady('MemoryReservation', 105)], 70, sizes);

    expect(proposal).toEqual({ to: 15, reasons: ['CPUReservation 91 > 70', 'MemoryReservation 105 > 70'] });
  });

  it('waits for three minutes above the target', () => {
    const two = [metric('CPUReservation', 50, 95, 95), steady('MemoryReservation', 40)];
    const three = [metric('CPUReservation', 95, 95, 95), steady('MemoryReservation', 40)];

    expect(to(proposalOf(two, 70, sizes))).toBeUndefined();
    expect(to(proposalOf(three, 70, sizes))).toBe(14);
  });

  it('does not count instances that are warming up', () => {
    const tracked = [steady('CPUReservation', 95), steady('MemoryReservation', 40)];

    expect(to(proposalOf(tracked, 70, { ...sizes, desired: 14 }))).toBeUndefined();
  });

  it('goes down only when both metrics were low for fifteen minutes', () => {
    const both = [steady('CPUReservation', 30), steady('MemoryReservation', 42)];
    const one = [steady('CPUReservation', 30), steady('MemoryReservation', 64)];
    const short = both.map((it) => ({ ...it, points: it.points.slice(1) }));

    expect(to(proposalOf(both, 70, sizes))).toBe(6);
    expect(proposalOf(one, 70, sizes)).toBeUndefined();
    expect(proposalOf(short, 70, sizes)).toBeUndefined();
  });

  it('stays within the group and keeps one instance', () => {
    const full = [steady('CPUReservation', 100), steady('MemoryReservation', 100)];
    const idle = [steady('CPUReservation', 0), steady('MemoryReservation', 0)];

    expect(to(proposalOf(full, 60, { ...sizes, maxSize: 12 }))).toBe(12);
    expect(to(proposalOf(idle, 60, sizes))).toBe(2);
    expect(to(proposalOf(idle, 60, { ...sizes, minSize: 0 }))).toBe(1);
  });

  it('says nothing where there is no datapoint', () => {
    expect(proposalOf([metric('CPUReservation'), metric('MemoryReservation')], 60, sizes)).toBeUndefined();
  });
});

interface Played {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly decisions: readonly DecisionRecord[];
  readonly records: readonly WorldRecord[];
  readonly stop: () => Promise<void>;
}

const play = async (it: Scenario, setting: string): Promise<Played> => {
  const controller = reservationAlarms.find((one) => one.setting === setting);
  if (controller === undefined) throw new Error(`no setting ${setting}`);
  const clock = new VirtualClock(it.startMs);
  const world = createWorld({ kernel: clock, dice: seededDice(1) });
  const decisions: DecisionRecord[] = [];
  const records: WorldRecord[] = [];
  world.log.subscribe((record) => records.push(record), ['instanceTerminated', 'containerInstance']);
  stageScenario(world, clock, it, controller.setup);
  const stop = await controller.start({
    world,
    clock,
    dice: seededDice(2),
    scenario: it,
    onDecision: (decision) => decisions.push(decision),
  });
  return { world, clock, decisions, records, stop };
};

const start = Date.UTC(2026, 0, 5);

describe('reservation-alarm on a world', () => {
  it('follows a service up and down, draining what goes', async () => {
    const web = service('web', {
      size: sized(512, 512),
      counts: [
        { atMs: 0, count: 4 },
        { atMs: 30 * minuteMs, count: 24 },
        { atMs: 120 * minuteMs, count: 4 },
      ],
    });
    const played = await play(
      scenario({
        startMs: start,
        durationMs: 240 * minuteMs,
        groups: [group('g', { desiredCapacity: 3, minSize: 1 })],
        services: [web],
      }),
      'target 70 %',
    );
    const desired = (): number | undefined => played.world.view.groups.get('g')?.desired;

    await played.clock.runUntil(start + 110 * minuteMs);
    const high = desired();
    await played.clock.runUntil(start + 240 * minuteMs);

    expect(high).toBeGreaterThanOrEqual(7); // 24 tasks are 6 instances full, and 70 % of 9
    expect(desired()).toBeLessThanOrEqual(3);
    const gone = played.records.filter((it) => it.kind === 'instanceTerminated');
    const drained = played.records.filter((it) => it.kind === 'containerInstance' && it.change === 'DRAINING');
    expect(gone.length).toBeGreaterThanOrEqual(4);
    expect(drained.length).toBeGreaterThanOrEqual(gone.length);
    expect(gone.every((it) => it.liveTasks === 0)).toBe(true);
  });

  it('holds an instance for a standalone task for longer than the hook by itself would', async () => {
    const job = task(2 * minuteMs, 60 * minuteMs, sized(1_024, 512));
    const played = await play(
      scenario({
        startMs: start,
        durationMs: 240 * minuteMs,
        groups: [group('g', { desiredCapacity: 1 })],
        tasks: [job],
      }),
      'target 70 %',
    );
    await played.clock.runUntil(start + 5 * minuteMs);
    const [id] = played.world.view.groups.get('g')?.instances.keys() ?? [];
    const request = { InstanceId: id, ShouldDecrementDesiredCapacity: true };
    played.world.call('autoscaling', 'TerminateInstanceInAutoScalingGroup', request);

    await played.clock.runUntil(start + 50 * minuteMs);
    const meanwhile = played.world.view.groups.get('g')?.instances.get(id ?? '')?.state;
    await played.clock.runUntil(start + 70 * minuteMs);

    expect(meanwhile).toBe('Terminating:Wait');
    const gone = played.records.filter((it) => it.kind === 'instanceTerminated');
    expect(gone.map((it) => [it.ec2InstanceId, it.liveTasks])).toEqual([[id, 0]]);
  });

  it('starts an empty group with one instance, since nothing else ever would', async () => {
    const played = await play(scenario({ startMs: start, groups: [group('g')] }), 'target 90 %');

    await played.clock.runUntil(start + 5 * minuteMs);

    expect(played.world.view.groups.get('g')?.desired).toBe(1);
    expect(played.decisions[0]?.text).toBe('g: 0 → 1');
  });

  it('does nothing more once it is stopped', async () => {
    const played = await play(
      scenario({ startMs: start, groups: [group('g', { desiredCapacity: 5 })] }),
      'target 60 %',
    );
    await played.stop();

    await played.clock.runUntil(start + 60 * minuteMs);

    expect(played.decisions).toEqual([]);
    expect(played.world.view.groups.get('g')?.desired).toBe(5);
  });
});
