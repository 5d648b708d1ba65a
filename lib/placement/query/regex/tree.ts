import type { Characters } from './characters.ts';

/** What must hold between two characters. */
export type Place = 'start' | 'end' | 'wordEdge' | 'noWordEdge';

/** A regular expression, parsed. Groups leave no trace: nothing here asks what they captured. */
export type Tree =
  | { readonly kind: 'empty' }
  | { readonly kind: 'character'; readonly among: Characters }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'sequence'; readonly parts: readonly Tree[] }
  | { readonly kind: 'choice'; readonly options: readonly Tree[] }
  /** `most` is Infinity for `*`, `+` and `{n,}`. Whether it is lazy makes no difference to a whole match. */
  | { readonly kind: 'repeat'; readonly part: Tree; readonly least: number; readonly most: number };

export const empty: Tree = { kind: 'empty' };
