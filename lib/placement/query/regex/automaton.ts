import { type Characters, wordCharacters } from './characters.ts';
import type { Place, Tree } from './tree.ts';

/** One state: it takes a character, or moves on without one. */
type State =
  | { readonly kind: 'take'; readonly among: Characters; next: number }
  | { readonly kind: 'place'; readonly place: Place; next: number }
  | { readonly kind: 'both'; next: number; other: number }
  | { readonly kind: 'accept' };

/** The states of a regular expression, started at `start`. */
export interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
}

/** Time to match is this times the length of the value at most. */
const maximumStates = 10_000;

/** Built from the back, so that each piece knows what follows it (Thompson 1968). Undefined where it would grow too large. */
export const automatonOf = (tree: Tree): Automaton | undefined => {
  const states: State[] = [{ kind: 'accept' }];
  const add = (state: State): number => (states.length < maximumStates ? states.push(state) - 1 : 0);
  const isFull = (): boolean => states.length >= maximumStates;

  const loop = (part: Tree, next: number): number => {
    const both: State = { kind: 'both', next, other: next };
    const index = add(both);
    both.other = build(part, index);
    return index;
  };

  const optional = (part: Tree, times: number, next: number): number => {
    let start = next;
    for (let n = 0; n < times && !isFull(); n++) start = add({ kind: 'both', next, other: build(part, start) });
    return start;
  };

  /** The state that a piece begins in, where `next` is what follows it. */
  const build = (it: Tree, next: number): number => {
    if (isFull()) return next;
    switch (it.kind) {
      case 'empty':
        return next;
      case 'character':
        return add({ kind: 'take', among: it.among, next });
      case 'place':
        return add({ kind: 'place', place: it.place, next });
      case 'sequence':
        return it.parts.reduceRight((following, part) => build(part, following), next);
      case 'choice':
        return it.options
          .map((option) => build(option, next))
          .reduceRight((other, start) => add({ kind: 'both', next: start, other }));
      case 'repeat': {
        const more = Number.isFinite(it.most) ? optional(it.part, it.most - it.least, next) : loop(it.part, next);
        let start = more;
        for (let n = 0; n < it.least && !isFull(); n++) {
          const before = build(it.part, start);
          if (before === start) break; // a part without characters, however often
          start = before;
        }
        return start;
      }
    }
  };

  const start = build(tree, 0);
  return isFull() ? undefined : { states, start };
};

const isWord = (code: number | undefined): boolean => code !== undefined && wordCharacters(code);

const holds = (place: Place, before: number | undefined, after: number | undefined): boolean => {
  switch (place) {
    case 'start':
      return before === undefined;
    case 'end':
      return after === undefined;
    case 'wordEdge':
      return isWord(before) !== isWord(after);
    case 'noWordEdge':
      return isWord(before) === isWord(after);
  }
};

/** Whether the whole value matches: all states it may be in are followed at once, so no value takes more than linear time. */
export const accepts = ({ states, start }: Automaton, value: string): boolean => {
  const codes = Array.from(value, (it) => it.codePointAt(0) ?? 0);
  const seenAt = new Int32Array(states.length).fill(-1);
  let current: number[] = [];
  const enter = (first: number, position: number, entered: number[]): void => {
    const pending = [first];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      const state = states[index];
      if (state === undefined || seenAt[index] === position) continue;
      seenAt[index] = position;
      if (state.kind === 'both') pending.push(state.other, state.next);
      else if (state.kind !== 'place') entered.push(index);
      else if (holds(state.place, codes[position - 1], codes[position])) pending.push(state.next);
    }
  };
  enter(start, 0, current);
  for (const [position, code] of codes.entries()) {
    const entered: number[] = [];
    for (const index of current) {
      const state = states[index];
      if (state?.kind === 'take' && state.among(code)) enter(state.next, position + 1, entered);
    }
    current = entered;
    if (current.length === 0) return false;
  }
  return current.some((index) => states[index]?.kind === 'accept');
};
