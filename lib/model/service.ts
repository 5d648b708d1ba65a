import type { LaunchType } from './task.ts';
import type { EpochMs } from './time.ts';

/** One line of a capacity-provider strategy: `base` tasks first, then shares by `weight` (0 places nothing). */
export interface StrategyItem {
  readonly capacityProvider: string;
  readonly base: number;
  readonly weight: number;
}

/** How a service replaces its tasks; decides how its missing tasks are counted. */
export type DeploymentKind = 'rolling' | 'blueGreen' | 'linear' | 'canary' | 'codeDeploy' | 'external';

/** How tasks are started: by launch type, or by a capacity-provider strategy that binds each task to one provider. */
export interface LaunchTarget {
  readonly launchType: LaunchType | undefined;
  readonly capacityProviderStrategy: readonly StrategyItem[];
}

/** A deployment of a rolling or ECS-driven service; `id` is what its tasks carry as `startedBy`. */
export interface Deployment extends LaunchTarget {
  readonly id: string;
  readonly status: 'PRIMARY' | 'ACTIVE' | 'INACTIVE';
  readonly taskDefinitionArn: string;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly failedTasks: number;
  readonly rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | undefined;
  readonly createdAt: EpochMs;
}

/** A task set of a CODE_DEPLOY or EXTERNAL service; `id` is what its tasks carry as `startedBy`. */
export interface TaskSet extends LaunchTarget {
  readonly id: string;
  readonly status: 'PRIMARY' | 'ACTIVE' | 'DRAINING';
  readonly taskDefinitionArn: string;
  readonly computedDesiredCount: number;
  /** Undefined where it was not read. */
  readonly createdAt?: EpochMs | undefined;
}

export interface Service extends LaunchTarget {
  /** Undefined where they were not asked for. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly arn: string;
  readonly name: string;
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON';
  readonly deploymentKind: DeploymentKind;
  readonly taskDefinitionArn: string;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  /** Per cent of desired; ECS rounds the floor up and the ceiling down. */
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly deployments: readonly Deployment[];
  readonly taskSets: readonly TaskSet[];
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategy[];
  readonly availabilityZoneRebalancing: boolean;
  /** Whether its tasks are registered with a load balancer, which keeps them a while when they leave. */
  readonly hasLoadBalancer?: boolean | undefined;
  /** How long after a task's start its failing health checks are ignored. */
  readonly healthCheckGraceMs?: number | undefined;
  /** It counts more tasks than were listed: one of the two reads was old, and what it lacks is not certain yet. */
  readonly isUnsettled?: boolean | undefined;
}

export type PlacementConstraint =
  | { readonly type: 'distinctInstance' }
  | { readonly type: 'memberOf'; readonly expression: string };

export interface PlacementStrategy {
  readonly type: 'random' | 'spread' | 'binpack';
  readonly field: string | undefined;
}
