/** The names of all metrics Berth publishes; each costs money, so there are few. */
export type MetricName =
  | 'UnplaceableTasks'
  | 'StepFailures'
  | 'ObservationGaps'
  | 'MetricsWithoutData'
  | 'BuriedMessages'
  | 'OverdueInstances';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Telemetry {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  count(name: MetricName, value: number): void;
}
