import type { Settings } from '../../model/settings.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AskDependencies } from '../ingest.ts';
import type { Observers } from '../observe.ts';
import type { PlanDependencies } from '../planning.ts';

export interface CapacityRunDependencies extends AskDependencies {
  readonly read: Observers;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly mirrored?: PlanDependencies['mirrored'];
}
