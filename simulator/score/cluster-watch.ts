import type {
  Cause,
  ContainerInstanceRecord,
  InstanceRecord,
  InstanceTerminatedRecord,
  TaskPlacedRecord,
  TaskStatusRecord,
  TaskWantedRecord,
  TaskWithdrawnRecord,
  WorldLog,
  WorldRecord,
} from '../world/log.ts';
import { type Arrival, sizeKey } from './arrivals.ts';
import { noSize, type Size } from './sizes.ts';

/** A replica or standalone task that should run and does not yet. */
export interface WatchedWant {
  readonly kind: 'REPLICA' | 'STANDALONE';
  readonly service: string | undefined;
  readonly size: Size;
  readonly askedAt: number;
  /** Known from its arrival, not from a call. */
  readonly arrived: boolean;
  /** Has a container instance, and starts there. */
  placed: boolean;
}

/** A replica or standalone task that holds a place. */
export interface WatchedTask {
  readonly arn: string;
  /** What it fulfils, or fulfilled. */
  readonly want: WatchedWant;
  readonly placedAt: number;
  readonly instance: WatchedInstance;
  /** It was RUNNING at some time. */
  ran: boolean;
  /** It is to stop, or its instance is gone. */
  condemned: boolean;
}

export interface WatchedInstance {
  readonly ec2InstanceId: string;
  readonly group: string | undefined;
  readonly instanceType: string;
  readonly availabilityZone: string;
  /** What made it come. */
  readonly cause: Cause;
  readonly requestedAt: number;
  launchedAt: number | undefined;
  registeredAt: number | undefined;
  /** Chosen to go; lifecycle hooks may hold it. */
  terminatingAt: number | undefined;
  /** When EC2 said that it takes the instance back: it ends two minutes later, whatever anybody does. */
  warnedAt: number | undefined;
  /** What it registered with ECS; nothing before. */
  registers: Size;
  /** Of the container instance; undefined before it registers and once it is deregistered. */
  status: 'ACTIVE' | 'DRAINING' | undefined;
  /** Tasks that hold a place there, stopping ones included, daemons not. */
  readonly tasks: Set<WatchedTask>;
  everHeldTask: boolean;
}

/** What happens to a cluster, told after the watched things have changed. */
export interface ClusterListener {
  wanted?(want: WatchedWant): void;
  withdrawn?(want: WatchedWant, at: number, reason: TaskWithdrawnRecord['reason']): void;
  placed?(task: WatchedTask, at: number): void;
  /** RUNNING for the first time: its want is fulfilled. */
  ran?(task: WatchedTask, at: number): void;
  /** To stop from now on; `reason` as ECS gives it, undefined where its instance went from under it. */
  condemned?(task: WatchedTask, at: number, reason: string | undefined): void;
  /** Holds nothing any more. */
  ended?(task: WatchedTask, at: number): void;
  requested?(instance: WatchedInstance): void;
  launched?(instance: WatchedInstance, at: number): void;
  registered?(instance: WatchedInstance, at: number): void;
  drained?(instance: WatchedInstance, at: number, caller: string | undefined): void;
  restored?(instance: WatchedInstance, at: number): void;
  deregistered?(instance: WatchedInstance, at: number): void;
  /** EC2 takes it back. */
  warned?(instance: WatchedInstance, at: number): void;
  /** In a warm pool, where it costs nothing while it stands. */
  paused?(instance: WatchedInstance, at: number): void;
  resumed?(instance: WatchedInstance, at: number): void;
  terminating?(instance: WatchedInstance, at: number, cause: Cause): void;
  /** EC2 stops it; what it held is condemned next. */
  stopped?(instance: WatchedInstance, at: number, cause: Cause): void;
  capacityChanged?(group: string, at: number, from: number, to: number, cause: Cause): void;
  countChanged?(service: string, at: number, from: number, to: number): void;
}

export interface ClusterWatch {
  /** Fulfilled and withdrawn ones are gone. */
  readonly wants: ReadonlySet<WatchedWant>;
  /** By EC2 instance id; those EC2 has stopped are gone. */
  readonly instances: ReadonlyMap<string, WatchedInstance>;
  /** Lets everything that arrives up to a time arrive. */
  advance(nowMs: number): void;
}

/** As much of a world as is looked at. */
export interface WatchedWorld {
  readonly log: WorldLog;
  readonly view: {
    readonly ecs: {
      readonly definitions: ReadonlyMap<string, { readonly need: Size }>;
      readonly clusters: ReadonlyMap<
        string,
        { readonly instances: ReadonlyMap<string, { readonly registered: Size }> }
      >;
    };
  };
}

export interface WatchParts {
  readonly world: WatchedWorld;
  /**
   * Standalone tasks that will be wanted, in the order of their times. A RunTask call that is refused leaves no want
   * in the world, and is made again later: the wait counts from the arrival, whichever call succeeds. What is lost
   * before its end is wanted again from then on.
   */
  readonly arrivals: readonly Arrival[];
  /** Called ahead of each change. */
  readonly beforeChange?: (at: number) => void;
}

/** The stop code of a task that came to its own end (ECS API, Task.stopCode). */
const finished = 'EssentialContainerExited';

/** Follows a world's tasks and instances from now on, and tells the listeners in the order given. */
export const watchCluster = (
  { world, arrivals, beforeChange }: WatchParts,
  listeners: readonly ClusterListener[],
): ClusterWatch => {
  const wants = new Set<WatchedWant>();
  /** By the id the world gives; one that arrived has such an id only while a call for it stands. */
  const wantsById = new Map<string, WatchedWant>();
  /** Arrived, and not asked of the world at the moment; by size, the oldest first. */
  const outstanding = new Map<string, WatchedWant[]>();
  const instances = new Map<string, WatchedInstance>();
  const tasks = new Map<string, WatchedTask>();
  let arrived = 0;

  const ask = (want: WatchedWant): void => {
    wants.add(want);
    for (const it of listeners) it.wanted?.(want);
  };

  const arrive = (size: Size, askedAt: number): void => {
    const want: WatchedWant = { kind: 'STANDALONE', service: undefined, size, askedAt, arrived: true, placed: false };
    const alike = outstanding.get(sizeKey(size));
    if (alike === undefined) outstanding.set(sizeKey(size), [want]);
    else alike.push(want);
    ask(want);
  };

  const advance = (now: number): void => {
    for (let next = arrivals[arrived]; next !== undefined && next.atMs <= now; next = arrivals[++arrived]) {
      beforeChange?.(next.atMs);
      arrive(next.size, next.atMs);
    }
  };

  const wanted = (record: TaskWantedRecord): void => {
    const { wantId, want: kind, service, at: askedAt } = record;
    if (kind === 'DAEMON') return;
    const size = world.view.ecs.definitions.get(record.taskDefinitionArn)?.need ?? noSize;
    const waiting = kind === 'STANDALONE' ? outstanding.get(sizeKey(size))?.shift() : undefined;
    const want: WatchedWant = waiting ?? { kind, service, size, askedAt, arrived: false, placed: false };
    wantsById.set(wantId, want);
    if (waiting === undefined) ask(want);
  };

  const withdrawn = (record: TaskWithdrawnRecord): void => {
    const want = wantsById.get(record.wantId);
    if (want === undefined) return;
    wantsById.delete(record.wantId);
    if (want.arrived && record.reason === 'noRoom') {
      outstanding.get(sizeKey(want.size))?.unshift(want); // it will be asked for again
      return;
    }
    wants.delete(want);
    for (const it of listeners) it.withdrawn?.(want, record.at, record.reason);
  };

  const placed = (record: TaskPlacedRecord): void => {
    const { taskArn: arn, at: placedAt } = record;
    const instance = instances.get(record.ec2InstanceId);
    const want = wantsById.get(record.wantId);
    if (want === undefined || instance === undefined) return;
    want.placed = true;
    const task: WatchedTask = { arn, want, placedAt, instance, ran: false, condemned: false };
    tasks.set(arn, task);
    instance.tasks.add(task);
    instance.everHeldTask = true;
    for (const it of listeners) it.placed?.(task, record.at);
  };

  const condemn = (task: WatchedTask, at: number, reason: string | undefined): void => {
    if (task.condemned) return;
    task.condemned = true;
    for (const it of listeners) it.condemned?.(task, at, reason);
  };

  const changed = (record: TaskStatusRecord): void => {
    const task = tasks.get(record.taskArn);
    if (task === undefined) return;
    if (record.desiredStatus === 'STOPPED' || record.lastStatus === 'STOPPED')
      condemn(task, record.at, record.stoppedReason);
    if (record.lastStatus === 'RUNNING' && !task.ran && !task.condemned) {
      task.ran = true;
      wants.delete(task.want);
      wantsById.delete(record.wantId);
      for (const it of listeners) it.ran?.(task, record.at);
    }
    if (record.lastStatus !== 'STOPPED') return;
    tasks.delete(task.arn);
    task.instance.tasks.delete(task);
    for (const it of listeners) it.ended?.(task, record.at);
    if (task.want.arrived && record.stopCode !== finished) arrive(task.want.size, record.at);
  };

  const requested = (record: InstanceRecord): WatchedInstance => {
    const { ec2InstanceId, group, instanceType, availabilityZone, cause, at: requestedAt } = record;
    const instance: WatchedInstance = {
      ec2InstanceId,
      group,
      instanceType,
      availabilityZone,
      cause,
      requestedAt,
      launchedAt: undefined,
      registeredAt: undefined,
      registers: noSize,
      warnedAt: undefined,
      terminatingAt: undefined,
      status: undefined,
      tasks: new Set(),
      everHeldTask: false,
    };
    instances.set(ec2InstanceId, instance);
    for (const it of listeners) it.requested?.(instance);
    return instance;
  };

  const ofEc2 = (record: InstanceRecord): void => {
    const instance = instances.get(record.ec2InstanceId) ?? requested(record);
    switch (record.change) {
      case 'launched':
        instance.launchedAt = record.at;
        for (const it of listeners) it.launched?.(instance, record.at);
        return;
      case 'stopped':
        for (const it of listeners) it.paused?.(instance, record.at);
        return;
      case 'restarted':
        for (const it of listeners) it.resumed?.(instance, record.at);
        return;
      case 'warned':
        instance.warnedAt ??= record.at;
        for (const it of listeners) it.warned?.(instance, record.at);
        return;
      case 'terminating':
        instance.terminatingAt ??= record.at;
        for (const it of listeners) it.terminating?.(instance, record.at, record.cause);
        return;
      default:
        return;
    }
  };

  const ofEcs = (record: ContainerInstanceRecord): void => {
    const instance = instances.get(record.ec2InstanceId);
    if (instance === undefined) return;
    const { at } = record;
    switch (record.change) {
      case 'registered':
        instance.registeredAt = at;
        instance.registers =
          world.view.ecs.clusters.get(record.cluster)?.instances.get(record.containerInstanceArn)?.registered ?? noSize;
        instance.status = 'ACTIVE';
        for (const it of listeners) it.registered?.(instance, at);
        return;
      case 'DRAINING':
        instance.status = 'DRAINING';
        for (const it of listeners) it.drained?.(instance, at, record.caller);
        return;
      case 'ACTIVE':
        instance.status = 'ACTIVE';
        for (const it of listeners) it.restored?.(instance, at);
        return;
      case 'deregistered':
        instance.status = undefined;
        for (const it of listeners) it.deregistered?.(instance, at);
        return;
      default:
        return;
    }
  };

  const stopped = (record: InstanceTerminatedRecord): void => {
    const instance = instances.get(record.ec2InstanceId);
    if (instance === undefined) return;
    instances.delete(instance.ec2InstanceId);
    for (const it of listeners) it.stopped?.(instance, record.at, record.cause);
    instance.status = undefined;
    for (const task of instance.tasks) condemn(task, record.at, undefined);
  };

  const hear = (record: WorldRecord): void => {
    switch (record.kind) {
      case 'taskWanted':
        wanted(record);
        return;
      case 'taskWithdrawn':
        withdrawn(record);
        return;
      case 'taskPlaced':
        placed(record);
        return;
      case 'taskUnplaced': {
        const want = wantsById.get(record.wantId);
        if (want !== undefined) want.placed = false;
        return;
      }
      case 'taskStatus':
        changed(record);
        return;
      case 'instance':
        ofEc2(record);
        return;
      case 'containerInstance':
        ofEcs(record);
        return;
      case 'instanceTerminated':
        stopped(record);
        return;
      case 'groupCapacity':
        for (const it of listeners) it.capacityChanged?.(record.group, record.at, record.from, record.to, record.cause);
        return;
      case 'serviceCount':
        for (const it of listeners) it.countChanged?.(record.service, record.at, record.from, record.to);
        return;
      default:
        return;
    }
  };
  const follow = (record: WorldRecord): void => {
    advance(record.at);
    beforeChange?.(record.at);
    hear(record);
  };
  world.log.subscribe(follow, [
    'taskWanted',
    'taskWithdrawn',
    'taskPlaced',
    'taskUnplaced',
    'taskStatus',
    'instance',
    'containerInstance',
    'instanceTerminated',
    'groupCapacity',
    'serviceCount',
  ]);
  return { wants, instances, advance };
};
