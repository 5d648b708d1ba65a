/** The names of all metrics Berth publishes; each costs money, so there are few (docs/metrics.md). */
export const metricNames = [
  'UnplaceableTasks',
  'StepFailures',
  'ObservationGaps',
  'MetricsWithoutData',
  'BuriedMessages',
  'OverdueInstances',
  /** Only where a cluster is mirrored. */
  'MirrorDrift',
  /** Only where forecasts are asked for. */
  'ForecastError',
] as const;

export type MetricName = (typeof metricNames)[number];

export type LogFields = Readonly<Record<string, unknown>>;

export interface Telemetry {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  count(name: MetricName, value: number): void;
}

/** Telemetry of a function. Its metrics are summed up and published together, once an invocation. */
export interface InvocationTelemetry extends Telemetry {
  /** Names the invocation in every line from now on. */
  begin(invocation: { readonly functionName: string; readonly awsRequestId: string }): void;
  /** Publishes what was counted since the last flush. Every invocation ends with it, failed ones too. */
  flush(): void;
}
