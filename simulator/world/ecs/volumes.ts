import type { Machine } from '../machine.ts';

/** Runs on the Xen hypervisor: ECS attaches volumes to Nitro instances only. (ECS developer guide, Amazon EBS volumes.) */
const isXen = (instanceType: string): boolean =>
  /^(?:[cmr][34]|[ct][12]|m[12]|t2|[di]2|[pg][23]s?|h1|i3|x1e?|f1)\./.test(instanceType);

/** Seventh generation of Intel and AMD, and later ones: volumes have a limit of their own. (EC2 user guide, volume limits.) */
const hasOwnLimit = (instanceType: string): boolean => /^[cmr](?:7i|7a|8)/.test(instanceType);

const ownLimit = 32;
const sharedLimit = 28;
const rootVolumes = 1;

/** EBS volumes of tasks that an instance may attach at least, all its network interfaces being attached; disks of its own aside. */
export const volumesForTasks = ({
  instanceType,
  maxNetworkInterfaces,
}: Pick<Machine, 'instanceType' | 'maxNetworkInterfaces'>): number => {
  if (isXen(instanceType)) return 0;
  return (hasOwnLimit(instanceType) ? ownLimit : sharedLimit - maxNetworkInterfaces) - rootVolumes;
};
