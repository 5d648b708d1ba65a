import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import type { BootTimes, ClusterMemory } from '../../model/memory.ts';
import { hasGap, type View } from '../view.ts';

/** Enough to have a slow one among them, and few enough to follow a warm pool that is used up, or filled. */
const mostRemembered = 10;

/** Fewer tell nothing yet. */
const fewestTelling = 3;

/** An instance that takes so many times as long as the slowest remembered will not come. */
const patience = 3;

/** However fast a group boots, this part of what the settings say is waited for. */
const leastShare = 1 / 3;

const timesOf = ({ memory }: View, { name, launchSource }: AutoScalingGroup): BootTimes['timesMs'] => {
  const known = memory.bootTimes[name];
  return known !== undefined && known.launchSource === launchSource ? known.timesMs : [];
};

/**
 * How long an instance that is in its group counts as on its way: what the settings say, until the group has shown how
 * soon its instances register. One that is late is no supply any more; it is given up only when the settings' time is over.
 */
export const bootDeadlineOf = (view: View, group: AutoScalingGroup): number => {
  const most = view.settings.bootDeadlineMs;
  const times = timesOf(view, group);
  if (times.length < fewestTelling) return most;
  return Math.min(most, Math.max(patience * Math.max(...times), leastShare * most));
};

/** How long the instances took that were seen without a registration before, and have one now. */
const cameSince = (view: View, { instances }: AutoScalingGroup): readonly number[] =>
  instances.flatMap(({ ec2InstanceId: id }) => {
    const since = view.memory.unregisteredSince[id];
    const registeredAt = view.instanceByEc2Id.get(id)?.registeredAt;
    const took = since === undefined || registeredAt === undefined ? 0 : registeredAt - since;
    return took > 0 ? [took] : [];
  });

/** To be remembered: the last boots of each group, the newest last. Once registered, an instance is forgotten as one that is not. */
export const bootTimesAfter = (
  view: View,
  stillUnregistered: ClusterMemory['unregisteredSince'],
): ClusterMemory['bootTimes'] => {
  const seen = view.observation.groups.flatMap((group): readonly (readonly [string, BootTimes])[] => {
    const { name, launchSource } = group;
    const done = group.instances.filter((it) => !Object.hasOwn(stillUnregistered, it.ec2InstanceId));
    const times = [...timesOf(view, group), ...cameSince(view, { ...group, instances: done })];
    return launchSource === undefined || times.length === 0
      ? []
      : [[name, { launchSource, timesMs: times.slice(-mostRemembered) }]];
  });
  const unseen = hasGap(view, 'groups') ? view.memory.bootTimes : {};
  return { ...unseen, ...Object.fromEntries(seen) };
};
