import { seededDice } from '../kernel/dice.ts';
import type { Kernel } from '../kernel/virtual-clock.ts';
import type { World } from '../world/world.ts';
import type { Scenario } from './scenario.ts';
import type { Setup } from './setup.ts';
import { stageFaults } from './staging/faults.ts';
import type { StageGround } from './staging/ground.ts';
import { createCluster } from './staging/groups.ts';
import { stageMetrics } from './staging/metrics.ts';
import { stageProtections } from './staging/protections.ts';
import { stageServices } from './staging/services.ts';
import { type Retrying, shippedRetrying, submitTasks } from './staging/submitter.ts';

export interface StageOptions {
  /** How refused standalone tasks are tried again: every 30 s, for 6 h, unless given. */
  readonly retrying?: Retrying;
  /** Whether CloudWatch has the past of every service and group, for who looks at it; not unless told: it takes room. */
  readonly recorded?: boolean;
}

/**
 * Creates a scenario's cluster through the world's own API, as its people would (caller `workload`), and schedules
 * everything that happens to it. To be called once, at the scenario's start; the world is made with its constants.
 */
export const stageScenario = (
  world: World,
  clock: Kernel,
  scenario: Scenario,
  setup: Setup,
  { retrying = shippedRetrying, recorded = false }: StageOptions = {},
): void => {
  const ground: StageGround = { world, clock, scenario, setup, dice: seededDice(scenario.seed).fork('stage') };
  createCluster(ground);
  stageServices(ground);
  stageProtections(ground);
  stageFaults(ground);
  stageMetrics(ground, recorded);
  submitTasks(ground, retrying);
};
