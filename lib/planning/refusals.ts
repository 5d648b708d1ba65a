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

/** Something that is counted: how much of it a task needs, and how much a new instance has. */
interface Amount {
  readonly unit: string;
  readonly needed: number;
  readonly of: (room: Room) => number;
}

/** CPU and memory, and what else the task needs any of. */
const amountsOf = ({ requirements: it }: Ask): readonly Amount[] => [
  { unit: 'CPU units', needed: it.cpuUnits, of: (room) => room.cpuUnits },
  { unit: 'MiB', needed: it.memoryMiB, of: (room) => room.memoryMiB },
  ...[
    { unit: 'GPUs', needed: it.allGpus === true ? Math.max(1, it.gpus) : it.gpus, of: (room: Room) => room.gpus },
    { unit: 'network interfaces', needed: it.networkInterfaces, of: (room: Room) => room.networkInterfaces },
    { unit: 'EBS volumes', needed: it.ebsVolumes ?? 0, of: (room: Room) => room.ebsVolumes },
    ...Object.entries(it.custom ?? {}).map(([unit, needed]) => ({
      unit,
      needed,
      of: (room: Room) => room.custom[unit] ?? 0,
    })),
  ].filter(({ needed }) => needed > 0),
];

/** How near the largest of the rooms comes to what is needed: "needs 20480 MiB; the most that a new instance has is …". */
const nearestMiss = (ask: Ask, rooms: readonly { readonly group: string; readonly room: Room }[]): string => {
  const amounts = amountsOf(ask);
  const misses = amounts.flatMap(({ unit, needed, of }) => {
    const [largest] = rooms.toSorted((a, b) => of(b.room) - of(a.room));
    return largest === undefined || needed <= of(largest.room)
      ? []
      : `needs ${needed} ${unit}; the most that a new instance has is ${of(largest.room)} (${largest.group})`;
  });
  if (misses.length > 0) return misses.join('; ');
  const all = (figureOf: (amount: Amount) => number): string =>
    amounts.map((it) => `${figureOf(it)} ${it.unit}`).join(' and ');
  const each = rooms.map(({ group, room }) => `${group} has ${all((it) => it.of(room))} a new instance`);
  return `needs ${all((it) => it.needed)}; ${[...new Set(each)].join('; ')}`;
};

const reasonOf = (obstacle: Obstacle): UnplaceableReason => {
  if (obstacle.kind === 'unclear' || obstacle.kind === 'unparsable') return 'unclearConstraints';
  if (obstacle.kind === 'sharedGpus') return 'sharedGpus';
  return 'excludedByConstraints';
};

interface Refused {
  readonly group: string;
  readonly obstacle: Obstacle;
}

/** Each group with what keeps the task from it; those of which the reason is the one given. */
const saying = (reason: UnplaceableReason, refused: readonly Refused[]): string => {
  const its = refused.filter(({ obstacle }) => reasonOf(obstacle) === reason);
  return [
    ...new Set(its.map(({ group, obstacle }) => `a new instance of ${group} ${describeObstacle(obstacle)}`)),
  ].join('; ');
};

/** What keeps the task from every new instance of the groups, whatever its size; undefined where something could hold it. */
const refusedEverywhere = (ask: Ask, launching: readonly Launching[]): UnplacedVerdict | undefined => {
  const samples = launching.flatMap((it) => it.sites.samples.map((site) => ({ group: it.state.group.name, site })));
  const refused = samples.flatMap(({ group, site }): readonly Refused[] => {
    const obstacle = exclusionOf(ask, site);
    return obstacle === undefined ? [] : [{ group, obstacle }];
  });
  if (refused.length > 0 && refused.length === samples.length) {
    // What cannot be told is the better hope: it is said first.
    const reasons = refused.map(({ obstacle }) => reasonOf(obstacle));
    const reason = reasons.find((it) => it !== 'excludedByConstraints') ?? 'excludedByConstraints';
    return unplaceable(reason, saying(reason, refused));
  }
  const open = samples.filter(({ site }) => exclusionOf(ask, site) === undefined);
  const lacking = open.flatMap(({ group, site }) => {
    const obstacle = obstacleTo(ask, site);
    return obstacle === undefined ? [] : [{ group, obstacle, room: site.room }];
  });
  if (lacking.length === 0 || lacking.length < open.length) return undefined;
  const taken = lacking.filter(({ obstacle }) => obstacle.kind !== 'lacks');
  if (taken.length > 0) return unplaceable('excludedByConstraints', saying('excludedByConstraints', taken));
  return unplaceable('largerThanEveryInstance', nearestMiss(ask, lacking));
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
    EBS: room.ebsVolumes,
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
