import type { OwnCause } from './memory.ts';
import type { Resources } from './resources.ts';
import type { EpochMs } from './time.ts';

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

/** A statistic of one CloudWatch metric. */
export interface MetricStat {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

/** What CloudWatch computes from several metrics (CloudWatch user guide, metric math); inputs by the ids it names. */
export interface MetricMath {
  readonly expression: string;
  readonly inputs: Readonly<Record<string, MetricStat>>;
}

/** What is asked of CloudWatch: datapoints of one period. */
export type MetricSource = (MetricStat | MetricMath) & { readonly periodMs: number };

/** A CloudWatch metric that a service is to be scaled by; its name is unique within the service. */
export type MetricSettings = MetricSource & { readonly name: string };

/** Where the number comes from that a service is scaled by. */
export type SignalSource =
  /** AWS/ECS CPUUtilization and MemoryUtilization, averages over the service's tasks, in per cent of what they reserve. */
  | { readonly kind: 'cpu' | 'memory' }
  /** AWS/ApplicationELB RequestCountPerTarget: requests a minute and target. */
  | { readonly kind: 'requestsPerTarget'; readonly targetGroup: string; readonly loadBalancer: string | undefined }
  /** AWS/ApplicationELB TargetResponseTime, in seconds. */
  | {
      readonly kind: 'responseTime';
      readonly targetGroup: string;
      readonly loadBalancer: string;
      readonly statistic: string;
    }
  /** Visible messages of an SQS queue, with those in flight or without. */
  | { readonly kind: 'backlog'; readonly queue: string; readonly inFlight: boolean }
  | { readonly kind: 'metric'; readonly metric: MetricSettings }
  /** Tasks of a family that wait in Berth's own queue. */
  | { readonly kind: 'taskQueue'; readonly family: string };

/**
 * How a signal changes with the number of tasks. `perTask`: an average over the tasks that run. `total`: the sum of what
 * there is to do, whoever does it. `ofService`: one number of the service as a whole that falls as tasks come.
 * (Kubernetes HPA: AverageUtilization, AverageValue of an external metric, Value.)
 */
export type SignalMeasure = 'perTask' | 'total' | 'ofService';

/** From `from` up to, without, `to`; what it does to the count. (Application Auto Scaling, step adjustments.) */
export interface CountStep {
  readonly from: number;
  readonly to: number;
  readonly change: CountChange;
}

export type CountChange =
  | { readonly kind: 'tasks'; readonly tasks: number }
  /** Rounded away from the present count, and by one task at least. */
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'exactly'; readonly tasks: number };

export interface ScalingSignal {
  /** What it is called when it is told of; unique within its service. */
  readonly name: string;
  readonly source: SignalSource;
  readonly measure: SignalMeasure;
  readonly rule:
    | { readonly kind: 'target'; readonly target: number }
    | { readonly kind: 'steps'; readonly steps: readonly CountStep[] };
  /** Above it the service has something to do and must have a task; apart from what it is scaled by. */
  readonly activation: number;
  /** Whether no datapoint stands for 0 instead of for nothing known. */
  readonly noDataIsZero: boolean;
}

/** So many tasks, or such a share, within any such time. */
export interface RatePolicy {
  readonly tasks: number | undefined;
  readonly share: number | undefined;
  readonly periodMs: number;
}

/** How a count may move in one direction. */
export interface DirectionSettings {
  /** How far a signal may be off its target, as a share, before the count moves. */
  readonly tolerance: number;
  /** The least eager of what was right within this time is what is done. */
  readonly stabilisationMs: number;
  /** None: as fast as it asks. */
  readonly policies: readonly RatePolicy[];
  /** Which of the policies counts; off: the count never moves in this direction by signals. */
  readonly select: 'largest' | 'smallest' | 'off';
  /** How long after a change in this direction no further one is made, unless a larger one is asked for. */
  readonly cooldownMs: number;
}

/** Times at which a clock on the wall of an IANA time zone fits a cron expression; each begins a window of a length. */
export interface CronWindow {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** 1 is January. */
  readonly months: readonly number[];
  readonly weekdays: readonly Weekday[];
  /** Where days of the month and of the week are both limited, either will do (crontab). */
  readonly eitherDay: boolean;
  readonly lastsMs: number;
  readonly timeZone: string;
}

/** What holds for a count at some times: a floor, a ceiling, or both in one. */
export interface CountWindow {
  readonly when: CalendarWindow | CronWindow;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

/** Floors from the past of a service's own metrics. */
export interface ForecastSettings {
  /** Of what the load was at such times, the share (0 to 1) that the floor is to be enough for. */
  readonly quantile: number;
  /** How long before it is wanted a floor holds: a check, an instance's boot and a task's start take so long. */
  readonly aheadMs: number;
  /** By whose clock on the wall a day repeats itself. */
  readonly timeZone: string;
}

/** How many tasks a service is to have, and by what. */
export interface ScalingSettings {
  readonly minimum: number;
  readonly maximum: number;
  /** None: the calendar alone says. */
  readonly signals: readonly ScalingSignal[];
  readonly scaleOut: DirectionSettings;
  readonly scaleIn: DirectionSettings;
  /** How long no signal must have been active before the last task goes, where the minimum is 0. */
  readonly zeroAfterMs: number;
  /** What a signal counts as that failed so often in a row: it raises the count to this, and never lowers it. */
  readonly fallback: { readonly tasks: number; readonly afterFailures: number } | undefined;
  readonly calendar: readonly CountWindow[];
  readonly forecast?: ForecastSettings | undefined;
  readonly pause: { readonly what: 'all' | 'scaleIn'; readonly until: EpochMs | undefined } | undefined;
  /** How often signals are read that are far from asking for another count. */
  readonly quietReadIntervalMs: number;
}

export interface ServiceSettings {
  readonly metrics: readonly MetricSettings[];
  /** Undefined: Berth leaves its count alone. */
  readonly scaling?: ScalingSettings | undefined;
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
  /** How long the most tasks a service wanted must still fit before room is given up; undefined: learned from demand. */
  readonly peakWindowMs: number | undefined;
  readonly consolidation: ConsolidationSettings;
  readonly budgets: readonly DisruptionBudget[];
  /** While more than this share of instances (0 to 1) has no agent, nothing leaves by Berth's choice. */
  readonly circuitBreakerShare: number;
  readonly drain: DrainSettings;
  readonly rotation: RotationSettings;
  readonly repair: RepairSettings;
  /** Whether EC2's rebalance recommendations are acted on: a replacement first, then the drain. */
  readonly rebalanceRecommendations: boolean;
  /** What holds for services that say by their tags how they are scaled, but for what they say; undefined: none may. */
  readonly scalingByTags?: ScalingSettings | undefined;
  readonly headroom: readonly Headroom[];
  readonly caps: Caps;
  /** How many instances a group may be asked for within an hour before it is paused with an alarm. */
  readonly launchesPerHour: number;
  readonly taskQueue: TaskQueueSettings | undefined;
  /** Whether the cluster's state is kept from its events; undescribed by a decision, then, but for what it touches. */
  readonly mirror: boolean;
  /** How long room is made for tasks whose RunTask call was refused for want of it; undefined: it is not. */
  readonly refusedTasksMs?: number | undefined;
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
