import { networkInterfaceTable } from './network-interface-table.ts';

interface Limit {
  readonly interfaces: number;
  readonly tasksWithTrunk: number | undefined;
}

interface Limits {
  readonly byType: ReadonlyMap<string, Limit>;
  /** What most types of a size have, by size: what a type too new for the table is taken to have. */
  readonly bySize: ReadonlyMap<string, number>;
}

const mostFrequent = (figures: readonly number[]): number => {
  const counts = [...Map.groupBy(figures, (it) => it)].map(([figure, same]) => ({ figure, count: same.length }));
  return counts.sort((a, b) => b.count - a.count || a.figure - b.figure)[0]?.figure ?? 2;
};

const readTable = (): Limits => {
  const byType = new Map<string, Limit>();
  const figuresBySize = new Map<string, number[]>();
  for (const line of networkInterfaceTable.trim().split('\n')) {
    const [families = '', ...sizes] = line.split(' ');
    for (const entry of sizes) {
      const [size = '', figures = ''] = entry.split('=');
      const [interfaces = 1, tasksWithTrunk] = figures.split('/').map(Number);
      for (const family of families.split(',')) byType.set(`${family}.${size}`, { interfaces, tasksWithTrunk });
      const same = figuresBySize.get(size) ?? [];
      figuresBySize.set(size, same);
      same.push(...families.split(',').map(() => interfaces));
    }
  }
  return { byType, bySize: new Map([...figuresBySize].map(([size, figures]) => [size, mostFrequent(figures)])) };
};

let table: Limits | undefined;

/**
 * How many awsvpc tasks an instance of a type may run: one network interface is its own, each task takes another, unless
 * it has a trunk to branch them from (ECS developer guide, network interface trunking). It is no resource that ECS
 * reports. Of a type that the table does not know the size decides, and of an unknown size one is counted on.
 */
export const interfacesForTasks = (instanceType: string | undefined, hasTrunk: boolean): number => {
  table ??= readTable(); // read by the first plan that asks
  const type = instanceType ?? '';
  const limit = table.byType.get(type);
  const usual = table.bySize.get(type.slice(type.indexOf('.') + 1)) ?? 2;
  const without = Math.max(0, (limit?.interfaces ?? usual) - 1);
  return hasTrunk ? Math.max(without, limit?.tasksWithTrunk ?? 0) : without;
};
