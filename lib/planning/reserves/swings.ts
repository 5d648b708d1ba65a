import type { Fall, Peak, Swing } from '../../model/memory.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { levelsWith } from './levels.ts';

/**
 * What it costs to give room up and to need it again, in the time for which the same room could have been kept: the
 * drain, a load balancer's deregistration, the quiet time and the next boot, which are paid for and serve nobody, and
 * the tasks that move and wait. Whoever keeps room for so long has paid the price of coming back: so it is also the
 * longest that room is ever kept (the argument of the ski-rental problem).
 */
export const worthKeepingMs = 20 * minuteMs;

/** How finely falls are told apart in time. */
const partMs = minuteMs;

/** Falls are remembered for so long, and as many of each depth. */
const fallsLastMs = 24 * 60 * minuteMs;
const mostFalls = 16;

/** Returns are seen late, and the next may come a little later. */
const marginOf = (ms: number): number => (ms === 0 ? 0 : minuteMs + ms / 8);

/** How deep demand fell, of what it was: 0 is more than a half, 1 more than a quarter, 2 more than an eighth, 3 less. */
const depthOf = (level: number, now: number): number =>
  Math.min(3, Math.max(0, Math.floor(-Math.log2((level - now) / level))));

/** Between two levels next to one another: what was wanted up to `since` and not after. */
interface Band {
  readonly from: number;
  readonly to: number;
  readonly since: EpochMs;
}

const bandsOf = (levels: readonly Peak[]): readonly Band[] =>
  levels.slice(1).map(({ tasks, at }, n) => ({ from: tasks, to: levels[n]?.tasks ?? tasks, since: at }));

const summed = (falls: readonly Fall[]): readonly Fall[] =>
  [...Map.groupBy(falls, (it) => `${it.depth} ${it.backAfterMs ?? ''}`).values()].flatMap((alike) => {
    const [first] = alike;
    return first === undefined ? [] : [{ ...first, units: alike.reduce((sum, it) => sum + it.units, 0) }];
  });

/** What of former demand came back with this look, and what has been gone for too long to wait for. */
const fallsSeen = (before: readonly Peak[], units: number, now: EpochMs): readonly Fall[] => {
  const lowest = before.at(-1)?.tasks ?? units;
  return summed(
    bandsOf(before).flatMap(({ from, to, since }): readonly Fall[] => {
      if (now - since >= worthKeepingMs)
        return [{ at: now, depth: depthOf(to, lowest), units: to - from, backAfterMs: undefined }];
      const level = Math.min(to, units);
      return level > from
        ? [{ at: now, depth: depthOf(level, lowest), units: level - from, backAfterMs: now - since }]
        : [];
    }),
  );
};

const newestOf = (falls: readonly Fall[], now: EpochMs): readonly Fall[] =>
  [...Map.groupBy(falls, (it) => it.depth).values()].flatMap((alike) =>
    alike.filter((it) => now - it.at < fallsLastMs).slice(-mostFalls),
  );

export const noSwing: Swing = { levels: [], falls: [] };

/** What is remembered of demand, after one more look at it. */
export const swingWith = (before: Swing, units: number, now: EpochMs): Swing => {
  const levels = levelsWith(before.levels, units, now, worthKeepingMs, partMs);
  const seen = fallsSeen(before.levels, units, now);
  const isOld = before.falls.some((it) => now - it.at >= fallsLastMs);
  const falls = seen.length === 0 && !isOld ? before.falls : newestOf([...before.falls, ...seen], now);
  return levels === before.levels && falls === before.falls ? before : { levels, falls };
};

/** What keeping room for so long would have cost with these falls, in units × milliseconds. */
const costOf = (falls: readonly Fall[], keptMs: number): number =>
  falls.reduce((sum, { units, backAfterMs }) => {
    if (backAfterMs === undefined) return sum + units * keptMs;
    return sum + units * (backAfterMs <= keptMs ? backAfterMs : keptMs + worthKeepingMs);
  }, 0);

/** For how long room is kept after a fall of this depth: what would have cost least with those that are remembered. */
export const keptForMs = ({ falls }: Swing, depth: number): number => {
  const alike = falls.filter((it) => it.depth === depth);
  let best = 0;
  let least = costOf(alike, 0);
  for (const { backAfterMs = 0 } of alike) {
    const cost = costOf(alike, backAfterMs);
    if (cost < least || (cost === least && backAfterMs < best)) [best, least] = [backAfterMs, cost];
  }
  return Math.min(worthKeepingMs, best + marginOf(best));
};

/** The most of recent demand that is likely to come back soon enough. */
export interface Kept {
  readonly units: number;
  /** Until when so much was wanted. */
  readonly since: EpochMs;
  /** When it is given up. */
  readonly until: EpochMs;
}

export const keptOf = (swing: Swing, now: EpochMs): Kept | undefined => {
  const present = swing.levels.at(-1)?.tasks ?? 0;
  for (const { to, since } of bandsOf(swing.levels)) {
    const until = since + keptForMs(swing, depthOf(to, present));
    if (until > now) return { units: to, since, until };
  }
  return undefined;
};
