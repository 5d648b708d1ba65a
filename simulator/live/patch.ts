import type { LiveState } from './wire.ts';

/** What changed from one look to the next; a list is sent whole where anything in it did. */
export interface Patch {
  readonly set: Partial<
    Pick<LiveState, 'now' | 'speed' | 'pace' | 'isOver' | 'totals' | 'groups' | 'services' | 'faults'>
  >;
  /** Those that came or changed. */
  readonly instances: LiveState['instances'];
  readonly gone: readonly string[];
  /** New ones; how many of the oldest go. */
  readonly points: Tail<LiveState['points'][number]>;
  readonly feed: Tail<LiveState['feed'][number]>;
}

/** How a list that grows at its end, and forgets at its beginning, went on. */
interface Tail<T> {
  readonly dropped: number;
  readonly added: readonly T[];
}

const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

const members = ['now', 'speed', 'pace', 'isOver', 'totals', 'groups', 'services', 'faults'] as const;

/** Elements are the same objects from look to look, so that the place where the old list goes on is found by identity. */
const tailOf = <T>(before: readonly T[], after: readonly T[]): Tail<T> => {
  const [first] = after;
  const dropped = first === undefined ? before.length : before.indexOf(first);
  const kept = before.length - dropped;
  const goesOn = dropped >= 0 && (kept === 0 || after[kept - 1] === before.at(-1));
  return goesOn ? { dropped, added: after.slice(kept) } : { dropped: before.length, added: after };
};

const grown = <T>(list: readonly T[], { dropped, added }: Tail<T>): readonly T[] =>
  dropped === 0 && added.length === 0 ? list : [...list.slice(dropped), ...added];

/** Undefined where nothing changed. */
export const patchBetween = (before: LiveState, after: LiveState): Patch | undefined => {
  const set = Object.fromEntries(members.flatMap((it) => (isSame(before[it], after[it]) ? [] : [[it, after[it]]])));
  const instances = Object.fromEntries(
    Object.entries(after.instances).filter(([id, it]) => !isSame(before.instances[id], it)),
  );
  const gone = Object.keys(before.instances).filter((id) => !Object.hasOwn(after.instances, id));
  const points = tailOf(before.points, after.points);
  const feed = tailOf(before.feed, after.feed);
  const isEmpty =
    [set, instances].every((it) => Object.keys(it).length === 0) &&
    [gone, points.added, feed.added].every((it) => it.length === 0) &&
    points.dropped + feed.dropped === 0;
  return isEmpty ? undefined : { set, instances, gone, points, feed };
};

/** The state that a patch leads to; what it does not name stays the same object. */
export const patched = (state: LiveState, { set, instances, gone, points, feed }: Patch): LiveState => {
  const isTouched = gone.length + Object.keys(instances).length > 0;
  const left = new Set(gone);
  const stay = Object.entries(state.instances).filter(([id]) => !left.has(id));
  return {
    ...state,
    ...set,
    instances: isTouched ? { ...Object.fromEntries(stay), ...instances } : state.instances,
    points: grown(state.points, points),
    feed: grown(state.feed, feed),
  };
};
