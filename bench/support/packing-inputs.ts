import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Bin, Candidate, Shape } from '../../lib/placement/pack.ts';
import { roomOf } from '../../lib/placement/room.ts';
import { type Dice, seededDice } from '../../simulator/kernel/dice.ts';

type Size = readonly [cpuUnits: number, memoryMiB: number];

export const instanceType = (id: string, vcpus: number, gib: number, price = 1): Candidate => ({
  id,
  room: roomOf({ cpuUnits: vcpus * 1024, memoryMiB: gib * 1024 }),
  available: 1_000_000,
  price,
});

const anywhere = () => true;

/** Identical tasks, counted. */
const shapesOf = (tasks: readonly Size[]): readonly Shape[] => {
  const counts = new Map<string, { readonly size: Size; count: number }>();
  for (const size of tasks) {
    const id = size.join('/');
    const same = counts.get(id);
    if (same === undefined) counts.set(id, { size, count: 1 });
    else same.count++;
  }
  return [...counts].map(([id, { size, count }]) => shapeOf(id, size, count));
};

const shapeOf = (id: string, [cpuUnits, memoryMiB]: Size, count: number): Shape => ({
  id,
  count,
  requirements: { cpuUnits, memoryMiB, gpus: 0, hostPorts: [], networkInterfaces: 0 },
  mayUseBin: anywhere,
  mayUseCandidate: anywhere,
});

const drawFrom = (dice: Dice, values: readonly number[]): number =>
  values[Math.floor(dice.next() * values.length)] ?? 0;

/** 5,000 tasks of thirty sizes, each as likely as the others. */
export const mixedTasks = (seed: number): readonly Shape[] => {
  const dice = seededDice(seed);
  return shapesOf(
    Array.from({ length: 5_000 }, () => [
      Math.round(drawFrom(dice, [0.1, 0.25, 0.5, 1, 1.5]) * 1024),
      drawFrom(dice, [100, 256, 512, 1024, 2048, 4096]),
    ]),
  );
};

/** All tasks of a trace (`cpu_milli` and `memory_mib` among its columns), as if they ran at once. */
export const traceTasks = (file: string): readonly Shape[] => {
  const rows = parse<Record<string, string>>(readFileSync(file, 'utf8'), { columns: true });
  return shapesOf(
    rows.map((it) => [Math.round((Number(it['cpu_milli']) * 1024) / 1000), Number(it['memory_mib'])] as const),
  );
};

/** Tasks by the ARN of their task definition, as an observation has them, and what each task definition asks for. */
export interface ManyTasks {
  readonly taskDefinitionArns: readonly string[];
  readonly sizes: ReadonlyMap<string, Size>;
  readonly bins: readonly Bin[];
  readonly candidates: readonly Candidate[];
}

const shapeCount = 1_000;
const instanceCount = 5_000;
/** Of what is left on the instances, how much the tasks need together: enough that some find no room. */
const fullness = 0.98;

/** `tasks` tasks of a thousand shapes, and five thousand part-full instances that have room for nearly all of them. */
export const manyTasks = (tasks: number): ManyTasks => {
  const dice = seededDice(1);
  const sizes = new Map<string, Size>(
    Array.from({ length: shapeCount }, (_, n) => [
      `arn:aws:ecs:eu-west-1:123456789012:task-definition/production-service-${String(n).padStart(4, '0')}:17`,
      [64 + Math.floor(dice.next() * 960), 128 + Math.floor(dice.next() * 3_968)],
    ]),
  );
  const arns = [...sizes.keys()];
  const taskDefinitionArns = Array.from({ length: tasks }, (_, n) =>
    n < arns.length ? (arns[n] ?? '') : (arns[Math.floor(dice.next() * arns.length)] ?? ''),
  );
  const needed = taskDefinitionArns.map((it) => sizes.get(it) ?? [0, 0]);
  const mean = (part: 0 | 1): number => needed.reduce((sum, it) => sum + it[part], 0) / instanceCount / fullness;
  const [cpuUnits, memoryMiB] = [mean(0), mean(1)];
  const bins = Array.from({ length: instanceCount }, (_, n): Bin => {
    const share = 0.5 + dice.next();
    const room = { cpuUnits: Math.round(cpuUnits * share), memoryMiB: Math.round(memoryMiB * share) };
    return { id: `i-${String(n).padStart(17, '0')}`, kind: 'active', room: roomOf(room) };
  });
  return { taskDefinitionArns, sizes, bins, candidates: [instanceType('web', 16, 62)] };
};

/** Tasks of one task definition are one shape. */
export const groupTasks = ({ taskDefinitionArns, sizes }: ManyTasks): readonly Shape[] => {
  const counts = new Map<string, number>();
  for (const it of taskDefinitionArns) counts.set(it, (counts.get(it) ?? 0) + 1);
  return [...counts].map(([arn, count]) => shapeOf(arn, sizes.get(arn) ?? [0, 0], count));
};
