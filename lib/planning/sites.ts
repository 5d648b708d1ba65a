import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import { type ContainerInstance, instanceTypeOf } from '../model/container-instance.ts';
import { minus } from '../model/resources.ts';
import type { Task } from '../model/task.ts';
import { expectedFacts, factsOf } from '../placement/attributes.ts';
import { ebsVolumesForTasks } from '../placement/ebs-volumes.ts';
import { interfacesForTasks } from '../placement/network-interfaces.ts';
import type { Facts } from '../placement/query/evaluate.ts';
import { apartKey, portKey, sum } from '../placement/requirements.ts';
import type { Room } from '../placement/room.ts';
import type { Site } from '../placement/site.ts';
import { type Daemon, daemonsFor, daemonsOf } from './daemons.ts';
import type { Registered } from './groups.ts';
import { oncePer } from './once.ts';
import { countByGroup, type OnInstance } from './task-list.ts';
import type { View } from './view.ts';

const trunk = 'ecs.awsvpc-trunk-id';

const withClaims = (room: Room, claims: readonly string[]): Room =>
  claims.length === 0 ? room : { ...room, claims: new Set([...room.claims, ...claims]) };

/** Where more of something is taken than we know of, there is none left: who asks for none of it has room all the same. */
const atLeastNone = (left: number): number => Math.max(0, left);

/** What is left once the daemons that have yet to start are there: ECS starts them before anything else. */
const withDaemons = (room: Room, daemons: readonly Daemon[]): Room => {
  if (daemons.length === 0) return room;
  const needs = daemons.map((it) => it.requirements);
  return {
    ...room,
    ...minus(room, sum(needs)),
    gpus: atLeastNone(needs.reduce((left, it) => (it.allGpus === true ? 0 : left - it.gpus), room.gpus)),
    networkInterfaces: atLeastNone(needs.reduce((left, it) => left - it.networkInterfaces, room.networkInterfaces)),
    ebsVolumes: atLeastNone(needs.reduce((left, it) => left - (it.ebsVolumes ?? 0), room.ebsVolumes)),
    claims: new Set([...room.claims, ...needs.flatMap((it) => it.hostPorts.map(portKey))]),
  };
};

/** What a task has attached to its instance, that ECS does not count among the instance's resources. */
interface Attached {
  readonly networkInterfaces: number;
  readonly ebsVolumes: number;
}

/** What, besides an instance and its tasks, says what place it is for others. */
interface Setting {
  readonly daemons: readonly Daemon[];
  /** Whether anything may want to be apart from tasks of a group: where nobody asks, nobody need know which are there. */
  readonly mindsTasks: boolean;
  /** What a task has attached, by the task definitions that have anything attached. */
  readonly attached: ReadonlyMap<string, Attached>;
}

const readSetting = (view: View): Setting => {
  const { services, taskDefinitions } = view.observation;
  const definitions = Object.entries(taskDefinitions);
  return {
    daemons: daemonsOf(view),
    mindsTasks:
      services.some((it) => it.placementConstraints.length > 0) || definitions.some(([, it]) => it.memberOf.length > 0),
    attached: new Map(
      definitions.flatMap(([arn, { requirements }]) => {
        const { networkInterfaces, ebsVolumes = 0 } = requirements;
        return networkInterfaces + ebsVolumes === 0 ? [] : [[arn, { networkInterfaces, ebsVolumes }] as const];
      }),
    ),
  };
};

const areAttachedAlike = (a: Attached, b: Attached | undefined): boolean =>
  a.networkInterfaces === b?.networkInterfaces && a.ebsVolumes === b.ebsVolumes;

/** Settings are few and change seldom: one that is like the one before is the same. */
const isLike = (a: Setting, b: Setting): boolean =>
  a.mindsTasks === b.mindsTasks &&
  a.daemons.length === b.daemons.length &&
  a.daemons.every((it, n) => it === b.daemons[n]) &&
  a.attached.size === b.attached.size &&
  [...a.attached].every(([arn, it]) => areAttachedAlike(it, b.attached.get(arn)));

let lastSetting: Setting | undefined;

const settingOf = oncePer((view: View): Setting => {
  const read = readSetting(view);
  lastSetting = lastSetting !== undefined && isLike(lastSetting, read) ? lastSetting : read;
  return lastSetting;
});

const nothingAttached: Attached = { networkInterfaces: 0, ebsVolumes: 0 };

const attachedTo = ({ attached }: Setting, on: OnInstance | undefined): Attached => {
  if (on === undefined || attached.size === 0) return nothingAttached;
  const sum = { ...nothingAttached };
  for (const [n, { task }] of on.alike.entries()) {
    const own = attached.get(task.taskDefinitionArn) ?? nothingAttached;
    const tasks = on.alikeTasks[n] ?? 0;
    sum.networkInterfaces += own.networkInterfaces * tasks;
    sum.ebsVolumes += own.ebsVolumes * tasks;
  }
  return sum;
};

const nobody: ReadonlySet<string> = new Set();

/** Few ask which groups have tasks on an instance: they are named when somebody does. */
const withGroups = (facts: Facts, tasksByGroup: ReadonlyMap<string, number>): Facts => {
  let names: ReadonlySet<string> | undefined;
  return {
    ...facts,
    get taskGroups() {
      names ??= new Set(tasksByGroup.keys());
      return names;
    },
  };
};

const siteOfInstance = (setting: Setting, it: ContainerInstance, on: OnInstance | undefined): Site => {
  const tasksByGroup = countByGroup(on);
  const facts = withGroups(factsOf(it, nobody), tasksByGroup);
  const type = instanceTypeOf(it);
  const inUse = attachedTo(setting, on);
  const room: Room = {
    ...it.remaining,
    gpus: it.gpusRemaining,
    networkInterfaces: atLeastNone(
      interfacesForTasks(type, Object.hasOwn(it.attributes, trunk)) - inUse.networkInterfaces,
    ),
    ebsVolumes: atLeastNone(ebsVolumesForTasks(type) - inUse.ebsVolumes),
    custom: it.customRemaining ?? {},
    claims: new Set(it.portsInUse.map(portKey)),
  };
  const missing = daemonsFor(setting.daemons, facts).filter((daemon) => !tasksByGroup.has(daemon.group));
  return {
    id: it.ec2InstanceId,
    room: withClaims(withDaemons(room, missing), setting.mindsTasks ? Array.from(tasksByGroup.keys(), apartKey) : []),
    gpus: it.gpusRegistered ?? it.gpusRemaining,
    facts,
    capacityProvider: it.capacityProviderName,
    tasksByGroup,
  };
};

interface KnownSite {
  readonly setting: Setting;
  readonly tasks: readonly Task[] | undefined;
  readonly site: Site;
}

const knownSites = new WeakMap<ContainerInstance, KnownSite>();

/** A container instance as a place for tasks; the same as before while nothing that makes it has changed. */
export const siteOf = (view: View, it: ContainerInstance): Site => {
  const on = view.taskList.byInstance.get(it.arn);
  const setting = settingOf(view);
  const known = knownSites.get(it);
  if (known !== undefined && known.setting === setting && known.tasks === on?.tasks) return known.site;
  const site = siteOfInstance(setting, it, on);
  knownSites.set(it, { setting, tasks: on?.tasks, site });
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
  const { attributes, hasNoOthers } = registered;
  return {
    ...facts,
    attribute: (name) => {
      const fact = facts.attribute(name);
      if (fact.kind !== 'unknown') return fact;
      const value = attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      if (value !== undefined) return { kind: 'present', values: [value] };
      if (isCapability(name)) return { kind: 'present', values: undefined };
      return hasNoOthers && attributes !== undefined ? { kind: 'absent' } : { kind: 'unknown' };
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
  const daemons = daemonsFor(daemonsOf(view), bare);
  const taskGroups = new Set(daemons.map((it) => it.group));
  const hasTrunk = bare.attribute(trunk).kind === 'present';
  const types = group.instanceTypes.length > 0 ? group.instanceTypes : [registered.instanceType];
  const room: Room = {
    ...registered.resources,
    gpus: registered.gpus,
    networkInterfaces: Math.min(...types.map((it) => interfacesForTasks(it, hasTrunk))),
    ebsVolumes: Math.min(...types.map(ebsVolumesForTasks)),
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
