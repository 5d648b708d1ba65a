import type { Scenario } from '../workloads/scenario.ts';
import type { ClusterListener, WatchedInstance } from './cluster-watch.ts';
import type { InstanceLife } from './simulation.ts';
import type { Size } from './sizes.ts';

/** What EC2 charges at least for a launch (EC2 user guide, per-second billing). */
const minimumBilledMs = 60_000;

export interface LifeFigures {
  readonly instanceHours: number;
  readonly dollars: number;
  readonly emptyInstanceHours: number;
  readonly terminatingWaitHours: number;
  readonly reservedUtilisation: number;
  readonly strandedCapacity: number;
}

/** How many instances there are now, and what they come to. */
export interface Fleet {
  active: number;
  incoming: number;
  leaving: number;
  dollarsPerHour: number;
  /** Registered by ACTIVE instances. */
  supplyCpuUnits: number;
  supplyMemoryMiB: number;
}

/** Follows every instance's life. */
export interface Lives {
  readonly listener: ClusterListener;
  readonly fleet: Readonly<Fleet>;
  figures(now: number): LifeFigures;
  instances(now: number): readonly InstanceLife[];
}

interface OpenDrain {
  readonly fromMs: number;
  toMs: number | undefined;
  endedBy: 'restored' | 'terminated' | 'open';
}

type Place = 'incoming' | 'active' | 'leaving' | 'none';

interface Life {
  readonly instance: WatchedInstance;
  readonly pricePerHour: number;
  place: Place;
  /** Whether ECS knows it at the moment. */
  isRegistered: boolean;
  stoppedAt: number | undefined;
  /** Undefined before the launch, while it stands in a warm pool, and after the stop. */
  runningSince: number | undefined;
  /** Of the spans that are over, each at least the minimum. */
  billedMs: number;
  busySince: number | undefined;
  readonly busy: { readonly fromMs: number; readonly toMs: number }[];
  readonly drains: OpenDrain[];
}

const hourMs = 3_600_000;

/** Dollars an hour. */
export type PriceOf = (group: string | undefined, instanceType: string) => number;

export const pricesOf = ({ groups }: Scenario): PriceOf => {
  const prices = new Map(
    groups.flatMap(({ name, types }) => types.map((it) => [`${name} ${it.instanceType}`, it.pricePerHour])),
  );
  return (group, instanceType) => prices.get(`${group ?? ''} ${instanceType}`) ?? 0;
};

const spanMs = ({ runningSince }: Life, now: number): number =>
  runningSince === undefined ? 0 : Math.max(minimumBilledMs, now - runningSince);

const busyMs = (life: Life, now: number): number =>
  life.busy.reduce((sum, it) => sum + it.toMs - it.fromMs, 0) +
  (life.busySince === undefined ? 0 : now - life.busySince);

const terminatingMs = ({ instance, stoppedAt }: Life, now: number): number =>
  instance.terminatingAt === undefined ? 0 : (stoppedAt ?? now) - instance.terminatingAt;

export const followLives = (startMs: number, priceOf: PriceOf): Lives => {
  const lives = new Map<WatchedInstance, Life>();
  const fleet: Fleet = {
    active: 0,
    incoming: 0,
    leaving: 0,
    dollarsPerHour: 0,
    supplyCpuUnits: 0,
    supplyMemoryMiB: 0,
  };
  const use = new Utilisation(startMs);

  const move = (life: Life, to: Place): void => {
    const count = (place: Place, by: 1 | -1): void => {
      if (place !== 'none') fleet[place] += by;
      if (place !== 'active') return;
      fleet.supplyCpuUnits += by * life.instance.registers.cpuUnits;
      fleet.supplyMemoryMiB += by * life.instance.registers.memoryMiB;
    };
    count(life.place, -1);
    life.place = to;
    count(to, 1);
  };

  const endDrain = (life: Life, at: number, endedBy: 'restored' | 'terminated'): void => {
    const drain = life.drains.at(-1);
    if (drain === undefined || drain.endedBy !== 'open') return;
    drain.toMs = at;
    drain.endedBy = endedBy;
  };

  const unregister = (life: Life, at: number): void => {
    if (!life.isRegistered) return;
    life.isRegistered = false;
    use.register(at, life.instance.registers, -1);
  };

  const idle = (life: Life, at: number): void => {
    if (life.busySince === undefined) return;
    life.busy.push({ fromMs: life.busySince, toMs: at });
    life.busySince = undefined;
  };

  const run = (life: Life, at: number): void => {
    if (life.runningSince !== undefined) return;
    life.runningSince = at;
    fleet.dollarsPerHour += life.pricePerHour;
  };

  const pause = (life: Life, at: number): void => {
    if (life.runningSince === undefined) return;
    life.billedMs += spanMs(life, at);
    life.runningSince = undefined;
    fleet.dollarsPerHour -= life.pricePerHour;
  };

  /** Of an instance that this follows; the watch tells of each first when it is requested. */
  const on =
    (act: (life: Life, at: number) => void) =>
    (instance: WatchedInstance, at: number): void => {
      const life = lives.get(instance);
      if (life !== undefined) act(life, at);
    };

  return {
    fleet,
    listener: {
      requested: (instance) => {
        const { group, instanceType } = instance;
        const life: Life = {
          instance,
          pricePerHour: priceOf(group, instanceType),
          place: 'none',
          isRegistered: false,
          stoppedAt: undefined,
          runningSince: undefined,
          billedMs: 0,
          busySince: undefined,
          busy: [],
          drains: [],
        };
        lives.set(instance, life);
        move(life, 'incoming');
      },
      launched: on(run),
      paused: on(pause),
      resumed: on(run),
      registered: on((life, at) => {
        life.isRegistered = true;
        use.register(at, life.instance.registers, 1);
        if (life.place === 'incoming') move(life, 'active');
      }),
      drained: on((life, at) => {
        life.drains.push({ fromMs: at, toMs: undefined, endedBy: 'open' });
        move(life, 'leaving');
      }),
      restored: on((life, at) => {
        endDrain(life, at, 'restored');
        if (life.instance.terminatingAt === undefined) move(life, 'active');
      }),
      deregistered: on((life, at) => {
        unregister(life, at);
        move(life, 'leaving');
      }),
      terminating: on((life) => {
        move(life, 'leaving');
      }),
      stopped: on((life, at) => {
        life.stoppedAt = at;
        pause(life, at);
        unregister(life, at);
        endDrain(life, at, 'terminated');
        idle(life, at);
        for (const it of life.instance.tasks) use.reserve(at, it.want.size, -1);
        move(life, 'none');
      }),
      placed: ({ instance, want }, at) => {
        const life = lives.get(instance);
        if (life === undefined) return;
        use.reserve(at, want.size, 1);
        life.busySince ??= at;
      },
      ended: ({ instance, want }, at) => {
        const life = lives.get(instance);
        if (life === undefined || life.stoppedAt !== undefined) return; // what it held went with it
        use.reserve(at, want.size, -1);
        if (instance.tasks.size === 0) idle(life, at);
      },
    },
    figures: (now) => {
      let billed = 0;
      let dollars = 0;
      let empty = 0;
      let terminating = 0;
      for (const life of lives.values()) {
        const ms = life.billedMs + spanMs(life, now);
        billed += ms;
        dollars += (ms / hourMs) * life.pricePerHour;
        empty += ms - busyMs(life, now);
        terminating += terminatingMs(life, now);
      }
      return {
        instanceHours: billed / hourMs,
        dollars,
        emptyInstanceHours: empty / hourMs,
        terminatingWaitHours: terminating / hourMs,
        ...use.figures(now),
      };
    },
    instances: (now) =>
      [...lives.values()].flatMap(({ instance, stoppedAt, busySince, busy, drains }) => {
        const { launchedAt, registeredAt, ec2InstanceId, group, instanceType, availabilityZone } = instance;
        if (launchedAt === undefined) return [];
        const still = busySince === undefined ? [] : [{ fromMs: busySince, toMs: now }];
        return {
          ec2InstanceId,
          group,
          instanceType,
          availabilityZone,
          launchedAtMs: launchedAt,
          registeredAtMs: registeredAt,
          terminatedAtMs: stoppedAt,
          drains: drains.map((it) => ({ ...it })),
          busy: [...busy, ...still],
        };
      }),
  };
};

/** How much of what instances registered their tasks have reserved, daemons aside, over time. */
class Utilisation {
  private now: number;
  private readonly registered = { cpuUnits: 0, memoryMiB: 0 };
  private readonly reserved = { cpuUnits: 0, memoryMiB: 0 };
  private registeredMs = 0;
  private scarcer = 0;
  private ampler = 0;

  constructor(startMs: number) {
    this.now = startMs;
  }

  register(at: number, size: Size, by: 1 | -1): void {
    this.settle(at);
    this.registered.cpuUnits += by * size.cpuUnits;
    this.registered.memoryMiB += by * size.memoryMiB;
  }

  reserve(at: number, size: Size, by: 1 | -1): void {
    this.settle(at);
    this.reserved.cpuUnits += by * size.cpuUnits;
    this.reserved.memoryMiB += by * size.memoryMiB;
  }

  figures(now: number): { readonly reservedUtilisation: number; readonly strandedCapacity: number } {
    this.settle(now);
    if (this.registeredMs === 0) return { reservedUtilisation: 0, strandedCapacity: 0 };
    return {
      reservedUtilisation: this.scarcer / this.registeredMs,
      strandedCapacity: 1 - this.ampler / this.registeredMs,
    };
  }

  /** Time without any registered instance has no utilisation, and does not count. */
  private settle(at: number): void {
    const ms = at - this.now;
    this.now = at;
    if (ms <= 0 || this.registered.cpuUnits <= 0 || this.registered.memoryMiB <= 0) return;
    const cpu = this.reserved.cpuUnits / this.registered.cpuUnits;
    const memory = this.reserved.memoryMiB / this.registered.memoryMiB;
    this.registeredMs += ms;
    this.scarcer += Math.max(cpu, memory) * ms;
    this.ampler += Math.min(cpu, memory) * ms;
  }
}
