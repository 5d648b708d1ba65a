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
  get blocked(): boolean {
    return (this.open > 0 || this.ended) && this.parked === this.open;
  }
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
  private readonly actors = new Set<Actor>();
  private readonly current = new AsyncLocalStorage<{ readonly actor: Actor; readonly inCall: boolean }>();
  private readonly agenda = new TinyQueue<Entry>([], (a, b) => a.at - b.at || a.order - b.order);
  private readonly onMove: (now: number) => void;

  /** `onMove` is told each new time before anything due then happens (the faked Date follows it). */
  constructor(start: number, onMove: (now: number) => void = () => undefined) {
    this.time = start;
    this.onMove = onMove;
  }

  now(): number {
    return this.time;
  }

  at(timeMs: number, wake: () => void): void {
    this.agenda.push({ at: Math.max(this.time, Math.round(timeMs)), order: this.order++, wake });
  }

  /** Runs an actor. It counts as busy until it has ended *and* its stray calls have; a rejection goes to `onError`. */
  spawn(run: () => Promise<void>, onError: (error: unknown) => void): void {
    const actor = new Actor();
    this.actors.add(actor);
    void this.current
      .run({ actor, inCall: false }, run)
      .catch(onError)
      .finally(() => {
        actor.ended = true;
        this.wakeKernel?.();
      });
  }

  /** Wraps one outside call, retries included, so that the clock knows what its actor waits for. */
  async call<T>(run: () => Promise<T>): Promise<T> {
    const here = this.current.getStore();
    if (here === undefined || here.inCall) return run();
    const { actor } = here;
    actor.open++;
    try {
      return await this.current.run({ actor, inCall: true }, run);
    } finally {
      actor.open--;
      if (actor.blocked) this.wakeKernel?.();
    }
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
            actor.parked--;
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
      if (actor.ended && actor.open === 0) this.actors.delete(actor);
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
      while (this.busy) {
        await new Promise<void>((done) => {
          this.wakeKernel = done;
        });
        await turn(); // what has just been answered may have more to ask
      }
      const next = this.agenda.peek();
      if (next === undefined || next.at > end) {
        this.moveTo(end);
        return;
      }
      this.agenda.pop();
      this.moveTo(next.at);
      next.wake();
      // What was woken must run up to its next call before anybody asks whether it is blocked.
      if (this.actors.size > 0) await turn();
    }
  }

  private moveTo(time: number): void {
    if (time === this.time) return;
    this.time = time;
    this.onMove(time);
  }
}

/** Lets everything that can run now run. */
const turn = (): Promise<void> =>
  new Promise((done) => {
    setImmediate(done);
  });
