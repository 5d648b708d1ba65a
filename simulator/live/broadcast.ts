import type { Writable } from 'node:stream';
import { type Patch, patchBetween } from './patch.ts';
import type { LiveState } from './wire.ts';

/** A browser that reads slower than the run goes gets nothing more until it has read this much less. */
const mostUnreadBytes = 1024 * 1024;

/** A line now and then where nothing changes, so that both ends notice a dead connection. */
const quietMs = 10_000;

interface Watcher {
  readonly response: Writable;
  /** Has missed a patch: the next thing it gets is the whole state. */
  isBehind: boolean;
}

const eventText = (name: 'state' | 'patch' | 'over', data: LiveState | Patch | undefined): string =>
  `event: ${name}\ndata: ${JSON.stringify(data ?? {})}\n\n`;

/** Sends every watcher the state when it comes, and from then on what changes. */
export class Broadcast {
  private readonly look: () => LiveState;
  private readonly watchers = new Set<Watcher>();
  private last: LiveState | undefined;
  private spokeAt = 0;

  constructor(look: () => LiveState) {
    this.look = look;
  }

  /** To be called a few times a second; costs nothing while nobody watches. */
  tick(): void {
    if (this.watchers.size === 0) {
      this.last = undefined;
      return;
    }
    const state = this.look();
    const patch = this.last === undefined ? undefined : patchBetween(this.last, state);
    this.last = state;
    if (patch === undefined && performance.now() - this.spokeAt < quietMs) {
      for (const it of this.watchers) if (it.isBehind) this.send(it, undefined);
      return;
    }
    this.spokeAt = performance.now();
    const text = patch === undefined ? ': still here\n\n' : eventText('patch', patch);
    for (const it of this.watchers) this.send(it, text);
  }

  /** The response's head has been written. Answers how to forget it. */
  add(response: Writable): () => void {
    this.tick(); // those who watch already are brought to the state that the newcomer begins with
    this.last ??= this.look();
    const watcher: Watcher = { response, isBehind: false };
    this.watchers.add(watcher);
    response.write(`retry: 1000\n\n${eventText('state', this.last)}`);
    return () => {
      this.watchers.delete(watcher);
    };
  }

  /** Says goodbye to all; resolves once it has been sent. */
  async end(): Promise<void> {
    this.tick();
    await Promise.all(
      [...this.watchers].map(
        ({ response }) =>
          new Promise<void>((done) => {
            response.once('close', done);
            response.end(eventText('over', undefined), done);
          }),
      ),
    );
    this.watchers.clear();
  }

  private send(to: Watcher, text: string | undefined): void {
    if (to.response.writableLength > mostUnreadBytes) {
      to.isBehind = true;
      return;
    }
    if (to.isBehind) {
      to.isBehind = false;
      to.response.write(eventText('state', this.last));
    } else if (text !== undefined) to.response.write(text);
  }
}
