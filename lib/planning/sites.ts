import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import { type ContainerInstance, instanceTypeOf } from '../model/container-instance.ts';
import { minus } from '../model/resources.ts';
import type { Task } from '../model/task.ts';
import { expectedFacts, factsOf } from '../placement/attributes.ts';
import { interfacesForTasks } from '../placement/network-interfaces.ts';
import type { Facts } from '../placement/query/evaluate.ts';
import { apartKey, portKey, sum } from '../placement/requirements.ts';
import type { Room } from '../placement/room.ts';
import type { Site } from '../placement/site.ts';
import { type Daemon, daemonsFor } from './daemons.ts';
import type { Registered } from './groups.ts';
import { countByGroup, type View } from './view.ts';

const trunk = 'ecs.awsvpc-trunk-id';

const withClaims = (room: Room, claims: readonly string[]): Room =>
  claims.length === 0 ? room : { ...room, claims: new Set([...room.claims, ...claims]) };

/** What is left once the daemons that have yet to start are there: ECS starts them before anything else. */
const withDaemons = (room: Room, daemons: readonly Daemon[]): Room => {
  if (daemons.length === 0) return room;
  const needs = daemons.map((it) => it.requirements);
  return {
    ...room,
    ...minus(room, sum(needs)),
    gpus: room.gpus - needs.reduce((total, it) => total + it.gpus, 0),
    networkInterfaces: room.networkInterfaces - needs.reduce((total, it) => total + it.networkInterfaces, 0),
    claims: new Set([...room.claims, ...needs.flatMap((it) => it.hostPorts.map(portKey))]),
  };
};

const placesByTasks = new WeakMap<View, boolean>();

/** Whether anything may want to be apart from tasks of a group: where nobody asks, nobody need know which are there. */
const mindsTasks = (view: View): boolean => {
  const { services, taskDefinitions } = view.observation;
  const known =
    placesByTasks.get(view) ??
    (services.some((it) => it.placementConstraints.length > 0) ||
      Object.values(taskDefinitions).some((it) => it.memberOf.length > 0));
  placesByTasks.set(view, known);
  return known;
};

const interfacesByView = new WeakMap<View, ReadonlyMap<string, number>>();

/** Network interfaces of a task, by the task definitions that have any. */
const interfacesByDefinition = (view: View): ReadonlyMap<string, number> => {
  const known = interfacesByView.get(view);
  if (known !== undefined) return known;
  const interfaces = new Map<string, number>();
  for (const [arn, { requirements }] of Object.entries(view.observation.taskDefinitions))
    if (requirements.networkInterfaces !== 0) interfaces.set(arn, requirements.networkInterfaces);
  interfacesByView.set(view, interfaces);
  return interfaces;
};

const interfacesOf = (view: View, tasks: readonly Task[]): number => {
  const byDefinition = interfacesByDefinition(view);
  if (byDefinition.size === 0) return 0;
  return tasks.reduce((total, it) => total + (byDefinition.get(it.taskDefinitionArn) ?? 0), 0);
};

const siteOfInstance = (view: View, it: ContainerInstance): Site => {
  const tasks = view.tasksByInstance.get(it.arn) ?? [];
  const tasksByGroup = countByGroup(tasks);
  const facts = factsOf(it, new Set(tasksByGroup.keys()));
  const interfaces = interfacesForTasks(instanceTypeOf(it), Object.hasOwn(it.attributes, trunk));
  const inUse = interfacesOf(view, tasks);
  const room: Room = {
    ...it.remaining,
    gpus: it.gpusRemaining,
    networkInterfaces: interfaces - inUse,
    custom: it.customRemaining ?? {},
    claims: new Set(it.portsInUse.map(portKey)),
  };
  const missing = daemonsFor(view, facts).filter((daemon) => !tasksByGroup.has(daemon.group));
  return {
    id: it.ec2InstanceId,
    room: withClaims(withDaemons(room, missing), mindsTasks(view) ? Array.from(tasksByGroup.keys(), apartKey) : []),
    gpus: it.gpusRegistered ?? it.gpusRemaining,
    facts,
    capacityProvider: it.capacityProviderName,
    tasksByGroup,
  };
};

const sitesOf = new WeakMap<View, Map<string, Site>>();

/** A container instance as a place for tasks; made once a plan. */
export const siteOf = (view: View, it: ContainerInstance): Site => {
  const known = sitesOf.get(view) ?? new Map<string, Site>();
  sitesOf.set(view, known);
  const site = known.get(it.arn) ?? siteOfInstance(view, it);
  known.set(it.arn, site);
  return site;
};

/** Ports that the agent, Docker and SSH have on every instance (ECS developer guide, container instance ports). */
const reservedPorts: ReadonlySet<string> = new Set([22, 2375, 2376, 51678, 51679, 51680].map((it) => `tcp/${it}`));

/** ECS's own agents have these; what a task definition requires of them is no reason to doubt a new instance. */
export const isCapability = (name: string): boolean =>
  name.startsWith('com.amazonaws.ecs.capability.') || name.startsWith('ecs.capability.');

/** What may be said of a new instance in a zone; `registered.attributes` stand in for siblings that are no more. */
const factsOfNew = (group: AutoScalingGroup, zone: string | undefined, registered: Registered): Facts => {
  const launch = {
    instanceTypes: group.instanceTypes,
    availabilityZones: zone === undefined ? group.availabilityZones : [zone],
  };
  const facts = expectedFacts(launch, registered.siblings, new Set());
  if (registered.siblings.length > 0) return facts;
  const { attributes } = registered;
  return {
    ...facts,
    attribute: (name) => {
      const fact = facts.attribute(name);
      if (fact.kind !== 'unknown') return fact;
      const value = attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      if (value !== undefined) return { kind: 'present', values: [value] };
      return isCapability(name) || attributes === undefined
        ? { kind: isCapability(name) ? 'present' : 'unknown', values: undefined }
        : { kind: 'absent' };
    },
  };
};

const siteOfNew = (
  view: View,
  group: AutoScalingGroup,
  zone: string | undefined,
  registered: Registered,
): Omit<Site, 'id'> => {
  const bare = factsOfNew(group, zone, registered);
  const daemons = daemonsFor(view, bare);
  const taskGroups = new Set(daemons.map((it) => it.group));
  const hasTrunk = bare.attribute(trunk).kind === 'present';
  const types = group.instanceTypes.length > 0 ? group.instanceTypes : [registered.instanceType];
  const room: Room = {
    ...registered.resources,
    gpus: registered.gpus,
    networkInterfaces: Math.min(...types.map((it) => interfacesForTasks(it, hasTrunk))),
    custom: {},
    claims: reservedPorts,
  };
  return {
    room: withClaims(withDaemons(room, daemons), Array.from(taskGroups, apartKey)),
    gpus: registered.gpus,
    facts: { ...bare, taskGroups, runningTasksCount: taskGroups.size === 0 ? 0 : undefined },
    capacityProvider: view.observation.capacityProviders.find((it) => it.autoScalingGroupName === group.name)?.name,
    tasksByGroup: new Map([...taskGroups].map((it) => [it, 1])),
  };
};

/** New instances of a group, as places for tasks, by zone. */
export interface NewSites {
  readonly samples: readonly Site[];
  /** In a zone, under an id; a zone that is not one of the group's, or none, is answered for all of them. */
  readonly site: (id: string, zone: string | undefined) => Site;
}

export const newSitesOf = (view: View, group: AutoScalingGroup, registered: Registered): NewSites => {
  const zones: readonly (string | undefined)[] =
    group.availabilityZones.length === 0 ? [undefined] : group.availabilityZones;
  const byZone = new Map(zones.map((zone) => [zone, siteOfNew(view, group, zone, registered)]));
  return {
    samples: [...byZone.values()].map((it) => ({ ...it, id: group.name })),
    site: (id, zone) => ({ ...(byZone.get(zone) ?? siteOfNew(view, group, undefined, registered)), id }),
  };
};
