/** Keeps giving the list it gave last while the items are the same ones: who reads it may know it again. */
export class SameList<T> {
  private last: readonly T[] = [];

  of(items: readonly T[]): readonly T[] {
    if (!isSame(items, this.last)) this.last = items;
    return this.last;
  }
}

/** Whether both hold the same items in the same order. */
export const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  if (a.length !== b.length) return false;
  for (let n = 0; n < a.length; n++) if (a[n] !== b[n]) return false;
  return true;
};
