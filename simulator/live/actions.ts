import { z } from 'zod';
import type { Kernel } from '../kernel/virtual-clock.ts';
import type { GroupInstance } from '../world/auto-scaling/state.ts';
import { isStarting } from '../world/ecs/state.ts';
import type { World } from '../world/world.ts';
import type { Action, LiveFault } from './wire.ts';

/** Why something cannot be done, in a sentence that says what could. */
export class ActionRefusal extends Error {
  override readonly name = 'ActionRefusal';
}

const name = z.string().min(1).max(255);
const mostTasks = 500;
const mostMinutes = 240;

const actionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('speed'), speed: z.number().min(0).max(86_400).nullable() }),
  z.strictObject({ kind: z.literal('kill'), instance: name.optional() }),
  z.strictObject({ kind: z.literal('interrupt'), instance: name.optional(), zone: name.optional() }),
  z.strictObject({ kind: z.literal('deploy'), service: name }),
  z.strictObject({ kind: z.literal('surge'), service: name, tasks: z.int().min(1).max(mostTasks) }),
  z.strictObject({ kind: z.literal('noCapacity'), zone: name, minutes: z.int().min(1).max(mostMinutes) }),
]);

/** An action as a request's body holds it; undefined where it holds none. */
export const parseAction = (body: string): Action | undefined => {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return undefined;
  }
  const parsed = actionSchema.safeParse(document);
  return parsed.success ? parsed.data : undefined;
};

/** What an action is done to. Called by the people of the cluster, as the scenario's own changes are. */
export interface Target {
  readonly world: World;
  readonly clock: Kernel;
  readonly cluster: string;
  /** Told of what goes wrong on purpose from now on. */
  readonly onFault: (fault: LiveFault) => void;
}

type HurtAction = Exclude<Action, { readonly kind: 'speed' }>;

const caller = 'workload';

const up = ({ world }: Target): readonly GroupInstance[] =>
  [...world.view.groups.values()]
    .flatMap((group) => [...group.instances.values()])
    .filter(({ ec2 }) => ec2.state === 'pending' || ec2.state === 'running');

const instanceNamed = (target: Target, id: string): GroupInstance => {
  const found = up(target).find((it) => it.ec2.id === id);
  if (found === undefined) throw new ActionRefusal(`${id} is gone already: choose another instance.`);
  return found;
};

const tasksOn = ({ world, cluster }: Target): ReadonlyMap<string, number> =>
  new Map(
    [...(world.view.ecs.clusters.get(cluster)?.instances.values() ?? [])].map((it) => [
      it.ec2InstanceId,
      it.tasks.size,
    ]),
  );

/** With the most tasks; of several the one with the lowest id. */
const fullest = (target: Target): GroupInstance => {
  const tasks = tasksOn(target);
  const [first] = up(target).toSorted(
    (a, b) => (tasks.get(b.ec2.id) ?? 0) - (tasks.get(a.ec2.id) ?? 0) || (a.ec2.id < b.ec2.id ? -1 : 1),
  );
  if (first === undefined) throw new ActionRefusal('There is no instance to kill: wait until one is launched.');
  return first;
};

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const kill = (target: Target, id: string | undefined): string => {
  const { ec2 } = id === undefined ? fullest(target) : instanceNamed(target, id);
  const held = tasksOn(target).get(ec2.id) ?? 0;
  target.world.killInstance(ec2.id);
  return `Killed ${ec2.id} in ${ec2.machine.availabilityZone}, with ${counted(held, 'task')} on it.`;
};

const interrupt = (target: Target, { instance, zone }: Extract<Action, { kind: 'interrupt' }>): string => {
  if (instance !== undefined) {
    target.world.interruptSpot(instanceNamed(target, instance).ec2.id);
    return `EC2 takes ${instance} back in two minutes.`;
  }
  if (zone === undefined) throw new ActionRefusal('Say which instance, or which zone.');
  const ids = up(target)
    .filter((it) => it.ec2.machine.availabilityZone === zone)
    .map((it) => it.ec2.id);
  if (ids.length === 0) throw new ActionRefusal(`There is no instance in ${zone}: choose another zone.`);
  for (const id of ids) target.world.interruptSpot(id);
  return `EC2 takes back all of ${zone} in two minutes: ${counted(ids.length, 'instance')}.`;
};

const serviceNamed = ({ world, cluster }: Target, service: string) => {
  const found = world.view.ecs.clusters.get(cluster)?.services.get(service);
  if (found?.status !== 'ACTIVE') throw new ActionRefusal(`There is no service ${service} yet: try again in a moment.`);
  return found;
};

const deploy = (target: Target, service: string): string => {
  const { tasks, desiredCount } = serviceNamed(target, service);
  if (desiredCount === 0) throw new ActionRefusal(`${service} rests, with no task to replace: choose another service.`);
  target.world.call('ecs', 'UpdateService', { cluster: target.cluster, service, forceNewDeployment: true }, caller);
  return `Deployed ${service}: ECS replaces its ${counted([...tasks].filter((it) => !isStarting(it)).length, 'task')}.`;
};

const surge = (target: Target, service: string, tasks: number): string => {
  const { desiredCount: from, schedulingStrategy } = serviceNamed(target, service);
  if (schedulingStrategy === 'DAEMON')
    throw new ActionRefusal(`${service} is a daemon: it has one task an instance, whatever is asked for.`);
  const desiredCount = from + tasks;
  target.world.call('ecs', 'UpdateService', { cluster: target.cluster, service, desiredCount }, caller);
  return `${service}: ${from} → ${desiredCount} tasks, until the day's curve sets its count again.`;
};

const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

const noCapacity = ({ world, clock, onFault }: Target, zone: string, minutes: number): string => {
  const zones = new Set([...world.view.groups.values()].flatMap((it) => it.zones));
  if (!zones.has(zone)) throw new ActionRefusal(`No group is in ${zone}: the zones are ${[...zones].join(', ')}.`);
  const until = clock.now() + minutes * 60_000;
  clock.at(until, world.setCapacityError({ instanceTypes: [], availabilityZones: [zone], market: undefined }));
  onFault({ text: `EC2 has no capacity in ${zone}`, until });
  return `EC2 has no capacity in ${zone} for ${counted(minutes, 'minute')}, until ${clockText(until)}.`;
};

/** Does it now; answers what was done, or throws an `ActionRefusal`. */
export const perform = (target: Target, action: HurtAction): string => {
  switch (action.kind) {
    case 'kill':
      return kill(target, action.instance);
    case 'interrupt':
      return interrupt(target, action);
    case 'deploy':
      return deploy(target, action.service);
    case 'surge':
      return surge(target, action.service, action.tasks);
    case 'noCapacity':
      return noCapacity(target, action.zone, action.minutes);
  }
};
