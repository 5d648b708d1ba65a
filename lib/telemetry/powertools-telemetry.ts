import { Console } from 'node:console';
import type { Writable } from 'node:stream';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { InvocationTelemetry, MetricName } from '../ports/telemetry.ts';

export interface PowertoolsTelemetryOptions {
  /** Publishes the metrics for this cluster alone; each cluster so named costs its own metrics. */
  readonly cluster?: string;
  /** Takes the lines instead of standard output. */
  readonly output?: Writable;
}

/** Becomes the `service` of every line and the one dimension of every metric. */
const serviceName = 'berth';

/** Powertools builds its console from standard output and offers no option for another. */
const redirect = (it: Logger | Metrics, output: Writable): void => {
  Reflect.set(it, 'console', new Console({ stdout: output, stderr: output }));
};

/**
 * Structured lines and metrics (EMF) by Powertools for AWS Lambda. The level comes from the environment
 * (`POWERTOOLS_LOG_LEVEL` or Lambda's own setting), the time of a line from `Date`.
 */
export const powertoolsTelemetry = ({ cluster, output }: PowertoolsTelemetryOptions = {}): InvocationTelemetry => {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({
    namespace: 'Berth',
    serviceName,
    ...(cluster === undefined ? {} : { defaultDimensions: { cluster } }),
  });
  if (output !== undefined) {
    redirect(logger, output);
    redirect(metrics, output);
  }
  const counted = new Map<MetricName, number>();

  return {
    begin: ({ functionName, awsRequestId }) => {
      logger.resetKeys();
      logger.appendKeys({ function_name: functionName, function_request_id: awsRequestId });
    },
    info: (message, fields = {}) => {
      logger.info(message, fields);
    },
    warn: (message, fields = {}) => {
      logger.warn(message, fields);
    },
    error: (message, fields = {}) => {
      logger.error(message, fields);
    },
    count: (name, value) => {
      counted.set(name, (counted.get(name) ?? 0) + value);
    },
    flush: () => {
      if (counted.size === 0) return; // Powertools would warn that there is nothing to publish
      for (const [name, value] of counted) metrics.addMetric(name, MetricUnit.Count, value);
      counted.clear();
      metrics.publishStoredMetrics();
    },
  };
};
