import { fillUp, openOf, type Rule } from './fill.ts';
import { copyOf, type Filling, type Pattern, type Rest, repeatsIn, type Solution, take } from './pattern.ts';
import type { Kind, Problem } from './problem.ts';
import { at } from './rooms.ts';
import type { Work } from './work.ts';

/** What the tasks on one instance are worth for each dollar that it costs. */
const worthPerDollar = ({ kind, portions }: Pattern, values: Float64Array): number =>
  portions.reduce((sum, it) => sum + it.count * at(values, it.item), 0) / Math.max(1e-9, kind.candidate.price);

/**
 * Launches one instance after another, each filled by the rule, and each time of the kind whose filling is worth most
 * per dollar: the kind is settled last, for a large instance pays only while there is enough to fill it. A filling is
 * repeated while the counts last, so the effort grows with the number of different fillings, not of instances.
 */
export const binCentric = (
  problem: Problem,
  start: Rest,
  rule: Rule,
  values: Float64Array,
  work: Work,
): Solution | undefined => {
  const rest = copyOf(start);
  const fillings: Filling[] = [];
  const known = new Map<Kind, Pattern>();
  // A filling stays the rule's choice until something in it has run out: what was not chosen is not missed.
  const filled = (kind: Kind): Pattern => {
    const before = known.get(kind);
    if (before !== undefined && repeatsIn(rest, before) > 0) return before;
    const pattern = fillUp(problem, openOf(kind), rest.tasks, rule, work);
    known.set(kind, pattern);
    return pattern;
  };
  for (;;) {
    let best: Pattern | undefined;
    for (const kind of problem.kinds) {
      if (at(rest.launches, kind.index) === 0) continue;
      const pattern = filled(kind);
      if (pattern.portions.length === 0) continue;
      if (best === undefined || worthPerDollar(pattern, values) > worthPerDollar(best, values)) best = pattern;
    }
    if (work.left < 0) return undefined;
    if (best === undefined) return { fillings, unplaced: rest.tasks };
    const filling = { ...best, repeat: repeatsIn(rest, best) };
    fillings.push(filling);
    take(rest, filling);
  }
};
