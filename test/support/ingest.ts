import type { IngestDependencies, Message } from '../../lib/flows/ingest.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { memoryTelemetry } from './memory-telemetry.ts';

export interface Ingest extends IngestDependencies {
  readonly telemetry: ReturnType<typeof memoryTelemetry>;
  /** What was asked, as `cluster#generation reason`. */
  readonly asked: string[];
  /** What was buried, as `source: reason`. */
  readonly buried: string[];
  /** Clusters for which asking fails. */
  readonly unreachable: Set<string>;
}

/** The parts that all ingesting flows share, for clusters `main` and `other`. */
export const ingest = (): Ingest => {
  const asked: string[] = [];
  const buried: string[] = [];
  const unreachable = new Set<string>();
  return {
    asked,
    buried,
    unreachable,
    clusters: ['main', 'other'],
    store: memoryStore(),
    telemetry: memoryTelemetry(),
    decisions: {
      ask: (cluster, generation, reason) => {
        if (unreachable.has(cluster)) return Promise.reject(new Error('queue gone'));
        asked.push(`${cluster}#${generation} ${reason}`);
        return Promise.resolve();
      },
    },
    deadLetters: {
      bury: (_, reason, source) => {
        buried.push(`${source}: ${reason}`);
        return Promise.resolve();
      },
    },
  };
};

export const messages = (...events: readonly (object | string)[]): readonly Message[] =>
  events.map((it, n) => ({ id: `m${n}`, body: typeof it === 'string' ? it : JSON.stringify(it) }));

export const taskEvent = (cluster: string): object => ({
  source: 'aws.ecs',
  'detail-type': 'ECS Task State Change',
  detail: { clusterArn: `arn:aws:ecs:eu-west-1:123456789012:cluster/${cluster}`, lastStatus: 'STOPPED' },
});
