import type { ClusterMemory, Peak, Swing } from '../model/memory.ts';
import type { Service } from '../model/service.ts';
import type { EpochMs } from '../model/time.ts';
import { needsInstances } from './binding.ts';
import { currentOf, replicaServices } from './demand/missing.ts';
import { levelsWith } from './reserves/levels.ts';
import { keptOf, noSwing, swingWith, worthKeepingMs } from './reserves/swings.ts';
import { hasGap, type View } from './view.ts';

/** Into how many parts the window is divided: falls within one are remembered as one, so that few are remembered. */
const partsOfWindow = 4;

/** For how long counts are kept. */
const windowOf = ({ settings: { peakWindowMs } }: View): number => peakWindowMs ?? worthKeepingMs;

/**
 * The services whose counts are kept: those that run on instances. What is counted is the desired count, so a
 * deployment's surge is no peak. Standalone tasks are not counted: a burst of them ends of itself, and room kept for the
 * last one would hold idle instances after each.
 */
const counted = (view: View): readonly Service[] =>
  replicaServices(view).filter((it) => needsInstances(view, currentOf(it).target));

const peaksOf = (view: View, { name, desiredCount }: Service): readonly Peak[] => {
  const before = Object.hasOwn(view.memory.peaks, name) ? view.memory.peaks[name] : undefined;
  const windowMs = windowOf(view);
  return levelsWith(before ?? [], desiredCount, view.now, windowMs, windowMs / partsOfWindow);
};

/** A service that recently wanted more tasks than now. */
interface RecentPeak {
  readonly service: Service;
  /** How many it wanted at once, of which room is kept for those beyond its desired count. */
  readonly tasks: number;
  /** Until when so many were wanted. */
  readonly until: EpochMs;
  /** When their room is given up. */
  readonly keptUntil: EpochMs;
}

/** The most that each wanted in the window. */
const ownPeaks = (view: View, services: readonly Service[]): readonly RecentPeak[] =>
  services.flatMap((service) => {
    const [most, next] = peaksOf(view, service);
    return most === undefined || next === undefined
      ? []
      : [{ service, tasks: most.tasks, until: next.at, keptUntil: next.at + windowOf(view) }];
  });

/** What a task takes, where 1 is a vCPU with 4 GiB: the ratio of general-purpose instances. */
const unitsOf = (view: View, service: Service): number => {
  const size = view.observation.taskDefinitions[currentOf(service).taskDefinitionArn]?.requirements;
  return size === undefined ? 0 : Math.max(size.cpuUnits / 1024, size.memoryMiB / 4096);
};

const wantedUnits = (view: View, services: readonly Service[]): number =>
  services.reduce((sum, it) => sum + it.desiredCount * unitsOf(view, it), 0);

/** Services that may run on the same instances share room: what one gives up another takes. */
const pools = (view: View): ReadonlyMap<string, readonly Service[]> =>
  Map.groupBy(counted(view), (it) => {
    const names = currentOf(it).target.capacityProviderStrategy.map((item) => item.capacityProvider);
    return names.length === 0 ? 'anywhere' : names.toSorted().join(' ');
  });

const swingOf = (view: View, pool: string, services: readonly Service[]): Swing => {
  const before = Object.hasOwn(view.memory.swings, pool) ? view.memory.swings[pool] : undefined;
  return swingWith(before ?? noSwing, wantedUnits(view, services), view.now);
};

/**
 * What services that share room wanted together and is likely to be wanted again, as so many tasks of each: those of
 * their own peaks, but no more in all than all of them wanted at once.
 */
const likelyPeaks = (view: View, pool: string, services: readonly Service[]): readonly RecentPeak[] => {
  const kept = keptOf(swingOf(view, pool, services), view.now);
  if (kept === undefined) return [];
  const own = ownPeaks(view, services);
  const beyond = ({ service, tasks }: RecentPeak): number => (tasks - service.desiredCount) * unitsOf(view, service);
  const all = own.reduce((sum, it) => sum + beyond(it), 0);
  const share = all > 0 ? Math.min(1, (kept.units - wantedUnits(view, services)) / all) : 0;
  let lacking = 0;
  return own.flatMap((it) => {
    const units = unitsOf(view, it.service);
    lacking += share * beyond(it);
    const tasks = units > 0 ? Math.floor(lacking / units + 1e-9) : 0;
    lacking -= tasks * units;
    return tasks === 0
      ? []
      : [{ service: it.service, tasks: it.service.desiredCount + tasks, until: kept.since, keptUntil: kept.until }];
  });
};

export const recentPeaks = (view: View): readonly RecentPeak[] => {
  switch (view.settings.peakWindowMs) {
    case 0:
      return [];
    case undefined:
      return [...pools(view)].flatMap(([pool, services]) => likelyPeaks(view, pool, services));
    default:
      return ownPeaks(view, counted(view));
  }
};

/** How demand came and went, by what may be shared. A look that did not see all of it tells nothing. */
export const swingsAfter = (view: View): ClusterMemory['swings'] => {
  if (view.settings.peakWindowMs !== undefined) return {};
  if (hasGap(view, 'services', 'taskDefinitions', 'capacityProviders')) return view.memory.swings;
  return Object.fromEntries([...pools(view)].map(([pool, services]) => [pool, swingOf(view, pool, services)]));
};

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
  if (view.settings.peakWindowMs === 0) return {};
  const seen = counted(view).map((it) => [it.name, peaksOf(view, it)] as const);
  const names = new Set(seen.map(([name]) => name));
  const unseen = hasGap(view, 'services') ? Object.entries(view.memory.peaks).filter(([name]) => !names.has(name)) : [];
  return Object.fromEntries(withinItem([...unseen, ...seen.filter(([, peaks]) => (peaks[0]?.tasks ?? 0) > 0)]));
};

/** When the next of the recent peaks is too long ago to count. */
export const nextPeakExpiry = (view: View): EpochMs | undefined => {
  const ends = recentPeaks(view).map((it) => it.keptUntil);
  return ends.length === 0 ? undefined : ends.reduce((a, b) => Math.min(a, b));
};
