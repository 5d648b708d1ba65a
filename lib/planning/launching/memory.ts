import type { ClusterMemory, LaunchCount } from '../../model/memory.ts';
import { minuteMs } from '../../model/time.ts';
import { hasGap, type View } from '../view.ts';
import { launchesLastMs } from './budget.ts';
import { type SizeStep, sizesAfter } from './steps.ts';

/** How many instances each group is asked for; nothing is, unless Berth acts. */
const askedFor = (view: View, steps: readonly SizeStep[]): readonly LaunchCount[] =>
  view.settings.mode === 'observe'
    ? []
    : [...sizesAfter(steps)]
        .map(([group, size]) => {
          const from = steps.find((it) => it.group === group)?.from ?? size;
          return { group, at: view.now, instances: size - from };
        })
        .filter((it) => it.instances > 0)
        .sort((a, b) => (a.group < b.group ? -1 : 1));

/** What is taken back was never launched: it counts against no budget. The newest goes first. */
const lessTakenBack = (launches: readonly LaunchCount[], steps: readonly SizeStep[]): readonly LaunchCount[] => {
  const takenBack = new Map(
    steps.flatMap((it) =>
      it.kind === 'setGroupDesiredCapacity' && it.to < it.from ? [[it.group, it.from - it.to]] : [],
    ),
  );
  return launches
    .toSorted((a, b) => b.at - a.at)
    .map((it) => {
      const less = Math.min(it.instances, takenBack.get(it.group) ?? 0);
      takenBack.set(it.group, (takenBack.get(it.group) ?? 0) - less);
      return { ...it, instances: it.instances - less };
    })
    .filter((it) => it.instances > 0);
};

/** To be remembered: what groups were asked for, in one entry a group and minute. */
export const launchesAfter = (view: View, steps: readonly SizeStep[]): readonly LaunchCount[] => {
  const recent = view.memory.launches.filter((it) => it.at > view.now - launchesLastMs);
  const known = view.settings.mode === 'observe' ? recent : lessTakenBack(recent, steps);
  const all = [...known, ...askedFor(view, steps)];
  return [...Map.groupBy(all, (it) => `${it.group} ${Math.floor(it.at / minuteMs)}`).values()]
    .flatMap((its) => {
      const [last] = its.toSorted((a, b) => b.at - a.at);
      const instances = its.reduce((total, it) => total + it.instances, 0);
      return last === undefined ? [] : [{ ...last, instances }];
    })
    .sort((a, b) => a.at - b.at || (a.group < b.group ? -1 : 1));
};

/** To be remembered: when each group was last made larger. */
export const grownAtAfter = (view: View, steps: readonly SizeStep[]): ClusterMemory['grownAt'] => {
  const isKnown = (name: string): boolean =>
    hasGap(view, 'groups') || view.observation.groups.some((it) => it.name === name);
  return {
    ...Object.fromEntries(Object.entries(view.memory.grownAt).filter(([name]) => isKnown(name))),
    ...Object.fromEntries(askedFor(view, steps).map((it) => [it.group, it.at])),
  };
};
