import { shapeKey } from '../requirements.ts';
import { addRoom, at, dimensions, type Need, needOf, noRooms, spaceIn, vectorOf } from './rooms.ts';
import { type Candidate, compare, type Load, type Shape, total } from './shapes.ts';

/** Shapes that no new instance can tell apart: same needs, same candidates. */
export interface Item {
  readonly need: Need;
  readonly count: number;
  /** The shapes it stands for, by id. */
  readonly shapes: readonly Load[];
}

/** A candidate as the passes see it; what has one cell an item is in the order of the items. */
export interface Kind {
  readonly index: number;
  readonly candidate: Candidate;
  /** 0 in what no item needs. */
  readonly room: Float64Array;
  /** How many of an item an empty instance holds; 0 where the item may not go. */
  readonly most: Float64Array;
  /** The needs of the items as shares of the room, `dimensions` cells an item. */
  readonly shares: Float64Array;
}

/** What is left to be packed onto new instances, as numbers: the same, in the same order, whatever the order of input. */
export interface Problem {
  readonly items: readonly Item[];
  readonly kinds: readonly Kind[];
  /** Whether nothing but CPU and memory is needed. */
  readonly isPlain: boolean;
  /** All needs in one row, `dimensions` cells an item. */
  readonly needs: Float64Array;
  /** Dollars an hour that one task of an item takes up at least, by the dimension that it takes most of. */
  readonly values: Float64Array;
  /** Tasks that no new instance can hold; no item stands for them. */
  readonly unplaceable: readonly Load[];
}

const permissions = (shape: Shape, candidates: readonly Candidate[]): string =>
  candidates.map((it) => (shape.mayUseCandidate(it) ? '1' : '0')).join('');

interface Merged {
  readonly key: string;
  readonly allowed: string;
  readonly item: Item;
}

const itemOf = (shapes: readonly [Shape, ...Shape[]]): Item => ({
  need: needOf(shapes[0]),
  count: total(shapes.map((it) => it.count)),
  shapes: shapes.map(({ id, count }) => ({ shape: id, count })).sort((a, b) => compare(a.shape, b.shape)),
});

const mergedShapes = (shapes: readonly Shape[], candidates: readonly Candidate[]): readonly Merged[] => {
  const merged = new Map<string, { readonly allowed: string; readonly shapes: [Shape, ...Shape[]] }>();
  for (const shape of shapes) {
    const allowed = permissions(shape, candidates);
    const key = `${shapeKey(shape.requirements)} ${shape.apart ?? ''} ${allowed}`;
    const same = merged.get(key);
    if (same === undefined) merged.set(key, { allowed, shapes: [shape] });
    else same.shapes.push(shape);
  }
  return [...merged]
    .map(([key, { allowed, shapes: its }]) => ({ key, allowed, item: itemOf(its) }))
    .sort((a, b) => compare(a.key, b.key));
};

const mostOf = (candidate: Candidate, index: number, { allowed, item }: Merged): number => {
  const rooms = noRooms();
  addRoom(rooms, candidate.room);
  return allowed[index] === '1' ? spaceIn(rooms, 0, item.need, item.count) : 0;
};

const sharesOf = (room: Float64Array, needs: Float64Array): Float64Array =>
  needs.map((need, cell) => (need === 0 ? 0 : need / Math.max(1e-9, at(room, cell % dimensions))));

const dominantShare = ({ shares }: Kind, item: number): number => {
  let most = 0;
  for (let d = 0; d < dimensions; d++) most = Math.max(most, at(shares, item * dimensions + d));
  return most;
};

const valueOf = (kinds: readonly Kind[], item: number): number => {
  const able = kinds.filter((it) => at(it.most, item) > 0);
  return able.reduce((least, it) => Math.min(least, it.candidate.price * dominantShare(it, item)), Infinity);
};

export const problemOf = (shapes: readonly Shape[], all: readonly Candidate[]): Problem => {
  const candidates = all.filter((it) => it.available > 0).sort((a, b) => compare(a.id, b.id));
  const merged = mergedShapes(shapes, candidates).map((it) => ({
    item: it.item,
    most: candidates.map((candidate, index) => mostOf(candidate, index, it)),
  }));
  const placeable = merged.filter(({ most }) => most.some((it) => it > 0));
  const items = placeable.map(({ item }) => item);
  const needs = Float64Array.from(items.flatMap((it) => [...it.need.sizes]));
  const isNeeded = Array.from({ length: dimensions }, (_, d) => items.some((it) => at(it.need.sizes, d) > 0));
  const kinds = candidates.map((candidate, index): Kind => {
    const room = vectorOf(candidate.room).map((it, d) => (isNeeded[d] === true ? it : 0));
    const most = Float64Array.from(placeable, (it) => it.most[index] ?? 0);
    return { index, candidate, room, most, shares: sharesOf(room, needs) };
  });
  return {
    items,
    kinds,
    isPlain: !isNeeded.slice(2).includes(true),
    needs,
    values: Float64Array.from(items, (_, item) => valueOf(kinds, item)),
    unplaceable: merged.filter((it) => !placeable.includes(it)).flatMap((it) => it.item.shapes),
  };
};
