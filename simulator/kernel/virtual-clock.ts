import { AsyncLocalStorage } from 'node:async_hooks';
import TinyQueue from 'tinyqueue';

/** What the world needs of time: to read it, and to be called back at a later moment. */
export interface Kernel {
  now(): number;
  /** Calls `wake` at `timeMs`, or at once (after what is already due) where that lies in the past. */
  at(timeMs: number, wake: () => void): void;
}

/** One invocation. It is blocked when every outside call it has open waits on virtual time. */
class Actor {
  open = 0;
  parked = 0;
  ended = false;
  killed = false;
  get blocked(): boolean {
    return (this.open > 0 || this.ended || this.killed) && this.parked === this.open;
  }
  /** Nothing of it will ever go on. */
  get gone(): boolean {
    return this.killed ? this.blocked : this.ended && this.open === 0;
  }
}

/** What the one who spawned an actor can do to it. */
export interface Spawned {
  /** From now on it makes no call and wakes from no sleep; what it has sent already still arrives. */
  readonly kill: () => void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/**
 * A discrete-event clock under real I/O: time moves only when every actor is blocked or gone, so the order of events
 * does not depend on how fast the machine, the sockets or the event loop are.
 */
export class VirtualClock implements Kernel {
  private time: number;
  private order = 0;
  private wakeKernel: (() => void) | undefined;
  /** Whether an actor has been let go on since all were last seen to be blocked. */
  private stirred = false;
  private readonly actors = new Set<Actor>();
  private readonly current = new AsyncLocalStorage<{ readonly actor: Actor; readonly inCall: boolean }>();
  private readonly agenda = new TinyQueue<Entry>([], (a, b) => a.at - b.at || a.order - b.order);
  private readonly onMove: (now: number) => void;
  private readonly settle: Settle;

  /**
   * `onMove` is told each new time before anything due then happens (the faked Date follows it). `settle` is how actors
   * are let run up to their next call: `eventLoopTurn` where they have real I/O.
   */
  constructor(start: number, onMove: (now: number) => void = () => undefined, settle: Settle = eventLoopTurn) {
    this.time = start;
    this.onMove = onMove;
    this.settle = settle;
  }

  now(): number {
    return this.time;
  }

  at(timeMs: number, wake: () => void): void {
    this.agenda.push({ at: Math.max(this.time, Math.round(timeMs)), order: this.order++, wake });
  }

  /** Runs an actor. It counts as busy until it has ended *and* its stray calls have; a rejection goes to `onError`. */
  spawn(run: () => Promise<void>, onError: (error: unknown) => void): Spawned {
    const actor = new Actor();
    this.actors.add(actor);
    this.stirred = true;
    void this.current
      .run({ actor, inCall: false }, run)
      .catch(onError)
      .finally(() => {
        actor.ended = true;
        this.wakeKernel?.();
      });
    return {
      kill: () => {
        actor.killed = true;
        this.wakeKernel?.();
      },
    };
  }

  /** Wraps one outside call, retries included, so that the clock knows what its actor waits for. */
  async call<T>(run: () => Promise<T>): Promise<T> {
    const here = this.current.getStore();
    if (here === undefined || here.inCall) return run();
    const { actor } = here;
    actor.open++;
    if (actor.killed) return this.never(actor);
    try {
      return await this.current.run({ actor, inCall: true }, run);
    } finally {
      actor.open--;
      if (actor.blocked) this.wakeKernel?.();
    }
  }

  /** Where a killed actor stays. */
  private never<T>(actor: Actor): Promise<T> {
    actor.parked++;
    if (actor.blocked) this.wakeKernel?.();
    return new Promise<T>(() => undefined);
  }

  /** Parks the calling actor for so much virtual time. */
  async sleep(ms: number): Promise<void> {
    const actor = this.current.getStore()?.actor;
    if (actor === undefined) throw new Error('only an actor spawned on this clock can sleep on it');
    await this.call(
      () =>
        new Promise<void>((done) => {
          actor.parked++;
          this.at(this.time + ms, () => {
            if (actor.killed) return;
            actor.parked--;
            this.stirred = true;
            done();
          });
          if (actor.blocked) this.wakeKernel?.();
        }),
    );
  }

  /** Whether any actor still runs; those that are gone are forgotten on the way. */
  private get busy(): boolean {
    for (const actor of this.actors) {
      if (!actor.blocked) return true;
      if (actor.gone) this.actors.delete(actor);
    }
    return false;
  }

  /** The time of the next thing to happen, or undefined when nothing ever will. */
  nextAt(): number | undefined {
    return this.agenda.peek()?.at;
  }

  /** Lets everything up to and including `end` happen, then stands at `end`. */
  async runUntil(end: number, interrupted: () => boolean = () => false): Promise<void> {
    while (!interrupted()) {
      if (this.stirred) await this.untilBlocked();
      const next = this.agenda.peek();
      if (next === undefined || next.at > end) {
        this.moveTo(end);
        return;
      }
      this.agenda.pop();
      this.moveTo(next.at);
      next.wake();
    }
  }

  /** What was woken must run up to its next call before anybody asks whether it is blocked. */
  private async untilBlocked(): Promise<void> {
    this.stirred = false;
    await this.settle();
    while (this.busy) {
      await new Promise<void>((done) => {
        this.wakeKernel = done;
      });
      await this.settle(); // what has just been answered may have more to ask
    }
  }

  private moveTo(time: number): void {
    if (time === this.time) return;
    this.time = time;
    this.onMove(time);
  }
}

/** Lets everything that can run now run. */
export type Settle = () => Promise<void>;

/** Real I/O included. */
export const eventLoopTurn: Settle = () =>
  new Promise((done) => {
    setImmediate(done);
  });

/** Only what follows from promises: ticks come after all of it. Much cheaper, for actors that wait on virtual time alone. */
export const promisesOnly: Settle = async () => {
  await Promise.resolve(); // from here on in a microtask, whose queue is emptied before the next tick
  await new Promise<void>((done) => {
    process.nextTick(done);
  });
};
