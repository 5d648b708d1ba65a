import { interfacesForTasks } from './network-interfaces.ts';

/** Families with a limit for volumes alone; of all others network interfaces and instance store volumes share it. */
const dedicated =
  /^(?:[cmr]7a|[cmr]7i(?:-flex)?|r7iz|[cmrx]8[a-z-]*|i[78][a-z]*|f2|gr?6[ef]?|gr6f|g7e|p[56][a-z0-9-]*|trn2u?|u7i[a-z0-9-]*)$/;

/** The least that any size of the family has: what differs is within a few volumes. */
const shared: ReadonlyMap<string, number> = new Map(
  Object.entries({
    25: 'c6gd m6gd r6gd c7gd m7gd r7gd c5ad g5g trn1 x2gd x2idn x2iedn z1d',
    23: 'c5d m5d m5ad m5dn r5d r5ad r5dn c6id m6id r6id m6idn r6idn i4g im4gn is4gen hpc6id vt1',
    22: 'g4dn',
    21: 'g4ad',
    19: 'i3en i4i dl2q',
    17: 'p3dn',
    11: 'inf1',
    9: 'g5',
    3: 'd3 d3en',
  }).flatMap(([limit, families]) => families.split(' ').map((it) => [it, Number(limit)] as const)),
);

const usual = 27;
const rootVolumes = 1;

const dedicatedTo = (size: string): number => {
  if (size.startsWith('metal')) return 39;
  const times = Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? 1);
  return times >= 24 ? 64 : times >= 16 ? 48 : 32;
};

/**
 * How many EBS volumes of tasks an instance of a type may attach beside its own root volume, at the least (EC2 user
 * guide, Amazon EBS volume limits; EC2, DescribeInstanceTypes, `maximumEbsAttachments`): where the limit is shared, all
 * network interfaces it may have are taken to be attached. It is no resource that ECS reports, but a task whose
 * volume cannot be attached does not start. That volumes need the Nitro System is a constraint of its own.
 */
export const ebsVolumesForTasks = (instanceType: string | undefined): number => {
  const [family = '', size = ''] = (instanceType ?? '').split('.');
  if (dedicated.test(family)) return dedicatedTo(size) - rootVolumes;
  return Math.max(0, (shared.get(family) ?? usual) - interfacesForTasks(instanceType, false) - rootVolumes);
};
