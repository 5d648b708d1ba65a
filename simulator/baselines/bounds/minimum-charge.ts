/** Dollars an hour that running instances cost at least, from a moment until the next step's. */
export interface CostStep {
  readonly atMs: number;
  readonly dollarsPerHour: number;
}

const hourMs = 3_600_000;

/** EC2 bills Linux instances by the second, 60 s at least for each launch (Amazon EC2 On-Demand pricing). */
const leastChargedMs = 60_000;

const mostEndsPerStart = 32;

interface Peak {
  readonly fromMs: number;
  readonly toMs: number;
  readonly gain: number;
}

/** ∫ cost dt from 0, in dollars, at any moment. */
const integralOf = (steps: readonly CostStep[]): ((ms: number) => number) => {
  const sums: number[] = [];
  let sum = 0;
  steps.forEach((step, n) => {
    const before = steps[n - 1];
    if (before !== undefined) sum += (before.dollarsPerHour * (step.atMs - before.atMs)) / hourMs;
    sums.push(sum);
  });
  return (ms) => {
    let low = 0;
    let high = steps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((steps[middle]?.atMs ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    const step = steps[low - 1];
    return step === undefined ? 0 : (sums[low - 1] ?? 0) + (step.dollarsPerHour * (ms - step.atMs)) / hourMs;
  };
};

/** What weighing a short peak as if it lasted the least charged time gains, where nothing is weighed around it. */
const peaksOf = (steps: readonly CostStep[], endMs: number): readonly Peak[] => {
  const integral = integralOf(steps);
  const peaks: Peak[] = [];
  steps.forEach((start, n) => {
    if (start.dollarsPerHour <= (steps[n - 1]?.dollarsPerHour ?? 0)) return;
    for (let ends = 1; ends <= mostEndsPerStart; ends++) {
      const end = steps[n + ends];
      if (end === undefined || end.atMs - start.atMs >= leastChargedMs) return;
      const [fromMs, toMs] = [end.atMs - leastChargedMs, start.atMs + leastChargedMs];
      if (toMs > endMs) return;
      const inside = integral(end.atMs) - integral(start.atMs);
      const gain = (inside * leastChargedMs) / (end.atMs - start.atMs) - (integral(toMs) - integral(fromMs));
      if (gain > 0) peaks.push({ fromMs, toMs, gain });
    }
  });
  return peaks.sort((a, b) => a.toMs - b.toMs);
};

/** The most that peaks which keep out of each other's way gain together. */
const bestTogether = (peaks: readonly Peak[]): number => {
  const best = [0]; // best[n]: among the first n peaks
  peaks.forEach((peak, n) => {
    let low = 0;
    let high = n;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((peaks[middle]?.toMs ?? 0) <= peak.fromMs) low = middle + 1;
      else high = middle;
    }
    best.push(Math.max(best[n] ?? 0, (best[low] ?? 0) + peak.gain));
  });
  return best.at(-1) ?? 0;
};

/**
 * What instances cost at least that at every moment up to `endMs` cost at least so much an hour, when each is paid for
 * 60 s or longer. `docs/bounds.md` proves it.
 */
export const leastDollars = (steps: readonly CostStep[], endMs: number): number =>
  integralOf(steps)(endMs) + bestTogether(peaksOf(steps, endMs));
