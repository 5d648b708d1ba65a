import { binsAsNew } from './packing/as-new.ts';
import { type Figures, isBetter } from './packing/figures.ts';
import { decreasing, fillBins } from './packing/first-fit.ts';
import { launch } from './packing/launch.ts';
import { type Bin, type Candidate, compare, type Placement, type Shape, total } from './packing/shapes.ts';

export type { Bin, Candidate, Placement, Shape } from './packing/shapes.ts';

export interface Packing {
  readonly placements: readonly Placement[];
  /** New instances by candidate id. */
  readonly launches: Readonly<Record<string, number>>;
  /** Tasks that found no place, by shape id. */
  readonly unplaced: Readonly<Record<string, number>>;
}

interface Priced {
  readonly packing: Packing;
  readonly figures: Figures;
}

/**
 * Fills the bins first fit, and packs the rest onto new instances, of which the first of a candidate are those of
 * `asNew`: they are there already and cost nothing.
 */
const packWith = (
  ordered: readonly Shape[],
  bins: readonly Bin[],
  candidates: readonly Candidate[],
  asNew: ReadonlyMap<string, readonly Bin[]>,
): Priced => {
  const { placements: there, left } = fillBins(ordered, bins);
  const countOf = (it: Candidate): number => asNew.get(it.id)?.length ?? 0;
  const { instances, unplaced } = launch(
    left,
    candidates.map((it) => (countOf(it) === 0 ? it : { ...it, available: it.available + countOf(it) })),
  );
  const placements = [...there];
  const used: Record<string, number> = {};
  const launches: Record<string, number> = {};
  let price = 0;
  for (const { candidate, loads } of instances) {
    const number = (used[candidate.id] ?? 0) + 1;
    used[candidate.id] = number;
    const bins = asNew.get(candidate.id) ?? [];
    const bin = bins[number - 1];
    const launched = number - bins.length;
    if (bin === undefined) {
      launches[candidate.id] = launched;
      price += candidate.price;
    }
    const place =
      bin === undefined
        ? { bin: `${candidate.id}#${launched}`, candidate: candidate.id }
        : { bin: bin.id, candidate: undefined };
    for (const { shape, count } of loads) placements.push({ shape, count, ...place });
  }
  return {
    packing: { placements, launches, unplaced: Object.fromEntries(unplaced) },
    figures: { unplaced: total(unplaced.values()), price, instances: total(Object.values(launches)) },
  };
};

/** Which of the empty bins to count as launched before: all, and where they are of several kinds, those of each. */
const waysToCount = (empty: readonly Bin[]): readonly ((bin: Bin) => boolean)[] => {
  const kinds = [...new Set(empty.map((it) => it.kind))].sort(compare);
  if (kinds.length === 0) return [];
  return [() => true, ...(kinds.length > 1 ? kinds.map((kind) => (it: Bin) => it.kind === kind) : [])];
};

const launchesNothing = ({ unplaced, instances }: Figures): boolean => unplaced === 0 && instances === 0;

/**
 * Places identical tasks together: what fits goes to the bins in the order given, the rest to the new instances that
 * cost least an hour. Where something would be launched, empty bins are also tried as instances that were launched
 * before, and the best is kept. Effort grows with shapes times instances, not with tasks, and has a limit counted in
 * operations.
 */
export const pack = (shapes: readonly Shape[], bins: readonly Bin[], candidates: readonly Candidate[]): Packing => {
  const ordered = decreasing(shapes.filter((it) => it.count > 0));
  const inOrder = candidates.toSorted((a, b) => compare(a.id, b.id));
  let best = packWith(ordered, bins, inOrder, new Map());
  if (launchesNothing(best.figures)) return best.packing;
  const asNew = binsAsNew(bins, inOrder, ordered);
  for (const isCounted of waysToCount([...asNew.values()].flat())) {
    const counted = new Map([...asNew].map(([id, its]) => [id, its.filter(isCounted)]));
    const apart = new Set([...counted.values()].flat());
    const others = bins.filter((it) => !apart.has(it));
    const packed = packWith(ordered, others, inOrder, counted);
    if (isBetter(packed.figures, best.figures)) best = packed;
    if (launchesNothing(best.figures)) break;
  }
  return best.packing;
};
