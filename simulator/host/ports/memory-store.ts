import { type ClusterMemory, type Drain, type Head, type LearnedShape, noMemory } from '../../../lib/model/memory.ts';
import { FencedError, type Remembered, type Store } from '../../../lib/ports/store.ts';

interface Entry {
  head: Head;
  /** A cluster may have drains and no head item yet. */
  hasHead: boolean;
  memory: ClusterMemory;
  readonly drains: Map<string, Drain>;
}

const newEntry = (cluster: string): Entry => ({
  head: {
    cluster,
    generation: 0,
    epoch: 0,
    nextTimerAt: undefined,
    wakeAt: undefined,
    lastDecisionAt: undefined,
    fingerprint: undefined,
  },
  hasHead: false,
  memory: noMemory,
  drains: new Map(),
});

/** Shapes of a decision over those in the store: seen ones replace, computed ones only fill gaps. */
const merged = (
  stored: ClusterMemory['shapes'],
  decided: ClusterMemory['shapes'],
): Readonly<Record<string, LearnedShape>> => ({
  ...Object.fromEntries(Object.entries(decided).filter(([, it]) => it.from === 'ec2')),
  ...stored,
  ...Object.fromEntries(Object.entries(decided).filter(([, it]) => it.from === 'instance')),
});

/**
 * The store in a map. It passes the same contract as the one on DynamoDB. What is put in is kept as it is: nothing that
 * is remembered is ever changed.
 */
export const memoryStore = (): Store => {
  const entries = new Map<string, Entry>();
  const entryOf = (cluster: string): Entry => {
    const entry = entries.get(cluster) ?? newEntry(cluster);
    entries.set(cluster, entry);
    return entry;
  };
  const headOf = (cluster: string): Entry => {
    const entry = entryOf(cluster);
    entry.hasHead = true;
    return entry;
  };
  const remembered = ({ head, memory }: Entry): Remembered => ({ head, memory });

  return {
    raiseGeneration(cluster) {
      const entry = headOf(cluster);
      entry.head = { ...entry.head, generation: entry.head.generation + 1 };
      return Promise.resolve(remembered(entry));
    },
    generation: (cluster) => Promise.resolve(entries.get(cluster)?.head.generation ?? 0),
    recall(cluster) {
      const entry = entries.get(cluster);
      return Promise.resolve(entry === undefined || entry.head.generation === 0 ? undefined : remembered(entry));
    },
    heads: (clusters) =>
      Promise.resolve(
        [...new Set(clusters)].flatMap((it) => {
          const entry = entries.get(it);
          return entry?.hasHead === true ? [{ ...entry.head }] : [];
        }),
      ),
    remember(head, memory, decision) {
      const entry = entryOf(head.cluster);
      const same = entry.head.generation === head.generation && entry.head.epoch === head.epoch;
      if (!same || head.generation === 0) return Promise.reject(new FencedError(head.cluster));
      entry.head = {
        ...entry.head,
        nextTimerAt: decision.nextTimerAt,
        wakeAt: decision.wakeAt,
        lastDecisionAt: decision.at,
      };
      entry.memory = { ...memory, shapes: merged(entry.memory.shapes, memory.shapes) };
      return Promise.resolve();
    },
    drains: (cluster) => Promise.resolve([...(entries.get(cluster)?.drains.values() ?? [])].map((it) => ({ ...it }))),
    putDrain(cluster, drain) {
      const { drains } = entryOf(cluster);
      if ((drains.get(drain.ec2InstanceId) ?? drain).cause === drain.cause)
        drains.set(drain.ec2InstanceId, { ...drain });
      return Promise.resolve();
    },
    openDrain(cluster, drain) {
      const { drains } = entryOf(cluster);
      const there = drains.get(drain.ec2InstanceId);
      const free = there === undefined || (there.cause === 'empty' && there.state !== 'terminating');
      if (free) drains.set(drain.ec2InstanceId, { ...drain });
      return Promise.resolve(free);
    },
    endDrain(cluster, { ec2InstanceId, cause }) {
      const { drains } = entryOf(cluster);
      if (drains.get(ec2InstanceId)?.cause === cause) drains.delete(ec2InstanceId);
      return Promise.resolve();
    },
    keepFingerprint(cluster, fingerprint) {
      const entry = headOf(cluster);
      entry.head = { ...entry.head, fingerprint };
      return Promise.resolve();
    },
    keepShape(cluster, group, shape) {
      const entry = headOf(cluster);
      const there = entry.memory.shapes[group];
      if (there?.from === 'instance' && there.launchSource === shape.launchSource) return Promise.resolve();
      entry.memory = { ...entry.memory, shapes: { ...entry.memory.shapes, [group]: shape } };
      return Promise.resolve();
    },
  };
};
