import { bounds } from '../baselines/bounds/bounds.ts';
import { listenControl } from '../endpoint/control.ts';
import { eventFeed } from '../endpoint/event-feed.ts';
import { listen } from '../endpoint/server.ts';
import { seededDice } from '../kernel/dice.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { watchWorldLaws } from '../laws/world-laws.ts';
import { isAnybodyElse, scoreMeter } from '../score/meter.ts';
import type { Simulation, Violation } from '../score/simulation.ts';
import type { Scenario } from '../workloads/scenario.ts';
import { unmanaged } from '../workloads/setup.ts';
import { stageScenario } from '../workloads/stage.ts';
import { createWorld } from '../world/world.ts';

export interface ServeOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** What the program that drives the world is called in the result. */
  readonly controller: string;
  /** Of the AWS endpoint and of the control address on 127.0.0.1; 0: any free one. */
  readonly port: number;
  readonly controlPort: number;
  /** Whether the laws of the world are checked. Off unless told. */
  readonly laws?: boolean;
  readonly onViolation?: (violation: Violation) => void;
  readonly onListening: (addresses: { readonly endpoint: string; readonly control: string }) => void;
  /** Ends the run as it stands, once aborted. */
  readonly signal: AbortSignal;
}

/**
 * Puts a scenario on a local AWS whose clock stands still, for a program of any kind to drive by the control address.
 * Ends, with what came of it, when that program says so or `signal` is aborted.
 */
export const serve = async (options: ServeOptions): Promise<Simulation> => {
  const { scenario, seed, controller, port, controlPort, signal } = options;
  const { startMs, durationMs } = scenario;
  const clock = new VirtualClock(startMs);
  const world = createWorld({ kernel: clock, dice: seededDice(seed).fork('world'), constants: scenario.world });
  const brokenInWorld = options.laws === true ? watchWorldLaws(world, isAnybodyElse) : () => [];
  const read = scoreMeter({ world, scenario, bounds: bounds(scenario) });
  stageScenario(world, clock, scenario, unmanaged);
  await clock.runUntil(startMs); // what is due at the very beginning

  await using endpoint = await listen({ world, now: () => clock.now(), port });
  const ended = Promise.withResolvers<undefined>();
  const end = (): void => {
    ended.resolve(undefined);
  };
  signal.addEventListener('abort', end, { once: true });
  await using control = await listenControl({
    clock,
    endMs: startMs + durationMs,
    subscribe: eventFeed(world),
    score: () => read(clock.now()).score,
    onEnd: end,
    port: controlPort,
  });
  options.onListening({ endpoint: endpoint.url, control: control.url });
  if (!signal.aborted) await ended.promise;
  const violations = brokenInWorld();
  for (const violation of violations) options.onViolation?.(violation);
  return {
    scenario: scenario.name,
    controller,
    setting: undefined,
    seed,
    startMs,
    durationMs,
    ranMs: clock.now() - startMs,
    decisions: 0,
    ...read(clock.now(), violations),
    violations,
    decisionLog: [],
  };
};
