import type { StrategyItem } from './service.ts';

/** Who sizes the group behind a provider: with managed scaling on it is ECS, else Berth may. */
export interface CapacityProvider {
  readonly name: string;
  /** Undefined for FARGATE, FARGATE_SPOT and ECS Managed Instances. */
  readonly autoScalingGroupName: string | undefined;
  readonly managedScaling: boolean;
  readonly managedTerminationProtection: boolean;
  readonly managedDraining: boolean;
}

export interface Cluster {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly capacityProviders: readonly string[];
  /** By which tasks are started that name neither launch type nor strategy; undefined where there is none. */
  readonly defaultStrategy?: readonly StrategyItem[] | undefined;
}
