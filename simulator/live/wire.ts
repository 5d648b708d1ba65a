/** What travels between a run and the browsers that watch it: plain data, JSON both ways. Times are epoch milliseconds. */

/** Virtual seconds a real second: 0 stands still, null is as fast as it goes (JSON knows no infinity). */
export type Speed = number | null;

/** Where an instance is in its life. `lost`: its agent is disconnected; `dead`: EC2 has stopped it. */
export type LifeStage = 'launching' | 'active' | 'draining' | 'leaving' | 'lost' | 'dead';

/**
 * What a verdict comes to, for the eye: in use, kept as spare room, empty and about to go, held by a rule or by somebody, on its
 * way in or out, in trouble, or not judged yet.
 */
export type Tone = 'use' | 'spare' | 'soon' | 'held' | 'coming' | 'leaving' | 'trouble' | 'unjudged';

export interface LiveTask {
  /** Of a standalone task its family. */
  readonly of: string;
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly status: 'starting' | 'running' | 'stopping';
}

export interface LiveInstance {
  readonly id: string;
  readonly group: string;
  readonly zone: string;
  readonly type: string;
  readonly launchedAt: number;
  readonly stage: LifeStage;
  readonly tone: Tone;
  /** Of the verdict, in two or three words. */
  readonly label: string;
  /** Why, in the plan's own words; empty before it is judged. */
  readonly detail: string;
  /** When what keeps it passes by itself. */
  readonly until: number | undefined;
  /** What it registered, or will. */
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly tasks: readonly LiveTask[];
}

export interface LiveGroup {
  readonly name: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly zones: readonly string[];
}

export interface LiveService {
  readonly name: string;
  readonly desired: number;
  readonly running: number;
  /** Asked for, and without a place. */
  readonly waiting: number;
}

/** A moment of the charts. vCPU and GiB; `paid`: what boots or leaves too. */
export interface LivePoint {
  readonly at: number;
  readonly needVcpu: number;
  readonly activeVcpu: number;
  readonly paidVcpu: number;
  readonly needGib: number;
  readonly activeGib: number;
  readonly paidGib: number;
  readonly waiting: number;
}

/** One line of the feed: a decision, or what somebody did to the cluster. */
export interface FeedEntry {
  /** Rises by one with each. */
  readonly number: number;
  readonly at: number;
  readonly from: 'berth' | 'you' | 'scenario';
  readonly lines: readonly FeedLine[];
  /** Verdicts of instances with their counts, and what else the decision noticed. */
  readonly notes: readonly string[];
}

export interface FeedLine {
  readonly text: string;
  readonly reason: string | undefined;
  /** It did not come to be: dropped, failed. */
  readonly isTrouble: boolean;
}

/** Something that is wrong on purpose, and when it ends. */
export interface LiveFault {
  readonly text: string;
  readonly until: number;
}

/** What stays the same for a whole run. */
export interface Scene {
  /** Of this run alone: a page that meets another loads itself anew. */
  readonly run: string;
  readonly speeds: readonly Speed[];
  readonly services: readonly string[];
}

export interface Totals {
  readonly runningTasks: number;
  readonly waitingTasks: number;
  readonly instanceHours: number;
  /** Terminations with a live task that Berth asked for: must be 0. */
  readonly terminationsWithLiveTask: number;
}

export interface LiveState {
  readonly scene: Scene;
  readonly now: number;
  readonly speed: Speed;
  /** Virtual seconds a real second, as measured. */
  readonly pace: number;
  readonly isOver: boolean;
  readonly totals: Totals;
  readonly groups: readonly LiveGroup[];
  readonly services: readonly LiveService[];
  readonly faults: readonly LiveFault[];
  /** By id. */
  readonly instances: Readonly<Record<string, LiveInstance>>;
  /** Oldest first. */
  readonly points: readonly LivePoint[];
  /** Oldest first. */
  readonly feed: readonly FeedEntry[];
}

/** What the page may ask of a run. */
export type Action =
  | { readonly kind: 'speed'; readonly speed: Speed }
  /** The instance named, or the fullest. */
  | { readonly kind: 'kill'; readonly instance?: string | undefined }
  /** EC2 takes back one instance, or all of a zone, after its warning of two minutes. */
  | { readonly kind: 'interrupt'; readonly instance?: string | undefined; readonly zone?: string | undefined }
  | { readonly kind: 'deploy'; readonly service: string }
  | { readonly kind: 'surge'; readonly service: string; readonly tasks: number }
  | { readonly kind: 'noCapacity'; readonly zone: string; readonly minutes: number };

/** What became of an action, in a sentence. */
export interface Answer {
  readonly ok: boolean;
  readonly said: string;
}
