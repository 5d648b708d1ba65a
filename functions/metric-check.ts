import { composeMetricCheck, fromEnvironment } from '../lib/compose.ts';
import { checkClusters, type MetricCheckDependencies } from '../lib/flows/metric-check.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';

export type MetricCheckHandler = Handler<unknown, void>;

/** Each minute, by schedule; what the event says does not matter. */
export const metricCheckHandler = (
  deps: MetricCheckDependencies & { readonly telemetry: InvocationTelemetry },
): MetricCheckHandler => invocation(deps.telemetry, () => checkClusters(deps));

export const handler: MetricCheckHandler = builtOnce(() => metricCheckHandler(composeMetricCheck(fromEnvironment())));
