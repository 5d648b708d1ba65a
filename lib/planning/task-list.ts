import { isWaiting, serviceNameOf, type Task } from '../model/task.ts';

/** Tasks of a list that are alike in all that planning asks of a task but its name, its place and its age. */
export interface Alike {
  /** The first of them: what is asked of it holds of each. */
  readonly task: Task;
  readonly group: TaskGroup;
  /** How many they are in the list. */
  readonly tasks: number;
  /** Of its own in the list, from 0. */
  readonly index: number;
}

/** The tasks of a list that are of one group; those of none stand together too. */
export interface TaskGroup {
  readonly name: string | undefined;
  readonly tasks: readonly Task[];
  readonly alike: readonly Alike[];
  /** Of its own in the list, from 0. */
  readonly index: number;
}

/** The tasks on one container instance. */
export interface OnInstance {
  readonly tasks: readonly Task[];
  /** Each group that has tasks there, in the order of its first task, and beside it how many. */
  readonly groups: readonly TaskGroup[];
  readonly groupTasks: readonly number[];
  /** The same by likeness. */
  readonly alike: readonly Alike[];
  readonly alikeTasks: readonly number[];
  /** When the last of them was created; Infinity where one has not been started yet. */
  readonly newestAt: number;
}

/** The tasks of one look, sorted and counted once for all that reads them. */
export interface TaskList {
  /** By ARN. */
  readonly tasks: readonly Task[];
  readonly groups: readonly TaskGroup[];
  readonly byGroup: ReadonlyMap<string, TaskGroup>;
  readonly alike: readonly Alike[];
  /** By container instance ARN. */
  readonly byInstance: ReadonlyMap<string, OnInstance>;
  /** The tasks alone, by container instance ARN and by group. */
  readonly tasksByInstance: ReadonlyMap<string, readonly Task[]>;
  readonly tasksByGroup: ReadonlyMap<string, readonly Task[]>;
  /** Those that wait for room. */
  readonly waiting: readonly Task[];
}

interface CountedAlike extends Alike {
  tasks: number;
}

interface FilledGroup extends TaskGroup {
  readonly tasks: Task[];
  readonly alike: CountedAlike[];
  /** Only a service's tasks are told apart by their deployment: others carry any word there. */
  readonly isOfService: boolean;
}

interface FilledInstance {
  readonly tasks: Task[];
  /** For each of the tasks, the likeness it is of. */
  readonly alike: Alike[];
  newestAt: number;
}

const areAlike = (a: Task, b: Task, isOfService: boolean): boolean =>
  a.taskDefinitionArn === b.taskDefinitionArn &&
  (!isOfService || a.startedBy === b.startedBy) &&
  a.capacityProviderName === b.capacityProviderName &&
  a.cpuUnits === b.cpuUnits &&
  a.memoryMiB === b.memoryMiB &&
  a.desiredStatus === b.desiredStatus &&
  (a.isUnhealthy === true) === (b.isUnhealthy === true);

/** By the first of them, tasks that ran on an instance when it was last looked at. */
const knownOnInstance = new WeakMap<Task, readonly Task[]>();

const areSame = (some: readonly Task[], others: readonly Task[]): boolean =>
  some.length === others.length && some.every((it, n) => it === others[n]);

/** The list that was made before where it has the same tasks, so that what is known of it holds on. */
const asBefore = (tasks: readonly Task[]): readonly Task[] => {
  const [first] = tasks;
  if (first === undefined) return tasks;
  const known = knownOnInstance.get(first);
  if (known !== undefined && areSame(known, tasks)) return known;
  knownOnInstance.set(first, tasks);
  return tasks;
};

/** How often each of some items is among them, the first one first; `seen` has a zero for every item there is. */
const tally = <T extends { readonly index: number }>(
  items: readonly T[],
  times: (n: number) => number,
  seen: Int32Array,
): { readonly items: readonly T[]; readonly counts: readonly number[] } => {
  const different: T[] = [];
  for (const [n, it] of items.entries()) {
    if (seen[it.index] === 0) different.push(it);
    seen[it.index] = (seen[it.index] ?? 0) + times(n);
  }
  const counts = different.map((it) => seen[it.index] ?? 0);
  for (const it of different) seen[it.index] = 0;
  return { items: different, counts };
};

const once = (): number => 1;

interface Seen {
  readonly alike: Int32Array;
  readonly groups: Int32Array;
}

const counted = ({ tasks, alike: each, newestAt }: FilledInstance, seen: Seen): OnInstance => {
  const { items: alike, counts: alikeTasks } = tally(each, once, seen.alike);
  const groups = tally(
    alike.map((it) => it.group),
    (n) => alikeTasks[n] ?? 0,
    seen.groups,
  );
  return { tasks: asBefore(tasks), groups: groups.items, groupTasks: groups.counts, alike, alikeTasks, newestAt };
};

/**
 * In one pass: 100,000 tasks are not at hand again after it. Equal names of groups become one string, soon found again.
 * Undefined where the tasks are not in the order of their ARNs.
 */
const listed = (tasks: readonly Task[]): TaskList | undefined => {
  const instances = new Map<string, FilledInstance>();
  const byGroup = new Map<string | undefined, FilledGroup>();
  const groups: FilledGroup[] = [];
  const all: CountedAlike[] = [];
  const waiting: Task[] = [];

  const groupOf = (task: Task): FilledGroup => {
    const { group: name } = task;
    const known = byGroup.get(name);
    if (known !== undefined) return known;
    const isOfService = serviceNameOf(task) !== undefined;
    const group = { name, tasks: [], alike: [], index: groups.length, isOfService };
    groups.push(group);
    byGroup.set(name, group);
    return group;
  };

  const alikeOf = (group: FilledGroup, task: Task): CountedAlike => {
    for (const it of group.alike) if (areAlike(it.task, task, group.isOfService)) return it;
    const alike = { task, group, tasks: 0, index: all.length };
    all.push(alike);
    group.alike.push(alike);
    return alike;
  };

  let before = '';
  for (const task of tasks) {
    if (task.arn < before) return undefined;
    before = task.arn;
    const group = groupOf(task);
    group.tasks.push(task);
    const alike = alikeOf(group, task);
    alike.tasks++;
    if (isWaiting(task)) waiting.push(task);
    const { containerInstanceArn: arn, createdAt = Infinity } = task;
    if (arn === undefined) continue;
    const instance = instances.get(arn);
    if (instance === undefined) {
      instances.set(arn, { tasks: [task], alike: [alike], newestAt: createdAt });
      continue;
    }
    instance.tasks.push(task);
    instance.alike.push(alike);
    if (createdAt > instance.newestAt) instance.newestAt = createdAt;
  }
  const seen = { alike: new Int32Array(all.length), groups: new Int32Array(groups.length) };
  const byInstance = new Map<string, OnInstance>();
  const tasksByInstance = new Map<string, readonly Task[]>();
  for (const [arn, it] of instances) {
    const on = counted(it, seen);
    byInstance.set(arn, on);
    tasksByInstance.set(arn, on.tasks);
  }
  const named = new Map<string, TaskGroup>();
  for (const it of groups) if (it.name !== undefined) named.set(it.name, it);
  const tasksByGroup = new Map(Array.from(named, ([name, it]) => [name, it.tasks]));
  return { tasks, groups, byGroup: named, alike: all, byInstance, tasksByInstance, tasksByGroup, waiting };
};

const inOrder = (tasks: readonly Task[]): readonly Task[] =>
  [...tasks].sort((a, b) => (a.arn < b.arn ? -1 : a.arn > b.arn ? 1 : 0));

const known = new WeakMap<readonly Task[], TaskList>();

/** A list that was seen before, because nothing in it has changed, is sorted and counted already. */
export const taskListOf = (tasks: readonly Task[]): TaskList => {
  const list = known.get(tasks) ?? listed(tasks) ?? taskListOf(inOrder(tasks));
  known.set(tasks, list);
  return list;
};

/** How many tasks there are of each group, by its name, in the order of the first ones. */
export const countByGroup = (on: OnInstance | undefined): ReadonlyMap<string, number> => {
  if (on === undefined) return nothing;
  const counts = new Map<string, number>();
  for (const [n, { name }] of on.groups.entries()) if (name !== undefined) counts.set(name, on.groupTasks[n] ?? 0);
  return counts;
};

const nothing: ReadonlyMap<string, number> = new Map();
