import {
  type AutoScalingGroup,
  countsTowardsDesired,
  type GroupInstance,
} from '../../../lib/model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../../lib/model/container-instance.ts';
import type { Drain } from '../../../lib/model/memory.ts';
import type { Observation } from '../../../lib/model/observation.ts';
import { minus, type Resources } from '../../../lib/model/resources.ts';
import { serviceNameOf, type Task } from '../../../lib/model/task.ts';
import type { Requirements } from '../../../lib/model/task-definition.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import { type Luck, placeAll, satisfiesConstraints } from '../../world/ecs/placement.ts';
import { servicesAfter } from './counts.ts';
import { type Holding, heldTasks, holdingOf, missingTasks } from './missing.ts';
import { needOf, placesOf, requestsFor } from './placing.ts';
import { heldBack, named, type Planned, stepsOf } from './plan-check.ts';

type Ids = ReadonlySet<string>;

/** What a new instance registers, as far as anything tells: a sibling, what was learned, the settings. */
const shapeOf = (
  { input, plan }: Planned,
  group: AutoScalingGroup,
  siblings: readonly ContainerInstance[],
): Resources | undefined => {
  const [sibling] = siblings.toSorted((a, b) => a.registered.memoryMiB - b.registered.memoryMiB);
  const learned = plan.memory.shapes[group.name];
  const fresh = learned?.launchSource === group.launchSource ? learned?.registered : undefined;
  return sibling?.registered ?? fresh ?? input.settings.groups[group.name]?.registers;
};

/**
 * The attributes that an agent reports where nobody has seen one of the group: all that any task asks for by name, since
 * the plan takes a new instance's agent for one that can do what the tasks need.
 */
const asAgentsHave = ({ taskDefinitions }: Observation): ContainerInstance['attributes'] =>
  Object.fromEntries(Object.values(taskDefinitions).flatMap((it) => it.requiresAttributes.map((name) => [name, ''])));

/** An instance as it registers: empty, ACTIVE, connected. */
const registeredNow = (
  { input: { observation, now } }: Planned,
  member: GroupInstance,
  group: AutoScalingGroup,
  registered: Resources,
  sibling: ContainerInstance | undefined,
): ContainerInstance => ({
  arn: `${observation.cluster?.arn ?? 'arn'}/new/${member.ec2InstanceId}`,
  ec2InstanceId: member.ec2InstanceId,
  status: 'ACTIVE',
  agentConnected: true,
  agentVersion: sibling?.agentVersion,
  registeredAt: now,
  version: 1,
  registered,
  remaining: registered,
  portsInUse: [],
  gpusRemaining: sibling?.gpusRegistered ?? 0,
  gpusRegistered: sibling?.gpusRegistered,
  runningTasksCount: 0,
  pendingTasksCount: 0,
  capacityProviderName: observation.capacityProviders.find((it) => it.autoScalingGroupName === group.name)?.name,
  attributes: {
    ...(sibling?.attributes ?? asAgentsHave(observation)),
    'ecs.availability-zone': member.availabilityZone,
    ...(member.instanceType === undefined ? {} : { 'ecs.instance-type': member.instanceType }),
  },
});

interface Grown {
  readonly group: AutoScalingGroup;
  readonly registered: readonly ContainerInstance[];
}

/** The group once all that it was asked for is in service and registered; undefined where nobody can say as what. */
const grown = (planned: Planned, group: AutoScalingGroup, gone: Ids): Grown | undefined => {
  const { input, plan } = planned;
  const byId = new Map(input.observation.containerInstances.map((it) => [it.ec2InstanceId, it]));
  const stay = group.instances.filter((it) => !gone.has(it.ec2InstanceId));
  const asked = stepsOf(plan, 'setGroupDesiredCapacity').find((it) => it.group === group.name);
  const launches = stepsOf(plan, 'launchInstances').filter((it) => it.group === group.name);
  const lowering = stepsOf(plan, 'terminateInstances').filter(
    (it) => it.group === group.name && it.keepsDesiredCapacity !== true,
  );
  const desiredCapacity =
    (asked?.to ?? group.desiredCapacity) + launches.reduce((sum, it) => sum + it.count, 0) - named(lowering).size;
  const counted = stay.filter(countsTowardsDesired);
  const asIfBalanced = group.availabilityZones.length > 0 ? group.availabilityZones : [''];
  const namedZones = launches.flatMap((it) => Array.from({ length: it.count }, () => it.availabilityZone));
  // A member that is going may still show as one that counts: what was asked for comes all the same.
  const grownBy = asked === undefined ? 0 : asked.to - asked.from;
  const launched = Array.from(
    { length: Math.max(0, desiredCapacity - counted.length, grownBy) },
    (_, n): GroupInstance => ({
      ec2InstanceId: `i-new-${group.name}-${n}`,
      instanceType: group.instanceTypes[0],
      availabilityZone: namedZones[n] ?? asIfBalanced[n % asIfBalanced.length] ?? '',
      lifecycleState: 'InService',
      healthStatus: 'Healthy',
      protectedFromScaleIn: group.newInstancesProtectedFromScaleIn,
      launchTemplate: group.launchTemplate,
    }),
  );
  const siblings = stay.flatMap((it) => byId.get(it.ec2InstanceId) ?? []);
  const shape = shapeOf(planned, group, siblings);
  const absent = [...counted.filter((it) => !byId.has(it.ec2InstanceId)), ...launched];
  if (absent.length > 0 && shape === undefined) return undefined;
  return {
    group: {
      ...group,
      desiredCapacity,
      instances: [
        ...stay.map((it) => (absent.includes(it) ? { ...it, lifecycleState: 'InService' as const } : it)),
        ...launched,
      ],
    },
    registered: shape === undefined ? [] : absent.map((it) => registeredNow(planned, it, group, shape, siblings[0])),
  };
};

const drainsAfter = ({ input, plan }: Planned): readonly Drain[] => {
  const ended = new Set(plan.endedDrains.map((it) => it.ec2InstanceId));
  const changed = new Map(plan.drains.map((it) => [it.ec2InstanceId, it]));
  const kept = input.drains.filter((it) => !ended.has(it.ec2InstanceId) && !changed.has(it.ec2InstanceId));
  return [...kept, ...changed.values()];
};

const hold = (it: ContainerInstance, { hostPorts, gpus, ...need }: Requirements): ContainerInstance => ({
  ...it,
  remaining: minus(it.remaining, need),
  portsInUse: [...it.portsInUse, ...hostPorts],
  gpusRemaining: it.gpusRemaining - gpus,
  pendingTasksCount: it.pendingTasksCount + 1,
});

/** Gives tasks their instances; each starts there. */
const withTasks = (observation: Observation, placed: readonly (readonly [Task, string])[]): Observation => {
  const instances = new Map(observation.containerInstances.map((it) => [it.arn, it]));
  const known = new Map(observation.tasks.map((it) => [it.arn, it]));
  for (const [task, arn] of placed) {
    const instance = instances.get(arn);
    const need = needOf(observation, task);
    if (instance === undefined || need === undefined) continue;
    instances.set(arn, hold(instance, need));
    known.set(task.arn, { ...task, lastStatus: 'PENDING', containerInstanceArn: arn });
  }
  return { ...observation, containerInstances: [...instances.values()], tasks: [...known.values()] };
};

/** Daemons start on every new instance that answers to their constraints, before anything else may. */
const withDaemons = (observation: Observation, fresh: Ids): Observation => {
  const requests = requestsFor(observation);
  const places = placesOf(observation).filter((it) => fresh.has(it.arn));
  const placed = observation.services
    .filter((it) => it.schedulingStrategy === 'DAEMON' && it.status === 'ACTIVE')
    .flatMap((service) =>
      places.flatMap((place): readonly (readonly [Task, string])[] => {
        const task: Task = {
          arn: `${service.arn}/on/${place.arn}`,
          taskDefinitionArn: service.taskDefinitionArn,
          group: `service:${service.name}`,
          startedBy: service.deployments[0]?.id,
          lastStatus: 'PENDING',
          desiredStatus: 'RUNNING',
          containerInstanceArn: place.arn,
          capacityProviderName: undefined,
          launchType: 'EC2',
          cpuUnits: undefined,
          memoryMiB: undefined,
          createdAt: undefined,
          version: 1,
        };
        const request = requests(task);
        return request !== undefined && satisfiesConstraints(request)(place) ? [[task, place.arn]] : [];
      }),
    );
  return withTasks(observation, placed);
};

/** Tasks that a drain takes the place of, or that are stopped: they run no longer, and their services start others. */
const withoutMoved = (observation: Observation, drained: Ids, stopped: Ids): Observation => {
  const daemons = new Set(observation.services.filter((it) => it.schedulingStrategy === 'DAEMON').map((it) => it.name));
  const leaves = (task: Task): boolean => {
    const service = serviceNameOf(task);
    const moves = drained.has(task.containerInstanceArn ?? '') && service !== undefined && !daemons.has(service);
    return moves || stopped.has(task.arn);
  };
  return { ...observation, tasks: observation.tasks.filter((it) => !leaves(it)) };
};

/** In which order ECS comes to the tasks that wait: one service after another, as listed, or as they happen to come. */
export type Order = <T>(waiting: readonly T[]) => readonly T[];

const withPlacements = (observation: Observation, holding: Holding, luck: Luck, order: Order): Observation => {
  const requests = requestsFor(observation);
  const waiting = order([...heldTasks(observation), ...missingTasks(observation, holding)]).flatMap((task) => {
    const request = requests(task);
    return request === undefined ? [] : [{ task, request }];
  });
  const places = placeAll(
    placesOf(observation),
    waiting.map((it) => it.request),
    luck,
  );
  const placed = waiting.flatMap(({ task }, n): readonly (readonly [Task, string])[] => {
    const arn = places[n];
    return arn === undefined ? [] : [[task, arn]];
  });
  return withTasks(observation, placed);
};

const statusAfter = (it: ContainerInstance, drained: Ids, restored: Ids): ContainerInstance => {
  if (drained.has(it.ec2InstanceId)) return { ...it, status: 'DRAINING', version: it.version + 1 };
  return restored.has(it.ec2InstanceId) ? { ...it, status: 'ACTIVE', version: it.version + 1 } : it;
};

/**
 * What a planner would see next had every step of a plan succeeded, every launch registered empty, and ECS placed by
 * its own rules all that waits and finds room, in no time, but what it holds back itself; undefined where nothing tells
 * what a launch registers.
 */
export const outcomeOf = (
  planned: Planned,
  luck: Luck,
  order: Order = (waiting) => waiting,
): PlanningInput | undefined => {
  const { input, plan } = planned;
  const { observation } = input;
  const drained = named(stepsOf(plan, 'drainInstances'));
  const restored = named(stepsOf(plan, 'restoreInstances'));
  const gone = named([...stepsOf(plan, 'terminateInstances'), ...stepsOf(plan, 'completeLifecycleActions')]);
  const unknownToEcs = new Set([...gone, ...named(stepsOf(plan, 'deregisterInstances'))]);
  const stopped = new Set(stepsOf(plan, 'stopTasks').flatMap((it) => it.taskArns));
  const groups = observation.groups.map((it) => grown(planned, it, gone));
  const known = groups.filter((it) => it !== undefined);
  if (known.length < groups.length) return undefined;

  const fresh = known.flatMap((it) => it.registered);
  const staying = observation.containerInstances.filter((it) => !unknownToEcs.has(it.ec2InstanceId));
  const goneArns = new Set(
    observation.containerInstances.filter((it) => unknownToEcs.has(it.ec2InstanceId)).map((it) => it.arn),
  );
  const after: Observation = {
    ...observation,
    containerInstances: [...staying.map((it) => statusAfter(it, drained, restored)), ...fresh],
    tasks: observation.tasks.filter((it) => !goneArns.has(it.containerInstanceArn ?? '')),
    groups: known.map((it) => it.group),
    services: servicesAfter(planned),
  };
  const drainedArns = new Set(
    after.containerInstances.filter((it) => drained.has(it.ec2InstanceId)).map((it) => it.arn),
  );
  const placed = withPlacements(
    withDaemons(withoutMoved(after, drainedArns, stopped), new Set(fresh.map((it) => it.arn))),
    holdingOf(input, heldBack(plan)),
    luck,
    order,
  );
  const onDrained = [...drainedArns].map((arn): [string, readonly Task[]] => [
    arn,
    placed.tasks.filter((it) => it.containerInstanceArn === arn),
  ]);
  return {
    ...input,
    observation: {
      ...placed,
      tasksOnDraining: { ...observation.tasksOnDraining, ...Object.fromEntries(onDrained) },
    },
    memory: plan.memory,
    drains: drainsAfter(planned),
  };
};
