/** Two bounds between which the world draws evenly, both in the unit the constant's name ends in. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * Every number of the world that is not an AWS default carried in a request. "assumed" marks what no published
 * source states; change those first when the simulation disagrees with an account.
 */
export interface WorldConstants {
  readonly schedulerReactionMs: Bounds;
  readonly placementRetryMs: Bounds;
  readonly networkInterfaceAttachMs: Bounds;
  readonly taskPendingMs: Bounds;
  readonly taskActivatingMs: Bounds;
  readonly taskStoppingMs: Bounds;
  readonly taskDeprovisioningMs: Bounds;
  readonly networkInterfaceDetachMs: Bounds;
  readonly deregistrationDelayMs: number;
  readonly healthyAfterMs: number;
  readonly stoppedTaskVisibleMs: number;
  readonly placementFailureRepeatMs: number;
  readonly serviceEventsKept: number;
  readonly provisioningTasksPerCluster: number;
  readonly serviceTaskLaunchesPerMinute: number;
  readonly startThrottleMs: Bounds;
  readonly startFailuresBeforeThrottle: number;
  readonly drainWaitsForProtectedTasks: boolean;
  readonly inactiveServiceVisibleMs: number;
  readonly groupReactionMs: Bounds;
  readonly instanceLaunchMs: Bounds;
  readonly instanceInServiceMs: Bounds;
  readonly instanceBootMs: Bounds;
  readonly agentRegistrationMs: Bounds;
  readonly instanceShutdownMs: Bounds;
  readonly terminatedDeregistrationMs: Bounds;
  readonly groupHealthCheckMs: Bounds;
  readonly spotWarningMs: number;
  readonly activitiesKept: number;
  readonly memoryReservedShare: number;
  readonly eventDeliveryMs: Bounds;
  readonly metricVisibleAfterMs: number;
  readonly metricKeptMs: number;
}

export const defaultConstants: WorldConstants = {
  /** From a change to the service scheduler acting on it. Assumed. */
  schedulerReactionMs: { low: 200, high: 1_000 },
  /** From room appearing to ECS trying again to place what waits. Undocumented; assumed. */
  placementRetryMs: { low: 1_000, high: 10_000 },
  /** An awsvpc task's network interface is created and attached while it is PROVISIONING. Assumed. */
  networkInterfaceAttachMs: { low: 4_000, high: 10_000 },
  /** PENDING: the agent takes the task up. Assumed. */
  taskPendingMs: { low: 300, high: 1_500 },
  /** ACTIVATING: images pulled, containers made, target groups registered. Assumed: a cached or small image. */
  taskActivatingMs: { low: 1_500, high: 8_000 },
  /** STOPPING: SIGTERM, then SIGKILL after ECS_CONTAINER_STOP_TIMEOUT, 30 s by default (ECS agent configuration). */
  taskStoppingMs: { low: 500, high: 30_000 },
  /** DEPROVISIONING without a network interface. Assumed. */
  taskDeprovisioningMs: { low: 100, high: 500 },
  /** DEPROVISIONING with one. Assumed. */
  networkInterfaceDetachMs: { low: 2_000, high: 8_000 },
  /** deregistration_delay.timeout_seconds of a target group, default 300 s (Elastic Load Balancing user guide). */
  deregistrationDelayMs: 300_000,
  /** A task without health check counts as healthy 40 s after RUNNING (ECS API, DeploymentConfiguration). */
  healthyAfterMs: 40_000,
  /** A stopped task appears in answers for at least one hour (ECS API, DescribeTasks). */
  stoppedTaskVisibleMs: 3_600_000,
  /** The same service event is not repeated while unresolved for 6 h (ECS developer guide, service event messages). */
  placementFailureRepeatMs: 6 * 3_600_000,
  /** A service keeps its 100 latest events (ECS API, Service.events). */
  serviceEventsKept: 100,
  /** Tasks in the PROVISIONING state per cluster (ECS service quotas). */
  provisioningTasksPerCluster: 500,
  /** Tasks a service may launch per minute on EC2 (ECS service quotas). */
  serviceTaskLaunchesPerMinute: 500,
  /** Pause between starts once tasks keep failing before RUNNING: up to 27 min (ECS developer guide, service throttle logic); the first is assumed. */
  startThrottleMs: { low: 10_000, high: 27 * 60_000 },
  /** Failed starts in a row before the throttle begins. Assumed. */
  startFailuresBeforeThrottle: 3,
  /** Whether a service's protected tasks stay on a DRAINING instance. Not settled by the documents read; assumed. */
  drainWaitsForProtectedTasks: true,
  /** A deleted service stays describable as INACTIVE for a while (ECS API, DeleteService); the length is assumed. */
  inactiveServiceVisibleMs: 3_600_000,
  /** From a change of desired capacity to the group acting on it. Assumed. */
  groupReactionMs: { low: 1_000, high: 5_000 },
  /** From the group's request to the EC2 instance existing (Pending). Assumed. */
  instanceLaunchMs: { low: 500, high: 3_000 },
  /** From Pending to InService without hooks: EC2 reports it running. Assumed. */
  instanceInServiceMs: { low: 8_000, high: 20_000 },
  /** From the launch to the ECS agent starting, an ECS-optimised image. Assumed. */
  instanceBootMs: { low: 30_000, high: 60_000 },
  /** From the agent starting to the container instance being ACTIVE. Assumed. */
  agentRegistrationMs: { low: 2_000, high: 6_000 },
  /** From EC2 stopping an instance to its leaving the group. Assumed. */
  instanceShutdownMs: { low: 10_000, high: 60_000 },
  /** From EC2 stopping an instance to ECS deregistering it. Assumed. */
  terminatedDeregistrationMs: { low: 2_000, high: 15_000 },
  /** From an instance's death to its group noticing. Assumed; EC2 status checks run every minute. */
  groupHealthCheckMs: { low: 10_000, high: 60_000 },
  /** A Spot interruption notice comes two minutes ahead (EC2 user guide, Spot interruption notices). */
  spotWarningMs: 120_000,
  /** Scaling activities kept per group. Auto Scaling keeps six weeks; fewer here, so that memory stays flat. */
  activitiesKept: 100,
  /** An m4.large of 8192 MiB registers 7985 (ECS developer guide, container instance memory management). */
  memoryReservedShare: 207 / 8_192,
  /** EventBridge from source to target. Assumed: around half a second, drawn per target, so order is not kept. */
  eventDeliveryMs: { low: 200, high: 1_000 },
  /** From a period's end to its datapoint being readable. Assumed. */
  metricVisibleAfterMs: 60_000,
  /** Datapoints of one minute are kept 15 days (CloudWatch user guide). */
  metricKeptMs: 15 * 86_400_000,
};
