import { isExternal } from '../model/container-instance.ts';
import type { Obstacle } from '../model/obstacle.ts';
import type { ObstacleReport, UnplaceableReason, UnplacedVerdict } from '../model/plan.ts';
import { describeObstacle, exclusionOf, obstacleTo } from '../placement/fit.ts';
import type { Room } from '../placement/room.ts';
import type { Ask, Site } from '../placement/site.ts';
import { type Binding, bindingToProvider, mayRunIn } from './binding.ts';
import type { Demand } from './demand.ts';
import type { GroupState } from './groups.ts';
import type { Limit } from './launching/limits.ts';
import { siteOf } from './sites.ts';
import { type Launching, supplyIsCertain } from './supply.ts';
import { isManagedInstance, takesTasks, type View } from './view.ts';

const unplaceable = (reason: UnplaceableReason, detail: string): UnplacedVerdict => ({
  kind: 'unplaceable',
  reason,
  detail,
});

const hasUnknownProvider = (view: View, binding: Binding): binding is { kind: 'provider'; name: string } =>
  binding.kind === 'provider' &&
  bindingToProvider(view, binding.name).kind === 'provider' &&
  !view.observation.capacityProviders.some((it) => it.name === binding.name);

type Amount = 'cpuUnits' | 'memoryMiB' | 'gpus' | 'networkInterfaces';

const amounts: readonly (readonly [amount: Amount, unit: string])[] = [
  ['cpuUnits', 'CPU units'],
  ['memoryMiB', 'MiB'],
  ['gpus', 'GPUs'],
  ['networkInterfaces', 'network interfaces'],
];

/** How near the largest of the rooms comes to what is needed: "needs 20480 MiB; the most a new instance has is …". */
const nearestMiss = (
  ask: Ask,
  rooms: readonly { readonly group: string; readonly room: Room }[],
): string | undefined => {
  const misses = amounts.flatMap(([amount, unit]) => {
    const [largest] = rooms.toSorted((a, b) => b.room[amount] - a.room[amount]);
    const needed = ask.requirements[amount];
    return largest === undefined || needed <= largest.room[amount]
      ? []
      : `needs ${needed} ${unit}; the most that a new instance has is ${largest.room[amount]} (${largest.group})`;
  });
  if (misses.length > 0) return misses.join('; ');
  const all = (of: (amount: Amount) => number): string =>
    amounts
      .slice(0, 2)
      .map(([it, unit]) => `${of(it)} ${unit}`)
      .join(' and ');
  const each = rooms.map(({ group, room }) => `${group} has ${all((it) => room[it])} a new instance`);
  return `needs ${all((it) => ask.requirements[it])}; ${each.join('; ')}`;
};

const reasonOf = (obstacle: Obstacle): UnplaceableReason => {
  if (obstacle.kind === 'unclear' || obstacle.kind === 'unparsable') return 'unclearConstraints';
  if (obstacle.kind === 'sharedGpus') return 'sharedGpus';
  return 'excludedByConstraints';
};

/** What keeps the task from every new instance of the groups, whatever its size; undefined where something could hold it. */
const refusedEverywhere = (ask: Ask, launching: readonly Launching[]): UnplacedVerdict | undefined => {
  const samples = launching.flatMap((it) => it.sites.samples.map((site) => ({ group: it.state.group.name, site })));
  const exclusions = samples.map(({ group, site }) => ({ group, obstacle: exclusionOf(ask, site) }));
  if (exclusions.length > 0 && exclusions.every((it) => it.obstacle !== undefined)) {
    // What cannot be told is the better hope: it is said first.
    const unclear = exclusions.find(
      (it) => it.obstacle !== undefined && reasonOf(it.obstacle) !== 'excludedByConstraints',
    );
    const { obstacle, group } = unclear ?? exclusions[0] ?? {};
    if (obstacle !== undefined)
      return unplaceable(reasonOf(obstacle), `a new instance of ${group ?? ''} ${describeObstacle(obstacle)}`);
  }
  const open = samples.filter(({ site }) => exclusionOf(ask, site) === undefined);
  if (open.length === 0 || open.some(({ site }) => obstacleTo(ask, site) === undefined)) return undefined;
  const rooms = open.map(({ group, site }) => ({ group, room: site.room }));
  const [obstacle] = open.map(({ site }) => obstacleTo(ask, site));
  if (obstacle !== undefined && obstacle.kind !== 'lacks')
    return unplaceable(
      'excludedByConstraints',
      `a new instance of ${open[0]?.group ?? ''} ${describeObstacle(obstacle)}`,
    );
  return unplaceable('largerThanEveryInstance', nearestMiss(ask, rooms) ?? '');
};

/** What is said first of several groups: what may change by itself, then what a person can change. */
const limitReasons: readonly Limit['reason'][] = ['capacityErrors', 'launchBudget', 'caps', 'groupsAtMaximum'];

const refusedByLimits = (limits: readonly Limit[]): UnplacedVerdict => {
  const reason = limitReasons.find((it) => limits.some((limit) => limit.reason === it)) ?? 'groupsAtMaximum';
  return unplaceable(reason, limits.map((it) => it.detail).join('; '));
};

/** Which launches were possible; `limitOf` says what keeps a group from one more than the plan launches. */
export interface Possible {
  readonly states: readonly GroupState[];
  readonly launching: readonly Launching[];
  readonly limitOf: (state: GroupState) => Limit;
}

/** Why nothing can be launched for a demand: the first cause that holds, from the most to the least fundamental. */
export const refusalOf = (
  view: View,
  { states, launching, limitOf }: Possible,
  demand: Demand,
  ask: Ask | undefined,
): UnplacedVerdict => {
  const { binding } = demand;
  if (ask === undefined) return unplaceable('missingTaskDefinition', 'its task definition could not be read');
  if (hasUnknownProvider(view, binding))
    return unplaceable('boundToUnknownProvider', `capacity provider ${binding.name} is not one of the cluster's`);
  const allowed = states.filter((it) => mayRunIn(view, binding, it.group));
  if (allowed.length === 0) return unplaceable('noGroup', 'no opted-in group may run it; tag one with berth:cluster');
  if (!supplyIsCertain(view)) return unplaceable('partialView', 'instances or groups were read in part; see the gaps');
  const known = launching.filter((it) => allowed.includes(it.state));
  if (known.length > 0 && known.length === allowed.length) {
    const refused = refusedEverywhere(ask, known);
    if (refused !== undefined) return refused;
  }
  const able = known.filter((it) => it.sites.samples.some((site) => obstacleTo(ask, site) === undefined));
  const usable = allowed.filter((it) => it.registered === undefined || able.some((one) => one.state === it));
  const learning = usable.find((it) => it.registered === undefined && it.incoming.length > 0);
  if (learning !== undefined)
    return { kind: 'waitsForLaunch', group: learning.group.name, instances: learning.incoming.length }; // the first to register tells
  const free = usable.filter((it) => it.hold === undefined);
  if (free.length > 0) return refusedByLimits(free.map(limitOf));
  const held = usable.find((it) => it.hold !== undefined)?.hold;
  const reason = held?.reason === 'managedScaling' ? 'boundToManagedGroup' : (held?.reason ?? 'noGroup');
  return unplaceable(reason, held?.detail ?? 'no group may be sized');
};

const leftOf = ({ room }: Site, resource: string): number => {
  const left: Readonly<Record<string, number>> = {
    CPU: room.cpuUnits,
    MEMORY: room.memoryMiB,
    GPU: room.gpus,
    ENI: room.networkInterfaces,
  };
  return left[resource] ?? room.custom[resource] ?? 0;
};

/** Equal for what is reported together. */
const keyOf = (it: Obstacle): string =>
  it.kind === 'lacks' ? `lacks ${it.resource}` : `${it.kind} ${describeObstacle(it)}`;

/** Why one more such task does not fit on the instances of the cluster, counted by cause. */
export const obstaclesOf = (view: View, ask: Ask | undefined): readonly ObstacleReport[] => {
  if (ask === undefined) return [];
  const reports = new Map<string, { obstacle: Obstacle; instances: number; mostLeft: number | undefined }>();
  for (const it of view.observation.containerInstances) {
    if (isManagedInstance(view, it) || isExternal(it)) continue; // no place for these tasks, ever
    const site = siteOf(view, it);
    const closed: Obstacle | undefined =
      it.status !== 'ACTIVE'
        ? { kind: 'notActive', status: it.status }
        : takesTasks(view, it)
          ? undefined
          : { kind: 'agentDisconnected' };
    const obstacle = closed ?? obstacleTo(ask, site);
    if (obstacle === undefined) continue;
    const key = keyOf(obstacle);
    const report = reports.get(key) ?? { obstacle, instances: 0, mostLeft: undefined };
    report.instances++;
    if (obstacle.kind === 'lacks')
      report.mostLeft = Math.max(report.mostLeft ?? Number.NEGATIVE_INFINITY, leftOf(site, obstacle.resource));
    reports.set(key, report);
  }
  return [...reports]
    .sort(([a, one], [b, other]) => other.instances - one.instances || (a < b ? -1 : 1))
    .map(([, it]) => it);
};
