import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';

/**
 * The zones that the next instances of a group come up in: Auto Scaling launches in the zone with the fewest of the
 * group's instances (EC2 Auto Scaling user guide, Availability Zone distribution); which of several is assumed.
 */
export const nextZones = (group: AutoScalingGroup): ((n: number) => string | undefined) => {
  const counts = new Map(group.availabilityZones.map((it) => [it, 0]));
  for (const { availabilityZone: zone } of group.instances) {
    const count = counts.get(zone);
    if (count !== undefined) counts.set(zone, count + 1);
  }
  const zones: string[] = [];
  return (n) => {
    while (zones.length <= n && counts.size > 0) {
      const [first, ...others] = [...counts];
      if (first === undefined) break;
      const [zone, count] = others.reduce((least, it) => (it[1] < least[1] ? it : least), first);
      counts.set(zone, count + 1);
      zones.push(zone);
    }
    return zones[n];
  };
};
