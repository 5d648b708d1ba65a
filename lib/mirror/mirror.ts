import type { ContainerInstance } from '../model/container-instance.ts';
import type { Task } from '../model/task.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';

/** What is known of one container instance or task. */
export interface Known<T> {
  /** Undefined: it has ended. */
  readonly value: T | undefined;
  /** ECS raises it with each change of a resource, in events and in what it describes alike (ECS events, `detail.version`). */
  readonly version: number;
  /** When ECS said so: the time of the event, or of the description. */
  readonly at: EpochMs;
}

/**
 * A cluster as its events and some descriptions tell it. To merge is to keep the newest version of everything, so it does
 * not matter in which order, how often or in how many parts it is done.
 */
export interface Mirror {
  /** By ARN. */
  readonly instances: ReadonlyMap<string, Known<ContainerInstance>>;
  /** By ARN. */
  readonly tasks: ReadonlyMap<string, Known<Task>>;
  /** By name, when an event last told of a service: it says that there is something to read, and not what. */
  readonly toldServices: ReadonlyMap<string, EpochMs>;
}

export const emptyMirror: Mirror = { instances: new Map(), tasks: new Map(), toldServices: new Map() };

/** One thing that an event, or a description, says of a resource. */
export type Change =
  | { readonly kind: 'containerInstance'; readonly arn: string; readonly known: Known<ContainerInstance> }
  | { readonly kind: 'task'; readonly arn: string; readonly known: Known<Task> }
  | { readonly kind: 'service'; readonly name: string; readonly at: EpochMs };

/**
 * That something has ended is remembered for so long, for an older event of it may still come. What is heard of something
 * unknown is no longer believed once it is as old: EventBridge repeats an event for up to 24 hours.
 */
export const endedLastsMs = 60 * minuteMs;

/** Services are read each minute: who told of one so long ago tells nothing new. */
const toldLastsMs = 10 * minuteMs;

const ended = ({ value }: Known<unknown>): number => (value === undefined ? 1 : 0);

/** Of one version there is one truth; that it has ended, a listing says without a version of its own. */
const isNewer = (a: Known<unknown>, b: Known<unknown>): boolean =>
  a.version !== b.version ? a.version > b.version : ended(a) !== ended(b) ? ended(a) > ended(b) : a.at > b.at;

const take = <T>(into: Map<string, Known<T>>, arn: string, it: Known<T>): void => {
  const before = into.get(arn);
  if (before === undefined || isNewer(it, before)) into.set(arn, it);
};

const hear = (into: Map<string, EpochMs>, name: string, at: EpochMs): void => {
  into.set(name, Math.max(at, into.get(name) ?? at));
};

/** The newest of each resource that a batch of changes tells of. */
export const folded = (changes: readonly Change[]): Mirror => {
  const instances = new Map<string, Known<ContainerInstance>>();
  const tasks = new Map<string, Known<Task>>();
  const toldServices = new Map<string, EpochMs>();
  for (const it of changes)
    if (it.kind === 'task') take(tasks, it.arn, it.known);
    else if (it.kind === 'containerInstance') take(instances, it.arn, it.known);
    else hear(toldServices, it.name, it.at);
  return { instances, tasks, toldServices };
};

const mergedTold = (parts: readonly ReadonlyMap<string, EpochMs>[], now: EpochMs): ReadonlyMap<string, EpochMs> => {
  const all = new Map<string, EpochMs>();
  for (const part of parts) for (const [name, at] of part) if (now - at < toldLastsMs) hear(all, name, at);
  return all;
};

const merged = <T>(parts: readonly ReadonlyMap<string, Known<T>>[], now: EpochMs): ReadonlyMap<string, Known<T>> => {
  const [first = new Map<string, Known<T>>(), ...later] = parts;
  const all = new Map(first);
  for (const part of later) for (const [arn, it] of part) take(all, arn, it);
  for (const [arn, it] of all)
    if (now - it.at >= endedLastsMs && (it.value === undefined || !first.has(arn))) all.delete(arn);
  return all;
};

/** What was known with all that came since. */
export const merge = (known: Mirror, since: readonly Mirror[], now: EpochMs): Mirror => ({
  instances: merged([known.instances, ...since.map((it) => it.instances)], now),
  tasks: merged([known.tasks, ...since.map((it) => it.tasks)], now),
  toldServices: mergedTold(
    [known, ...since].map((it) => it.toldServices),
    now,
  ),
});

const valuesIn = <T>(known: ReadonlyMap<string, Known<T>>): readonly T[] => {
  const values: T[] = [];
  for (const { value } of known.values()) if (value !== undefined) values.push(value);
  return values;
};

/** All container instances but those that have ended. */
export const instancesIn = ({ instances }: Mirror): readonly ContainerInstance[] => valuesIn(instances);

/** Tasks with desired status RUNNING, as ListTasks gives them. */
export const tasksIn = ({ tasks }: Mirror): readonly Task[] =>
  valuesIn(tasks).filter((it) => it.desiredStatus === 'RUNNING');

/** A container instance that is INACTIVE and a task that is STOPPED have ended. */
export const instanceChange = (it: ContainerInstance, at: EpochMs) => ({
  kind: 'containerInstance' as const,
  arn: it.arn,
  known: { value: it.status === 'INACTIVE' ? undefined : it, version: it.version, at },
});

export const taskChange = (it: Task, at: EpochMs) => ({
  kind: 'task' as const,
  arn: it.arn,
  known: {
    value: it.lastStatus === 'STOPPED' || it.lastStatus === 'DELETED' ? undefined : it,
    version: it.version,
    at,
  },
});
