import type { Gap } from '../model/observation.ts';
import type { Plan } from '../model/plan.ts';
import type { BerthDeployment, MissingPermission, VcpuQuota } from '../model/surroundings-of-berth.ts';
import type { EpochMs } from '../model/time.ts';
import type { PlanningInput } from '../planning/view.ts';

/** A group that carries the record of an attach, whatever else is true of it. */
export interface AttachedGroup {
  readonly name: string;
  /** That its tag names; undefined where the tag is not there. */
  readonly cluster: string | undefined;
}

/** All that a doctor looks at. What could not be read is undefined, and stands in `gaps`. */
export interface Examined {
  readonly cluster: string;
  readonly now: EpochMs;
  /** The plan that would be made now, with what it rests on. */
  readonly input: PlanningInput;
  readonly plan: Plan;
  /** Those in the region, whatever their clusters. */
  readonly deployments: readonly BerthDeployment[] | undefined;
  /** Undefined where none was ever made, or the table is not known. */
  readonly lastDecisionAt: EpochMs | undefined;
  readonly attached: readonly AttachedGroup[];
  /** Names of the services whose desired count Application Auto Scaling sets. */
  readonly scalable: readonly string[];
  readonly permissions: readonly MissingPermission[] | undefined;
  readonly quota: VcpuQuota | undefined;
  /** Besides those of the observation. */
  readonly gaps: readonly Gap[];
}
