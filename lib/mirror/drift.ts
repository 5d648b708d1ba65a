import type { ContainerInstance } from '../model/container-instance.ts';
import type { Task } from '../model/task.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';
import { type Change, instanceChange, type Known, type Mirror, taskChange, tasksIn } from './mirror.ts';

/** What is said of a resource is heard after so long, as a rule: until then a mirror that lags is no mirror that errs. */
const heardWithinMs = 2 * minuteMs;

/**
 * A listing may still lack what is newer than this (ECS API reference, eventual consistency), and events tell their time in
 * whole seconds: what was heard so shortly before is left to the next comparison.
 */
const settledAfterMs = minuteMs;

interface Listing {
  /** When the first of its calls was made, and when it was complete. */
  readonly from: EpochMs;
  readonly at: EpochMs;
}

const isSettled = ({ at }: Known<unknown>, { from }: Listing): boolean => at < from - settledAfterMs;

/** What a full listing of container instances shows of a mirror. */
export interface Drift {
  /** What puts the container instances right. */
  readonly changes: readonly Change[];
  /** ARNs of container instances that have another number of tasks than the mirror has on them. */
  readonly instancesToList: readonly string[];
  /** ARNs of tasks that no instance counts: they wait for one, are stopping, or theirs is no more. */
  readonly tasksToDescribe: readonly string[];
  /** Among all of these, what no event on its way explains. */
  readonly drifted: number;
}

const gone = (arn: string, { version }: Known<unknown>, at: EpochMs): Change => ({
  kind: 'containerInstance',
  arn,
  known: { value: undefined, version, at },
});

const countByInstance = (tasks: readonly Task[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { containerInstanceArn: arn } of tasks) if (arn !== undefined) counts.set(arn, (counts.get(arn) ?? 0) + 1);
  return counts;
};

/** Not everything raises the version: of what does not, no event need come. */
const isAlike = (a: ContainerInstance, b: ContainerInstance): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * Compares a mirror with all container instances that ECS lists and describes.
 * Tasks are compared by their number on each instance alone: ECS counts those with desired status RUNNING, the mirror too.
 * What the mirror heard lately is left: the listing may be older.
 */
export const driftOf = (mirror: Mirror, described: readonly ContainerInstance[], listing: Listing): Drift => {
  const { at } = listing;
  const arns = new Set(described.map((it) => it.arn));
  const vanished = [...mirror.instances].filter(
    ([arn, it]) => it.value !== undefined && !arns.has(arn) && isSettled(it, listing),
  );
  const newer = described.filter((it) => {
    const known = mirror.instances.get(it.arn);
    return known === undefined || known.version < it.version;
  });
  const differing = described.filter((it) => {
    const known = mirror.instances.get(it.arn);
    return known?.version === it.version && known.value !== undefined && !isAlike(it, known.value);
  });
  const counts = countByInstance(tasksIn(mirror));
  const isOff = (it: ContainerInstance): boolean =>
    (counts.get(it.arn) ?? 0) !== it.runningTasksCount + it.pendingTasksCount;
  const off = described.filter(isOff);
  const isExplained = (it: ContainerInstance): boolean => {
    const before = mirror.instances.get(it.arn);
    return before === undefined ? at - it.registeredAt < heardWithinMs : before.version < it.version;
  };
  const isUncounted = (it: Task): boolean =>
    it.containerInstanceArn === undefined || !arns.has(it.containerInstanceArn) || it.desiredStatus === 'STOPPED';
  const toAskAbout = [...mirror.tasks.values()].flatMap((known) => {
    const { value: task } = known;
    return task !== undefined && isSettled(known, listing) && isUncounted(task) ? [task] : [];
  });
  return {
    changes: [
      ...[...newer, ...differing].map((it) => instanceChange(it, at)),
      ...vanished.map(([arn, it]) => gone(arn, it, at)),
    ],
    instancesToList: off.map((it) => it.arn).sort(),
    tasksToDescribe: toAskAbout.map((it) => it.arn).sort(),
    drifted:
      [...new Set([...off, ...newer])].filter((it) => !isExplained(it)).length +
      vanished.filter(([, it]) => at - it.at >= heardWithinMs).length,
  };
};

/**
 * What a listing says of the tasks of the mirror that it ought to have: those listed as they are, the others ended. What
 * the mirror heard lately is left.
 */
export const settledTasks = (
  expected: readonly Task[],
  listed: readonly Task[],
  mirror: Mirror,
  listing: Listing,
): readonly Change[] => {
  const arns = new Set(listed.map((it) => it.arn));
  const missing = expected.flatMap(({ arn }): readonly Change[] => {
    const known = mirror.tasks.get(arn);
    if (known === undefined || arns.has(arn) || !isSettled(known, listing)) return [];
    return [{ kind: 'task', arn, known: { value: undefined, version: known.version, at: listing.at } }];
  });
  return [...listed.map((it) => taskChange(it, listing.at)), ...missing];
};
