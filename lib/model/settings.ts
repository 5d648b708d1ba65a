import type { OwnCause } from './memory.ts';
import type { Resources } from './resources.ts';

/** `observe` does everything but the writes; `act` carries the plan out. */
export type Mode = 'observe' | 'act';

export interface GroupSettings {
  /** What a new instance of the group registers; only needed where nothing was learned yet and EC2 cannot tell. */
  readonly registers: Resources | undefined;
  /** Dollars an instance-hour; orders the groups. Without it, price is taken in proportion to vCPU and memory. */
  readonly pricePerHour: number | undefined;
  /**
   * Experimental: the provider's managed scaling stays on, so that ECS queues tasks in PROVISIONING, and Berth sizes
   * the group, provided that its AlarmNotification process is suspended.
   */
  readonly hold: boolean;
  /** Groups of a higher one are filled first, whatever they cost. */
  readonly priority: number;
  /** Launch by LaunchInstances, which answers at once, instead of by SetDesiredCapacity. */
  readonly launchInstances: boolean;
}

/** 0 is Sunday, as in cron. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** A time of the week in an IANA time zone; `toMinute` before `fromMinute` ends on the next day. */
export interface CalendarWindow {
  /** On which it begins. */
  readonly days: readonly Weekday[];
  /** Minutes since midnight, 0 to 1440: the end of the day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly timeZone: string;
}

/** How many instances may be leaving at once by Berth's choice; the least of the budgets that hold now counts. */
export interface DisruptionBudget {
  readonly causes: readonly OwnCause[];
  readonly instances: number | undefined;
  /** 0 to 1 of the group's desired capacity, rounded down. */
  readonly share: number | undefined;
  /** What a share is never less than. */
  readonly atLeast: number;
  /** When it holds; none: always. */
  readonly windows: readonly CalendarWindow[];
}

export interface ConsolidationSettings {
  readonly enabled: boolean;
  /** Saving ÷ disturbance, both as shares of the cluster's, that a move must reach. */
  readonly threshold: number;
  /** How long an instance must have been given no task, and its group not have grown, before it may be emptied. */
  readonly settleTimeMs: number;
}

/** What becomes of a drain that is not over by its deadline. */
export type DeadlinePolicy =
  /** Own drains are taken back; endings by others are left to the group's hook. */
  | 'abandon'
  /** The tasks left are stopped (StopTask). */
  | 'stopTasks'
  /** The instance goes with what it runs. */
  | 'proceed';

export interface DrainSettings {
  /** How long Berth's own drains may take; undefined: computed from what the tasks need to stop. */
  readonly deadlineMs: number | undefined;
  readonly onDeadline: DeadlinePolicy;
  /** How long lifecycle hooks are kept waiting with heartbeats; undefined: as long as Auto Scaling allows. */
  readonly endingDeadlineMs: number | undefined;
  readonly onEndingDeadline: DeadlinePolicy;
  /** How long daemons may go on after the last other task has left. */
  readonly daemonGraceMs: number;
}

export interface RotationSettings {
  readonly maximumAgeMs: number | undefined;
  /** Whether instances of another launch template version than the group's are replaced. */
  readonly outdatedLaunchTemplate: boolean;
}

export interface RepairSettings {
  /** How long an agent may be disconnected before its instance is replaced; undefined: for ever. */
  readonly agentDisconnectedMs: number | undefined;
  /** Whether instances that never register are terminated after their boot deadline. */
  readonly neverRegistered: boolean;
}

/** Room kept free: copies of a service's task or of a task definition, or a share. */
export type Headroom =
  | {
      readonly kind: 'service';
      readonly service: string;
      readonly copies: number | undefined;
      readonly share: number | undefined;
    }
  | { readonly kind: 'taskDefinition'; readonly taskDefinition: string; readonly copies: number }
  /** Of what all services of the cluster run. */
  | { readonly kind: 'cluster'; readonly share: number };

/** What a cluster may have at most; undefined: as much as its groups may. */
export interface Caps {
  readonly instances: number | undefined;
  readonly vcpus: number | undefined;
  readonly memoryGiB: number | undefined;
  readonly dollarsPerHour: number | undefined;
}

/** Berth's own queue of RunTask requests. */
export interface TaskQueueSettings {
  readonly taskDefinitionFamilies: readonly string[];
  /** ARNs of the task and execution roles that may be passed on. */
  readonly roles: readonly string[];
  /** How long a task may wait for room before it goes to the dead letters. */
  readonly giveUpAfterMs: number;
}

/** A CloudWatch metric that a service is to be scaled by. */
export interface MetricSettings {
  /** Unique within its service. */
  readonly name: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
  readonly periodMs: number;
}

export interface ServiceSettings {
  readonly metrics: readonly MetricSettings[];
}

/** The compiled settings of one cluster: defaults filled in, durations in milliseconds. */
export interface ClusterSettings {
  readonly mode: Mode;
  /** How long an instance must have held nothing but daemons before it may go. */
  readonly quietTimeMs: number;
  /** How long a launched instance is counted as on its way before it is given up. */
  readonly bootDeadlineMs: number;
  /** How many instances of one group may be overdue before no more are launched there. */
  readonly maximumOverdue: number;
  /** The termination hook that is Berth's to complete. */
  readonly lifecycleHookName: string;
  /** How long the most tasks a service wanted must still fit before room is given up. */
  readonly peakWindowMs: number;
  readonly consolidation: ConsolidationSettings;
  readonly budgets: readonly DisruptionBudget[];
  /** While more than this share of instances (0 to 1) has no agent, nothing leaves by Berth's choice. */
  readonly circuitBreakerShare: number;
  readonly drain: DrainSettings;
  readonly rotation: RotationSettings;
  readonly repair: RepairSettings;
  /** Whether EC2's rebalance recommendations are acted on: a replacement first, then the drain. */
  readonly rebalanceRecommendations: boolean;
  readonly headroom: readonly Headroom[];
  readonly caps: Caps;
  /** How many instances a group may be asked for within an hour before it is paused with an alarm. */
  readonly launchesPerHour: number;
  readonly taskQueue: TaskQueueSettings | undefined;
  readonly groups: Readonly<Record<string, GroupSettings>>;
  readonly services: Readonly<Record<string, ServiceSettings>>;
}

/** The whole of `berth.yml`, compiled; a cluster without a section of its own has `defaults`. */
export interface Settings {
  readonly defaults: ClusterSettings;
  readonly clusters: Readonly<Record<string, ClusterSettings>>;
}

export const settingsOf = (settings: Settings, cluster: string): ClusterSettings =>
  settings.clusters[cluster] ?? settings.defaults;
