import type { ForecastDependencies } from '../../../lib/flows/forecast.ts';
import type { MetricCheckDependencies } from '../../../lib/flows/metric-check.ts';
import type { UrgentEventsDependencies } from '../../../lib/flows/urgent-events.ts';
import type { GroupWriter } from '../../../lib/ports/group-api.ts';
import type { World } from '../../world/world.ts';
import { chargedStore } from './charged-store.ts';
import { portsClusterReader } from './cluster-reader.ts';
import { portsClusterWriter } from './cluster-writer.ts';
import { portsGroupReader } from './group-reader.ts';
import { portsGroupWriter } from './group-writer.ts';
import { type HostQueues, queuePorts } from './host-queues.ts';
import { memoryStore } from './memory-store.ts';
import { portsMetricHistory, portsMetricReader } from './metric-reader.ts';
import type { Requests } from './requests.ts';
import { portsShapeReader } from './shape-reader.ts';

/** All that Berth's flows reach the outside by, but for time and telemetry. */
export type Ports = Pick<UrgentEventsDependencies, 'cluster' | 'clusterWriter' | 'groups' | 'store'> &
  Pick<
    MetricCheckDependencies,
    'metrics' | 'counts' | 'scalableTargets' | 'shapes' | 'wakeUps' | 'decisions' | 'deadLetters'
  > & {
    readonly groupWriter: GroupWriter;
    readonly metricHistory: ForecastDependencies['metrics'];
  };

/** The ports over a world at hand: no SDK, no wire. */
export const portsOver = (world: World, requests: Requests, queues: HostQueues): Ports => {
  const store = chargedStore(memoryStore(), requests);
  return {
    cluster: portsClusterReader(world, requests),
    clusterWriter: portsClusterWriter(requests),
    groups: portsGroupReader(world, requests),
    groupWriter: portsGroupWriter(requests),
    metrics: portsMetricReader(world, requests),
    metricHistory: portsMetricHistory(world, requests),
    shapes: portsShapeReader(world, requests),
    store,
    counts: store,
    scalableTargets: { scalableTargets: () => Promise.resolve({ items: [], gaps: [] }) }, // a world has none
    ...queuePorts(queues, requests),
  };
};
