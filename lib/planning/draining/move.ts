import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Drain, DrainState } from '../../model/memory.ts';
import { type EpochMs, minuteMs, secondMs } from '../../model/time.ts';
import type { GroupState } from '../groups.ts';
import type { Membership, View } from '../view.ts';

/** What is left alone for a while after a drain was given up: the instance, or wherever else its tasks run too. */
export type Abandoned = 'no' | 'instance' | 'tasks';

/** What becomes of one drain in this decision. */
export type Move =
  | {
      readonly kind: 'wait';
      readonly drain: Drain;
      readonly wakeAt: EpochMs;
      /** What it waits for, in words. */
      readonly reason: string;
      /** Tasks whose protection must be known before more can be done, by ARN. */
      readonly questions: readonly string[];
    }
  | { readonly kind: 'drainAgain'; readonly drain: Drain; readonly reason: string }
  | {
      readonly kind: 'restore';
      readonly drain: Drain;
      readonly reason: string;
      /** Given up: past its deadline, because DRAINING never showed, or needed after all. To be left alone for a while. */
      readonly abandoned: Abandoned;
    }
  | {
      readonly kind: 'terminate';
      readonly drain: Drain;
      readonly group: string;
      readonly reason: string;
      /** It goes whatever it holds: past its deadline, or because EC2 takes it anyway. */
      readonly regardless: boolean;
      /** It does not count towards its group's desired capacity. */
      readonly keepsDesiredCapacity: boolean;
    }
  | { readonly kind: 'complete'; readonly drain: Drain; readonly group: string; readonly reason: string }
  | { readonly kind: 'heartbeat'; readonly drain: Drain; readonly group: string; readonly wakeAt: EpochMs }
  | {
      readonly kind: 'stopTasks';
      readonly drain: Drain;
      readonly taskArns: readonly string[];
      readonly wakeAt: EpochMs;
      readonly questions: readonly string[];
    }
  | { readonly kind: 'end'; readonly drain: Drain };

/** What the rest of the plan says of draining instances and their groups. */
export interface DrainContext {
  readonly view: View;
  readonly states: readonly GroupState[];
  /** EC2 instance ids whose room waiting tasks need; `restores` are those of draining instances. */
  readonly needed: ReadonlySet<string>;
  readonly restores: ReadonlySet<string>;
  /** Groups that get a size-changing call in this decision already. */
  readonly growing: ReadonlySet<string>;
}

/** A drain, with the instance as ECS and its group show it now. */
export interface Seen {
  readonly drain: Drain;
  readonly instance: ContainerInstance;
  readonly membership: Membership | undefined;
}

/** Emptiness is proven by two looks at least this far apart: ECS's reads may lag behind its writes. */
export const secondLookMs = 10 * secondMs;

export const enter = (drain: Drain, state: DrainState, now: EpochMs): Drain =>
  drain.state === state ? drain : { ...drain, state, since: now };

export const waitUntil = (wakeAt: EpochMs, drain: Drain, reason: string, questions: readonly string[] = []): Move => ({
  kind: 'wait',
  drain,
  wakeAt,
  reason,
  questions,
});

/** For what comes without us: the minute's look is soon enough. */
export const laterOn = (view: View, drain: Drain, reason: string): Move =>
  waitUntil(view.now + minuteMs, drain, reason);

export const restore = (view: View, drain: Drain, reason: string, abandoned: Abandoned = 'no'): Move => ({
  kind: 'restore',
  drain: enter(drain, 'restoring', view.now),
  reason,
  abandoned,
});

/**
 * The next look at a drain that is not empty, or the first of the moments at which something else is due. The last task
 * that stops sends an event; should that be lost, a minute is soon enough.
 */
export const nextLookAt = (view: View, ...due: readonly (EpochMs | undefined)[]): EpochMs => {
  const poll = view.now + minuteMs;
  return Math.min(poll, ...due.filter((it) => it !== undefined && it > view.now).map((it) => it ?? poll));
};
