import type { AskedFor, CapacityRequest, Pause, QueuedTask, RebalanceNotice, RefusedRun } from '../model/asked-for.ts';
import type { DecisionRecord } from '../model/decision.ts';
import type { ClusterMemory, Drain, Head, LearnedShape } from '../model/memory.ts';
import type { EpochMs } from '../model/time.ts';
import type { RunTaskRequest } from './cluster-api.ts';

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

/** A task of Berth's own queue, with all that it takes to run it. */
export interface QueuedRun {
  /** `tasks` are those that have yet to be started. */
  readonly task: QueuedTask;
  readonly request: Omit<RunTaskRequest, 'clientToken' | 'count'>;
  /** The calls of RunTask that were answered. The next has a client token of its own, a repeated one the same. */
  readonly tries: number;
  readonly nextTryAt: EpochMs;
}

/** What a decision reads besides the head: drains, and what was asked for, be it over by now or not. */
export interface DrainsAndAsked {
  readonly drains: readonly Drain[];
  readonly asked: AskedFor;
  /** Those of `asked.queued` in full, in the same order. */
  readonly runs: readonly QueuedRun[];
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
  /** One read, strongly. Lists are in order of id, the queued tasks the oldest first. */
  drainsAndAsked(cluster: string): Promise<DrainsAndAsked>;
  /** Creates a drain or moves it on; does nothing where it has meanwhile got another cause or beginning. */
  putDrain(cluster: string, drain: Drain): Promise<void>;
  /**
   * Creates a drain that was not a decision's: a person's, or for an instance that somebody else ends, with a beginning of
   * its own; or has a person take one back. It takes over one of Berth's own; false where that is terminating, or an ending by others was known already.
   */
  openDrain(cluster: string, drain: Drain): Promise<boolean>;
  /** Forgets a drain, unless it has meanwhile got another cause or beginning. */
  endDrain(cluster: string, drain: Pick<Drain, 'ec2InstanceId' | 'cause' | 'startedAt'>): Promise<void>;
  /** Keeps the statistics the minute check last saw. */
  keepFingerprint(cluster: string, fingerprint: string): Promise<void>;
  /** Keeps a shape computed from EC2's figures, unless one seen on an instance of the same launch source is there. */
  keepShape(cluster: string, group: string, shape: LearnedShape): Promise<void>;
  /** Asked again under the same id, it replaces what was asked. */
  putCapacity(cluster: string, request: CapacityRequest): Promise<void>;
  endCapacity(cluster: string, id: string): Promise<void>;
  /** One an instance: the newest. */
  noteRebalance(cluster: string, notice: RebalanceNotice): Promise<void>;
  /** One a call: told again, it is the same. */
  noteRefused(cluster: string, run: RefusedRun): Promise<void>;
  setPause(cluster: string, pause: Pause): Promise<void>;
  endPause(cluster: string): Promise<void>;
  /** False where it is, or was within a day, there already: from an earlier delivery of the same message. */
  openQueued(cluster: string, run: QueuedRun): Promise<boolean>;
  /** Keeps how far it got; does nothing where it has ended meanwhile. */
  keepQueued(cluster: string, run: QueuedRun): Promise<void>;
  /** Nothing is left of it but that it was there. */
  endQueued(cluster: string, id: string, at: EpochMs): Promise<void>;
  /** Kept for people, for a week; `History` reads them. */
  keepDecision(cluster: string, decision: DecisionRecord): Promise<void>;
}
