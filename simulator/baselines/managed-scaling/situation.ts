import { optionsOf } from '../../world/auto-scaling/pools.ts';
import { isCounted } from '../../world/auto-scaling/state.ts';
import { isWanted, type Task } from '../../world/ecs/state.ts';
import { tasksWithTrunking } from '../../world/ecs/trunking.ts';
import { objects, text } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import { type Room, registeredBy } from '../registered.ts';
import { isBusy } from './busy.ts';
import { alike, instancesFor } from './estimate.ts';
import type { Situation } from './reservation.ts';
import { caller } from './rules.ts';
import type { Served } from './served.ts';

const waitingFor = ({ cluster, provider }: Served): readonly Task[] =>
  [...cluster.queued].filter((it) => isWanted(it) && it.want.capacityProvider === provider.name);

const isTrunking = (world: World): boolean => {
  const asked = { name: 'awsvpcTrunking', effectiveSettings: true };
  const [setting] = objects(world.call('ecs', 'ListAccountSettings', asked, caller), 'settings') ?? [];
  return text(setting ?? {}, 'value') === 'enabled';
};

/** What instances of the types a group may launch will register. */
const roomsOf = (world: World, { group }: Served, tasks: readonly Task[]): readonly Room[] => {
  const trunking = tasks.some((it) => it.need.networkInterfaces > 0) && isTrunking(world);
  return optionsOf(group, world.view.templates).map(({ type }) =>
    registeredBy(type, world.constants, trunking ? tasksWithTrunking(type.name) : undefined),
  );
};

export const situationOf = (world: World, served: Served): Situation => {
  const { cluster, group } = served;
  const isInService = (ec2InstanceId: string): boolean => group.instances.get(ec2InstanceId)?.state === 'InService';
  const waiting = waitingFor(served);
  return {
    running: [...group.instances.keys()].filter(isInService).length,
    busy: [...cluster.instances.values()].filter((it) => isInService(it.ec2InstanceId) && isBusy(it)).length,
    waiting: waiting.length,
    toAdd: waiting.length === 0 ? 0 : instancesFor(alike(waiting), roomsOf(world, served, waiting)),
  };
};

/** Whether an instance of the group is on its way or was launched less than this long ago. */
export const isWarmingUp = ({ group }: Served, now: number, warmupMs: number): boolean =>
  group.asked > 0 || [...group.instances.values()].some((it) => isCounted(it) && now - it.ec2.launchedAt < warmupMs);
