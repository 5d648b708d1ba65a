import type { Peak } from '../../model/memory.ts';
import type { EpochMs } from '../../model/time.ts';

/**
 * The levels after one more look: falling counts with rising times, the first the most that was wanted in the window,
 * the last what is wanted now. `at` tells since when no more than that was wanted, so a count ends where the next
 * begins, and is dropped once that is a whole window ago. What is wanted is taken to hold from one look to the next.
 * Of falls within one part of the window the highest is kept until the last of them: never forgotten early, and at most
 * a part late.
 */
export const levelsWith = (
  levels: readonly Peak[],
  tasks: number,
  now: EpochMs,
  windowMs: number,
  partMs: number,
): readonly Peak[] => {
  const higher = levels.filter((it) => it.tasks > tasks);
  const present = levels[higher.length];
  const before = higher.at(-1);
  const isSamePart =
    higher.length > 1 && before !== undefined && Math.floor(before.at / partMs) === Math.floor(now / partMs);
  const kept = isSamePart ? higher.slice(0, -1) : higher;
  const all = [...kept, { tasks, at: present?.at ?? now }];
  const first = all.findIndex((_, n) => (all[n + 1]?.at ?? Number.POSITIVE_INFINITY) > now - windowMs);
  const isUnchanged = first === 0 && present?.tasks === tasks && levels.length === all.length;
  return isUnchanged ? levels : all.slice(first);
};
