/** What is found out of a thing, found out once: it is remembered for as long as the thing is. */
export const oncePer = <K extends object, V>(find: (of: K) => V): ((of: K) => V) => {
  const known = new WeakMap<K, { readonly value: V }>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before.value;
    const value = find(of);
    known.set(of, { value });
    return value;
  };
};

/** The same of the parts of a thing, each by itself. */
export const oncePerPart = <K extends object, P, V extends object>(find: (of: K, part: P) => V): typeof find => {
  const partsOf = oncePer<K, Map<P, V>>(() => new Map());
  return (of, part) => {
    const parts = partsOf(of);
    const before = parts.get(part);
    if (before !== undefined) return before;
    const value = find(of, part);
    parts.set(part, value);
    return value;
  };
};
