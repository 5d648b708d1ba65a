import type { AskedFor } from '../model/asked-for.ts';
import { type AutoScalingGroup, type GroupInstance, isTerminating } from '../model/auto-scaling-group.ts';
import { type ContainerInstance, isExternal } from '../model/container-instance.ts';
import type { ClusterMemory, Drain } from '../model/memory.ts';
import type { Observation, Subject } from '../model/observation.ts';
import { minus, plus, type Resources } from '../model/resources.ts';
import type { ClusterSettings } from '../model/settings.ts';
import { type Task, taskGroupOf } from '../model/task.ts';
import type { Requirements } from '../model/task-definition.ts';
import type { EpochMs } from '../model/time.ts';
import { requirementsOf } from '../placement/requirements.ts';

/** All that a plan rests on. */
export interface PlanningInput {
  readonly cluster: string;
  readonly observation: Observation;
  readonly memory: ClusterMemory;
  readonly drains: readonly Drain[];
  readonly settings: ClusterSettings;
  /** By people, EC2 and Berth's own queue. */
  readonly asked: AskedFor;
  readonly now: EpochMs;
}

/** A container instance's place in an opted-in group. */
export interface Membership {
  readonly group: AutoScalingGroup;
  readonly member: GroupInstance;
}

/** The input, indexed once so that every rule reads it in a step. */
export interface View extends PlanningInput {
  readonly tasksByInstance: ReadonlyMap<string, readonly Task[]>;
  /** By task group: `service:<name>`, or that of standalone tasks. */
  readonly tasksByGroup: ReadonlyMap<string, readonly Task[]>;
  /** The task groups of daemon services. */
  readonly daemonGroups: ReadonlySet<string>;
  readonly membershipByEc2Id: ReadonlyMap<string, Membership>;
  readonly instanceByEc2Id: ReadonlyMap<string, ContainerInstance>;
  readonly drainByEc2Id: ReadonlyMap<string, Drain>;
  /** Container instances that are DRAINING, or will be, or are to be replaced: what they hold counts as nowhere. */
  readonly leavingArns: ReadonlySet<string>;
  /** EC2 instance ids with more than one registration: their agent lost its state. */
  readonly registeredTwice: ReadonlySet<string>;
}

/** Adapters and the simulator mostly list in order already: then the list itself is returned. */
const byKey = <T>(items: readonly T[], key: (item: T) => string): readonly T[] => {
  let before = '';
  for (const item of items) {
    const own = key(item);
    if (own < before) return [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    before = own;
  }
  return items;
};

const twice = (ids: readonly string[]): ReadonlySet<string> => {
  const once = new Set<string>();
  return new Set(ids.filter((id) => once.has(id) || !once.add(id)));
};

/** The groups of some tasks: the name of each one's, and how many there are of each. */
interface Groups {
  readonly names: readonly (string | undefined)[];
  counts: ReadonlyMap<string, number> | undefined;
}

const groupsByTasks = new WeakMap<readonly Task[], Groups>();

const countNames = (names: Groups['names']): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

/** How many of the tasks are of each group; counted once for a list that is asked about again. */
export const countByGroup = (tasks: readonly Task[]): ReadonlyMap<string, number> => {
  const groups = groupsByTasks.get(tasks) ?? { names: tasks.map((it) => it.group), counts: undefined };
  groupsByTasks.set(tasks, groups);
  groups.counts ??= countNames(groups.names);
  return groups.counts;
};

interface SortedTasks {
  readonly tasks: readonly Task[];
  readonly byInstance: ReadonlyMap<string, readonly Task[]>;
  readonly byGroup: ReadonlyMap<string, readonly Task[]>;
}

/** By the first of them, tasks that ran on an instance when it was last looked at. */
const knownOnInstance = new WeakMap<Task, readonly Task[]>();

const areSame = (some: readonly Task[], others: readonly Task[]): boolean =>
  some.length === others.length && some.every((it, n) => it === others[n]);

/** The list that was made before where it has the same tasks, so that what is known of it holds on. */
const asBefore = (tasks: readonly Task[], names: Groups['names']): readonly Task[] => {
  const [first] = tasks;
  if (first === undefined) return tasks;
  const known = knownOnInstance.get(first);
  if (known !== undefined && areSame(known, tasks)) return known;
  knownOnInstance.set(first, tasks);
  groupsByTasks.set(tasks, { names, counts: undefined });
  return tasks;
};

/** In one pass: 100,000 tasks are not at hand again after it. Equal names of groups become one string, soon found again. */
const grouped = (tasks: readonly Task[]): SortedTasks => {
  const instances = new Map<string, { readonly tasks: Task[]; readonly names: (string | undefined)[] }>();
  const groups = new Map<string, { readonly name: string; readonly tasks: Task[] }>();
  for (const task of tasks) {
    const { group: name, containerInstanceArn: arn } = task;
    let group = name === undefined ? undefined : groups.get(name);
    if (group !== undefined) group.tasks.push(task);
    else if (name !== undefined) {
      group = { name, tasks: [task] };
      groups.set(name, group);
    }
    if (arn === undefined) continue;
    const instance = instances.get(arn);
    if (instance === undefined) instances.set(arn, { tasks: [task], names: [group?.name] });
    else {
      instance.tasks.push(task);
      instance.names.push(group?.name);
    }
  }
  const byInstance = new Map<string, readonly Task[]>();
  for (const [arn, it] of instances) byInstance.set(arn, asBefore(it.tasks, it.names));
  const byGroup = new Map<string, readonly Task[]>();
  for (const [name, it] of groups) byGroup.set(name, it.tasks);
  return { tasks, byInstance, byGroup };
};

const sortedTasks = new WeakMap<readonly Task[], SortedTasks>();

/** A list that was seen before, because nothing in it has changed, is sorted already. */
const sorted = (list: readonly Task[]): SortedTasks => {
  const known = sortedTasks.get(list) ?? grouped(byKey(list, (it) => it.arn));
  sortedTasks.set(list, known);
  return known;
};

const withMembersInOrder = (group: AutoScalingGroup): AutoScalingGroup => {
  const instances = byKey(group.instances, (it) => it.ec2InstanceId);
  return instances === group.instances ? group : { ...group, instances };
};

/**
 * An instance that is ending with what it runs: its group is terminating it, EC2 has warned, or Berth drains it. It takes
 * no more tasks to count on, and what it holds needs another place, whether ECS shows it as DRAINING yet or not.
 */
export const isEnding = (drain: Drain | undefined, membership: Membership | undefined): boolean =>
  (drain !== undefined && drain.cause !== 'empty' && drain.state !== 'restoring') ||
  (membership !== undefined && isTerminating(membership.member));

/** Sorts everything by ARN first: the order in which AWS answered must never show in a plan. */
export const viewOf = (input: PlanningInput): View => {
  const { tasks, byInstance, byGroup } = sorted(input.observation.tasks);
  const observation: Observation = {
    ...input.observation,
    containerInstances: byKey(input.observation.containerInstances, (it) => it.arn),
    tasks,
    services: byKey(input.observation.services, (it) => it.arn),
    groups: byKey(input.observation.groups, (it) => it.arn).map(withMembersInOrder),
  };
  const memberships = observation.groups.flatMap((group) =>
    group.instances.map((member) => [member.ec2InstanceId, { group, member }] as const),
  );
  const membershipByEc2Id = new Map(memberships);
  const { retiring } = input.memory;
  const drainByEc2Id = new Map(byKey(input.drains, (it) => it.ec2InstanceId).map((it) => [it.ec2InstanceId, it]));
  return {
    ...input,
    observation,
    tasksByInstance: byInstance,
    tasksByGroup: byGroup,
    daemonGroups: new Set(
      observation.services.filter((it) => it.schedulingStrategy === 'DAEMON').map((it) => taskGroupOf(it.name)),
    ),
    membershipByEc2Id,
    instanceByEc2Id: new Map(observation.containerInstances.map((it) => [it.ec2InstanceId, it])),
    drainByEc2Id,
    registeredTwice: twice(observation.containerInstances.map((it) => it.ec2InstanceId)),
    leavingArns: new Set(
      observation.containerInstances
        .filter(
          ({ status, ec2InstanceId: id }) =>
            status === 'DRAINING' ||
            Object.hasOwn(retiring, id) ||
            isEnding(drainByEc2Id.get(id), membershipByEc2Id.get(id)),
        )
        .map((it) => it.arn),
    ),
  };
};

export const hasGap = (view: View, ...subjects: readonly Subject[]): boolean =>
  view.observation.gaps.some((gap) => subjects.includes(gap.subject));

/**
 * Holes that hide no instance and no task. What CloudWatch, hooks, policies and failed launches would have said is
 * missed; a task whose protection is not known stays where it is in any case.
 */
const besides: readonly Subject[] = ['metrics', 'surroundings', 'activities', 'taskProtection', 'tasksOnDraining'];

/** Any hole in what is there: enough to forbid scale-in. */
export const isPartial = (view: View): boolean => view.observation.gaps.some((gap) => !besides.includes(gap.subject));

export const isDaemonTask = ({ daemonGroups }: View, { group }: Task): boolean =>
  group !== undefined && daemonGroups.has(group);

/** Undefined where the task definition could not be read. */
const requirementsOfTask = (view: View, task: Task): Requirements | undefined => {
  const definition = view.observation.taskDefinitions[task.taskDefinitionArn];
  return definition === undefined ? undefined : requirementsOf(definition, task);
};

/**
 * Whether an instance is one of ECS Managed Instances: EC2 instances that AWS itself launches, fills and drains for a
 * provider without an Auto Scaling group. Nothing of ours can run there.
 */
export const isManagedInstance = (view: View, it: ContainerInstance): boolean =>
  view.observation.capacityProviders.some(
    (provider) => provider.name === it.capacityProviderName && provider.autoScalingGroupName === undefined,
  );

/** Whether ECS would give this instance a task of ours now: only ACTIVE ones whose agent is connected. */
export const takesTasks = (view: View, it: ContainerInstance): boolean =>
  it.status === 'ACTIVE' &&
  it.agentConnected &&
  !view.leavingArns.has(it.arn) &&
  !isExternal(it) &&
  !isManagedInstance(view, it);

/** What the given tasks account for on an instance, or undefined where one of them has an unknown size. */
const takenBy = (view: View, tasks: readonly Task[]): Resources | undefined => {
  let total: Resources = { cpuUnits: 0, memoryMiB: 0 };
  for (const task of tasks) {
    const need = requirementsOfTask(view, task);
    if (need === undefined) return undefined;
    total = plus(total, need);
  }
  return total;
};

/**
 * Whether ECS's own account of an instance agrees that these tasks are all there is. A task that is stopping has left
 * the list of running ones but still holds its share, so a difference means that the instance is not empty.
 */
export const accountsFor = (view: View, it: ContainerInstance, tasks: readonly Task[]): boolean => {
  const taken = takenBy(view, tasks);
  if (taken === undefined) return false;
  const held = minus(it.registered, it.remaining);
  return held.cpuUnits === taken.cpuUnits && held.memoryMiB === taken.memoryMiB;
};
