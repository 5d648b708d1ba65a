import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';

const fail = (error: unknown): void => {
  throw error;
};

describe('VirtualClock', () => {
  it('lets things happen in the order of their times, and of their asking where the times are equal', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.at(20, () => seen.push('c'));
    clock.at(10, () => seen.push('a'));
    clock.at(10, () => seen.push('b'));

    await clock.runUntil(15);

    expect(seen).toEqual(['a', 'b']);
    expect(clock.now()).toBe(15);
  });

  it('stands still while an actor waits for something real', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.spawn(async () => {
      await clock.call(() => new Promise((done) => setTimeout(done, 20)));
      seen.push(`answered at ${clock.now()}`);
      await clock.sleep(50);
      seen.push(`woke at ${clock.now()}`);
    }, fail);
    clock.at(10, () => seen.push('ten'));

    await clock.runUntil(100);

    expect(seen).toEqual(['answered at 0', 'ten', 'woke at 50']);
  });

  it('moves for actors that sleep side by side as for each alone', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    for (const [name, ms] of [
      ['a', 30],
      ['b', 20],
    ] as const)
      clock.spawn(async () => {
        await clock.sleep(ms);
        await clock.sleep(ms);
        seen.push(`${name} ${clock.now()}`);
      }, fail);

    await clock.runUntil(100);

    expect(seen).toEqual(['b 40', 'a 60']);
  });

  it('waits for calls that an actor left behind when it failed', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.spawn(
      async () => {
        void clock
          .call(() => new Promise((done) => setTimeout(done, 20)))
          .then(() => seen.push(`stray ended at ${clock.now()}`));
        await Promise.resolve();
        throw new Error('gave up');
      },
      (error) => seen.push(String(error)),
    );
    clock.at(10, () => seen.push('ten'));

    await clock.runUntil(100);

    expect(seen).toEqual(['Error: gave up', 'stray ended at 0', 'ten']);
  });

  it('can be interrupted between two events', async () => {
    const clock = new VirtualClock(0);
    let stop = false;
    clock.at(10, () => {
      stop = true;
    });
    clock.at(20, () => {
      fail(new Error('too late'));
    });

    await clock.runUntil(100, () => stop);

    expect(clock.now()).toBe(10);
  });

  it('refuses to put to sleep what is not an actor', async () => {
    await expect(new VirtualClock(0).sleep(1)).rejects.toThrow('only an actor');
  });
});
