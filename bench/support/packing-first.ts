/** One packing in a process of its own, the first it does: prints the milliseconds and the growth of the heap. */
import { pack } from '../../lib/placement/pack.ts';
import { groupTasks, manyTasks } from './packing-inputs.ts';

const input = manyTasks(Number(process.argv[2]));
globalThis.gc?.();
const heap = process.memoryUsage().heapUsed;
const start = performance.now();
const shapes = groupTasks(input);
const grouped = performance.now();
const packing = pack(shapes, input.bins, input.candidates);
const end = performance.now();
const heapMb = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
console.log(
  JSON.stringify({ groupMs: grouped - start, placeMs: end - grouped, heapMb, placements: packing.placements.length }),
);
