import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../model/container-instance.ts';
import type { Fact, Facts } from './query/evaluate.ts';

const unknown: Fact = { kind: 'unknown' };
const absent: Fact = { kind: 'absent' };
const present = (values: readonly string[] | undefined): Fact => ({ kind: 'present', values });

const valueOn = (it: ContainerInstance, name: string): string | undefined =>
  Object.hasOwn(it.attributes, name) ? it.attributes[name] : undefined;

/** Answers each name once: a plan asks for the same few of every instance, for each kind of task. */
const remembered = (factOf: (name: string) => Fact): Facts['attribute'] => {
  const facts = new Map<string, Fact>();
  return (name) => {
    const known = facts.get(name) ?? factOf(name);
    facts.set(name, known);
    return known;
  };
};

/** What ECS knows of a container instance. `taskGroups` are those of its tasks whose desired status is RUNNING. */
export const factsOf = (it: ContainerInstance, taskGroups: ReadonlySet<string>): Facts => ({
  attribute: remembered((name) => {
    const value = valueOn(it, name);
    return value === undefined ? absent : present([value]);
  }),
  agentConnected: it.agentConnected,
  agentVersion: it.agentVersion,
  ec2InstanceId: it.ec2InstanceId,
  registeredAt: it.registeredAt,
  runningTasksCount: it.runningTasksCount,
  taskGroups,
});

/** Attributes that each instance has a value of its own for (the id of its trunk interface). */
const individual: ReadonlySet<string> = new Set(['ecs.awsvpc-trunk-id']);

const inferred = (siblings: readonly ContainerInstance[], name: string): Fact => {
  const values = new Set(siblings.map((it) => valueOn(it, name)));
  if (values.has(undefined)) return values.size === 1 ? absent : unknown;
  const [value] = values;
  return present(values.size === 1 && value !== undefined && !individual.has(name) ? [value] : undefined);
};

/** What a group says of the instance it would launch; a group narrowed to one type or one zone is answered for alone. */
export type LaunchOptions = Pick<AutoScalingGroup, 'instanceTypes' | 'availabilityZones'>;

/** The group's own word for the built-in attributes that follow from it; one zone may still hold several subnets. */
const launchFacts = (launch: LaunchOptions, siblings: readonly ContainerInstance[]): ReadonlyMap<string, Fact> => {
  const facts = new Map<string, Fact>();
  if (launch.instanceTypes.length > 0) facts.set('ecs.instance-type', present(launch.instanceTypes));
  if (launch.availabilityZones.length > 0) facts.set('ecs.availability-zone', present(launch.availabilityZones));
  if (launch.availabilityZones.length > 1 && siblings.length > 0) facts.set('ecs.subnet-id', present(undefined));
  return facts;
};

/**
 * What may be said of the instance a group would launch, before it exists: type and zone by the group, all else as far
 * as its siblings agree. Siblings should be of the launch template version a new one gets: user data sets custom
 * attributes, and the AMI is one itself. Without any, all else is unknown. `taskGroups` are the daemons that will have
 * started there: `task:group == service:DAEMON` is AWS's own example of waiting for one.
 */
export const expectedFacts = (
  launch: LaunchOptions,
  siblings: readonly ContainerInstance[],
  taskGroups: ReadonlySet<string>,
): Facts => {
  const settled = launchFacts(launch, siblings);
  return {
    attribute: remembered((name) => settled.get(name) ?? (siblings.length === 0 ? unknown : inferred(siblings, name))),
    agentConnected: true,
    agentVersion: undefined, // a new instance may come with a newer agent than its siblings have
    ec2InstanceId: undefined,
    registeredAt: undefined,
    runningTasksCount: taskGroups.size === 0 ? 0 : undefined,
    taskGroups,
  };
};

/**
 * The instance once a task of a group was placed there. How many run is unknown from then on: the task is PENDING
 * first, which `runningTasksCount` does not count.
 */
export const withTask = (facts: Facts, group: string): Facts => ({
  ...facts,
  runningTasksCount: undefined,
  taskGroups: facts.taskGroups === undefined ? undefined : new Set([...facts.taskGroups, group]),
});
