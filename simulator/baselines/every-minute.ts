import type { Kernel } from '../kernel/virtual-clock.ts';

const minuteMs = 60_000;

/** Calls back at the same second of every minute from now on. Returns how to stop. */
export const everyMinute = (clock: Kernel, offsetMs: number, run: () => void): (() => void) => {
  let isOver = false;
  const schedule = (at: number): void => {
    clock.at(at, () => {
      if (isOver) return;
      run();
      schedule(at + minuteMs);
    });
  };
  const thisMinute = Math.floor(clock.now() / minuteMs) * minuteMs + offsetMs;
  schedule(thisMinute <= clock.now() ? thisMinute + minuteMs : thisMinute);
  return () => {
    isOver = true;
  };
};
