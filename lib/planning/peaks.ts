import type { ClusterMemory, Peak } from '../model/memory.ts';
import type { Service } from '../model/service.ts';
import type { EpochMs } from '../model/time.ts';
import { needsInstances } from './binding.ts';
import { currentOf, replicaServices } from './demand/missing.ts';
import { hasGap, type View } from './view.ts';

/** Into how many parts the window is divided: falls within one are remembered as one, so that few are remembered. */
const partsOfWindow = 4;

/**
 * The counts after one more look: falling counts with rising times, the first the most that was wanted in the window,
 * the last what is wanted now. `at` tells since when no more than that was wanted, so a count ends where the next
 * begins, and is dropped once that is a whole window ago. What is wanted is taken to hold from one look to the next.
 * Of falls within a quarter of the window the highest is kept until the last of them: never forgotten early, and at most
 * a quarter late.
 */
export const peaksWith = (peaks: readonly Peak[], tasks: number, now: EpochMs, windowMs: number): readonly Peak[] => {
  const higher = peaks.filter((it) => it.tasks > tasks);
  const present = peaks[higher.length];
  const part = windowMs / partsOfWindow;
  const before = higher.at(-1);
  const isSamePart =
    higher.length > 1 && before !== undefined && Math.floor(before.at / part) === Math.floor(now / part);
  const kept = isSamePart ? higher.slice(0, -1) : higher;
  const all = [...kept, { tasks, at: present?.at ?? now }];
  const first = all.findIndex((_, n) => (all[n + 1]?.at ?? Number.POSITIVE_INFINITY) > now - windowMs);
  const isUnchanged = first === 0 && present?.tasks === tasks && peaks.length === all.length;
  return isUnchanged ? peaks : all.slice(first);
};

/**
 * The services whose counts are kept: those that run on instances. What is counted is the desired count, so a
 * deployment's surge is no peak. Standalone tasks are not counted: a burst of them ends of itself, and room kept for the
 * last one would hold idle instances after each.
 */
const counted = (view: View): readonly Service[] =>
  replicaServices(view).filter((it) => needsInstances(view, currentOf(it).target));

const peaksOf = (view: View, { name, desiredCount }: Service): readonly Peak[] => {
  const before = Object.hasOwn(view.memory.peaks, name) ? view.memory.peaks[name] : undefined;
  return peaksWith(before ?? [], desiredCount, view.now, view.settings.peakWindowMs);
};

/** A service that recently wanted more tasks than now. */
interface RecentPeak {
  readonly service: Service;
  /** The most it wanted in the window. */
  readonly tasks: number;
  /** Until when so many were wanted. */
  readonly until: EpochMs;
}

export const recentPeaks = (view: View): readonly RecentPeak[] =>
  view.settings.peakWindowMs <= 0
    ? []
    : counted(view).flatMap((service) => {
        const [most, next] = peaksOf(view, service);
        return most === undefined || next === undefined ? [] : [{ service, tasks: most.tasks, until: next.at }];
      });

/** How many counts are kept of a cluster, all services together: an item of the table holds 400 KB, a count takes 60 bytes. */
const mostCounts = 2_000;

/** Services that wanted few tasks are left out first: what room they want again is soon launched. */
const withinItem = (all: readonly (readonly [string, readonly Peak[]])[]): typeof all => {
  let counts = all.reduce((sum, [, peaks]) => sum + peaks.length, 0);
  if (counts <= mostCounts) return all;
  const fewestFirst = all.toSorted(
    ([a, [one]], [b, [other]]) => (one?.tasks ?? 0) - (other?.tasks ?? 0) || (a < b ? 1 : -1),
  );
  const kept = fewestFirst.findIndex(([, peaks]) => {
    const isEnough = counts <= mostCounts;
    counts -= peaks.length;
    return isEnough;
  });
  return kept === -1 ? [] : fewestFirst.slice(kept);
};

/**
 * What each service wanted lately, by name. One that wants nothing and did not lately has no entry; any other has its
 * present count at least, or a fall could not be seen by the next look. Services that a partial look did not show keep
 * what they had.
 */
export const peaksAfter = (view: View): ClusterMemory['peaks'] => {
  if (view.settings.peakWindowMs <= 0) return {};
  const seen = counted(view).map((it) => [it.name, peaksOf(view, it)] as const);
  const names = new Set(seen.map(([name]) => name));
  const unseen = hasGap(view, 'services') ? Object.entries(view.memory.peaks).filter(([name]) => !names.has(name)) : [];
  return Object.fromEntries(withinItem([...unseen, ...seen.filter(([, peaks]) => (peaks[0]?.tasks ?? 0) > 0)]));
};

/** When the next of the recent peaks is too long ago to count. */
export const nextPeakExpiry = (view: View): EpochMs | undefined => {
  const ends = recentPeaks(view).map((it) => it.until + view.settings.peakWindowMs);
  return ends.length === 0 ? undefined : ends.reduce((a, b) => Math.min(a, b));
};
