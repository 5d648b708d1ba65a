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
import { withRaisedMinimum } from './keeping/raised.ts';
import { asResized } from './launching/resized.ts';
import { oncePer } from './once.ts';
import { type TaskList, taskListOf } from './task-list.ts';

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
  readonly taskList: TaskList;
  readonly tasksByInstance: TaskList['tasksByInstance'];
  /** By task group: `service:<name>`, or that of standalone tasks. */
  readonly tasksByGroup: TaskList['tasksByGroup'];
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

const membershipsIn = (groups: readonly AutoScalingGroup[]): ReadonlyMap<string, Membership> => {
  const byId = new Map<string, Membership>();
  for (const group of groups) for (const member of group.instances) byId.set(member.ec2InstanceId, { group, member });
  return byId;
};

/** Sorts everything by ARN first: the order in which AWS answered must never show in a plan. */
export const viewOf = (input: PlanningInput): View => {
  const taskList = taskListOf(input.observation.tasks);
  const observation: Observation = {
    ...input.observation,
    containerInstances: byKey(input.observation.containerInstances, (it) => it.arn),
    tasks: taskList.tasks,
    services: byKey(input.observation.services, (it) => it.arn),
    groups: byKey(input.observation.groups, (it) => it.arn).map((it) =>
      withRaisedMinimum(asResized(withMembersInOrder(it), input), input),
    ),
  };
  const { retiring } = input.memory;
  const membershipByEc2Id = membershipsIn(observation.groups);
  const drainByEc2Id = new Map(byKey(input.drains, (it) => it.ec2InstanceId).map((it) => [it.ec2InstanceId, it]));
  const instanceByEc2Id = new Map<string, ContainerInstance>();
  const registeredTwice = new Set<string>();
  const leavingArns = new Set<string>();
  for (const it of observation.containerInstances) {
    const { ec2InstanceId: id } = it;
    if (instanceByEc2Id.has(id)) registeredTwice.add(id);
    instanceByEc2Id.set(id, it);
    const isLeaving =
      it.status === 'DRAINING' ||
      Object.hasOwn(retiring, id) ||
      isEnding(drainByEc2Id.get(id), membershipByEc2Id.get(id));
    if (isLeaving) leavingArns.add(it.arn);
  }
  const daemons = observation.services.filter((it) => it.schedulingStrategy === 'DAEMON');
  return {
    ...input,
    observation,
    taskList,
    tasksByInstance: taskList.tasksByInstance,
    tasksByGroup: taskList.tasksByGroup,
    daemonGroups: new Set(daemons.map((it) => taskGroupOf(it.name))),
    membershipByEc2Id,
    instanceByEc2Id,
    drainByEc2Id,
    registeredTwice,
    leavingArns,
  };
};

export const hasGap = (view: PlanningInput, ...subjects: readonly Subject[]): boolean =>
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

const needsOfAlike = oncePer((view: View) => view.taskList.alike.map(({ task }) => requirementsOfTask(view, task)));

/** The same of the tasks that are listed on an instance. */
export const takenOn = (view: View, { arn }: ContainerInstance): Resources | undefined => {
  const on = view.taskList.byInstance.get(arn);
  let [cpuUnits, memoryMiB] = [0, 0];
  for (let n = 0; n < (on?.alike.length ?? 0); n++) {
    const need = needsOfAlike(view)[on?.alike[n]?.index ?? -1];
    if (need === undefined) return undefined;
    const tasks = on?.alikeTasks[n] ?? 0;
    cpuUnits += need.cpuUnits * tasks;
    memoryMiB += need.memoryMiB * tasks;
  }
  return { cpuUnits, memoryMiB };
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
