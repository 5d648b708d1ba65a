import type { Ec2Instance, Ec2Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { number, text } from '../json.ts';
import type { Cause } from '../log.ts';
import type { Activities } from './activities.ts';
import type { Launcher, Wish } from './launcher.ts';
import { newInstance, nextZone } from './launching.ts';
import type { LifecycleHooks } from './lifecycle-hooks.ts';
import { optionsOf } from './pools.ts';
import { admit, moveTo } from './roster.ts';
import type { Activity, Group, GroupInstance, LifecycleState, WarmPool } from './state.ts';

/**
 * Instances launched ahead and kept, stopped or running, beside the group. Their ECS agents do not start before they
 * leave the pool, as with ECS_WARM_POOLS_CHECK=true. (Auto Scaling user guide, warm pools; ECS developer guide, warm pools.)
 */
export interface WarmPools {
  /** Moves a warm instance into the group; false where there is none. */
  take(group: Group, wish: Wish): boolean;
  /** Brings the pool to the size it should have. */
  refill(group: Group): void;
  /** EC2 took an instance of a pool. */
  lost(group: Group, instance: Ec2Instance): void;
}

export interface WarmPoolParts {
  readonly ground: Ground;
  readonly ec2: Ec2Instances;
  readonly templates: LaunchTemplates;
  readonly hooks: LifecycleHooks;
  readonly activities: Activities;
  readonly launcher: Pick<Launcher, 'running' | 'failed'>;
  readonly touch: (group: Group) => void;
}

const cause: Cause = { kind: 'group', process: 'warmPool' };

/** The maximum prepared capacity (the group's maximum unless given) less the desired capacity, and at least the minimum. */
const warmPoolSize = (group: Group, { json, isDeleting }: WarmPool): number => {
  if (isDeleting) return 0;
  const prepared = number(json, 'MaxGroupPreparedCapacity') ?? -1; // -1: as if not given (Auto Scaling API, PutWarmPool)
  return Math.max(number(json, 'MinSize') ?? 0, (prepared < 0 ? group.maxSize : prepared) - group.desired);
};

/** The state instances of the pool wait in. */
const poolStateOf = (pool: WarmPool): 'Warmed:Stopped' | 'Warmed:Running' =>
  text(pool.json, 'PoolState') === 'Running' ? 'Warmed:Running' : 'Warmed:Stopped';

const isReady = (it: GroupInstance): boolean => it.state === 'Warmed:Stopped' || it.state === 'Warmed:Running';
const isGoing = (it: GroupInstance): boolean => it.state.startsWith('Warmed:Terminating');

export const createWarmPools = (parts: WarmPoolParts): WarmPools => {
  const { ground, ec2, templates, hooks, activities, launcher } = parts;

  const become = (group: Group, it: GroupInstance, state: LifecycleState): void => {
    moveTo(group, it, state);
  };

  const settle = (group: Group, pool: WarmPool, it: GroupInstance, activity: Activity): void => {
    activities.end(activity);
    activities.announce(group, activity, 'EC2 Instance Launch Successful', it.ec2.id);
    if (poolStateOf(pool) === 'Warmed:Running') {
      become(group, it, 'Warmed:Running');
      return;
    }
    become(group, it, 'Warmed:Pending:Proceed');
    ec2.stop(it.ec2, () => {
      if (it.state !== 'Warmed:Pending:Proceed') return;
      become(group, it, 'Warmed:Stopped');
      parts.touch(group);
    });
  };

  const arrive = (group: Group, pool: WarmPool, it: GroupInstance, activity: Activity): void => {
    if (it.state !== 'Warmed:Pending') return;
    const passage = {
      transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      origin: 'EC2',
      destination: 'WarmPool',
    } as const;
    const held = hooks.hold(group, it, passage, (outcome) => {
      if (outcome === 'CONTINUE') settle(group, pool, it, activity);
      else terminate(group, it);
    });
    if (held) become(group, it, 'Warmed:Pending:Wait');
    else settle(group, pool, it, activity);
  };

  const prepare = (group: Group, pool: WarmPool, zone: string): void => {
    pool.asked++;
    const startedAt = ground.now();
    const why = 'an instance was launched into the warm pool';
    ground.after(ground.constants.instanceLaunchMs, () => {
      pool.asked--;
      if (group.deleted || group.warmPool !== pool) return;
      const options = optionsOf(group, templates);
      const option = options.find((it) =>
        ec2.capacity.has({ instanceType: it.type.name, availabilityZone: zone, market: 'onDemand' }),
      );
      if (option === undefined) {
        launcher.failed(group, zone, { market: 'onDemand', cause, why }, options, startedAt);
        ground.afterMs(ground.constants.launchBackOffMs.high, () => {
          parts.touch(group);
        });
        return;
      }
      const id = `i-${ground.hex(17)}`;
      const description = `Launching a new EC2 instance into warm pool: ${id}`;
      const activity = activities.begin(group, { description, cause: why, zone, startedAt });
      const instance = ec2.launch(
        newInstance(group, option, { id, zone, market: 'onDemand', cause }),
        () => {
          arrive(group, pool, it, activity);
        },
        'later',
      );
      const it: GroupInstance = {
        ec2: instance,
        source: option.source,
        state: 'Warmed:Pending',
        healthStatus: 'Healthy',
        isProtected: false,
        actions: new Map(),
        cause: undefined,
        extra: undefined,
        inServiceAt: undefined,
        seenState: undefined,
      };
      pool.instances.set(id, it);
    });
  };

  const depart = (group: Group, it: GroupInstance): void => {
    become(group, it, 'Warmed:Terminating:Proceed');
    ec2.terminate(it.ec2, cause);
  };

  const terminate = (group: Group, it: GroupInstance): void => {
    hooks.drop(it);
    become(group, it, 'Warmed:Terminating');
    ec2.record(it.ec2, 'terminating', cause);
    const passage = {
      transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      origin: 'WarmPool',
      destination: 'EC2',
    } as const;
    const held = hooks.hold(group, it, passage, () => {
      depart(group, it);
    });
    if (held) become(group, it, 'Warmed:Terminating:Wait');
    else depart(group, it);
  };

  /** The next zone of the group's for its share of the pool: fewest of the pool's instances. */
  const emptiestZone = (group: Group, pool: WarmPool): string => {
    const counts = new Map(group.zones.map((zone) => [zone, 0]));
    for (const it of pool.instances.values()) {
      const zone = it.ec2.machine.availabilityZone;
      counts.set(zone, (counts.get(zone) ?? 0) + 1);
    }
    return [...counts].reduce((least, it) => (it[1] < least[1] ? it : least), ['', Number.POSITIVE_INFINITY])[0];
  };

  return {
    take: (group, wish) => {
      const pool = group.warmPool;
      if (pool === undefined || pool.isDeleting || wish.market !== 'onDemand') return false;
      const ready = [...pool.instances.values()].filter(isReady);
      const zone = nextZone(group, wish.market, ground);
      const it = ready.find((one) => one.ec2.machine.availabilityZone === zone) ?? ready[0];
      if (it === undefined) return false;
      const description = `Launching a new EC2 instance from warm pool: ${it.ec2.id}`;
      const where = it.ec2.machine.availabilityZone;
      const activity = activities.begin(group, { description, cause: wish.why, zone: where });
      const wasStopped = it.state === 'Warmed:Stopped';
      pool.instances.delete(it.ec2.id);
      become(group, it, 'Pending');
      it.isProtected = group.protectNew;
      admit(group, it);
      if (wasStopped) {
        ec2.start(it.ec2, () => {
          launcher.running(group, it, activity, 'WarmPool');
        });
      } else {
        ec2.startAgent(it.ec2);
        launcher.running(group, it, activity, 'WarmPool');
      }
      return true;
    },
    refill: (group) => {
      const pool = group.warmPool;
      if (pool === undefined) return;
      const staying = [...pool.instances.values()].filter((it) => !isGoing(it));
      const size = warmPoolSize(group, pool);
      for (const it of staying.slice(Math.min(size, staying.length))) terminate(group, it);
      if (pool.isDeleting && pool.instances.size === 0 && pool.asked === 0) group.warmPool = undefined;
      if (group.suspended.has('Launch')) return;
      for (let have = staying.length + pool.asked; have < size; have++) prepare(group, pool, emptiestZone(group, pool));
    },
    lost: (group, instance) => {
      const pool = group.warmPool;
      const it = pool?.instances.get(instance.id);
      if (pool === undefined || it === undefined) return;
      if (!isGoing(it)) become(group, it, 'Warmed:Terminating');
      if (instance.state === 'terminated') pool.instances.delete(instance.id);
      parts.touch(group);
    },
  };
};
