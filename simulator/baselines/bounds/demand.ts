import type { Scenario, ScenarioService, ScenarioTaskSize } from '../../workloads/scenario.ts';
import { defaultConstants } from '../../world/constants.ts';
import { instanceTypes } from '../../world/ec2/instance-types.ts';
import { tasksWithTrunking } from '../../world/ecs/trunking.ts';
import { type Room, registeredBy } from '../registered.ts';

/** Amounts by dimension: CPU units, MiB, GPUs, network interfaces. */
export type Amounts = readonly [number, number, number, number];

/** One instance type of one group, and what an instance of it has left beside its daemons. */
export interface Offer {
  readonly group: string;
  readonly instanceType: string;
  readonly pricePerHour: number;
  readonly holds: Amounts;
}

/** Tasks that are alike: what one takes, what it must have for itself, and the offers (by index) it fits on. */
export interface Kind {
  readonly takes: Amounts;
  /** Of each of these an instance holds one: a static host port, or a service of which no two tasks share an instance. */
  readonly claims: readonly string[];
  readonly offers: readonly number[];
}

/** From this moment there are so many more tasks of a kind, or fewer. */
interface Change {
  readonly atMs: number;
  readonly kind: number;
  readonly by: number;
}

/** What a scenario asks for over time, whoever looks after it. */
export interface Demand {
  readonly offers: readonly Offer[];
  readonly kinds: readonly Kind[];
  /** In order of time, within the scenario's duration. */
  readonly changes: readonly Change[];
}

const amountsOf = (size: ScenarioTaskSize): Amounts => [
  size.cpuUnits,
  size.memoryMiB,
  size.gpus,
  size.networkMode === 'awsvpc' ? 1 : 0,
];

const roomAmounts = (room: Room): Amounts => [room.cpuUnits, room.memoryMiB, room.gpus, room.networkInterfaces];

const fits = (takes: Amounts, holds: Amounts): boolean => takes.every((it, d) => it <= (holds[d] ?? 0));

const less = (holds: Amounts, takes: Amounts): Amounts => [
  holds[0] - takes[0],
  holds[1] - takes[1],
  holds[2] - takes[2],
  holds[3] - takes[3],
];

const mayUse = (groups: readonly string[], group: string): boolean => groups.length === 0 || groups.includes(group);

/** Daemons on every instance of a group; one under constraints of its own might not be, and is left out. */
const daemonsOn = (scenario: Scenario, group: string): readonly Amounts[] =>
  scenario.services
    .filter((it) => it.schedulingStrategy === 'DAEMON' && it.placementConstraints.length === 0)
    .filter((it) => mayUse(it.groups, group))
    .map((it) => amountsOf(it.size));

const offersOf = (scenario: Scenario): readonly Offer[] => {
  const constants = { ...defaultConstants, ...scenario.world };
  return scenario.groups.flatMap((group) => {
    const daemons = daemonsOn(scenario, group.name);
    return group.types.flatMap(({ instanceType, pricePerHour }) => {
      const type = instanceTypes.get(instanceType);
      if (type === undefined) return [];
      const trunked = scenario.trunking ? tasksWithTrunking(instanceType) : undefined;
      const registered = roomAmounts(registeredBy(type, constants, trunked));
      const holds = daemons.reduce((room, it) => (fits(it, room) ? less(room, it) : room), registered);
      return [{ group: group.name, instanceType, pricePerHour, holds }];
    });
  });
};

const claimsOf = (size: ScenarioTaskSize, service: ScenarioService | undefined): readonly string[] => [
  ...size.hostPorts.map((port) => `port ${port}`),
  ...(service?.placementConstraints.some((it) => it.type === 'distinctInstance') === true
    ? [`service ${service.name}`]
    : []),
];

/** Numbers kinds as they appear; undefined for a task that fits nowhere, which no plan can run. */
const kindNumbers = (
  offers: readonly Offer[],
): {
  readonly kinds: Kind[];
  readonly numberOf: (
    size: ScenarioTaskSize,
    groups: readonly string[],
    claims: readonly string[],
  ) => number | undefined;
} => {
  const kinds: Kind[] = [];
  const known = new Map<string, number>();
  return {
    kinds,
    numberOf: (size, groups, claims) => {
      const takes = amountsOf(size);
      const key = JSON.stringify([takes, groups, claims]);
      const before = known.get(key);
      if (before !== undefined) return before;
      const mine = offers.flatMap((offer, index) =>
        mayUse(groups, offer.group) && fits(takes, offer.holds) ? [index] : [],
      );
      if (mine.length === 0) return undefined;
      known.set(key, kinds.length);
      return kinds.push({ takes, claims, offers: mine }) - 1;
    },
  };
};

/**
 * A service asks for its desired count from the moment it is set; a standalone task is there from its arrival for its
 * duration; daemons take their share of every instance. Deployments, stopping tasks and starts that fail ask for more
 * in the world; a bound need not.
 */
export const demandOf = (scenario: Scenario): Demand => {
  const offers = offersOf(scenario);
  const { kinds, numberOf } = kindNumbers(offers);
  const changes: Change[] = [];
  for (const service of scenario.services) {
    if (service.schedulingStrategy === 'DAEMON') continue;
    const kind = numberOf(service.size, service.groups, claimsOf(service.size, service));
    if (kind === undefined) continue;
    let before = 0;
    for (const { atMs, count } of service.counts) {
      if (count !== before) changes.push({ atMs, kind, by: count - before });
      before = count;
    }
  }
  for (const { size, groups, arrivalMs, durationMs } of scenario.tasks) {
    const kind = numberOf(size, groups, claimsOf(size, undefined));
    if (kind === undefined || durationMs <= 0) continue;
    changes.push({ atMs: arrivalMs, kind, by: 1 }, { atMs: arrivalMs + durationMs, kind, by: -1 });
  }
  const within = changes.filter((it) => it.atMs < scenario.durationMs);
  return { offers, kinds, changes: within.sort((a, b) => a.atMs - b.atMs) };
};
