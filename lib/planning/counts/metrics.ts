import type { MetricSource, MetricStat, ScalingSignal } from '../../model/settings.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';

const backlogOf = (queue: string, metricName: string): MetricStat => ({
  namespace: 'AWS/SQS',
  metricName,
  dimensions: { QueueName: queue },
  statistic: 'Maximum',
});

/** What CloudWatch is asked for a signal; undefined where Berth itself knows the number. */
export const metricOf = ({ source }: ScalingSignal, cluster: string, service: string): MetricSource | undefined => {
  const ofService = { ClusterName: cluster, ServiceName: service };
  switch (source.kind) {
    case 'cpu':
    case 'memory': {
      const metricName = source.kind === 'cpu' ? 'CPUUtilization' : 'MemoryUtilization';
      return { namespace: 'AWS/ECS', metricName, dimensions: ofService, statistic: 'Average', periodMs: minuteMs };
    }
    case 'requestsPerTarget': {
      const { targetGroup, loadBalancer } = source;
      return {
        namespace: 'AWS/ApplicationELB',
        metricName: 'RequestCountPerTarget',
        dimensions: { TargetGroup: targetGroup, ...(loadBalancer === undefined ? {} : { LoadBalancer: loadBalancer }) },
        statistic: 'Sum', // the only one that means something (Elastic Load Balancing user guide, CloudWatch metrics)
        periodMs: minuteMs,
      };
    }
    case 'responseTime': {
      const { targetGroup: TargetGroup, loadBalancer: LoadBalancer, statistic } = source;
      const dimensions = { TargetGroup, LoadBalancer };
      const metricName = 'TargetResponseTime';
      return { namespace: 'AWS/ApplicationELB', metricName, dimensions, statistic, periodMs: minuteMs };
    }
    case 'backlog': {
      const visible = backlogOf(source.queue, 'ApproximateNumberOfMessagesVisible');
      if (!source.inFlight) return { ...visible, periodMs: minuteMs };
      const inFlight = backlogOf(source.queue, 'ApproximateNumberOfMessagesNotVisible');
      return { expression: 'visible + flight', inputs: { visible, flight: inFlight }, periodMs: minuteMs };
    }
    case 'metric':
      return source.metric;
    case 'taskQueue':
      return undefined;
  }
};

/**
 * AWS's own metrics are one to several minutes late; a datapoint is stale this long after its period has ended, and says
 * as little as none.
 */
const stalePeriods = 2;
const staleMs = 5 * minuteMs;

export const isStale = (at: EpochMs, periodMs: number, now: EpochMs): boolean =>
  now - (at + periodMs) > Math.max(staleMs, stalePeriods * periodMs);
