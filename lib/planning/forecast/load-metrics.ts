import type { MetricSource, ScalingSignal } from '../../model/settings.ts';
import { minuteMs } from '../../model/time.ts';

/** A metric whose past says what a service had to do, however many tasks did it. */
export interface LoadMetric {
  readonly metric: MetricSource;
  /** As much of it as one task is to have in a period. */
  readonly perTask: number;
}

const periodMs = 5 * minuteMs;
const minutes = periodMs / minuteMs;

/**
 * The load behind a signal; undefined where none can be told: a backlog and a response time depend on how many tasks
 * there were, Berth's own queue has no past, and steps name no load of a task.
 *
 * CPU and memory are sampled once a minute of each task (ECS developer guide, service RUNNING task count), so the sum of
 * the samples is the load. Requests are those of the whole target group.
 */
export const loadMetricOf = (
  { source, measure, rule }: ScalingSignal,
  cluster: string,
  service: string,
): LoadMetric | undefined => {
  if (rule.kind !== 'target') return undefined;
  const perTask = rule.target * minutes;
  switch (source.kind) {
    case 'cpu':
    case 'memory': {
      const metricName = source.kind === 'cpu' ? 'CPUUtilization' : 'MemoryUtilization';
      const dimensions = { ClusterName: cluster, ServiceName: service };
      return { metric: { namespace: 'AWS/ECS', metricName, dimensions, statistic: 'Sum', periodMs }, perTask };
    }
    case 'requestsPerTarget': {
      if (source.loadBalancer === undefined) return undefined; // RequestCount has no dimension TargetGroup alone
      const dimensions = { TargetGroup: source.targetGroup, LoadBalancer: source.loadBalancer };
      const metric = { namespace: 'AWS/ApplicationELB', metricName: 'RequestCount', dimensions, statistic: 'Sum' };
      return { metric: { ...metric, periodMs }, perTask };
    }
    case 'metric':
      return measure === 'total' ? { metric: source.metric, perTask: rule.target } : undefined;
    case 'backlog':
    case 'responseTime':
    case 'taskQueue':
      return undefined;
  }
};
