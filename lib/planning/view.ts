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
  /** Container instances that are DRAINING, or will be: what they hold counts as nowhere. */
  readonly leavingArns: ReadonlySet<string>;
  /** EC2 instance ids with more than one registration: their agent lost its state. */
  readonly registeredTwice: ReadonlySet<string>;
}

const groupBy = <T>(items: readonly T[], key: (item: T) => string | undefined): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
};

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

interface SortedTasks {
  readonly tasks: readonly Task[];
  readonly byInstance: ReadonlyMap<string, readonly Task[]>;
  readonly byGroup: ReadonlyMap<string, readonly Task[]>;
}

const sortedTasks = new WeakMap<readonly Task[], SortedTasks>();

/** A list that was seen before, because nothing in it has changed, is sorted already. */
const sorted = (list: readonly Task[]): SortedTasks => {
  const known = sortedTasks.get(list);
  if (known !== undefined) return known;
  const tasks = byKey(list, (it) => it.arn);
  const fresh = {
    tasks,
    byInstance: groupBy(tasks, (it) => it.containerInstanceArn),
    byGroup: groupBy(tasks, (it) => it.group),
  };
  sortedTasks.set(list, fresh);
  return fresh;
};

const withMembersInOrder = (group: AutoScalingGroup): AutoScalingGroup => {
  const instances = byKey(group.instances, (it) => it.ec2InstanceId);
  return instances === group.instances ? group : { ...group, instances };
};

/**
 * An instance that somebody else is ending: its group is terminating it, or EC2 has warned. It takes no more tasks to
 * count on, and what it holds needs another place, whether ECS shows it as DRAINING yet or not.
 */
const isEnding = (drain: Drain | undefined, membership: Membership | undefined): boolean =>
  (drain !== undefined && drain.cause !== 'empty') || (membership !== undefined && isTerminating(membership.member));

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
            status === 'DRAINING' || isEnding(drainByEc2Id.get(id), membershipByEc2Id.get(id)),
        )
        .map((it) => it.arn),
    ),
  };
};

export const hasGap = (view: View, ...subjects: readonly Subject[]): boolean =>
  view.observation.gaps.some((gap) => subjects.includes(gap.subject));

/** Any hole at all: enough to forbid scale-in. CloudWatch says nothing about instances, so its holes do not count. */
export const isPartial = (view: View): boolean => view.observation.gaps.some((gap) => gap.subject !== 'metrics');

export const isDaemonTask = ({ daemonGroups }: View, { group }: Task): boolean =>
  group !== undefined && daemonGroups.has(group);

/** Undefined where the task definition could not be read. */
export const requirementsOfTask = (view: View, task: Task): Requirements | undefined => {
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
