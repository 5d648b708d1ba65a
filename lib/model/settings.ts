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
