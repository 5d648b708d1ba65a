import { AwsApiError } from '../api.ts';
import type { Ground } from '../ground.ts';
import type { Cause, InstanceRecord } from '../log.ts';
import type { Agents, Machine } from '../machine.ts';

export interface Ec2Instance {
  readonly id: string;
  readonly machine: Machine;
  readonly group: string | undefined;
  readonly spot: boolean;
  readonly tags: ReadonlyMap<string, string>;
  /** Why it was launched. */
  readonly cause: Cause;
  readonly launchedAt: number;
  state: 'pending' | 'running' | 'shutting-down' | 'terminated';
}

export interface NewInstance {
  readonly id: string;
  readonly machine: Machine;
  readonly group: string | undefined;
  readonly spot: boolean;
  readonly tags: ReadonlyMap<string, string>;
  readonly cause: Cause;
}

/** EC2: machines that boot, run and stop. */
export interface Ec2Instances {
  all(): Iterable<Ec2Instance>;
  find(id: string): Ec2Instance | undefined;
  /** Starts it; `running` is called once EC2 reports it so. */
  launch(parts: NewInstance, running: (instance: Ec2Instance) => void): Ec2Instance;
  /** Stops it for ever; what ran on it is gone now. */
  terminate(instance: Ec2Instance, cause: Cause): void;
  /** Is told of each instance the moment it stops, and once it is terminated. */
  onStop(listener: (instance: Ec2Instance, done: boolean) => void): void;
  readonly interruptSpot: (id: string) => void;
  readonly kill: (id: string) => void;
  record(instance: Ec2Instance, change: InstanceRecord['change'], cause: Cause): void;
}

const describableMs = 3_600_000; // a terminated instance stays visible for about an hour (EC2 user guide)

export const createEc2Instances = (ground: Ground, agents: Agents): Ec2Instances => {
  const { constants, log } = ground;
  const instances = new Map<string, Ec2Instance>();
  const listeners: ((instance: Ec2Instance, done: boolean) => void)[] = [];

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

  const boot = (it: Ec2Instance): void => {
    ground.after(constants.instanceBootMs, () => {
      if (!isUp(it)) return;
      record(it, 'booted', it.cause);
      ground.after(constants.agentRegistrationMs, () => {
        if (isUp(it)) agents.started(it.machine);
      });
    });
  };

  const terminate = (it: Ec2Instance, cause: Cause): void => {
    if (!isUp(it)) return;
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
    for (const listener of listeners) listener(it, false);
    ground.after(constants.instanceShutdownMs, () => {
      become(it, 'terminated');
      for (const listener of listeners) listener(it, true);
      ground.afterMs(describableMs, () => instances.delete(it.id));
    });
  };

  return {
    all: () => instances.values(),
    find: (id) => instances.get(id),
    record,
    terminate,
    launch: (parts, running) => {
      const it: Ec2Instance = { ...parts, launchedAt: ground.now(), state: 'pending' };
      instances.set(it.id, it);
      record(it, 'launched', it.cause);
      become(it, 'pending');
      ground.after(constants.instanceInServiceMs, () => {
        if (it.state !== 'pending') return;
        become(it, 'running');
        running(it);
      });
      boot(it);
      return it;
    },
    onStop: (listener) => {
      listeners.push(listener);
    },
    interruptSpot: (id) => {
      const it = known(id);
      ground.emit({
        source: 'aws.ec2',
        detailType: 'EC2 Spot Instance Interruption Warning',
        resources: [arnOf(id)],
        detail: () => ({ 'instance-id': id, 'instance-action': 'terminate' }),
      });
      ground.afterMs(constants.spotWarningMs, () => {
        terminate(it, { kind: 'fault', fault: 'spotInterruption' });
      });
    },
    kill: (id) => {
      terminate(known(id), { kind: 'fault', fault: 'killed' });
    },
  };
};
