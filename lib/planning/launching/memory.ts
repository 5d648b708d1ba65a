import type { ClusterMemory, LaunchCount, Resized } from '../../model/memory.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { hasGap, type View } from '../view.ts';
import { launchesLastMs } from './budget.ts';
import { failuresAfterRefusals, type RefusedLaunch } from './failures.ts';
import { lastResized } from './resized.ts';
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

/** What was never launched counts against no budget. The newest goes first. */
const lessThose = (
  launches: readonly LaunchCount[],
  never: readonly { readonly group: string; readonly instances: number }[],
): readonly LaunchCount[] => {
  const left = new Map<string, number>();
  for (const it of never) left.set(it.group, (left.get(it.group) ?? 0) + it.instances);
  return launches
    .toSorted((a, b) => b.at - a.at)
    .map((it) => {
      const less = Math.min(it.instances, left.get(it.group) ?? 0);
      left.set(it.group, (left.get(it.group) ?? 0) - less);
      return { ...it, instances: it.instances - less };
    })
    .filter((it) => it.instances > 0);
};

/** What a size that was not given in full has become; none where it is as it was. */
const lessOf = (
  it: Resized,
  never: readonly { readonly group: string; readonly instances: number }[],
): readonly Resized[] => {
  const less = never.reduce((sum, one) => (one.group === it.group ? sum + one.instances : sum), 0);
  return it.to - less > it.from ? [{ ...it, to: it.to - less }] : [];
};

const takenBack = (steps: readonly SizeStep[]) =>
  steps.flatMap((it) =>
    it.kind === 'setGroupDesiredCapacity' && it.to < it.from ? [{ group: it.group, instances: it.from - it.to }] : [],
  );

/** What became of a plan's sizes otherwise than planned. */
export interface NotSized {
  /** Launches that AWS refused at once. */
  readonly refused: readonly RefusedLaunch[];
  /** Groups that have the size they had, and how many instances each was to be asked for: below 0 where some were to be taken back. */
  readonly unchanged: readonly { readonly group: string; readonly instances: number }[];
}

/** The memory of a plan made at `planned`, some of whose sizes were not given: what did not come was not launched. */
export const afterNotSized = (
  memory: ClusterMemory,
  { refused, unchanged }: NotSized,
  { planned, now }: { readonly planned: EpochMs; readonly now: EpochMs },
): ClusterMemory => {
  const never = [...refused, ...unchanged.filter((it) => it.instances > 0)];
  const groups = new Set([...refused, ...unchanged].map((it) => it.group));
  const notTakenBack = unchanged
    .filter((it) => it.instances < 0)
    .map(({ group, instances }) => ({ group, at: planned, instances: -instances }));
  return {
    ...memory,
    resized: memory.resized.flatMap((it) => (it.at === planned && groups.has(it.group) ? lessOf(it, never) : [it])),
    launches: [...lessThose(memory.launches, never), ...notTakenBack],
    launchFailures: failuresAfterRefusals(memory.launchFailures, refused, now),
  };
};

/** To be remembered: what groups were asked for, in one entry a group and minute. */
export const launchesAfter = (view: View, steps: readonly SizeStep[]): readonly LaunchCount[] => {
  const recent = view.memory.launches.filter((it) => it.at > view.now - launchesLastMs);
  const known = view.settings.mode === 'observe' ? recent : lessThose(recent, takenBack(steps));
  const all = [...known, ...askedFor(view, steps)];
  return [...Map.groupBy(all, (it) => `${it.group} ${Math.floor(it.at / minuteMs)}`).values()]
    .flatMap((its) => {
      const [last] = its.toSorted((a, b) => b.at - a.at);
      const instances = its.reduce((total, it) => total + it.instances, 0);
      return last === undefined ? [] : [{ ...last, instances }];
    })
    .sort((a, b) => a.at - b.at || (a.group < b.group ? -1 : 1));
};

/** To be remembered: the sizes that groups are given, for as long as reads may not show them. */
export const resizedAfter = (view: View, steps: readonly SizeStep[]): ClusterMemory['resized'] => [
  ...lastResized(view),
  ...(view.settings.mode === 'observe' ? [] : [...sizesAfter(steps)])
    .map(([group, to]) => ({ group, from: steps.find((it) => it.group === group)?.from ?? to, to, at: view.now }))
    .sort((a, b) => (a.group < b.group ? -1 : 1)),
];

/** To be remembered: when each group was last made larger. */
export const grownAtAfter = (view: View, steps: readonly SizeStep[]): ClusterMemory['grownAt'] => {
  const isKnown = (name: string): boolean =>
    hasGap(view, 'groups') || view.observation.groups.some((it) => it.name === name);
  return {
    ...Object.fromEntries(Object.entries(view.memory.grownAt).filter(([name]) => isKnown(name))),
    ...Object.fromEntries(askedFor(view, steps).map((it) => [it.group, it.at])),
  };
};
