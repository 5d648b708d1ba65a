/** One plan in a process of its own, the first it makes: prints the milliseconds, and the memory the process holds. */
import { planCluster } from '../../lib/planning/plan.ts';
import { clusterOf } from './planning-inputs.ts';

const [instances = 0, tasks = 0, services = 0] = process.argv.slice(2).map(Number);
const input = clusterOf({ instances, tasks, services });
const start = performance.now();
const plan = planCluster(input);
const planMs = performance.now() - start;
const rssMb = process.memoryUsage().rss / 2 ** 20;
console.log(JSON.stringify({ planMs, rssMb, steps: plan.steps.length }));
