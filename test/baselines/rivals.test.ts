import { describe, expect, it } from '@jest/globals';
import { bestOf, rivalControllers, rivalNames } from '../../simulator/baselines/rivals.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import type { Score } from '../../simulator/score/score.ts';
import type { Simulation } from '../../simulator/score/simulation.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { createWorld } from '../../simulator/world/world.ts';
import { group, scenario, service, sized } from './tiny-scenarios.ts';

const scored = (backlogTaskSeconds: number, dollars: number, waitingAtEnd: number): Score => ({
  wait: {
    all: undefined,
    needingLaunch: undefined,
    ownShare: undefined,
    decision: undefined,
    launch: undefined,
    placement: undefined,
    wanted: 1,
    ran: 1,
    withdrawn: 0,
    waitingAtEnd,
    backlogTaskSeconds,
  },
  cost: {
    instanceHours: 1,
    dollars,
    freeMigrationDollars: 1,
    noMigrationDollars: 1,
    overFreeMigration: dollars,
    overNoMigration: dollars,
    emptyInstanceHours: 0,
    terminatingWaitHours: 0,
    reservedUtilisation: 1,
    strandedCapacity: 0,
  },
  elasticity: { underAccuracy: 0, overAccuracy: 0, underTimeshare: 0, overTimeshare: 0, instability: 0 },
  disruption: { tasksMoved: 0, tasksMovedTwice: 0, interruptedTaskSeconds: 0 },
  churn: {
    launches: 0,
    terminations: 0,
    drains: 0,
    restores: 0,
    uselessLaunches: 0,
    unusedReplacements: 0,
    withdrawnLaunches: 0,
    regrettedRemovals: 0,
    flaps: 0,
  },
  calls: { calls: 0, throttled: 0, byOperation: {} },
  safety: { terminationsWithLiveTask: 0, violationsByLaw: {} },
});

const run = (setting: string, seed: number, backlog: number, dollars: number, waitingAtEnd = 0): Simulation => ({
  scenario: 's',
  controller: 'rival',
  setting,
  seed,
  startMs: 0,
  durationMs: 1,
  ranMs: 1,
  decisions: 0,
  score: scored(backlog, dollars, waitingAtEnd),
  violations: [],
  timeline: [],
  instances: [],
  waitsMs: [],
  decisionLog: [],
});

describe('bestOf', () => {
  it('takes the least product of backlog and dollars', () => {
    const best = bestOf([run('fast', 1, 10, 9), run('even', 1, 11, 5), run('cheap', 1, 50, 4), run('bad', 1, 40, 8)]);

    expect(best?.results.map((it) => it.setting)).toEqual(['even', 'fast', 'cheap', 'bad']); // 55, 90, 200, 320
    expect(best?.setting).toBe('even');
  });

  it('lets fewer dollars decide between equals', () => {
    expect(bestOf([run('fast', 1, 10, 10), run('cheap', 1, 20, 5)])?.setting).toBe('cheap');
  });

  it('compares medians over the seeds', () => {
    const best = bestOf([
      run('steady', 1, 20, 5),
      run('steady', 2, 20, 5),
      run('steady', 3, 20, 5),
      run('lucky', 1, 1, 1),
      run('lucky', 2, 90, 9),
      run('lucky', 3, 90, 9),
    ]);

    expect(best?.setting).toBe('steady');
    expect(best?.simulations.map((it) => it.seed)).toEqual([1, 2, 3]);
  });

  it('does not praise a setting for what it never served', () => {
    expect(bestOf([run('idle', 1, 5, 1, 40), run('busy', 1, 50, 9, 0)])?.setting).toBe('busy');
  });

  it('knows nothing of no runs', () => {
    expect(bestOf([])).toBeUndefined();
  });
});

describe('rivalControllers', () => {
  it('gives each rival its grid, at most six settings, no two alike', () => {
    const grids = rivalNames.map((name) => rivalControllers(name, scenario({})));

    expect(grids.map((it) => it.length)).toEqual([6, 4, 1, 1]);
    for (const grid of grids) expect(new Set(grid.map((it) => it.setting)).size).toBe(grid.length);
    expect(rivalControllers('toString', scenario({}))).toEqual([]);
  });

  it('sizes static-peak for the peak of the demand', async () => {
    const web = service('web', {
      size: sized(1_100, 512), // one to an m5.large
      counts: [
        { atMs: 0, count: 1 },
        { atMs: 600_000, count: 7 },
        { atMs: 1_200_000, count: 2 },
      ],
    });
    const it = scenario({ groups: [group('g', { maxSize: 20 })], services: [web] });
    const clock = new VirtualClock(0);
    const world = createWorld({ kernel: clock, dice: seededDice(1) });
    const [controller] = rivalControllers('static-peak', it);
    if (controller === undefined) throw new Error('there is no static-peak');
    stageScenario(world, clock, it, controller.setup);
    await controller.start({ world, clock, dice: seededDice(1), scenario: it, onDecision: () => undefined });

    await clock.runUntil(60_000);

    expect(world.view.groups.get('g')?.desired).toBe(7);
  });
});
