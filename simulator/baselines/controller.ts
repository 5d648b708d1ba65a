import type { Dice } from '../kernel/dice.ts';
import type { VirtualClock } from '../kernel/virtual-clock.ts';
import type { DecisionRecord } from '../score/simulation.ts';
import type { Scenario } from '../workloads/scenario.ts';
import type { Setup } from '../workloads/setup.ts';
import type { World } from '../world/world.ts';

export type { Setup };

export interface Stage {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly scenario: Scenario;
  readonly onDecision: (decision: DecisionRecord) => void;
}

/** What looks after the groups of a world. One with a grid of settings is several controllers of one name. */
export interface Controller {
  readonly name: string;
  /** Its own settings in words, where it has a grid of them. */
  readonly setting: string | undefined;
  readonly setup: Setup;
  /** Hooks itself up before time moves; returns how to end. */
  readonly start: (stage: Stage) => Promise<() => Promise<void>>;
}
