import type { ContainerInstance } from '../../model/container-instance.ts';
import type { ClusterMemory, StoppingRoom, StopTime } from '../../model/memory.ts';
import { minus, noResources, plus, type Resources } from '../../model/resources.ts';
import type { Service } from '../../model/service.ts';
import { taskGroupOf } from '../../model/task.ts';
import { type EpochMs, secondMs } from '../../model/time.ts';
import { currentOf, replicaServices } from '../demand/missing.ts';
import { isPartial, takenOn, takesTasks, type View } from '../view.ts';

/** Shorter differences are ECS's reads that lag behind one another. */
const leastMs = 5 * secondMs;

/** What is free within this time is so before a new instance could be: one boots in about a minute. */
const soonMs = 45 * secondMs;

/** Stops vary, and are seen a little late. */
const toleranceMs = 15 * secondMs;

/** How many of them must be over by then. */
const mostOfThem = 0.75;

/** As many times are kept of each size of task, and of so many sizes. */
const timesOfSize = 24;
const mostTimes = 20 * timesOfSize;

/** More tasks than this that began to stop on one instance at once are not told apart. */
const mostAtOnce = 4;

const isAsMuch = (a: Resources, b: Resources): boolean => a.cpuUnits === b.cpuUnits && a.memoryMiB === b.memoryMiB;

const isWithin = (a: Resources, b: Resources): boolean => a.cpuUnits <= b.cpuUnits && a.memoryMiB <= b.memoryMiB;

const atLeastNothing = ({ cpuUnits, memoryMiB }: Resources): Resources => ({
  cpuUnits: Math.max(0, cpuUnits),
  memoryMiB: Math.max(0, memoryMiB),
});

const sumOf = (all: readonly Resources[]): Resources => all.reduce(plus, noResources);

const sizeOf = (view: View, service: Service): Resources | undefined => {
  const size = view.observation.taskDefinitions[currentOf(service).taskDefinitionArn]?.requirements;
  return size === undefined ? undefined : { cpuUnits: size.cpuUnits, memoryMiB: size.memoryMiB };
};

/** The sizes that services' tasks have, the largest first. */
const taskSizes = (view: View): readonly Resources[] => {
  const sizes = replicaServices(view).flatMap((it) => sizeOf(view, it) ?? []);
  return [...new Map(sizes.map((it) => [`${it.cpuUnits} ${it.memoryMiB}`, it])).values()].sort(
    (a, b) => b.cpuUnits - a.cpuUnits || b.memoryMiB - a.memoryMiB,
  );
};

/** Tasks that together hold just so much; undefined where none of few do. The largest sizes come first. */
const partsOf = (sizes: readonly Resources[], room: Resources, most = mostAtOnce): readonly Resources[] | undefined => {
  if (isAsMuch(room, noResources)) return [];
  if (most === 0) return undefined;
  for (const [n, it] of sizes.entries()) {
    const isTooLittle =
      it.cpuUnits * most < room.cpuUnits || (it.cpuUnits === 0 && it.memoryMiB * most < room.memoryMiB);
    if (isTooLittle) return undefined; // and those that follow are no larger
    if (!isWithin(it, room)) continue;
    const rest = partsOf(sizes.slice(n), minus(room, it), most - 1);
    if (rest !== undefined) return [it, ...rest];
  }
  return undefined;
};

/** What an instance holds beyond the tasks that are to run there. */
const heldByStopping = (view: View, it: ContainerInstance): Resources => {
  const taken = takenOn(view, it);
  return taken === undefined ? noResources : atLeastNothing(minus(minus(it.registered, it.remaining), taken));
};

interface Followed {
  readonly rooms: readonly StoppingRoom[];
  readonly took: readonly StopTime[];
}

/** What has come is new; what has gone is that which was just so much, or else the oldest. */
const followed = (
  before: readonly StoppingRoom[],
  held: Resources,
  begun: (room: Resources) => readonly StoppingRoom[],
  now: EpochMs,
): Followed => {
  let rooms = before;
  const took: StopTime[] = [];
  while (rooms.length > 0 && !isWithin(sumOf(rooms), held)) {
    const over = minus(sumOf(rooms), held);
    const gone = rooms.find((it) => isAsMuch(it, over)) ?? rooms[0];
    rooms = rooms.filter((it) => it !== gone);
    if (gone !== undefined) took.push({ cpuUnits: gone.cpuUnits, memoryMiB: gone.memoryMiB, ms: now - gone.at });
  }
  const more = atLeastNothing(minus(held, sumOf(rooms)));
  return { rooms: isAsMuch(more, noResources) ? rooms : [...rooms, ...begun(more)], took };
};

const newestTimes = (took: readonly StopTime[]): readonly StopTime[] =>
  [...Map.groupBy(took, (it) => `${it.cpuUnits} ${it.memoryMiB}`).values()]
    .flatMap((it) => it.slice(-timesOfSize))
    .slice(-mostTimes);

type Stopping = Pick<ClusterMemory, 'stopping' | 'stopTimes'>;

const stoppingByView = new WeakMap<View, Stopping>();

/**
 * What tasks hold that are stopping, since when, and how long such tasks took. ECS does not list them; its account of an
 * instance still has them. Tasks are told apart by their size.
 */
export const stoppingAfter = (view: View): Stopping => {
  const known = stoppingByView.get(view);
  if (known !== undefined) return known;
  const { now, memory } = view;
  if (isPartial(view)) return { stopping: memory.stopping, stopTimes: memory.stopTimes };
  const before = Map.groupBy(memory.stopping, (it) => it.arn);
  const sizes = taskSizes(view);
  const all = view.observation.containerInstances
    .filter((it) => takesTasks(view, it))
    .map((it) => {
      const begun = (room: Resources): readonly StoppingRoom[] =>
        (partsOf(sizes, room) ?? [room]).map((size) => ({ arn: it.arn, at: now, ...size }));
      return followed(before.get(it.arn) ?? [], heldByStopping(view, it), begun, now);
    });
  const took = all.flatMap((it) => it.took).filter((it) => it.ms >= leastMs);
  const after = {
    stopping: all.flatMap((it) => it.rooms),
    stopTimes: took.length === 0 ? memory.stopTimes : newestTimes([...memory.stopTimes, ...took]),
  };
  stoppingByView.set(view, after);
  return after;
};

/** How long, from its beginning, the stop of a task of this size takes that has lasted so long; undefined unless over soon. */
const soonOver = (size: Resources, lastedMs: number, took: readonly StopTime[]): number | undefined => {
  const longer = took.filter((it) => isAsMuch(it, size) && it.ms + toleranceMs > lastedMs).map((it) => it.ms);
  const soon = longer.filter((it) => it <= lastedMs + soonMs);
  return soon.length > 0 && soon.length >= longer.length * mostOfThem ? Math.max(...soon) + toleranceMs : undefined;
};

/** Room that is free before a new instance could be, and when it should be at the latest. */
export interface SoonFree {
  readonly room: Resources;
  readonly by: EpochMs;
}

/** By EC2 instance id. */
export const soonFree = (view: View): ReadonlyMap<string, SoonFree> => {
  const { stopping: rooms, stopTimes: took } = stoppingAfter(view);
  const found = new Map<string, SoonFree>();
  if (rooms.length === 0 || took.length === 0) return found;
  const ids = new Map(view.observation.containerInstances.map((it) => [it.arn, it.ec2InstanceId]));
  for (const it of rooms) {
    const over = soonOver(it, view.now - it.at, took);
    const id = ids.get(it.arn);
    if (over === undefined || id === undefined) continue;
    const { room, by } = found.get(id) ?? { room: noResources, by: Infinity };
    found.set(id, { room: plus(room, it), by: Math.min(by, it.at + over) });
  }
  return found;
};

/** Since when a service wants no more than now; now where it has just been seen. */
const fellAt = ({ memory, now }: View, { name, desiredCount }: Service): EpochMs => {
  const last = Object.hasOwn(memory.peaks, name) ? memory.peaks[name]?.at(-1) : undefined;
  return last === undefined || last.tasks > desiredCount ? now : last.at;
};

/**
 * Tasks of services that have just come to want fewer, which ECS has yet to stop, and which stop soon: on which instances
 * is not known yet.
 */
export const aboutToStop = (view: View): Resources => {
  const { stopTimes: took } = stoppingAfter(view);
  if (took.length === 0) return noResources;
  const excess = replicaServices(view).map((service) => {
    if (view.now - fellAt(view, service) > leastMs || service.deployments.length > 1) return noResources;
    const size = sizeOf(view, service);
    if (size === undefined || soonOver(size, 0, took) === undefined) return noResources;
    const tasks = (view.tasksByGroup.get(taskGroupOf(service.name)) ?? []).filter(
      (it) => it.desiredStatus === 'RUNNING',
    ).length;
    const many = Math.max(0, tasks - service.desiredCount);
    return { cpuUnits: many * size.cpuUnits, memoryMiB: many * size.memoryMiB };
  });
  return sumOf(excess);
};

/** When it should show on which instances they stop. */
export const showsBy = ({ now }: View): EpochMs => now + leastMs;
