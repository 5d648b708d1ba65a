import { AwsApiError } from '../api.ts';
import type { Bounds } from '../constants.ts';
import type { Ground } from '../ground.ts';
import type { Cause, InstanceRecord } from '../log.ts';
import type { Agents, Machine } from '../machine.ts';
import { type Capacity, createCapacity } from './capacity.ts';

export interface Ec2Instance {
  readonly id: string;
  readonly machine: Machine;
  readonly group: string | undefined;
  readonly spot: boolean;
  readonly tags: ReadonlyMap<string, string>;
  /** Why it was launched. */
  readonly cause: Cause;
  readonly launchedAt: number;
  /** False for one whose agent will never reach ECS. */
  readonly registers: boolean;
  state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
}

export interface NewInstance {
  readonly id: string;
  readonly machine: Machine;
  readonly group: string | undefined;
  readonly spot: boolean;
  readonly tags: ReadonlyMap<string, string>;
  readonly cause: Cause;
}

type Listener = (instance: Ec2Instance) => void;

/** EC2: machines that boot, run and stop. */
export interface Ec2Instances {
  readonly capacity: Capacity;
  all(): Iterable<Ec2Instance>;
  find(id: string): Ec2Instance | undefined;
  /**
   * Launches it; `running` is called once EC2 reports it so. The ECS agent starts when it has booted, but that of an
   * instance for a warm pool waits for `startAgent` or `start`.
   */
  launch(parts: NewInstance, running: Listener, agent?: 'onBoot' | 'later'): Ec2Instance;
  /** Stops it so that it can be started again; its agent is not running. `stopped` is called once it is. */
  stop(instance: Ec2Instance, stopped: Listener): void;
  /** Starts a stopped instance, and its agent with it. */
  start(instance: Ec2Instance, running: Listener): void;
  /** Lets the agent of a running instance reach ECS. */
  startAgent(instance: Ec2Instance): void;
  /** Takes it for ever; what ran on it is gone now. */
  terminate(instance: Ec2Instance, cause: Cause): void;
  /** Is told of each instance the moment it goes for ever, and once it is terminated. */
  onStop(listener: Listener): void;
  /** Is told of Spot instances that EC2 gives a notice: of interruption, or that it may come. */
  onNotice(listener: (instance: Ec2Instance, notice: 'interruption' | 'rebalance') => void): void;
  readonly interruptSpot: (id: string) => void;
  readonly recommendRebalance: (id: string) => void;
  readonly kill: (id: string) => void;
  /** How long instances of a group take from launch to their agent starting, from the next launch on. */
  readonly setBootTime: (group: string, bounds: Bounds) => void;
  /** That share of what is launched meanwhile never registers with ECS, until the returned function is called. */
  readonly setRegistrationFailures: (share: number) => () => void;
  record(instance: Ec2Instance, change: InstanceRecord['change'], cause: Cause): void;
}

const describableMs = 3_600_000; // a terminated instance stays visible for about an hour (EC2 user guide)

export const createEc2Instances = (ground: Ground, agents: Agents): Ec2Instances => {
  const { constants, log } = ground;
  const instances = new Map<string, Ec2Instance>();
  const stopListeners: Listener[] = [];
  const noticeListeners: Parameters<Ec2Instances['onNotice']>[0][] = [];
  const bootTimes = new Map<string, Bounds>();
  const registrationFailures = new Set<{ readonly share: number }>();

  const known = (id: string): Ec2Instance => {
    const instance = instances.get(id);
    if (instance === undefined) {
      throw new AwsApiError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    }
    return instance;
  };

  const arnOf = (id: string): string => ground.arn('ec2', `instance/${id}`);

  const become = (it: Ec2Instance, state: Ec2Instance['state']): void => {
    it.state = state;
    ground.emit({
      source: 'aws.ec2',
      detailType: 'EC2 Instance State-change Notification',
      resources: [arnOf(it.id)],
      detail: () => ({ 'instance-id': it.id, state }),
    });
  };

  const isUp = (it: Ec2Instance): boolean => it.state === 'pending' || it.state === 'running';
  const isGone = (it: Ec2Instance): boolean => it.state === 'shutting-down' || it.state === 'terminated';

  const willRegister = (): boolean => {
    for (const { share } of registrationFailures) if (ground.luck() < share) return false;
    return true;
  };

  const record: Ec2Instances['record'] = (it, change, cause) => {
    const { instanceType, availabilityZone } = it.machine;
    log.write({
      kind: 'instance',
      at: ground.now(),
      ec2InstanceId: it.id,
      group: it.group,
      change,
      instanceType,
      availabilityZone,
      cause,
    });
  };

  const startAgent = (it: Ec2Instance): void => {
    if (!it.registers) return;
    ground.after(constants.agentRegistrationMs, () => {
      if (isUp(it)) agents.started(it.machine, it.launchedAt);
    });
  };

  const boot = (it: Ec2Instance, time: Bounds): void => {
    ground.after(time, () => {
      if (!isUp(it)) return;
      record(it, 'booted', it.cause);
      startAgent(it);
    });
  };

  const run = (it: Ec2Instance, running: Listener): void => {
    become(it, 'pending');
    ground.after(constants.instanceInServiceMs, () => {
      if (it.state !== 'pending') return;
      become(it, 'running');
      running(it);
    });
  };

  /** Notices of EC2 name the zone where other events name account and region. (EC2 user guide, Spot interruption notices.) */
  const notify = (it: Ec2Instance, notice: 'interruption' | 'rebalance'): void => {
    const isWarning = notice === 'interruption';
    ground.emit({
      source: 'aws.ec2',
      detailType: isWarning ? 'EC2 Spot Instance Interruption Warning' : 'EC2 Instance Rebalance Recommendation',
      resources: [isWarning ? `arn:aws:ec2:${it.machine.availabilityZone}:instance/${it.id}` : arnOf(it.id)],
      detail: () => ({ 'instance-id': it.id, ...(isWarning ? { 'instance-action': 'terminate' } : {}) }),
    });
    for (const listener of noticeListeners) listener(it, notice);
  };

  const terminate = (it: Ec2Instance, cause: Cause): void => {
    if (isGone(it)) return;
    become(it, 'shutting-down');
    const sight = agents.stopped(it.id);
    const { instanceType, availabilityZone } = it.machine;
    log.write({
      kind: 'instanceTerminated',
      at: ground.now(),
      ec2InstanceId: it.id,
      group: it.group,
      instanceType,
      availabilityZone,
      cause,
      containerInstanceArn: sight.containerInstanceArn,
      containerInstanceStatus: sight.status,
      liveTasks: sight.liveTaskArns.length,
      liveTaskArns: sight.liveTaskArns,
    });
    for (const listener of stopListeners) listener(it);
    ground.after(constants.instanceShutdownMs, () => {
      become(it, 'terminated');
      for (const listener of stopListeners) listener(it);
      ground.afterMs(describableMs, () => instances.delete(it.id));
    });
  };

  return {
    capacity: createCapacity(),
    all: () => instances.values(),
    find: (id) => instances.get(id),
    record,
    terminate,
    startAgent,
    launch: (parts, running, agent = 'onBoot') => {
      const it: Ec2Instance = { ...parts, launchedAt: ground.now(), registers: willRegister(), state: 'pending' };
      instances.set(it.id, it);
      record(it, 'launched', it.cause);
      run(it, running);
      if (agent === 'onBoot') boot(it, bootTimes.get(it.group ?? '') ?? constants.instanceBootMs);
      return it;
    },
    stop: (it, stopped) => {
      become(it, 'stopping');
      ground.after(constants.instanceStopMs, () => {
        if (it.state !== 'stopping') return;
        become(it, 'stopped');
        record(it, 'stopped', it.cause);
        stopped(it);
      });
    },
    start: (it, running) => {
      record(it, 'restarted', it.cause);
      run(it, running);
      boot(it, constants.warmBootMs);
    },
    onStop: (listener) => {
      stopListeners.push(listener);
    },
    onNotice: (listener) => {
      noticeListeners.push(listener);
    },
    interruptSpot: (id) => {
      const it = known(id);
      record(it, 'warned', { kind: 'fault', fault: 'spotInterruption' });
      notify(it, 'interruption');
      ground.afterMs(constants.spotWarningMs, () => {
        terminate(it, { kind: 'fault', fault: 'spotInterruption' });
      });
    },
    recommendRebalance: (id) => {
      notify(known(id), 'rebalance');
    },
    kill: (id) => {
      terminate(known(id), { kind: 'fault', fault: 'killed' });
    },
    setBootTime: (group, bounds) => {
      bootTimes.set(group, bounds);
    },
    setRegistrationFailures: (share) => {
      const mine = { share };
      registrationFailures.add(mine);
      return () => {
        registrationFailures.delete(mine);
      };
    },
  };
};
