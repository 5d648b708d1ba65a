/** What decides between two packings: tasks left over, then dollars an hour, then instances. */
export interface Figures {
  readonly unplaced: number;
  readonly price: number;
  readonly instances: number;
}

/** Prices are sums of fractions: what differs by less than a billionth is equal. */
export const isBetter = (a: Figures, b: Figures): boolean => {
  if (a.unplaced !== b.unplaced) return a.unplaced < b.unplaced;
  if (Math.abs(a.price - b.price) > 1e-9 * Math.max(a.price, b.price)) return a.price < b.price;
  return a.instances < b.instances;
};
