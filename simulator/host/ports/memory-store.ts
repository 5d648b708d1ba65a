import type { CapacityRequest, Pause, RebalanceNotice, RefusedRun } from '../../../lib/model/asked-for.ts';
import type { DecisionRecord } from '../../../lib/model/decision.ts';
import type { ServiceForecast } from '../../../lib/model/forecast.ts';
import {
  type ClusterMemory,
  type Drain,
  type Head,
  isEndedByOthers,
  type LearnedShape,
  noMemory,
} from '../../../lib/model/memory.ts';
import type { CountHistories, WantedCount } from '../../../lib/model/service-counts.ts';
import type { CountStore } from '../../../lib/ports/count-store.ts';
import type { History } from '../../../lib/ports/history.ts';
import { FencedError, type QueuedRun, type Remembered, type Store } from '../../../lib/ports/store.ts';

interface Entry {
  head: Head;
  /** A cluster may have drains and no head item yet. */
  hasHead: boolean;
  memory: ClusterMemory;
  readonly drains: Map<string, Drain>;
  readonly capacity: Map<string, CapacityRequest>;
  readonly rebalance: Map<string, RebalanceNotice>;
  readonly refused: Map<string, RefusedRun>;
  /** Undefined: it has ended. */
  readonly runs: Map<string, QueuedRun | undefined>;
  pause: Pause | undefined;
  counts: readonly WantedCount[] | undefined;
  histories: CountHistories;
  readonly forecasts: Map<string, ServiceForecast>;
  readonly decisions: DecisionRecord[];
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
  capacity: new Map(),
  rebalance: new Map(),
  refused: new Map(),
  runs: new Map(),
  pause: undefined,
  counts: undefined,
  histories: {},
  forecasts: new Map(),
  decisions: [],
});

const isSameDrain = (
  it: Pick<Drain, 'cause' | 'startedAt'> | undefined,
  other: Pick<Drain, 'cause' | 'startedAt'>,
): boolean => it?.cause === other.cause && it.startedAt === other.startedAt;

/** In order of id, as DynamoDB lists them. */
const inOrder = <T>(map: ReadonlyMap<string, T> | undefined): readonly T[] =>
  map === undefined || map.size === 0
    ? []
    : [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, it]) => it);

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
export const memoryStore = (): Store & History & CountStore => {
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
    drainsAndAsked(cluster) {
      const entry = entries.get(cluster);
      const runs = inOrder(entry?.runs)
        .filter((it) => it !== undefined)
        .toSorted((a, b) => a.task.queuedAt - b.task.queuedAt);
      return Promise.resolve({
        drains: inOrder(entry?.drains),
        asked: {
          capacity: inOrder(entry?.capacity),
          refused: inOrder(entry?.refused),
          rebalance: inOrder(entry?.rebalance),
          pause: entry?.pause,
          counts: entry?.counts,
          queued: runs.map((it) => it.task),
        },
        runs,
      });
    },
    putDrain(cluster, drain) {
      const { drains } = entryOf(cluster);
      if (isSameDrain(drains.get(drain.ec2InstanceId) ?? drain, drain)) drains.set(drain.ec2InstanceId, { ...drain });
      return Promise.resolve();
    },
    openDrain(cluster, drain) {
      const { drains } = entryOf(cluster);
      const there = drains.get(drain.ec2InstanceId);
      const free = there === undefined || (!isEndedByOthers(there.cause) && there.state !== 'terminating');
      if (free) drains.set(drain.ec2InstanceId, { ...drain });
      return Promise.resolve(free);
    },
    endDrain(cluster, drain) {
      const { drains } = entryOf(cluster);
      if (isSameDrain(drains.get(drain.ec2InstanceId), drain)) drains.delete(drain.ec2InstanceId);
      return Promise.resolve();
    },
    putCapacity: (cluster, request) => Promise.resolve(void entryOf(cluster).capacity.set(request.id, request)),
    endCapacity: (cluster, id) => Promise.resolve(void entryOf(cluster).capacity.delete(id)),
    noteRebalance: (cluster, notice) =>
      Promise.resolve(void entryOf(cluster).rebalance.set(notice.ec2InstanceId, notice)),
    noteRefused: (cluster, run) => Promise.resolve(void entryOf(cluster).refused.set(run.id, run)),
    setPause(cluster, pause) {
      entryOf(cluster).pause = pause;
      return Promise.resolve();
    },
    endPause(cluster) {
      entryOf(cluster).pause = undefined;
      return Promise.resolve();
    },
    openQueued(cluster, run) {
      const { runs } = entryOf(cluster);
      const isNew = !runs.has(run.task.id);
      if (isNew) runs.set(run.task.id, run);
      return Promise.resolve(isNew);
    },
    keepQueued(cluster, run) {
      const { runs } = entryOf(cluster);
      if (runs.get(run.task.id) !== undefined) runs.set(run.task.id, run);
      return Promise.resolve();
    },
    endQueued: (cluster, id) => Promise.resolve(void entryOf(cluster).runs.set(id, undefined)),
    countHistories: (cluster) => Promise.resolve(entries.get(cluster)?.histories ?? {}),
    keepCountHistories(cluster, histories) {
      entryOf(cluster).histories = histories;
      return Promise.resolve();
    },
    forecasts: (cluster) => Promise.resolve(inOrder(entries.get(cluster)?.forecasts)),
    keepForecast: (cluster, it) => Promise.resolve(void entryOf(cluster).forecasts.set(it.service, it)),
    keepWantedCounts(cluster, wanted) {
      entryOf(cluster).counts = wanted;
      return Promise.resolve();
    },
    keepDecision: (cluster, decision) => Promise.resolve(void entryOf(cluster).decisions.push(decision)),
    decisions: (cluster, since) =>
      Promise.resolve((entries.get(cluster)?.decisions ?? []).filter((it) => it.at >= since)),
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
