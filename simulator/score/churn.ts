import type { Scenario } from '../workloads/scenario.ts';
import type { Cause } from '../world/log.ts';
import type { ClusterListener, ClusterWatch, WatchedInstance, WatchedWant } from './cluster-watch.ts';
import type { Demand } from './demand.ts';
import type { ChurnScore } from './score.ts';
import { isWithin, noSize, type Size } from './sizes.ts';

/** Within this time one decision shows another to have been wrong. */
export const regretWithinMs = 15 * 60_000;

export type ChurnFigures = Pick<
  ChurnScore,
  'uselessLaunches' | 'unusedReplacements' | 'withdrawnLaunches' | 'regrettedRemovals' | 'flaps'
>;

/** Follows decisions that had better not been made. */
export interface Churn {
  readonly listener: ClusterListener;
  figures(): ChurnFigures;
}

interface Removal {
  readonly at: number;
  readonly instance: WatchedInstance;
  /** The most that should have run within the time before it. */
  readonly peak: Size;
}

interface SizeChange {
  readonly at: number;
  readonly sign: number;
  readonly demandVersion: number;
  /** Instances of the group that EC2 had said it takes back until then. */
  readonly warnings: number;
}

/** A termination by the controller that lowers its group's desired capacity, by the id of its call. */
interface Lowering {
  readonly callId: number;
  readonly group: string;
  isNoted: boolean;
}

const endsChosen = 'TerminateInstanceInAutoScalingGroup';

/** What waits for room, and how much of it one of so many new instances is to take. */
interface Waiting {
  readonly tasks: number;
  readonly largest: Size;
  readonly total: Size;
}

export interface ChurnParts {
  readonly scenario: Scenario;
  readonly demand: Demand;
  readonly isController: (caller: string) => boolean;
  readonly watch: () => ClusterWatch;
}

const waitingFor = (group: string, wants: Iterable<WatchedWant>, groupsOf: ReadonlyMap<string, readonly string[]>) => {
  let waiting: Waiting = { tasks: 0, largest: noSize, total: noSize };
  for (const { placed, service, size } of wants) {
    const groups = groupsOf.get(service ?? '') ?? [];
    if (placed || (groups.length > 0 && !groups.includes(group))) continue;
    const { tasks, largest, total } = waiting;
    waiting = {
      tasks: tasks + 1,
      largest: {
        cpuUnits: Math.max(largest.cpuUnits, size.cpuUnits),
        memoryMiB: Math.max(largest.memoryMiB, size.memoryMiB),
      },
      total: { cpuUnits: total.cpuUnits + size.cpuUnits, memoryMiB: total.memoryMiB + size.memoryMiB },
    };
  }
  return waiting;
};

/** `demand` must be told before this is. */
export const followChurn = ({ scenario, demand, isController, watch }: ChurnParts): Churn => {
  const groupsOf = new Map(scenario.services.map((it) => [it.name, it.groups]));
  const counts = { uselessLaunches: 0, unusedReplacements: 0, withdrawnLaunches: 0, regrettedRemovals: 0, flaps: 0 };
  const lastChange = new Map<string, SizeChange>();
  /** By group. */
  const warnings = new Map<string, number>();
  let lowering: Lowering | undefined;
  /** Not yet followed by a launch that shows them to have been wrong; the oldest first. */
  const removals: Removal[] = [];
  /** The controller's launches that are not registered. */
  const underWay = new Set<WatchedInstance>();
  /** Of those launches, the ones for whose sake some task waited that was withdrawn before they could help. */
  const bereft = new Set<WatchedInstance>();

  const isByController = (cause: Cause): boolean => cause.kind === 'call' && isController(cause.caller);

  /** Whether the removed instance would have held the share of the waiting tasks that one of the launches is for. */
  const wouldHaveServed = ({ instance, peak }: Removal, waiting: Waiting, launches: number): boolean => {
    const room = instance.registers;
    const share = { cpuUnits: waiting.total.cpuUnits / launches, memoryMiB: waiting.total.memoryMiB / launches };
    return (
      waiting.tasks > 0 && isWithin(share, room) && isWithin(waiting.largest, room) && isWithin(demand.total(), peak)
    );
  };

  const regret = (at: number, launches: number): void => {
    while ((removals[0]?.at ?? at) < at - regretWithinMs) removals.shift();
    let left = launches;
    for (const removal of [...removals]) {
      if (left === 0) return;
      const waiting = waitingFor(removal.instance.group ?? '', watch().wants, groupsOf);
      if (!wouldHaveServed(removal, waiting, launches)) continue;
      removals.splice(removals.indexOf(removal), 1);
      counts.regrettedRemovals++;
      left--;
    }
  };

  const noteSize = (group: string, at: number, sign: number): void => {
    const demandVersion = demand.version(group);
    const last = lastChange.get(group);
    const warned = warnings.get(group) ?? 0;
    const isSame = last?.demandVersion === demandVersion && last.warnings === warned;
    if (isSame && at - last.at <= regretWithinMs && last.sign !== sign) counts.flaps++;
    lastChange.set(group, { at, sign, demandVersion, warnings: warned });
  };

  /** A size that falls with instances that EC2 takes anyway is no decision about size; with any other it is one. */
  const noteLowering = (
    { cause, warnedAt }: { readonly cause: Cause; readonly warnedAt: number | undefined },
    at: number,
  ): void => {
    if (cause.kind !== 'call' || lowering?.callId !== cause.callId || warnedAt !== undefined || lowering.isNoted)
      return;
    lowering.isNoted = true;
    noteSize(lowering.group, at, -1);
  };

  return {
    listener: {
      capacityChanged: (group, at, from, to, cause) => {
        if (!isByController(cause)) return;
        if (cause.kind === 'call' && cause.operation === endsChosen) {
          lowering = { callId: cause.callId, group, isNoted: false };
          return;
        }
        noteSize(group, at, Math.sign(to - from));
        if (to > from) regret(at, to - from);
      },
      requested: (instance) => {
        if (isByController(instance.cause)) underWay.add(instance);
      },
      registered: (instance) => {
        underWay.delete(instance);
      },
      warned: ({ group }) => {
        if (group !== undefined) warnings.set(group, (warnings.get(group) ?? 0) + 1);
      },
      withdrawn: (want, _at, reason) => {
        if (reason === 'noRoom') return; // it was refused; whoever ran it may ask again
        for (const it of underWay) if (want.askedAt <= it.requestedAt) bereft.add(it);
      },
      terminating: (instance, at, cause) => {
        if (!isByController(cause)) return;
        noteLowering({ cause, warnedAt: instance.warnedAt }, at);
        if (instance.registeredAt === undefined || instance.warnedAt !== undefined) return;
        removals.push({ at, instance, peak: demand.peak(at) });
      },
      stopped: (instance, _at, cause) => {
        underWay.delete(instance);
        if (instance.everHeldTask || !isByController(cause)) return;
        if (instance.cause.kind === 'replacement') counts.unusedReplacements++;
        if (!isByController(instance.cause)) return;
        if (bereft.delete(instance)) counts.withdrawnLaunches++;
        else counts.uselessLaunches++;
      },
    },
    figures: () => ({ ...counts }),
  };
};
