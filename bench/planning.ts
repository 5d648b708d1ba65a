import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { planCluster } from '../lib/planning/plan.ts';
import type { Figures, Suite } from './suite.ts';
import { clusterOf, consolidationOf, readAnew, type Size } from './support/planning-inputs.ts';

const large: Size = { instances: 5_000, tasks: 100_000, services: 1_000 };
const middling: Size = { instances: 500, tasks: 10_000, services: 100 };

const warmUps = 3;
const runs = 11;
const firstRuns = 3;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const rounded = (value: number): number => Number(value.toFixed(1));

/** `prepare` is not timed; what it gives back is. */
const medianMs = (prepare: () => () => unknown): number => {
  const timed = (): number => {
    const run = prepare();
    const start = performance.now();
    run();
    return performance.now() - start;
  };
  for (let n = 0; n < warmUps; n++) timed();
  return median(Array.from({ length: runs }, timed));
};

const planMs = (size: Size): number => {
  const input = clusterOf(size);
  return medianMs(() => {
    const anew = readAnew(input);
    return () => planCluster(anew);
  });
};

/** Processes of their own, each for its first plan. */
const first = ({ instances, tasks, services }: Size): { readonly planMs: number; readonly rssMb: number } => {
  const script = join(import.meta.dirname, 'support', 'planning-first.ts');
  const all = Array.from(
    { length: firstRuns },
    () =>
      JSON.parse(
        execFileSync(process.execPath, [script, ...[instances, tasks, services].map(String)], { encoding: 'utf8' }),
      ) as { readonly planMs: number; readonly rssMb: number },
  );
  return { planMs: median(all.map((it) => it.planMs)), rssMb: median(all.map((it) => it.rssMb)) };
};

const consolidation = (size: Size): Figures => {
  const input = clusterOf(size);
  const { drains, retire } = consolidationOf(input)();
  return {
    consolidation_ms_p50: rounded(medianMs(() => consolidationOf(readAnew(input)))),
    consolidation_drains: drains.length,
    consolidation_retires: retire.length,
  };
};

export const suite: Suite = {
  about:
    'Planning: 5,000 instances with 100,000 tasks of 1,000 services, 60 % used, and a tenth of that; seed 1; lists read anew for each plan',
  run: () => {
    const { planMs: firstMs, rssMb } = first(large);
    return Promise.resolve({
      plan_ms_first: rounded(firstMs),
      rss_mb: rounded(rssMb),
      plan_ms_p50: rounded(planMs(large)),
      plan_ms_p50_500: rounded(planMs(middling)),
      ...consolidation(large),
    });
  },
};
