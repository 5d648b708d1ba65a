import { mostWorth } from './knapsack.ts';
import { type Master, masterOf, type Share } from './master.ts';
import type { Pattern, Rest } from './pattern.ts';
import type { Kind, Problem } from './problem.ts';
import { at } from './rooms.ts';
import { total } from './shapes.ts';
import { spend, type Work } from './work.ts';

const tiny = 1e-7;

/** Patterns worth having, each once, in the order in which they were found. */
export interface Pool {
  readonly patterns: readonly Pattern[];
  readonly add: (pattern: Pattern) => void;
}

const keyOf = ({ kind, portions }: Pattern): string =>
  [kind.index, ...portions.map((it) => `${it.item}x${it.count}`)].join(' ');

export const poolOf = (): Pool => {
  const known = new Map<string, Pattern>();
  const patterns: Pattern[] = [];
  return {
    patterns,
    add: (pattern) => {
      const key = keyOf(pattern);
      if (pattern.portions.length === 0 || known.has(key)) return;
      known.set(key, pattern);
      patterns.push(pattern);
    },
  };
};

/** The linear program as far as it was solved. */
export interface Relaxation {
  readonly shares: readonly Share[];
  /** By item: what one more task would cost, by how well it goes together with the others. */
  readonly worths: Float64Array;
  /** Dollars an hour, with instances in fractions. */
  readonly price: number;
}

const bestKnown = (master: Master, patterns: readonly Pattern[], work: Work): Pattern | undefined => {
  let best: Pattern | undefined;
  let most = tiny;
  for (const it of patterns) {
    spend(work, it.portions.length);
    const saving = master.saving(it);
    if (saving <= most) continue;
    most = saving;
    best = it;
  }
  return best;
};

/** Lets everything enter that is known already and saves something. */
const settle = (master: Master, pool: Pool, work: Work): void => {
  while (work.left > 0) {
    if (master.enterGap()) continue;
    const best = bestKnown(master, pool.patterns, work);
    if (best === undefined) return;
    master.enter(best);
  }
};

/**
 * Column generation (Gilmore and Gomory 1961, 1963): solve over the patterns known, ask of each kind of instance which
 * filling is worth most by the duals, add it, until no filling saves anything or the work is used up. Where the knapsack
 * gave up early the end is near the optimum rather than at it; that is good enough to round from.
 */
export const relax = (problem: Problem, rest: Rest, pool: Pool, width: number, work: Work): Relaxation => {
  const master = masterOf(problem, rest, work);
  settle(master, pool, work);
  const improves = (kind: Kind): boolean => {
    if (at(rest.launches, kind.index) === 0 || work.left <= 0) return false;
    const threshold = kind.candidate.price - at(master.duals, problem.items.length + kind.index) + tiny;
    const found = mostWorth(problem, kind, rest.tasks, master.duals, { threshold, width }, work);
    for (const it of found) {
      pool.add(it);
      if (master.saving(it) > tiny) master.enter(it);
    }
    return found.length > 0;
  };
  for (let improved = true; improved; ) {
    improved = problem.kinds.filter(improves).length > 0;
    settle(master, pool, work);
  }
  const shares = master.shares();
  const price = total(shares.map((it) => it.instances * it.pattern.kind.candidate.price));
  return { shares, worths: master.duals.slice(0, problem.items.length), price };
};
