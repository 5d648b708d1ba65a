import type { Resources } from '../../lib/model/resources.ts';
import { type InstanceType, instanceTypes } from '../../simulator/world/ec2/instance-types.ts';

export const isKnownType = (name: string): boolean => instanceTypes.has(name);

const cpuUnitsPerVCpu = 1_024;

/** How far apart two sizes are, in doublings. */
const distance = (a: number, b: number): number => Math.abs(Math.log2(a / b));

/** The simulator's own type that comes nearest to what an instance registered; of equals the cheapest. */
export const nearestType = ({ cpuUnits, memoryMiB }: Resources, architecture: string): InstanceType | undefined => {
  const far = (it: InstanceType): number =>
    distance(it.vcpus * cpuUnitsPerVCpu, cpuUnits) + distance(it.memoryMiB, memoryMiB);
  return [...instanceTypes.values()]
    .filter((it) => it.gpus === 0 && it.architecture === architecture)
    .toSorted((a, b) => far(a) - far(b) || a.listPrice - b.listPrice || (a.name < b.name ? -1 : 1))[0];
};

/** On-Demand, Linux, us-east-1. */
export const listPriceOf = (name: string): number | undefined => instanceTypes.get(name)?.listPrice;
export const architectureOf = (name: string): string | undefined => instanceTypes.get(name)?.architecture;
