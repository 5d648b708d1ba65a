import type { Decision } from '../../../lib/flows/decide.ts';
import { seededDice } from '../../kernel/dice.ts';
import { promisesOnly, VirtualClock } from '../../kernel/virtual-clock.ts';
import { forcedOut } from '../../laws/plan/proven-empty.ts';
import { checkPlan } from '../../laws/plan-laws.ts';
import { watchWorldLaws } from '../../laws/world-laws.ts';
import { isAnybodyElse } from '../../score/meter.ts';
import type { Scenario } from '../../workloads/scenario.ts';
import { berthSetup } from '../../workloads/setup.ts';
import { stageScenario } from '../../workloads/stage.ts';
import { createWorld, type World } from '../../world/world.ts';
import type { InvocationRecord } from '../lambda.ts';
import { type BerthListener, berthController, type Deployment } from './berth-controller.ts';

/** By this name a person calls, in the log and for the laws. */
export const person = 'somebody';

/** Whether a caller is Berth, or AWS on its behalf: neither the scenario, nor the world, nor a person. */
export const isBerth = (caller: string): boolean => caller !== person && isAnybodyElse(caller);

const isKill = (error: string): boolean => /killed (at|after) call/.test(error);

export interface WatchOptions extends Pick<BerthListener, 'killAt' | 'killAfter' | 'faultOf'> {
  /** Its `settings` are what Berth is deployed with. */
  readonly scenario: Scenario;
  readonly seed: number;
  /** Told of the world before anything is there. */
  readonly onWorld?: (world: World) => void;
}

/** Berth over the ports on a scenario, judged by all laws, on a clock that only moves when told to. */
export interface WatchedBerth {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly decisions: readonly Decision[];
  readonly invocations: readonly InvocationRecord[];
  readonly deployment: () => Deployment | undefined;
  /** Of all laws, on each plan and in the world; invocations that failed unless killed; messages that were buried. */
  readonly broken: () => readonly string[];
}

export const watchedBerth = async ({ scenario, seed, onWorld, ...listener }: WatchOptions): Promise<WatchedBerth> => {
  const clock = new VirtualClock(scenario.startMs, undefined, promisesOnly);
  const dice = seededDice(seed);
  const world = createWorld({ kernel: clock, dice: dice.fork('world'), constants: scenario.world });
  const decisions: Decision[] = [];
  const invocations: InvocationRecord[] = [];
  const violations: string[] = [];
  const forced = new Set<string>();
  let deployment: Deployment | undefined;
  onWorld?.(world);
  const inWorld = watchWorldLaws(world, isBerth, (id) => forced.has(id));
  const controller = berthController(scenario.settings).listenedTo({
    onDecision: (decision) => {
      decisions.push(decision);
      for (const { law, detail } of checkPlan(decision)) violations.push(`${law}: ${detail}`);
      for (const id of forcedOut(decision)) forced.add(id);
    },
    onInvocation: (record) => {
      invocations.push(record);
      if (record.error !== undefined && !isKill(record.error))
        violations.push(`${record.functionName} failed: ${record.error}`);
    },
    onBuried: ({ source, reason }) => {
      violations.push(`a message of ${source} was buried: ${reason}`);
    },
    onDeployed: (it) => {
      deployment = it;
    },
    ...listener,
  });
  stageScenario(world, clock, scenario, berthSetup);
  await controller.start({ world, clock, dice: dice.fork('controller'), scenario, onDecision: () => undefined });
  return {
    world,
    clock,
    decisions,
    invocations,
    deployment: () => deployment,
    broken: () => [...violations, ...inWorld().map(({ law, detail }) => `${law}: ${detail}`)],
  };
};
