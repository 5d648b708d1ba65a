import type { Cause } from '../world/log.ts';
import {
  type ClusterListener,
  type WatchedTask,
  type WatchedWant,
  type WatchedWorld,
  watchCluster,
} from './cluster-watch.ts';
import { type Distribution, distributionOf } from './quantiles.ts';

/** The parts of a task's wait that had to wait for a new instance, in the order in which they pass. */
export const stages = ['trigger', 'queue', 'decision', 'launchCall', 'boot', 'placement', 'start'] as const;
export type Stage = (typeof stages)[number];

/**
 * The same in three, as they can be told of any controller. `decision`: asked for → the call that made the instance
 * come. `launch`: until it is registered. `placement`: until RUNNING.
 */
export const spans = ['decision', 'launch', 'placement'] as const;
export type Span = (typeof spans)[number];

/** When the steps between wanting and having happened, as far as they are known. */
export interface LaunchPath {
  /** The event that led to the launch reached its queue. */
  readonly queuedAt: number;
  /** Spent in queues after that: until the ingesting function began, and from its ask until the decision began. */
  readonly inQueuesMs: number;
  /** The call that raised the desired capacity left the decider, and was answered. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Who knows how a launching call came about: the host, by the call's caller. */
export type PathOf = (caller: string, atMs: number) => LaunchPath | undefined;

export interface WaitFigures {
  /** Asked for → RUNNING; tasks that never ran count to the end of the run. */
  readonly all: Distribution | undefined;
  /** Those that needed a new instance, whole, by stage where the path is known, and by span. */
  readonly needingLaunch: Distribution | undefined;
  readonly byStage: Readonly<Record<Stage, Distribution | undefined>>;
  readonly bySpan: Readonly<Record<Span, Distribution | undefined>>;
  /**
   * trigger + queue + decision + launchCall, up to the first call that raised a size after the task was asked for: what
   * Berth, rather than EC2 and ECS, is answerable for. On which of the new instances a task runs, ECS chooses: where it
   * gives the room to another, the task runs on one that was launched later, for a task that was asked for later.
   */
  readonly ownShare: Distribution | undefined;
  readonly wanted: number;
  readonly ran: number;
  readonly withdrawn: number;
  /** Still without a RUNNING task at the end of the run. */
  readonly waitingAtEnd: number;
}

type Parts = Readonly<Record<Stage, number>>;

/** Cuts a wait at each step. A step that lay before the wait began takes no time of it. */
const split = (task: WatchedTask, registered: number, path: LaunchPath, runningAt: number): Parts => {
  const { askedAt } = task.want;
  const from = (at: number): number => Math.max(askedAt, at);
  const queuedAt = from(path.queuedAt);
  const sentAt = from(path.sentAt);
  const answeredAt = from(path.answeredAt);
  const registeredAt = from(registered);
  const placedAt = from(task.placedAt);
  const queue = Math.min(path.inQueuesMs, sentAt - queuedAt);
  return {
    trigger: queuedAt - askedAt,
    queue,
    decision: sentAt - queuedAt - queue,
    launchCall: answeredAt - sentAt,
    boot: registeredAt - answeredAt,
    placement: placedAt - registeredAt,
    start: runningAt - placedAt,
  };
};

/** A meter of waits that is told of a cluster; `now` is the end of the run so far. */
export interface Waits {
  readonly listener: ClusterListener;
  figures(now: number): WaitFigures;
  /** How many tasks wait now. */
  waiting(): number;
  /** Of every task that ran, in that order, then of those that still wait. */
  waitsMs(now: number): readonly number[];
  /** Time that tasks spent waiting, summed; of those that were withdrawn until then. */
  backlogTaskSeconds(now: number): number;
}

export const followWaits = (pathOf: PathOf): Waits => {
  const open = new Set<WatchedWant>();
  /** When a call changed a desired capacity, by its id: its instances are requested a moment later. */
  const calledAt = new Map<number, number>();
  const waits: number[] = [];
  const launchWaits: number[] = [];
  const parts: Parts[] = [];
  const ownShares: number[] = [];
  /** Calls that raised a size, as far as it is known how they came about; the latest last. */
  const growths: LaunchPath[] = [];
  const inSpans: Record<Span, number>[] = [];
  let wanted = 0;
  let withdrawn = 0;
  let withdrawnWaitsMs = 0;

  const callOf = (cause: Cause, otherwise: number): number =>
    cause.kind === 'call' ? (calledAt.get(cause.callId) ?? otherwise) : otherwise;

  const needed = (task: WatchedTask, at: number): void => {
    const { askedAt } = task.want;
    const { cause, requestedAt, registeredAt } = task.instance;
    if (registeredAt === undefined || registeredAt <= askedAt) return;
    launchWaits.push(at - askedAt);
    const called = Math.max(askedAt, callOf(cause, requestedAt));
    inSpans.push({ decision: called - askedAt, launch: registeredAt - called, placement: at - registeredAt });
    const path = cause.kind === 'call' ? pathOf(cause.caller, requestedAt) : undefined;
    if (path === undefined) return;
    parts.push(split(task, registeredAt, path, at));
    const first = growths.find((it) => it.sentAt >= askedAt && it.sentAt < path.sentAt) ?? path;
    const { trigger, queue, decision, launchCall } = split(task, registeredAt, first, at);
    ownShares.push(trigger + queue + decision + launchCall);
  };

  const waitingMs = (now: number): readonly number[] => [...open].map((it) => now - it.askedAt);
  const total = (all: readonly number[]): number => all.reduce((sum, it) => sum + it, 0);

  return {
    listener: {
      wanted: (want) => {
        wanted++;
        open.add(want);
      },
      withdrawn: (want, at) => {
        open.delete(want);
        withdrawn++;
        withdrawnWaitsMs += at - want.askedAt;
      },
      ran: (task, at) => {
        open.delete(task.want);
        waits.push(at - task.want.askedAt);
        needed(task, at);
      },
      capacityChanged: (_group, at, from, to, cause) => {
        if (cause.kind !== 'call') return;
        calledAt.set(cause.callId, at);
        const path = to > from ? pathOf(cause.caller, at) : undefined;
        if (path !== undefined) growths.push(path);
      },
    },
    figures: (now) => {
      const stage = (name: Stage): Distribution | undefined => distributionOf(parts.map((it) => it[name]));
      const span = (name: Span): Distribution | undefined => distributionOf(inSpans.map((it) => it[name]));
      return {
        all: distributionOf([...waits, ...waitingMs(now)]),
        needingLaunch: distributionOf(launchWaits),
        byStage: {
          trigger: stage('trigger'),
          queue: stage('queue'),
          decision: stage('decision'),
          launchCall: stage('launchCall'),
          boot: stage('boot'),
          placement: stage('placement'),
          start: stage('start'),
        },
        bySpan: { decision: span('decision'), launch: span('launch'), placement: span('placement') },
        ownShare: distributionOf(ownShares),
        wanted,
        ran: waits.length,
        withdrawn,
        waitingAtEnd: open.size,
      };
    },
    waiting: () => open.size,
    waitsMs: (now) => [...waits, ...waitingMs(now)],
    backlogTaskSeconds: (now) => (total(waits) + total(waitingMs(now)) + withdrawnWaitsMs) / 1_000,
  };
};

/** Follows the waits of replica and standalone tasks of a world from now on. */
export const waitMeter = (world: WatchedWorld, pathOf: PathOf): ((nowMs: number) => WaitFigures) => {
  const waits = followWaits(pathOf);
  watchCluster({ world, arrivals: [] }, [waits.listener]);
  return (now) => waits.figures(now);
};
