import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import { instanceTypeOf } from '../model/container-instance.ts';
import type { LearnedShape } from '../model/memory.ts';
import type { Observation } from '../model/observation.ts';
import type { Service } from '../model/service.ts';
import { serviceNameOf } from '../model/task.ts';
import { sharedAttributes } from './learned.ts';
import type { PlanningInput } from './view.ts';

/** A change that a person wonders about. */
export type Change =
  /** The service wants so many tasks more. */
  | { readonly kind: 'addTasks'; readonly service: string; readonly tasks: number }
  /** The instance is terminated, and the group's desired capacity lowered where its minimum lets it. */
  | { readonly kind: 'removeInstance'; readonly ec2InstanceId: string }
  /** New instances of the group are of this type; `shape` is what one registers. */
  | { readonly kind: 'instanceType'; readonly group: string; readonly shape: TypeShape };

/** What a new instance of a type registers. */
export type TypeShape = Pick<LearnedShape, 'instanceType' | 'registered' | 'gpus'>;

export type Changed =
  | { readonly ok: true; readonly input: PlanningInput; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problem: string };

const refused = (problem: string): Changed => ({ ok: false, problem });

const listed = (names: readonly string[]): string => names.toSorted().join(', ') || 'none';

const seeing = (input: PlanningInput, over: Partial<Observation>): PlanningInput => ({
  ...input,
  observation: { ...input.observation, ...over },
});

const isMainOne = (it: { readonly status: string }): boolean => it.status === 'PRIMARY';

/** The service as it is once its desired count was raised: the deployment, or task set, that is to grow grows. */
const withMore = (service: Service, tasks: number): Service => ({
  ...service,
  desiredCount: service.desiredCount + tasks,
  deployments: service.deployments.map((it) => (isMainOne(it) ? { ...it, desiredCount: it.desiredCount + tasks } : it)),
  taskSets: service.taskSets.map((it) =>
    isMainOne(it) ? { ...it, computedDesiredCount: it.computedDesiredCount + tasks } : it,
  ),
});

const addTasks = (input: PlanningInput, { service: name, tasks }: Change & { kind: 'addTasks' }): Changed => {
  const { services } = input.observation;
  const service = services.find((it) => it.name === name && it.status === 'ACTIVE');
  if (service === undefined)
    return refused(
      `cluster ${input.cluster} has no active service ${name}; it has: ${listed(services.map((it) => it.name))}`,
    );
  if (service.schedulingStrategy === 'DAEMON')
    return refused(`service ${name} is a daemon: it runs once on every instance, whatever count is wished`);
  return {
    ok: true,
    input: seeing(input, { services: services.map((it) => (it === service ? withMore(it, tasks) : it)) }),
    notes: [`service ${name} wants ${service.desiredCount + tasks} tasks instead of ${service.desiredCount}`],
  };
};

const withoutMember = (group: AutoScalingGroup, ec2InstanceId: string): AutoScalingGroup => {
  const instances = group.instances.filter((it) => it.ec2InstanceId !== ec2InstanceId);
  if (instances.length === group.instances.length) return group;
  return { ...group, instances, desiredCapacity: Math.max(group.minSize, group.desiredCapacity - 1) };
};

const without = <T>(map: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(map).filter(([it]) => it !== key));

const removeInstance = (input: PlanningInput, { ec2InstanceId: id }: Change & { kind: 'removeInstance' }): Changed => {
  const { containerInstances, tasks, services, groups } = input.observation;
  const gone = containerInstances.filter((it) => it.ec2InstanceId === id);
  const arns = new Set(gone.map((it) => it.arn));
  const group = groups.find((it) => it.instances.some((one) => one.ec2InstanceId === id));
  if (gone.length === 0 && group === undefined)
    return refused(
      `${id} is no container instance of cluster ${input.cluster}, which has ${containerInstances.length}`,
    );
  const lost = tasks.filter((it) => it.containerInstanceArn !== undefined && arns.has(it.containerInstanceArn));
  const standalone = lost.filter((it) => serviceNameOf(it) === undefined).length;
  const lostOf = (service: Service): number => lost.filter((it) => serviceNameOf(it) === service.name).length;
  const { memory } = input;
  return {
    ok: true,
    input: {
      ...seeing(input, {
        containerInstances: containerInstances.filter((it) => it.ec2InstanceId !== id),
        tasks: tasks.filter((it) => !lost.includes(it)),
        services: services.map((it) => ({ ...it, runningCount: Math.max(0, it.runningCount - lostOf(it)) })),
        groups: groups.map((it) => withoutMember(it, id)),
      }),
      drains: input.drains.filter((it) => it.ec2InstanceId !== id),
      memory: { ...memory, retiring: without(memory.retiring, id) },
    },
    notes: [
      `${id} is gone${group === undefined ? '' : `, and ${group.name} wants ${withoutMember(group, id).desiredCapacity} instances instead of ${group.desiredCapacity}`}`,
      ...(group !== undefined && group.desiredCapacity <= group.minSize
        ? [`${group.name} is at its minimum size: Auto Scaling launches another in its place`]
        : []),
      ...(standalone > 0 ? [`${standalone} standalone tasks on it are lost: nobody starts them again`] : []),
    ],
  };
};

/** Under this launch source the new type is known, and no instance that is there was launched from it. */
const supposed = 'what-if';

const instanceType = (input: PlanningInput, { group: name, shape }: Change & { kind: 'instanceType' }): Changed => {
  const { groups } = input.observation;
  const group = groups.find((it) => it.name === name);
  if (group === undefined)
    return refused(
      `no group ${name} carries the tag berth:cluster=${input.cluster}; there are: ${listed(groups.map((it) => it.name))}`,
    );
  const { settings, memory } = input;
  const members = new Set(group.instances.map((it) => it.ec2InstanceId));
  const present = input.observation.containerInstances.filter((it) => members.has(it.ec2InstanceId));
  const attributes = present.length > 0 ? sharedAttributes(present) : memory.shapes[name]?.attributes;
  const learned: LearnedShape = { ...shape, attributes, launchSource: supposed, from: 'ec2' };
  const own = settings.groups[name];
  const changed: AutoScalingGroup = {
    ...group,
    instanceTypes: [shape.instanceType],
    launchSource: supposed,
    launchTemplate: group.instanceTypes.includes(shape.instanceType) ? group.launchTemplate : supposed,
  };
  return {
    ok: true,
    input: {
      ...seeing(input, { groups: groups.map((it) => (it === group ? changed : it)) }),
      memory: { ...memory, shapes: { ...memory.shapes, [name]: learned } },
      settings: {
        ...settings,
        rotation: { ...settings.rotation, outdatedLaunchTemplate: false },
        groups:
          own === undefined ? settings.groups : { ...settings.groups, [name]: { ...own, pricePerHour: undefined } },
      },
    },
    notes: [
      `new instances of ${name} are ${shape.instanceType}: ${shape.registered.cpuUnits} CPU units, ${shape.registered.memoryMiB} MiB`,
      ...(own?.pricePerHour === undefined
        ? []
        : [`its price is taken from its size: the one in the settings is another type's`]),
    ],
  };
};

const changedBy = (input: PlanningInput, change: Change): Changed => {
  switch (change.kind) {
    case 'addTasks':
      return addTasks(input, change);
    case 'removeInstance':
      return removeInstance(input, change);
    case 'instanceType':
      return instanceType(input, change);
  }
};

/** What would be seen if this had happened, one after the other; or why one of it cannot be supposed. */
export const whatIf = (input: PlanningInput, changes: readonly Change[]): Changed =>
  changes.reduce<Changed>(
    (before, change) => {
      if (!before.ok) return before;
      const after = changedBy(before.input, change);
      return after.ok ? { ...after, notes: [...before.notes, ...after.notes] } : after;
    },
    { ok: true, input, notes: [] },
  );

/** What an instance of the type registers, as far as one of the cluster shows; undefined where none is of it. */
export const shapeSeen = ({ observation }: PlanningInput, type: string): TypeShape | undefined => {
  const found = observation.containerInstances.find((it) => instanceTypeOf(it) === type);
  return found === undefined
    ? undefined
    : {
        instanceType: type,
        registered: found.registered,
        gpus: found.gpusRegistered ?? found.gpusRemaining,
      };
};
