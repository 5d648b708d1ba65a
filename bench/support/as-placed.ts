import { constraintsOf } from '../../lib/placement/constraints.ts';
import type { Candidate, Shape } from '../../lib/placement/pack.ts';
import { place } from '../../lib/placement/place.ts';
import type { Facts } from '../../lib/placement/query/evaluate.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { serviceDefault } from '../../lib/placement/strategies.ts';
import { type Dice, seededDice } from '../../simulator/kernel/dice.ts';
import type { Place } from '../../simulator/world/ecs/fleet.ts';
import { type PlacementRequest, placeAll } from '../../simulator/world/ecs/placement.ts';

export const strategies: Readonly<Record<string, Ask['strategy']>> = {
  binpack_memory: [{ type: 'binpack', field: 'memory' }],
  binpack_cpu: [{ type: 'binpack', field: 'cpu' }],
  spread_instance: [{ type: 'spread', field: 'instanceId' }],
  spread_host: [{ type: 'spread', field: 'host' }],
  random: [{ type: 'random', field: undefined }],
  zone_default: serviceDefault,
};

const zones = ['a', 'b', 'c'];
const zoneOf = (n: number): string => zones[n % zones.length] ?? '';

const noConstraints = constraintsOf(
  {
    arn: '',
    family: '',
    networkMode: 'bridge',
    requirements: { cpuUnits: 0, memoryMiB: 0, hostPorts: [], gpus: 0, networkInterfaces: 0 },
    requiresAttributes: [],
    memberOf: [],
    cpuArchitecture: undefined,
    operatingSystemFamily: undefined,
  },
  '',
  [],
);

const factsIn = (zone: string): Facts => ({
  attribute: (name) => (name === 'ecs.availability-zone' ? { kind: 'present', values: [zone] } : { kind: 'absent' }),
  agentConnected: true,
  agentVersion: undefined,
  ec2InstanceId: undefined,
  registeredAt: undefined,
  runningTasksCount: 0,
  taskGroups: new Set(),
});

/** Each shape is a service. */
const askOf = ({ id, requirements, count }: Shape, strategy: Ask['strategy']): Ask => ({
  id,
  requirements,
  count,
  group: `service:${id}`,
  constraints: noConstraints,
  strategy,
  capacityProvider: undefined,
});

/** New instances of a type that our plan launches for the tasks, over three zones. */
export const plannedLaunches = (shapes: readonly Shape[], type: Candidate, strategy: Ask['strategy']): number => {
  const site = (n: number): Site => ({
    id: `${type.id}#${n}`,
    room: type.room,
    gpus: 0,
    facts: factsIn(zoneOf(n)),
    capacityProvider: undefined,
    tasksByGroup: new Map(),
  });
  const { launches } = place(
    shapes.map((it) => askOf(it, strategy)),
    {
      present: [],
      incoming: {},
      restorable: [],
      launchable: [{ id: type.id, available: type.available, price: type.price, samples: [0, 1, 2].map(site), site }],
    },
  );
  return launches[type.id] ?? 0;
};

const placeOf = (type: Candidate, n: number): Place => ({
  arn: `i-${n}`,
  ec2InstanceId: `i-${n}`,
  status: 'ACTIVE',
  agentConnected: true,
  agentVersion: '1.98.0',
  registeredAt: 0,
  capacityProviderName: undefined,
  attributes: new Map([['ecs.availability-zone', zoneOf(n)]]),
  remaining: {
    cpuUnits: type.room.cpuUnits,
    memoryMiB: type.room.memoryMiB,
    tcpPortsInUse: new Set(),
    udpPortsInUse: new Set(),
    freeGpus: new Set(),
    networkInterfaces: 1_000,
  },
  runningTasks: 0,
  tasksByGroup: new Map(),
});

const requestOf = ({ id, requirements: it }: Shape, strategy: Ask['strategy']): PlacementRequest => ({
  need: {
    cpuUnits: it.cpuUnits,
    memoryMiB: it.memoryMiB,
    tcpPorts: [],
    udpPorts: [],
    gpus: 0,
    networkInterfaces: 0,
  },
  group: `service:${id}`,
  requiredAttributes: [],
  constraints: [],
  strategy: strategy.map((one) => ({ ...one, expression: undefined })),
  capacityProvider: undefined,
});

const shuffled = <T>(items: readonly T[], dice: Dice): readonly T[] =>
  items
    .map((item) => ({ item, key: dice.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

/** The least number of instances on which the simulated ECS places all tasks, in each of some orders and lucks. */
export const leastAsPlaced = (
  shapes: readonly Shape[],
  type: Candidate,
  strategy: Ask['strategy'],
  { from, to, orders }: { readonly from: number; readonly to: number; readonly orders: number },
): number => {
  const requests = shapes.flatMap((it) => Array<PlacementRequest>(it.count).fill(requestOf(it, strategy)));
  const suffices = (instances: number, seed: number): boolean => {
    const dice = seededDice(1_000 + seed);
    const places = Array.from({ length: instances }, (_, n) => placeOf(type, n));
    return placeAll(places, shuffled(requests, dice), () => dice.next()).every((it) => it !== undefined);
  };
  let least = from;
  for (let seed = 0; seed < orders; seed++) {
    if (suffices(least, seed)) continue;
    let [low, high] = [least, Math.max(to, least + 1)];
    while (!suffices(high, seed)) [low, high] = [high, Math.ceil(high * 1.02) + 1];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (suffices(middle, seed)) high = middle;
      else low = middle;
    }
    least = high;
  }
  return least;
};
