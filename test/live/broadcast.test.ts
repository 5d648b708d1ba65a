import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { eventLoopTurn } from '../../simulator/kernel/virtual-clock.ts';
import { Broadcast } from '../../simulator/live/broadcast.ts';
import type { LiveState } from '../../simulator/live/wire.ts';

const state = (now: number, padding = ''): LiveState => ({
  scene: { run: 'r', speeds: [0], services: [padding] },
  now,
  speed: 0,
  pace: 0,
  isOver: false,
  totals: { runningTasks: 0, waitingTasks: 0, instanceHours: 0, terminationsWithLiveTask: 0 },
  groups: [],
  services: [],
  faults: [{ text: padding, until: now }],
  instances: {},
  points: [],
  feed: [],
});

/** The events that a browser would have by now; it reads only when it is asked. */
const read = (stream: PassThrough): readonly string[] => {
  const part: unknown = stream.read();
  const text = part instanceof Buffer ? part.toString() : '';
  return [...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name ?? '');
};

describe('the broadcast of a run', () => {
  it('looks at nothing while nobody watches', () => {
    let looks = 0;
    const broadcast = new Broadcast(() => state(++looks));
    broadcast.tick();
    expect(looks).toBe(0);

    const leave = broadcast.add(new PassThrough());
    expect(looks).toBe(1);
    leave();
    broadcast.tick();
    expect(looks).toBe(1);
  });

  it('sends a patch where something changed, and nothing where nothing did', () => {
    let now = 1;
    const broadcast = new Broadcast(() => state(now));
    const browser = new PassThrough();
    broadcast.add(browser);
    expect(read(browser)).toEqual(['state']);
    broadcast.tick();
    now = 2;
    broadcast.tick();
    broadcast.tick();
    expect(read(browser)).toEqual(['patch']);
  });

  it('brings who watches already to the state that a newcomer begins with', () => {
    let now = 1;
    const broadcast = new Broadcast(() => state(now));
    const [first, second] = [new PassThrough(), new PassThrough()];
    broadcast.add(first);
    now = 2;
    broadcast.add(second);
    broadcast.tick();
    expect(read(first)).toEqual(['state', 'patch']);
    expect(read(second)).toEqual(['state']);
  });

  it('lets a browser that does not read wait, and gives it the whole state once it does', async () => {
    let now = 1;
    const broadcast = new Broadcast(() => state(now, 'x'.repeat(200_000)));
    const [slow, quick] = [new PassThrough(), new PassThrough()];
    broadcast.add(slow);
    broadcast.add(quick);
    for (let n = 0; n < 50; n++) {
      now++;
      broadcast.tick();
      read(quick);
    }
    expect(slow.writableLength + slow.readableLength).toBeLessThan(3_000_000); // not the fifty patches of 200 KB

    const caughtUp: string[] = [];
    for (let n = 0; n < 20; n++) {
      caughtUp.push(...read(slow));
      await eventLoopTurn();
    }
    expect(caughtUp.length).toBeLessThan(20);
    broadcast.tick();
    await eventLoopTurn();
    expect(read(slow)).toEqual(['state']);
  });

  it('ends with a goodbye', async () => {
    const broadcast = new Broadcast(() => state(1));
    const browser = new PassThrough();
    broadcast.add(browser);
    const ended = broadcast.end();
    browser.resume();
    await ended;
    expect(browser.writableEnded).toBe(true);
  });
});
