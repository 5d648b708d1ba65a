import { isWanted, type Service, type Task } from './state.ts';

type Score = (task: Task) => number;

const keepHighest = (tasks: readonly Task[], score: Score): readonly Task[] => {
  let best = Number.NEGATIVE_INFINITY;
  let kept: Task[] = [];
  for (const task of tasks) {
    const value = score(task);
    if (value < best) continue;
    if (value > best) {
      best = value;
      kept = [];
    }
    kept.push(task);
  }
  return kept;
};

const onItsInstance: Score = (task) => task.instance?.tasksByGroup.get(task.group) ?? 0;

const inItsZone = (service: Service): Score => {
  const tallies = service.cluster.fleet.tallies(`service:${service.name}`, 'ecs.availability-zone');
  return (task) => tallies.get(task.instance?.availabilityZone ?? '')?.count ?? 0;
};

/**
 * What the instance would have left of the packed resource once this task and those that are stopping there are gone:
 * tasks stopped one after another then come from one instance. ECS does not say whether it looks that far; assumed.
 */
const leftAfter = (field: string | undefined): Score => {
  const resource = field?.toLowerCase() === 'memory' ? 'memoryMiB' : 'cpuUnits';
  return ({ instance, need }) => {
    let left = (instance?.remaining[resource] ?? 0) + need[resource];
    for (const other of instance?.tasks ?? []) if (!isWanted(other)) left += other.need[resource];
    return left;
  };
};

/** The scores by which tasks are narrowed down, in order. */
const scoresOf = (service: Service): readonly Score[] => {
  const [first] = service.placementStrategy;
  if (first?.type === 'random') return [];
  if (first?.type === 'binpack') return [leftAfter(first.field)];
  return first === undefined || first.field !== 'instanceId' ? [inItsZone(service), onItsInstance] : [onItsInstance];
};

/**
 * The task a service stops next when it has too many: one that waits, else by its strategy in reverse: from the Availability
 * Zone and the instance with most of them, or where binpack leaves most free. (ECS API, UpdateService; ECS developer guide.)
 */
export const chooseToStop = (service: Service, tasks: readonly Task[], luck: () => number): Task | undefined => {
  const waiting = tasks.findLast((it) => it.instance === undefined);
  if (waiting !== undefined) return waiting;
  const left = scoresOf(service).reduce(keepHighest, tasks);
  return left[Math.floor(luck() * left.length)];
};
