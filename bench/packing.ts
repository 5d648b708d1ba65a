import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Candidate, type Packing, pack, type Shape } from '../lib/placement/pack.ts';
import type { Figures, Suite } from './suite.ts';
import { leastAsPlaced, plannedLaunches, strategies } from './support/as-placed.ts';
import { lpBound } from './support/lp-bound.ts';
import { groupTasks, instanceType, manyTasks, mixedTasks, traceTasks } from './support/packing-inputs.ts';

const seeds = [1, 2, 3, 4, 5];
const rows = [
  { name: '4x15', vcpus: 4, gib: 15.5 },
  { name: '4x7', vcpus: 4, gib: 7.5 },
  { name: '16x62', vcpus: 16, gib: 62 },
  { name: '16x31', vcpus: 16, gib: 31 },
];

/** Prices in the proportions of compute, general and memory optimised instances of two sizes. */
const mixedTypes = [
  instanceType('c.xlarge', 4, 7.5, 0.17),
  instanceType('m.xlarge', 4, 15.5, 0.192),
  instanceType('r.xlarge', 4, 31, 0.252),
  instanceType('c.4xlarge', 16, 31, 0.68),
  instanceType('m.4xlarge', 16, 62, 0.768),
];

const sum = (values: readonly number[]): number => values.reduce((total, it) => total + it, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** The larger of the bounds of the two dimensions, in whole instances. */
const instancesAtLeast = (shapes: readonly Shape[], { room }: Candidate): number =>
  Math.max(
    ...(['cpuUnits', 'memoryMiB'] as const).map((it) =>
      Math.ceil(sum(shapes.map(({ count, requirements }) => count * requirements[it])) / room[it]),
    ),
  );

/** First-fit decreasing, one task at a time, by CPU and where that is equal by memory: the order others use. */
const cpuThenMemory = (shapes: readonly Shape[], { room }: Candidate): number => {
  const bySize = shapes.toSorted(
    ({ requirements: a }, { requirements: b }) => b.cpuUnits - a.cpuUnits || b.memoryMiB - a.memoryMiB,
  );
  const opened: { cpuUnits: number; memoryMiB: number }[] = [];
  for (const { count, requirements: it } of bySize)
    for (let n = 0; n < count; n++) {
      let place = opened.find((left) => left.cpuUnits >= it.cpuUnits && left.memoryMiB >= it.memoryMiB);
      if (place === undefined) opened.push((place = { cpuUnits: room.cpuUnits, memoryMiB: room.memoryMiB }));
      place.cpuUnits -= it.cpuUnits;
      place.memoryMiB -= it.memoryMiB;
    }
  return opened.length;
};

const costOf = ({ launches, unplaced }: Packing, candidates: readonly Candidate[]): number =>
  Object.keys(unplaced).length > 0
    ? Number.POSITIVE_INFINITY
    : sum(candidates.map((it) => it.price * (launches[it.id] ?? 0)));

/** Several kinds of tasks on one type of instance: ours, the order of others and the bounds. */
const ratios = async (): Promise<Figures> => {
  const boundOf = await lpBound();
  const figures: Record<string, number> = {};
  const worst: number[] = [];
  for (const { name, vcpus, gib } of rows) {
    const type = instanceType('type', vcpus, gib);
    const measured = seeds.map((seed) => {
      const shapes = mixedTasks(seed);
      const least = instancesAtLeast(shapes, type);
      const start = performance.now();
      const ours = costOf(pack(shapes, [], [type]), [type]);
      const ms = performance.now() - start;
      // Either bound is one; where ours meets the simple one there is nothing to prove.
      const { bound } = ours === least ? { bound: ours } : boundOf(shapes, [type], ours);
      return {
        ours: ours / least,
        ffd: cpuThenMemory(shapes, type) / least,
        lp: ours / Math.max(least, Math.ceil(bound - 1e-6)),
        ms,
      };
    });
    figures[`ratio_free_${name}`] = rounded(mean(measured.map((it) => it.ours)), 4);
    figures[`ratio_ffd_${name}`] = rounded(mean(measured.map((it) => it.ffd)), 4);
    figures[`lp_ratio_${name}`] = rounded(mean(measured.map((it) => it.lp)), 4);
    figures[`pack_ms_p50_${name}`] = rounded(median(measured.map((it) => it.ms)), 1);
    worst.push(...measured.map((it) => it.ours));
  }
  return { ...figures, worst_ratio: rounded(Math.max(...worst), 4) };
};

/** Orders of the tasks differ by up to three instances in a hundred: the more are tried, the nearer it comes to any order. */
const orders = 10;

/** What our plan launches, by the least on which ECS places the tasks in each of the orders, and by the bound. */
const asPlaced = (name: string, shapes: readonly Shape[], type: Candidate): Figures => {
  const least = instancesAtLeast(shapes, type);
  const figures: Record<string, number> = {};
  for (const [strategyName, strategy] of Object.entries(strategies)) {
    const start = performance.now();
    const planned = plannedLaunches(shapes, type, strategy);
    figures[`plan_as_placed_ms_${name}_${strategyName}`] = rounded(performance.now() - start, 0);
    const sufficient = leastAsPlaced(shapes, type, strategy, { from: least, to: planned, orders });
    figures[`ratio_as_placed_${name}_${strategyName}`] = rounded(planned / sufficient, 4);
    figures[`least_as_placed_to_bound_${name}_${strategyName}`] = rounded(sufficient / least, 4);
  }
  return figures;
};

const allAsPlaced = (): Figures => {
  const [seed = 1] = seeds;
  const figures: Record<string, number> = {};
  for (const { name, vcpus, gib } of rows)
    Object.assign(figures, asPlaced(name, mixedTasks(seed), instanceType('type', vcpus, gib)));
  const those = (prefix: string): readonly number[] =>
    Object.entries(figures).flatMap(([name, it]) => (name.startsWith(prefix) ? [it] : []));
  const ratios = those('ratio_as_placed');
  return {
    ...figures,
    plan_as_placed_ms_worst: Math.max(...those('plan_as_placed_ms')),
    ratio_as_placed: rounded(mean(ratios), 4),
    ratio_as_placed_worst: rounded(Math.max(...ratios), 4),
  };
};

const mixed = async (): Promise<Figures> => {
  const boundOf = await lpBound();
  const measured = seeds.map((seed) => {
    const shapes = mixedTasks(seed);
    const cost = costOf(pack(shapes, [], mixedTypes), mixedTypes);
    const single = Math.min(...mixedTypes.map((it) => costOf(pack(shapes, [], [it]), [it])));
    const { bound, price } = boundOf(shapes, mixedTypes, cost);
    return { ours: cost / bound, single: single / bound, program: cost / price };
  });
  return {
    cost_ratio_mixed: rounded(mean(measured.map((it) => it.ours)), 4),
    cost_ratio_mixed_worst: rounded(Math.max(...measured.map((it) => it.ours)), 4),
    cost_ratio_mixed_to_lp_found: rounded(mean(measured.map((it) => it.program)), 4),
    cost_ratio_best_single_type: rounded(mean(measured.map((it) => it.single)), 4),
  };
};

interface First {
  readonly groupMs: number;
  readonly placeMs: number;
  readonly heapMb: number;
}

/** Five processes, each for its first packing. */
const firstOf = (tasks: number): First => {
  const script = join(import.meta.dirname, 'support', 'packing-first.ts');
  const runs = seeds.map(
    () =>
      JSON.parse(execFileSync(process.execPath, ['--expose-gc', script, String(tasks)], { encoding: 'utf8' })) as First,
  );
  const medianOf = (key: keyof First): number => median(runs.map((it) => it[key]));
  return { groupMs: medianOf('groupMs'), placeMs: medianOf('placeMs'), heapMb: medianOf('heapMb') };
};

const warmRuns = 15;

const speed = (): Figures => {
  const figures: Record<string, number> = {};
  for (const [name, tasks] of [
    ['10k', 10_000],
    ['100k', 100_000],
    ['1m', 1_000_000],
  ] as const) {
    const input = manyTasks(tasks);
    const shapes = groupTasks(input);
    const timed = (pass: () => unknown): number => {
      const start = performance.now();
      pass();
      return performance.now() - start;
    };
    const warm = Array.from({ length: warmRuns }, () => timed(() => pack(shapes, input.bins, input.candidates)));
    const grouping = Array.from({ length: warmRuns }, () => timed(() => groupTasks(input)));
    const first = firstOf(tasks);
    const launched = sum(Object.values(pack(shapes, input.bins, input.candidates).launches));
    figures[`place_${name}_ms_warm`] = rounded(median(warm), 1);
    figures[`place_${name}_ms_first`] = rounded(first.placeMs, 1);
    figures[`place_${name}_heap_mb`] = rounded(first.heapMb, 1);
    figures[`place_${name}_launches`] = launched;
    figures[`group_${name}_ms_warm`] = rounded(median(grouping), 1);
    figures[`group_${name}_ms_first`] = rounded(first.groupMs, 1);
  }
  const { candidates, ...input } = manyTasks(100_000);
  const shapes = groupTasks({ ...input, candidates });
  const fromZero = Array.from({ length: 5 }, () => {
    const start = performance.now();
    pack(shapes, [], candidates);
    return performance.now() - start;
  });
  return { ...figures, place_100k_from_zero_ms_warm: rounded(median(fromZero), 1) };
};

const traceTypes = [instanceType('32x64', 32, 64), instanceType('64x256', 64, 256), instanceType('96x384', 96, 384)];

const trace = (file: string): Figures => {
  const shapes = traceTasks(file);
  return Object.fromEntries(
    traceTypes.flatMap((type) => {
      const least = instancesAtLeast(shapes, type);
      const fitting = shapes.filter(
        ({ requirements: it }) => it.cpuUnits <= type.room.cpuUnits && it.memoryMiB <= type.room.memoryMiB,
      );
      if (fitting.length < shapes.length) return [];
      return [
        [`ratio_free_trace_${type.id}`, rounded(costOf(pack(shapes, [], [type]), [type]) / least, 4)],
        [`ratio_ffd_trace_${type.id}`, rounded(cpuThenMemory(shapes, type) / least, 4)],
        ...Object.entries(asPlaced(`trace_${type.id}`, shapes, type)),
      ];
    }),
  );
};

export const suite: Suite = {
  about:
    'Packing: 5,000 mixed tasks, seeds 1 to 5, on four types of instance; a thousand shapes on 5,000 part-full instances; BERTH_BATCH_TRACE=FILE adds the tasks of a trace',
  run: async () => {
    const file = process.env['BERTH_BATCH_TRACE'];
    return {
      ...(await ratios()),
      ...(await mixed()),
      ...allAsPlaced(),
      ...speed(),
      ...(file === undefined ? {} : trace(file)),
    };
  },
};
