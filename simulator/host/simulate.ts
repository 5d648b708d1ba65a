import type { Decision } from '../../lib/flows/decide.ts';
import { bounds } from '../baselines/bounds/bounds.ts';
import type { Controller } from '../baselines/controller.ts';
import { seededDice } from '../kernel/dice.ts';
import { eventLoopTurn, promisesOnly, VirtualClock } from '../kernel/virtual-clock.ts';
import { forcedOut } from '../laws/plan/proven-empty.ts';
import { checkPlan } from '../laws/plan-laws.ts';
import { watchWorldLaws } from '../laws/world-laws.ts';
import { isAnybodyElse, type ScenarioBounds, scoreMeter } from '../score/meter.ts';
import type { DecisionRecord, Simulation, Violation } from '../score/simulation.ts';
import type { Scenario } from '../workloads/scenario.ts';
import { stageScenario } from '../workloads/stage.ts';
import { createWorld } from '../world/world.ts';
import type { InvocationListener, InvocationRecord } from './lambda.ts';
import type { BerthController, BuriedMessage } from './ports/berth-controller.ts';

export interface SimulateOptions {
  readonly scenario: Scenario;
  readonly controller: Controller | BerthController;
  readonly seed: number;
  /** Whether every step is checked against the laws; Berth's plans are then judged too. Off unless told. */
  readonly laws?: boolean;
  /** Of the scenario, where they are known already: they take as long to find as a run. */
  readonly bounds?: ScenarioBounds;
  /** Told the share that is done, now and then. */
  readonly onProgress?: (done: number) => void;
  /** Asked between any two slices of the run; what there is then is the result. */
  readonly interrupted?: () => boolean;
  /** Told each decision of Berth's. */
  readonly onPlan?: (decision: Decision) => void;
  /** Told of each broken law; of a plan with the decision that broke it, counted from 1. */
  readonly onViolation?: (violation: Violation, plan: BrokenPlan | undefined) => void;
  readonly onInvocation?: (record: InvocationRecord) => void;
  /** Told of each message of Berth's queues that was buried. */
  readonly onBuried?: (message: BuriedMessage) => void;
  /** Which invocations of Berth's functions are killed, and where. */
  readonly kills?: Pick<InvocationListener, 'killAt' | 'killAfter'>;
}

export interface BrokenPlan {
  readonly step: number;
  readonly decision: Decision;
}

/** Short enough that Ctrl-C is heard at once, long enough to cost nothing. */
const sliceMs = 10 * 60_000;

/** More violations of one law than these say nothing new. */
const mostOfOneLaw = 1_000;

/** Keeps what the laws say of plans. */
const planJudge = ({ seed, onViolation }: SimulateOptions) => {
  const violations: Violation[] = [];
  const counts = new Map<string, number>();
  const judge = (step: number, decision: Decision): void => {
    for (const violation of checkPlan({ ...decision, seed })) {
      const count = counts.get(violation.law) ?? 0;
      counts.set(violation.law, count + 1);
      if (count >= mostOfOneLaw) continue;
      violations.push(violation);
      onViolation?.(violation, { step, decision });
    }
  };
  return { violations, judge };
};

/** Plays a scenario on a world of its own with one controller, and tells what came of it. */
export const simulate = async (options: SimulateOptions): Promise<Simulation> => {
  const { scenario, controller, seed, laws = false, onProgress = () => undefined, interrupted = () => false } = options;
  const { startMs, durationMs } = scenario;
  const clock = new VirtualClock(startMs, undefined, promisesOnly);
  const dice = seededDice(seed);
  const world = createWorld({ kernel: clock, dice: dice.fork('world'), constants: scenario.world });
  const decisionLog: DecisionRecord[] = [];
  const forced = new Set<string>();
  const brokenInWorld = laws ? watchWorldLaws(world, isAnybodyElse, (id) => forced.has(id)) : () => [];
  const judged = planJudge(options);
  let plans = 0;
  const isBerth = 'listenedTo' in controller;
  const read = scoreMeter({
    world,
    scenario,
    bounds: options.bounds ?? bounds(scenario),
    ...(isBerth ? { pathOf: controller.pathOf } : {}),
  });
  const played = isBerth
    ? controller.listenedTo({
        onDecision: (decision) => {
          plans++;
          if (laws) judged.judge(plans, decision);
          if (laws) for (const id of forcedOut(decision)) forced.add(id);
          options.onPlan?.(decision);
        },
        onInvocation: (record) => options.onInvocation?.(record),
        onBuried: (message) => options.onBuried?.(message),
        ...options.kills,
      })
    : controller;

  stageScenario(world, clock, scenario, controller.setup);
  const stop = await played.start({
    world,
    clock,
    dice: dice.fork('controller'),
    scenario,
    onDecision: (decision) => decisionLog.push(decision),
  });
  const end = startMs + durationMs;
  while (clock.now() < end && !interrupted()) {
    await clock.runUntil(Math.min(end, clock.now() + sliceMs));
    onProgress((clock.now() - startMs) / durationMs);
    await eventLoopTurn(); // the only moment at which a signal can be heard
  }
  await stop();
  const inWorld = brokenInWorld();
  for (const violation of inWorld) options.onViolation?.(violation, undefined);
  const violations = [...inWorld, ...judged.violations].toSorted((a, b) => a.atMs - b.atMs);
  return {
    scenario: scenario.name,
    controller: controller.name,
    setting: controller.setting,
    seed,
    startMs,
    durationMs,
    ranMs: clock.now() - startMs,
    decisions: isBerth ? plans : decisionLog.length,
    ...read(clock.now(), violations),
    violations,
    decisionLog,
  };
};
