/**
 * Kleene's three values. `unknown` stands for "not settled by what is known", so a plan that counts on `true` alone, or
 * on `false` alone, is right whatever the missing facts turn out to be.
 */
export type Truth = boolean | 'unknown';

export const not = (it: Truth): Truth => (it === 'unknown' ? it : !it);

/** False as soon as one is false, whatever is unknown of the others. True of nothing. */
export const all = <T>(items: readonly T[], of: (item: T) => Truth): Truth => {
  let result: Truth = true;
  for (const item of items) {
    const truth = of(item);
    if (truth === false) return false;
    if (truth === 'unknown') result = truth;
  }
  return result;
};

/** True as soon as one is true, whatever is unknown of the others. False of nothing. */
export const any = <T>(items: readonly T[], of: (item: T) => Truth): Truth => not(all(items, (item) => not(of(item))));
