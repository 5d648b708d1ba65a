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
  readonly trailEventMs: number;
  readonly provisioningTimeoutMs: Bounds;
  readonly trunkAttachMs: Bounds;
  readonly serviceZoneRebalanceMs: Bounds;
  readonly circuitBreakerFailures: Bounds;
  readonly ecsWriteVisibleAfterMs: Bounds;
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
  readonly instanceStopMs: Bounds;
  readonly warmBootMs: Bounds;
  readonly launchBackOffMs: Bounds;
  readonly zoneRebalanceMs: Bounds;
  readonly groupWriteVisibleAfterMs: Bounds;
  readonly terminatedDeregistrationMs: Bounds;
  readonly groupHealthCheckMs: Bounds;
  readonly spotWarningMs: number;
  readonly activitiesKept: number;
  readonly memoryReservedShare: number;
  readonly eventDeliveryMs: Bounds;
  readonly eventLateShare: number;
  readonly eventLateMs: Bounds;
  readonly eventDoubledShare: number;
  readonly bestEffortLostShare: number;
  readonly eventRetryMs: Bounds;
  readonly metricVisibleAfterMs: Bounds;
  readonly metricKeptMs: number;
  readonly apiThrottling: boolean;
  readonly otherTenantShare: number;
  readonly externalCallMs: number;
}

export const defaultConstants: WorldConstants = {
  /** From a change to the service scheduler acting on it. Assumed. */
  schedulerReactionMs: { low: 200, high: 1_000 },
  /** From room appearing to ECS trying again to place what waits. Undocumented; assumed: vary it (0, 15 s, 60 s). */
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
  /**
   * From a call to its event through CloudTrail. Assumed: its records are there within about five minutes on average
   * (CloudTrail user guide, how CloudTrail works), and EventBridge mostly hears sooner.
   */
  trailEventMs: 60_000,
  /** A task waits in PROVISIONING for 10 to 30 minutes, then stops (AWS blog, deep dive on ECS cluster auto scaling). */
  provisioningTimeoutMs: { low: 10 * 60_000, high: 30 * 60_000 },
  /** REGISTERING: the trunk network interface of an instance is created and attached. Assumed. */
  trunkAttachMs: { low: 3_000, high: 15_000 },
  /** From a steady service's zones being uneven to ECS moving one task. Undocumented; assumed. */
  serviceZoneRebalanceMs: { low: 30_000, high: 180_000 },
  /** Failed tasks that trip a deployment's circuit breaker: half the desired count, within these (ECS API, ServiceDeploymentCircuitBreaker). */
  circuitBreakerFailures: { low: 3, high: 200 },
  /**
   * From a write to the ECS API to reads showing it. Assumed: AWS says that the API is eventually consistent, and advises
   * to back off for up to five minutes (ECS API, RunTask).
   */
  ecsWriteVisibleAfterMs: { low: 0, high: 1_000 },
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
  /** From the order to stop an instance for a warm pool to its being stopped. Assumed. */
  instanceStopMs: { low: 15_000, high: 45_000 },
  /** From starting a stopped instance of a warm pool to its ECS agent starting: everything is installed. Assumed. */
  warmBootMs: { low: 12_000, high: 25_000 },
  /** Pause before a group tries again where EC2 had no capacity, doubling from the first to the longest. It goes on trying (Auto Scaling user guide, suspended processes: 24 hours at least); the lengths are assumed. */
  launchBackOffMs: { low: 30_000, high: 600_000 },
  /** From zones becoming unequal to AZRebalance launching. Assumed: a minute or so. */
  zoneRebalanceMs: { low: 20_000, high: 120_000 },
  /** From a write to a group to its being seen by every read. Assumed: the API promises no delay. */
  groupWriteVisibleAfterMs: { low: 0, high: 1_000 },
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
  /** Share of deliveries that come late, and how late. Assumed: EventBridge names no longest delay. */
  eventLateShare: 0.001,
  eventLateMs: { low: 5_000, high: 120_000 },
  /** Share of deliveries made twice: at least once is what is promised (EventBridge user guide); the share is assumed. */
  eventDoubledShare: 0.002,
  /** Share of the events of best-effort sources (EC2, Auto Scaling) that get lost (EventBridge user guide, AWS services). Assumed. */
  bestEffortLostShare: 0.001,
  /** Pause before a delivery is tried again, doubling from the first to the longest: exponential back-off with jitter (EventBridge user guide, retry policy); the lengths are assumed. */
  eventRetryMs: { low: 1_000, high: 600_000 },
  /** From the end of a minute to its datapoint being readable, drawn for each. Assumed: about a minute. */
  metricVisibleAfterMs: { low: 45_000, high: 75_000 },
  /** Datapoints of one minute are kept 15 days (CloudWatch user guide). */
  metricKeptMs: 15 * 86_400_000,
  /** Whether calls are throttled at all: off for measuring how fast the machine is. */
  apiThrottling: true,
  /** Share of each API bucket's refill that others in the account use up. Assumed. */
  otherTenantShare: 0.3,
  /** Virtual time one call takes a program that is not on the virtual clock; counts for its throttling only. Assumed. */
  externalCallMs: 45,
};
