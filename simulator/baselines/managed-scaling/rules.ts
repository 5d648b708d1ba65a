/** Who acts: AWS itself. Its calls are not throttled and cost the account nothing. */
export const caller = 'managed-scaling';

export const metricNamespace = 'AWS/ECS/ManagedScaling';
export const metricName = 'CapacityProviderReservation';

/** Minutes above the target until the high alarm, and below it until the low one; neither can be changed. (containers-roadmap#638, #1220.) */
export const highMinutes = 1;
export const lowMinutes = 15;

/** What AWS decides about managed scaling, and a user cannot set. */
export interface ManagedScalingRules {
  /**
   * Share of the group that one scale-in step may take, from 0 to 1: 0.05 at first, which took 26 instances to 2 one a
   * minute (containers-roadmap#1150), 0.5 since "Faster Scaling-in for Amazon ECS Cluster Auto Scaling" (AWS containers blog).
   */
  readonly scaleInStepShare: number;
}

export const rulesOfToday: ManagedScalingRules = { scaleInStepShare: 0.5 };

/** Two instances are launched where there were none. (ECS developer guide, cluster auto scaling.) */
export const instancesFromZero = 2;

/** The hook that managed instance draining puts on a group. (ECS developer guide, managed instance draining; containers-roadmap#2685.) */
export const drainingHook = {
  LifecycleHookName: 'ecs-managed-draining-termination-hook',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
  HeartbeatTimeout: 3_600,
  DefaultResult: 'CONTINUE',
} as const;

/** Well within a heartbeat; assumed. */
export const heartbeatEveryMs = 30 * 60_000;
