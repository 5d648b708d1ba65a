import { describe, expect, it } from '@jest/globals';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { promisesOnly, VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import { repeated } from '../../simulator/live/day-after-day.ts';
import { LiveRun } from '../../simulator/live/live-run.ts';
import type { LiveState } from '../../simulator/live/wire.ts';
import { unmanaged } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { createWorld } from '../../simulator/world/world.ts';
import { quietConsole } from '../support/quiet-console.ts';
import { exampleScenario } from '../support/scenarios.ts';
import { planWords, smallDay } from './live-world.ts';

const minutes = 60_000;
const scene = { run: 'r', speeds: [0, null], services: ['web', 'api'] };

/** A world whose groups nobody sizes, followed as a run is. */
const followed = () => {
  const scenario = smallDay();
  const run = new LiveRun({ scenario, scene, speed: null, words: planWords });
  const clock = new VirtualClock(scenario.startMs, undefined, promisesOnly);
  const world = createWorld({ kernel: clock, dice: seededDice(1), constants: scenario.world });
  run.onWorld({ world, clock });
  stageScenario(world, clock, scenario, unmanaged);
  const play = (ms: number): Promise<void> => clock.runUntil(clock.now() + ms);
  return { run, world, clock, play };
};

const stages = (state: LiveState): readonly string[] => Object.values(state.instances).map((it) => it.stage);

describe('a run that is watched', () => {
  it('tells instances from their launch on, and tasks with the place they take', async () => {
    const { run, play } = followed();
    expect(run.state().instances).toEqual({});

    await play(20_000);
    expect(stages(run.state())).toEqual(['launching', 'launching', 'launching']);
    expect(Object.values(run.state().instances)[0]).toMatchObject({
      tone: 'coming',
      label: 'launching',
      cpuUnits: 2048,
    });
    expect(run.state().totals).toMatchObject({ runningTasks: 0, waitingTasks: 10 });

    await play(10 * minutes);
    const { instances, totals, services, groups } = run.state();
    expect(stages(run.state())).toEqual(['active', 'active', 'active']);
    expect(totals).toMatchObject({ runningTasks: 10, waitingTasks: 0, terminationsWithLiveTask: 0 });
    expect(totals.instanceHours).toBeCloseTo(0.5, 1);
    expect(Object.values(instances).reduce((sum, it) => sum + it.tasks.length, 0)).toBe(10);
    expect(services).toEqual([
      { name: 'web', desired: 6, running: 6, waiting: 0 },
      { name: 'api', desired: 4, running: 4, waiting: 0 },
    ]);
    expect(groups).toEqual([
      { name: 'large', minSize: 3, maxSize: 40, desired: 3, zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] },
    ]);
  });

  it('keeps a point each two minutes, a day of them and no more', async () => {
    const { run, play } = followed();
    await play(60 * minutes);
    const { points } = run.state();
    expect(points).toHaveLength(31);
    expect(points.at(-1)).toMatchObject({ needVcpu: 4, activeVcpu: 6, paidVcpu: 6, needGib: 8, waiting: 0 });
    await play(30 * 60 * minutes);
    expect(run.state().points).toHaveLength(720);
  });

  it('keeps two hundred entries of the feed, the newest', async () => {
    const { run, play } = followed();
    await play(10 * minutes);
    for (let n = 0; n < 210; n++) {
      const done = run.act({ kind: 'noCapacity', zone: 'eu-west-1a', minutes: 1 });
      await play(0);
      await done;
    }
    const { feed, faults } = run.state();
    expect(feed.map((it) => it.number)).toEqual(Array.from({ length: 200 }, (_, n) => n + 11));
    expect(faults).toHaveLength(210);
    await play(minutes);
    expect(run.state().faults).toEqual([]);
  });

  it('acts at the moment at which the clock stands, and as the people of the cluster', async () => {
    const { run, world, clock, play } = followed();
    const callers: string[] = [];
    await play(10 * minutes);
    world.log.subscribe(
      (it) => {
        if (it.kind === 'api' && it.operation === 'UpdateService')
          callers.push(`${it.caller} at ${it.at - clock.now()}`);
      },
      ['api'],
    );
    const answer = run.act({ kind: 'surge', service: 'web', tasks: 5 });
    expect(callers).toEqual([]);
    await play(0);
    expect(await answer).toEqual({ ok: true, said: "web: 6 → 11 tasks, until the day's curve sets its count again." });
    expect(callers).toEqual(['workload at 0']);
  });

  it('does nothing any more once it is over', async () => {
    const { run } = followed();
    run.end();
    expect(await run.act({ kind: 'kill' })).toEqual({ ok: false, said: 'The run is over: start another one.' });
    expect(run.state().isOver).toBe(true);
  });

  it('answers what AWS refuses with the reason, and goes on', async () => {
    using console = quietConsole();
    const { run, world, play } = followed();
    await play(10 * minutes);
    const call = world.call;
    Object.assign(world, {
      call: () => {
        throw new Error('refused');
      },
    });
    const answer = run.act({ kind: 'deploy', service: 'web' });
    await play(0);
    expect(await answer).toEqual({ ok: false, said: 'refused' });
    expect(console.error).toHaveBeenCalled();
    Object.assign(world, { call });
    await play(minutes);
  });
});

describe('a day that is played again and again', () => {
  it('has the same demand at the same time of each day', () => {
    const day = exampleScenario('daily-curve');
    const three = repeated(day, 3);
    expect(three.durationMs).toBe(3 * day.durationMs);
    const [web, webs] = [day.services[0], three.services[0]];
    expect(webs?.counts).toHaveLength(3 * (web?.counts.length ?? 0));
    expect(webs?.counts.slice(2 * (web?.counts.length ?? 0))).toEqual(
      web?.counts.map((it) => ({ ...it, atMs: it.atMs + 2 * day.durationMs })),
    );
    expect(three.services[1]?.deployAtMs).toEqual([6, 30, 54].map((hour) => hour * 60 * minutes));
    for (const { counts } of three.services)
      expect(counts.every((it, n) => it.atMs > (counts[n - 1]?.atMs ?? -1))).toBe(true);
  });
});
