import { AwsApiError } from '../api.ts';
import type { Ground } from '../ground.ts';
import { isoTime } from '../json.ts';
import type { ContainerInstanceRecord } from '../log.ts';
import type { LastSight, Machine } from '../machine.ts';
import { wasOn } from './account-setting-api.ts';
import { containerInstanceJson } from './container-instance-json.ts';
import { copyPool } from './resources.ts';
import type { Signals } from './signals.ts';
import { type Cluster, type ContainerInstance, type EcsState, isLive, type Pool, type Task } from './state.ts';
import { tasksWithTrunking } from './trunking.ts';
import { volumesForTasks } from './volumes.ts';

/** Ports the agent keeps for SSH, Docker and itself (ECS developer guide, container instance registered resources). */
const reservedPorts = [22, 2375, 2376, 51678, 51679];

/** Some of the capabilities an agent reports; enough for requiresAttributes and of a realistic size on the wire. */
const capabilities = [
  'privileged-container',
  'docker-remote-api.1.17',
  'docker-remote-api.1.18',
  'docker-remote-api.1.19',
  'docker-remote-api.1.21',
  'docker-remote-api.1.24',
  'docker-remote-api.1.25',
  'docker-remote-api.1.30',
  'docker-remote-api.1.44',
  'ecr-auth',
  'task-iam-role',
  'task-iam-role-network-host',
  'logging-driver.json-file',
  'logging-driver.awslogs',
  'logging-driver.syslog',
].map((it) => `com.amazonaws.ecs.capability.${it}`);

const agentCapabilities = [
  'task-eni',
  'execution-role-awslogs',
  'execution-role-ecr-pull',
  'container-health-check',
].map((it) => `ecs.capability.${it}`);

const attributesOf = (machine: Machine): Map<string, string | undefined> =>
  new Map<string, string | undefined>([
    ...[...capabilities, ...agentCapabilities].map((name): [string, undefined] => [name, undefined]),
    ['ecs.ami-id', machine.imageId],
    ['ecs.availability-zone', machine.availabilityZone],
    ['ecs.instance-type', machine.instanceType],
    ['ecs.os-type', 'linux'],
    ['ecs.os-family', 'LINUX'],
    ['ecs.cpu-architecture', machine.architecture],
    ['ecs.subnet-id', machine.subnetId],
    ['ecs.vpc-id', 'vpc-0a1b2c3d4e5f60718'],
    ...Object.entries(machine.agent.attributes),
  ]);

/** As the agent reports itself; the world does not update agents. */
const agentVersion = '1.98.0';

/** Marks an instance that has a trunk network interface (ECS developer guide, container instance ENI). */
const trunkAttribute = 'ecs.awsvpc-trunk-id';

export interface ContainerInstances {
  readonly register: (machine: Machine, launchedAt: number) => void;
  /** EC2 stops the machine. ECS deregisters it soon, unless its agent was disconnected: such ones linger. */
  readonly machineStopped: (ec2InstanceId: string) => LastSight;
  /** Its resources or tasks changed: a new version, and an event. */
  readonly changed: (instance: ContainerInstance) => void;
  setStatus(instance: ContainerInstance, status: 'ACTIVE' | 'DRAINING'): void;
  setConnected(instance: ContainerInstance, connected: boolean): void;
  /** Takes it out of the cluster; its tasks are the caller's to end first. */
  remove(instance: ContainerInstance): void;
  byEc2Id(ec2InstanceId: string): ContainerInstance;
}

export interface ContainerInstanceParts {
  readonly ground: Ground;
  readonly state: EcsState;
  readonly signals: Signals;
  /** Ends what ran on an instance that is gone. */
  readonly endTasks: (instance: ContainerInstance, reason: string) => void;
}

export const createContainerInstances = ({
  ground,
  state,
  signals,
  endTasks,
}: ContainerInstanceParts): ContainerInstances => {
  const { constants, log } = ground;

  const record = (it: ContainerInstance, change: ContainerInstanceRecord['change']): void => {
    log.write({
      kind: 'containerInstance',
      at: ground.now(),
      change,
      cluster: it.cluster.name,
      containerInstanceArn: it.arn,
      ec2InstanceId: it.ec2InstanceId,
      caller: ground.caller(),
    });
  };

  const poolOf = (machine: Machine, awsvpcTasks: number): Pool => ({
    cpuUnits: machine.vcpus * 1_024,
    memoryMiB:
      machine.memoryMiB -
      Math.ceil(machine.memoryMiB * constants.memoryReservedShare) -
      machine.agent.reservedMemoryMiB,
    tcpPortsInUse: new Set(reservedPorts),
    udpPortsInUse: new Set(),
    freeGpus: new Set(Array.from({ length: machine.gpus }, () => `GPU-${ground.uuid()}`)),
    gpus: machine.gpus,
    networkInterfaces: awsvpcTasks,
    ebsVolumes: volumesForTasks(machine),
    custom: new Map(),
  });

  const providerOf = (cluster: Cluster, machine: Machine): string | undefined =>
    cluster.capacityProviders.find(
      (name) => state.providers.get(name)?.autoScalingGroupArn === machine.autoScalingGroupArn,
    );

  const changed = (it: ContainerInstance): void => {
    it.version++;
    ground.emit({
      source: 'aws.ecs',
      detailType: 'ECS Container Instance State Change',
      resources: [it.arn],
      detail: () => ({
        ...containerInstanceJson(it, isoTime),
        clusterArn: it.cluster.arn,
        updatedAt: isoTime(ground.now()),
        accountType: undefined,
      }),
    });
  };

  /** Attributes and room, by what the account had opted in to when the instance was launched. */
  const registration = (machine: Machine, launchedAt: number) => {
    const attributes = attributesOf(machine);
    const trunked = wasOn(state, 'awsvpcTrunking', launchedAt) ? tasksWithTrunking(machine.instanceType) : undefined;
    if (trunked !== undefined) attributes.set(trunkAttribute, `eni-${ground.hex(17)}`);
    const untrunked = machine.maxNetworkInterfaces - 1; // the first is the instance's own
    return { attributes, registered: poolOf(machine, trunked ?? untrunked), isTrunked: trunked !== undefined };
  };

  /** It may take tasks from now on. */
  const activate = (instance: ContainerInstance): void => {
    instance.status = 'ACTIVE';
    record(instance, 'registered');
    changed(instance);
    signals.instanceChanged(instance);
    signals.roomAppeared(instance.cluster);
  };

  const register = (machine: Machine, launchedAt: number): void => {
    const cluster = machine.agent.cluster === undefined ? undefined : state.clusters.get(machine.agent.cluster);
    if (cluster?.status !== 'ACTIVE') return; // the agent keeps trying; nothing of it can be seen
    const id = ground.hex(32);
    const { attributes, registered, isTrunked } = registration(machine, launchedAt);
    const instance: ContainerInstance = {
      arn: ground.arn('ecs', `container-instance/${cluster.name}/${id}`),
      id,
      cluster,
      ec2InstanceId: machine.ec2InstanceId,
      availabilityZone: machine.availabilityZone,
      agentVersion,
      attributes,
      registered,
      remaining: copyPool(registered),
      registeredAt: ground.now(),
      tags: new Map(),
      capacityProviderName: providerOf(cluster, machine),
      customResources: [],
      status: 'REGISTERING',
      agentConnected: true,
      version: 0,
      tasks: new Set(),
      knownTasks: new Set(),
      tasksByGroup: new Map(),
      runningTasks: 0,
      pendingTasks: 0,
      before: undefined,
      onReconnect: [],
    };
    cluster.instances.set(instance.arn, instance);
    cluster.fleet.changed();
    state.instancesByEc2Id.set(machine.ec2InstanceId, instance);
    if (!isTrunked) {
      activate(instance);
      return;
    }
    changed(instance);
    ground.after(constants.trunkAttachMs, () => {
      if (instance.status === 'REGISTERING') activate(instance);
    });
  };

  const remove = (instance: ContainerInstance): void => {
    if (instance.status === 'INACTIVE') return;
    instance.status = 'INACTIVE';
    instance.agentConnected = false;
    instance.cluster.instances.delete(instance.arn);
    instance.cluster.fleet.changed();
    state.instancesByEc2Id.delete(instance.ec2InstanceId);
    record(instance, 'deregistered');
    changed(instance);
    signals.instanceChanged(instance);
  };

  const setConnected = (instance: ContainerInstance, connected: boolean): void => {
    if (instance.agentConnected === connected || instance.status === 'INACTIVE') return;
    instance.agentConnected = connected;
    record(instance, connected ? 'connected' : 'disconnected');
    changed(instance);
    if (!connected) return;
    for (const heard of instance.onReconnect.splice(0)) heard();
    signals.instanceChanged(instance);
    signals.roomAppeared(instance.cluster);
  };

  const machineStopped = (ec2InstanceId: string): LastSight => {
    const instance = state.instancesByEc2Id.get(ec2InstanceId);
    if (instance === undefined) return { containerInstanceArn: undefined, status: undefined, liveTaskArns: [] };
    const sight: LastSight = {
      containerInstanceArn: instance.arn,
      status: instance.status,
      liveTaskArns: [...instance.tasks].filter(isLive).map((it: Task) => it.arn),
    };
    if (instance.agentConnected) {
      setConnected(instance, false);
      ground.after(constants.terminatedDeregistrationMs, () => {
        if (instance.status === 'INACTIVE') return;
        endTasks(instance, `Host EC2 (instance ${ec2InstanceId}) terminated.`);
        remove(instance);
      });
    }
    return sight;
  };

  return {
    register,
    machineStopped,
    changed,
    remove,
    setConnected,
    setStatus: (instance, status) => {
      if (instance.status === status) return;
      instance.status = status;
      record(instance, status);
      changed(instance);
      signals.instanceChanged(instance);
      if (status === 'ACTIVE') signals.roomAppeared(instance.cluster);
    },
    byEc2Id: (ec2InstanceId) => {
      const instance = state.instancesByEc2Id.get(ec2InstanceId);
      if (instance === undefined)
        throw new AwsApiError('InvalidParameterException', `No container instance ${ec2InstanceId}`);
      return instance;
    },
  };
};
