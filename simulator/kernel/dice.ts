/** Seeded randomness: the same seed gives the same numbers on every machine. */
export interface Dice {
  /** Uniform in [0, 1). */
  next(): number;
  /** An independent stream named `name`: drawing from it does not change what this one gives. */
  fork(name: string): Dice;
}

const hash = (text: string, seed: number): number => {
  let h = (seed ^ 0x9e3779b9) >>> 0;
  for (const char of text) {
    h = Math.imul(h ^ (char.codePointAt(0) ?? 0), 0x85ebca6b) >>> 0;
    h = ((h << 13) | (h >>> 19)) >>> 0;
  }
  return h;
};

/** Mulberry32 (public domain, T. Ettinger's 32-bit generator): small, fast, good enough for simulated luck. */
export const seededDice = (seed: number): Dice => {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    },
    fork: (name) => seededDice(hash(name, seed)),
  };
};

export const pick = <T>(dice: Dice, items: readonly T[]): T | undefined =>
  items[Math.floor(dice.next() * items.length)];

/** Uniform between two bounds, rounded to a whole number. */
export const between = (dice: Dice, low: number, high: number): number => Math.round(low + dice.next() * (high - low));
