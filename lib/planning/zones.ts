import { type AutoScalingGroup, countsTowardsDesired } from '../model/auto-scaling-group.ts';

const none: ReadonlySet<string> = new Set();

/**
 * The zones that the next instances of a group come up in: Auto Scaling launches in the zone with the fewest of the
 * group's instances, and in another where one has none to give (EC2 Auto Scaling user guide, Availability Zone
 * distribution); which of several is assumed. `avoided`: zones without capacity; with all avoided, none is.
 */
export const nextZones = (
  group: AutoScalingGroup,
  avoided: ReadonlySet<string> = none,
): ((n: number) => string | undefined) => {
  const open = group.availabilityZones.filter((it) => !avoided.has(it));
  const counts = new Map((open.length === 0 ? group.availabilityZones : open).map((it) => [it, 0]));
  for (const it of group.instances.filter(countsTowardsDesired)) {
    const count = counts.get(it.availabilityZone);
    if (count !== undefined) counts.set(it.availabilityZone, count + 1);
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
