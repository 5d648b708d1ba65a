/** Gives back the items in order, one at a time; only those that are asked for are ever sorted. */
export interface Heap<T> {
  pop(): T | undefined;
}

/** Takes the array over. */
export const heapOf = <T>(items: T[], order: (a: T, b: T) => number): Heap<T> => {
  const sink = (from: number): void => {
    const item = items[from];
    if (item === undefined) return;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      const left = items[child];
      if (left === undefined) break;
      const right = items[child + 1];
      let smaller = left;
      if (right !== undefined && order(right, left) < 0) {
        smaller = right;
        child++;
      }
      if (order(item, smaller) <= 0) break;
      items[at] = smaller;
      at = child;
    }
    items[at] = item;
  };
  for (let at = (items.length >> 1) - 1; at >= 0; at--) sink(at);
  return {
    pop: () => {
      const top = items[0];
      const last = items.pop();
      if (last !== undefined && items.length > 0) {
        items[0] = last;
        sink(0);
      }
      return top;
    },
  };
};
