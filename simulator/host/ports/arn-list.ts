/**
 * Things in the order of their ARNs, changed one by one. AWS promises no order, and who sorts by ARN has least to do
 * with this one. The list that was given is the same one as before while nothing changes, and never changes itself.
 */
export class ArnList<T extends { readonly arn: string }> {
  private items: T[] = [];
  private given = false;

  get all(): readonly T[] {
    this.given = true;
    return this.items;
  }

  put(item: T): void {
    const at = this.placeOf(item.arn);
    if (this.items[at] === item) return;
    this.own();
    this.items.splice(at, this.items[at]?.arn === item.arn ? 1 : 0, item);
  }

  remove(arn: string): void {
    const at = this.placeOf(arn);
    if (this.items[at]?.arn !== arn) return;
    this.own();
    this.items.splice(at, 1);
  }

  /** Where the item is, or would have to be put. */
  private placeOf(arn: string): number {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.items[middle]?.arn ?? '') < arn) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private own(): void {
    if (this.given) this.items = this.items.slice();
    this.given = false;
  }
}
