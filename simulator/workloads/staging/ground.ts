import type { Dice } from '../../kernel/dice.ts';
import type { Kernel } from '../../kernel/virtual-clock.ts';
import type { JsonObject, ServiceName } from '../../world/api.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from '../scenario.ts';
import type { Setup } from '../setup.ts';

/** What every part of a staged scenario stands on. */
export interface StageGround {
  readonly world: World;
  readonly clock: Kernel;
  readonly scenario: Scenario;
  readonly setup: Setup;
  /** Of the scenario, not of the world: every controller meets the same choices as far as its cluster is the same. */
  readonly dice: Dice;
}

/** As the cluster's people, whose calls are not the controller's. */
export const callAsWorkload = (world: World, service: ServiceName, operation: string, input: JsonObject): JsonObject =>
  world.call(service, operation, input, 'workload');

/** Lets something happen at each point of a list in order of time; only the next one is on the clock's agenda. */
export const schedule = <Point>(
  { clock, scenario }: Pick<StageGround, 'clock' | 'scenario'>,
  points: readonly Point[],
  atMsOf: (point: Point) => number,
  happen: (point: Point) => void,
): void => {
  const next = (index: number): void => {
    const point = points[index];
    if (point === undefined) return;
    clock.at(scenario.startMs + atMsOf(point), () => {
      next(index + 1);
      happen(point);
    });
  };
  next(0);
};

/** Lets something happen again and again until the scenario ends; first after one period. */
export const repeat = (
  { clock, scenario }: Pick<StageGround, 'clock' | 'scenario'>,
  periodMs: number,
  happen: () => void,
): void => {
  const end = scenario.startMs + scenario.durationMs;
  const after = (at: number): void => {
    if (at > end) return;
    clock.at(at, () => {
      after(at + periodMs);
      happen();
    });
  };
  after(scenario.startMs + periodMs);
};
