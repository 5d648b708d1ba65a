import type { ContainerInstance } from '../model/container-instance.ts';
import type { DemandReport, SetGroupDesiredCapacity, UnplaceableReason, UnplacedVerdict } from '../model/plan.ts';
import type { Resources } from '../model/resources.ts';
import { fits, minus, noResources } from '../model/resources.ts';
import { type Bin, type Candidate, type Packing, pack, type Shape } from '../placement/pack.ts';
import { portKey, sum } from '../placement/requirements.ts';
import { type Room, roomOf } from '../placement/room.ts';
import { type Binding, bindingToProvider, mayRunIn, mayRunOn } from './binding.ts';
import { daemonsMissingOn } from './daemons.ts';
import type { Demand } from './demand.ts';
import type { GroupState } from './groups.ts';
import { hasGap, takesTasks, type View } from './view.ts';

type BinKind = 'active' | 'incoming' | 'restorable';

/** What scale-out decided: which steps, what becomes of each demand, and which existing instances it counts on. */
export interface ScaleOut {
  readonly steps: readonly SetGroupDesiredCapacity[];
  readonly demand: readonly DemandReport[];
  /** EC2 instance ids whose room is spoken for. */
  readonly neededInstances: ReadonlySet<string>;
  /** EC2 instance ids of Berth's own drains whose room is needed: restored before anything is launched. */
  readonly restores: ReadonlySet<string>;
}

const roomLeft = (view: View, it: ContainerInstance): Room =>
  roomOf(minus(it.remaining, sum(daemonsMissingOn(view, it))), new Set(it.portsInUse.map(portKey)), it.gpusRemaining);

const activeBins = (view: View): readonly Bin[] =>
  view.observation.containerInstances
    .filter((it) => takesTasks(view, it))
    .map((it) => ({
      id: it.ec2InstanceId,
      kind: 'active' satisfies BinKind,
      busy: it.runningTasksCount + it.pendingTasksCount > 0,
      room: roomLeft(view, it),
    }))
    // Busy ones first: what fits there leaves the empty ones free to go.
    .sort((a, b) => Number(b.busy) - Number(a.busy) || (a.id < b.id ? -1 : 1));

/** Draining for being empty and not yet terminating: it can still be made ACTIVE again. */
const restorableBins = (view: View): readonly Bin[] =>
  view.observation.containerInstances.flatMap((it) => {
    const drain = view.drainByEc2Id.get(it.ec2InstanceId);
    const restorable = drain?.cause === 'empty' && drain.state !== 'terminating' && it.status === 'DRAINING';
    return restorable && it.agentConnected
      ? [{ id: it.ec2InstanceId, kind: 'restorable' satisfies BinKind, room: roomLeft(view, it) }]
      : [];
  });

const incomingBins = (states: readonly GroupState[]): readonly Bin[] =>
  states.flatMap(({ group, incoming, expected }) =>
    Array.from({ length: incoming }, (_, n) => ({
      id: `${group.name}#incoming${n}`,
      kind: 'incoming' satisfies BinKind,
      room: roomOf(expected ?? noResources),
    })),
  );

/** Without a price in the settings, an instance is taken to cost in proportion to its vCPU and memory (4 GiB ≈ 1 vCPU). */
const priceOf = (view: View, state: GroupState): number => {
  const configured = view.settings.groups[state.group.name]?.pricePerHour;
  const size = state.expected ?? noResources;
  return configured ?? (size.cpuUnits / 1024 + size.memoryMiB / 4096) / 2;
};

const candidates = (view: View, states: readonly GroupState[]): readonly Candidate[] =>
  states
    .filter((it) => it.hold === undefined)
    .map((it) => ({
      id: it.group.name,
      room: roomOf(it.expected ?? noResources),
      available: Math.max(0, it.group.maxSize - it.group.desiredCapacity),
      price: priceOf(view, it),
    }));

const groupOfIncoming = (bin: string): string => bin.slice(0, bin.lastIndexOf('#'));

/** Who may use a bin: a real instance by its own provider, one that is on its way by its group's. */
const shapeOf = (view: View, states: readonly GroupState[], demand: Demand): readonly Shape[] => {
  if (demand.requirements === undefined) return [];
  const groups = new Set(states.filter((it) => mayRunIn(view, demand.binding, it.group)).map((it) => it.group.name));
  const mayUseBin = (bin: Bin): boolean => {
    if (bin.kind === 'incoming') return groups.has(groupOfIncoming(bin.id));
    const instance = view.instanceByEc2Id.get(bin.id);
    return instance !== undefined && mayRunOn(demand.binding, instance);
  };
  return [
    {
      id: demand.id,
      requirements: demand.requirements,
      count: demand.tasks,
      mayUseBin,
      mayUseCandidate: (it) => groups.has(it.id),
    },
  ];
};

const verdictsOf = (
  demand: Demand,
  packing: Packing,
  bins: ReadonlyMap<string, Bin>,
  refusal: UnplacedVerdict,
): DemandReport['verdicts'] => {
  const sums = new Map<string, { tasks: number; bins: Set<string>; verdict: (instances: number) => UnplacedVerdict }>();
  for (const placement of packing.placements.filter((it) => it.shape === demand.id)) {
    const [key, verdict] = kindOfPlacement(placement.candidate, bins.get(placement.bin));
    const entry = sums.get(key) ?? { tasks: 0, bins: new Set<string>(), verdict };
    entry.tasks += placement.count;
    entry.bins.add(placement.bin);
    sums.set(key, entry);
  }
  const placed = [...sums.values()].map((it) => ({ tasks: it.tasks, verdict: it.verdict(it.bins.size) }));
  const left = demand.requirements === undefined ? demand.tasks : (packing.unplaced[demand.id] ?? 0);
  return left > 0 ? [...placed, { tasks: left, verdict: refusal }] : placed;
};

const kindOfPlacement = (
  candidate: string | undefined,
  bin: Bin | undefined,
): readonly [string, (instances: number) => UnplacedVerdict] => {
  if (candidate !== undefined)
    return [`launch ${candidate}`, (instances) => ({ kind: 'launch', group: candidate, instances })];
  if (bin?.kind === 'incoming') {
    const group = groupOfIncoming(bin.id);
    return [`wait ${group}`, (instances) => ({ kind: 'waitsForLaunch', group, instances })];
  }
  if (bin?.kind === 'restorable') return ['restore', (instances) => ({ kind: 'restore', instances })];
  return ['now', (instances) => ({ kind: 'fitsNow', instances })];
};

const unplaceable = (reason: UnplaceableReason, detail: string): UnplacedVerdict => ({
  kind: 'unplaceable',
  reason,
  detail,
});

const describe = (it: Resources): string => `${it.cpuUnits} CPU units and ${it.memoryMiB} MiB`;

/** Why nothing can be launched for a demand: the first cause that holds, from the most to the least fundamental. */
const refusalOf = (view: View, states: readonly GroupState[], demand: Demand): UnplacedVerdict => {
  const { requirements: need, binding } = demand;
  if (need === undefined) return unplaceable('missingTaskDefinition', 'its task definition could not be read');
  if (hasUnknownProvider(view, binding))
    return unplaceable('boundToUnknownProvider', `capacity provider ${binding.name} is not one of the cluster's`);
  const allowed = states.filter((it) => mayRunIn(view, binding, it.group));
  if (allowed.length === 0) return unplaceable('noGroup', 'no opted-in group may run it; tag one with berth:cluster');
  if (!supplyIsCertain(view)) return unplaceable('partialView', 'instances or groups were read in part; see the gaps');
  const known = allowed.filter((it) => it.expected !== undefined);
  const largeEnough = known.filter((it) => it.expected !== undefined && fits(need, it.expected));
  if (known.length > 0 && known.length === allowed.length && largeEnough.length === 0) {
    const rooms = known.map((it) => `${it.group.name} has ${describe(it.expected ?? noResources)} a new instance`);
    return unplaceable('largerThanEveryInstance', `needs ${describe(need)}; ${rooms.join('; ')}`);
  }
  const usable = allowed.filter((it) => it.expected === undefined || largeEnough.includes(it));
  const learning = usable.find((it) => it.expected === undefined && it.incoming > 0);
  if (learning !== undefined)
    return { kind: 'waitsForLaunch', group: learning.group.name, instances: learning.incoming }; // the first to register tells
  const free = usable.find((it) => it.hold === undefined);
  if (free !== undefined)
    return unplaceable(
      'groupsAtMaximum',
      usable.map((it) => `${it.group.name} may have ${it.group.maxSize}`).join('; '),
    );
  const held = usable.find((it) => it.hold !== undefined)?.hold;
  const reason = held?.reason === 'managedScaling' ? 'boundToManagedGroup' : (held?.reason ?? 'noGroup');
  return unplaceable(reason, held?.detail ?? 'no group may be sized');
};

const hasUnknownProvider = (view: View, binding: Binding): binding is { kind: 'provider'; name: string } =>
  binding.kind === 'provider' &&
  bindingToProvider(view, binding.name).kind === 'provider' &&
  !view.observation.capacityProviders.some((it) => it.name === binding.name);

/**
 * Supply, and who sizes it, must be known in full before anything is launched: a page that is missing looks like
 * missing supply, and a provider that is missing like a group that ECS does not size.
 */
const supplyIsCertain = (view: View): boolean =>
  !hasGap(view, 'cluster', 'containerInstances', 'groups', 'capacityProviders');

/**
 * Places all demand on what is there, on what is on its way, on what can be restored, and on new instances, in that
 * order; the last make at most one step a group, to the exact count.
 */
export const scaleOut = (view: View, states: readonly GroupState[], demands: readonly Demand[]): ScaleOut => {
  const bins = [...activeBins(view), ...incomingBins(states), ...restorableBins(view)];
  const options = supplyIsCertain(view) ? candidates(view, states) : [];
  const packing = pack(
    demands.flatMap((it) => shapeOf(view, states, it)),
    bins,
    options,
  );
  const binById = new Map(bins.map((it) => [it.id, it]));
  const usedBins = packing.placements.flatMap(({ bin }) => binById.get(bin) ?? []);
  return {
    steps: states.flatMap(({ group }) => stepFor(group.name, group.desiredCapacity, packing)),
    demand: demands.map((it) => ({
      source: it.source,
      capacityProvider: it.binding.kind === 'provider' ? it.binding.name : undefined,
      requirements: { cpuUnits: it.requirements?.cpuUnits ?? 0, memoryMiB: it.requirements?.memoryMiB ?? 0 },
      tasks: it.tasks,
      verdicts: verdictsOf(it, packing, binById, refusalOf(view, states, it)),
    })),
    neededInstances: new Set(usedBins.filter((it) => it.kind !== 'incoming').map((it) => it.id)),
    restores: new Set(usedBins.filter((it) => it.kind === 'restorable').map((it) => it.id)),
  };
};

const stepFor = (group: string, from: number, packing: Packing): readonly SetGroupDesiredCapacity[] => {
  const instances = packing.launches[group] ?? 0;
  if (instances === 0) return [];
  const tasks = packing.placements.filter((it) => it.candidate === group).reduce((total, it) => total + it.count, 0);
  const reason = `${tasks} task${tasks === 1 ? '' : 's'} without room need ${instances} more instance${instances === 1 ? '' : 's'}`;
  return [{ kind: 'setGroupDesiredCapacity', group, from, to: from + instances, reason }];
};
