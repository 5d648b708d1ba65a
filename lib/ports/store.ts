import type { ClusterMemory, Drain, Head, LearnedShape } from '../model/memory.ts';
import type { EpochMs } from '../model/time.ts';

/** The head of a cluster with what the last decision left for the next: one item, one read. */
export interface Remembered {
  readonly head: Head;
  readonly memory: ClusterMemory;
}

/** Thrown by `remember` when another writer took the cluster over since the generation was raised. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  readonly cluster: string;
  constructor(cluster: string, options?: ErrorOptions) {
    super(`another writer took over cluster ${cluster}; this decision may not write`, options);
    this.cluster = cluster;
  }
}

/** What must survive an invocation. Single-item conditional writes only. */
export interface Store {
  /** Raises the generation before a decision observes; returns the item as it then stands. */
  raiseGeneration(cluster: string): Promise<Remembered>;
  /** The generation, read strongly; 0 for a cluster never decided on. */
  generation(cluster: string): Promise<number>;
  /** The item as it stands, without raising anything; undefined for a cluster never decided on. */
  recall(cluster: string): Promise<Remembered | undefined>;
  heads(clusters: readonly string[]): Promise<readonly Head[]>;
  /**
   * Writes the memory, the next timer and the time of the decision, unless generation or epoch moved on since
   * `head` was read. Shapes that `keepShape` wrote meanwhile are kept: of the memory's own shapes those seen on an
   * instance replace what is there, those computed from EC2's figures only fill gaps.
   * @throws FencedError
   */
  remember(
    head: Head,
    memory: ClusterMemory,
    decision: {
      readonly at: EpochMs;
      readonly nextTimerAt: EpochMs | undefined;
      readonly wakeAt: EpochMs | undefined;
    },
  ): Promise<void>;
  /** All drains of a cluster, read strongly. */
  drains(cluster: string): Promise<readonly Drain[]>;
  /** Creates a drain or moves it on; does nothing where it has meanwhile got another cause. */
  putDrain(cluster: string, drain: Drain): Promise<void>;
  /**
   * Creates a drain for an instance that somebody else ends, or takes over the one of an empty instance; false where
   * such an ending was known already.
   */
  openDrain(cluster: string, drain: Drain): Promise<boolean>;
  /** Forgets a drain, unless it has meanwhile got another cause. */
  endDrain(cluster: string, drain: Pick<Drain, 'ec2InstanceId' | 'cause'>): Promise<void>;
  /** Keeps the statistics the minute check last saw. */
  keepFingerprint(cluster: string, fingerprint: string): Promise<void>;
  /** Keeps a shape computed from EC2's figures, unless one seen on an instance of the same launch source is there. */
  keepShape(cluster: string, group: string, shape: LearnedShape): Promise<void>;
}
