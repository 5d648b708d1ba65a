import type { Level } from '../../simulator/score/elasticity.ts';
import { type MeterOptions, type Reading, scoreMeter } from '../../simulator/score/meter.ts';
import type { Violation } from '../../simulator/score/simulation.ts';
import type { Scenario, ScenarioGroup, ScenarioService, ScenarioTask } from '../../simulator/workloads/scenario.ts';
import type { ServiceName } from '../../simulator/world/api.ts';
import { type Cause, createLog, type TaskWithdrawnRecord, type WantKind } from '../../simulator/world/log.ts';

export const start = Date.UTC(2026, 0, 1);
export const minute = 60_000;
export const hour = 60 * minute;

/** Half of an instance in CPU, a quarter in memory. */
const size = { cpuUnits: 1_024, memoryMiB: 2_000, gpus: 0, networkMode: 'bridge', hostPorts: [] } as const;
export const registered = { cpuUnits: 2_048, memoryMiB: 8_000 };

export const groupOf = (over: Partial<ScenarioGroup> = {}): ScenarioGroup => ({
  name: 'g',
  types: [{ instanceType: 'm5.large', pricePerHour: 1 }],
  market: 'onDemand',
  minSize: 0,
  maxSize: 20,
  desiredCapacity: 0,
  zones: ['a'],
  attributes: {},
  bootMs: undefined,
  zoneRebalance: false,
  ...over,
});

export const serviceOf = (name: string, over: Partial<ScenarioService> = {}): ScenarioService => ({
  name,
  schedulingStrategy: 'REPLICA',
  size,
  counts: [],
  rates: undefined,
  perTask: undefined,
  groups: [],
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  loadBalancer: false,
  placementConstraints: [],
  placementStrategy: undefined,
  availabilityZoneRebalancing: false,
  stopMs: undefined,
  deployAtMs: [],
  failingStarts: 0,
  protectedShare: 0,
  ...over,
});

export const taskOf = (arrivalMs: number, durationMs: number): ScenarioTask => ({
  arrivalMs,
  durationMs,
  size,
  groups: [],
  queued: false,
});

/** An hour with one group `g`, dollar instances, and one service `api`. */
export const scenarioOf = (over: Partial<Scenario> = {}): Scenario => ({
  name: 'example',
  description: '',
  startMs: start,
  durationMs: hour,
  seed: 1,
  cluster: 'c',
  groups: [groupOf()],
  services: [serviceOf('api')],
  tasks: [],
  capacityRuns: [],
  faults: [],
  trunking: false,
  world: {},
  settings: undefined,
  ...over,
});

/** Instances needed from minutes on. */
export const boundOf = (...levels: readonly (readonly [number, number])[]) => ({
  freeMigrationDollars: 1,
  noMigrationDollars: 2,
  freeMigrationInstances: levels.map(([minutes, instances]): Level => ({ atMs: minutes * minute, instances })),
});

const definition = 'arn:task-definition';

/** A log that a test writes: what happens to tasks and instances it names, at the minute it names. */
export class ToldWorld {
  readonly log = createLog();
  readonly view;
  private readonly definitions = new Map([[definition, { need: size }]]);
  private readonly instances = new Map<string, { readonly registered: typeof registered }>();
  private readonly startMs: number;
  private readonly meter: ReturnType<typeof scoreMeter>;
  private readonly groups = new Map<string, string>();
  private readonly tasks = new Map<string, { readonly service: string | undefined; on: string }>();
  private callId = 0;
  private time: number;

  constructor(scenario: Scenario = scenarioOf(), options: Partial<MeterOptions> = {}) {
    this.startMs = scenario.startMs;
    this.time = scenario.startMs;
    this.view = {
      ecs: { definitions: this.definitions, clusters: new Map([['c', { instances: this.instances }]]) },
    };
    this.meter = scoreMeter({
      world: this,
      scenario,
      bounds: boundOf([0, 1]),
      isController: (it) => it === 'controller',
      ...options,
    });
  }

  /** What follows happens so many minutes after the start. */
  at(minutes: number): this {
    this.time = this.startMs + minutes * minute;
    return this;
  }

  read(violations: readonly Violation[] = []): Reading {
    return this.meter(this.time, violations);
  }

  call(service: ServiceName, operation: string, caller = 'controller', error?: string): this {
    const input = {};
    this.log.write({
      kind: 'api',
      at: this.time,
      callId: ++this.callId,
      service,
      operation,
      caller,
      input,
      error,
    });
    return this;
  }

  count(service: string, from: number, to: number): this {
    this.log.write({ kind: 'serviceCount', at: this.time, cluster: 'c', service, from, to, caller: 'workload' });
    return this;
  }

  capacity(from: number, to: number, caller = 'controller', group = 'g'): this {
    this.callId++;
    this.log.write({ kind: 'groupCapacity', at: this.time, group, from, to, cause: this.by(caller) });
    return this;
  }

  /** A task of service `api` that the world wants; the names of others begin with their service and a dash. */
  want(...ids: readonly string[]): this {
    for (const id of ids) {
      this.tasks.set(id, { service: id.split('-')[0], on: '' });
      this.log.write({ kind: 'taskWanted', ...this.ofWant(id) });
    }
    return this;
  }

  /** One that somebody runs. */
  wantAlone(id: string): this {
    this.tasks.set(id, { service: undefined, on: '' });
    this.log.write({ kind: 'taskWanted', ...this.ofWant(id) });
    return this;
  }

  withdraw(id: string, reason: TaskWithdrawnRecord['reason'] = 'noLongerWanted'): this {
    this.log.write({ kind: 'taskWithdrawn', ...this.ofWant(id), reason });
    return this;
  }

  place(id: string, on: string): this {
    this.tasks.set(id, { service: this.tasks.get(id)?.service, on });
    const taskArn = `arn:${id}`;
    this.log.write({
      kind: 'taskPlaced',
      ...this.ofWant(id),
      taskArn,
      containerInstanceArn: `arn:${on}`,
      ec2InstanceId: on,
    });
    return this;
  }

  run(...ids: readonly string[]): this {
    for (const id of ids) this.status(id, 'RUNNING', 'RUNNING', undefined, undefined);
    return this;
  }

  /** Wanted, placed and RUNNING at once. */
  runOn(on: string, ...ids: readonly string[]): this {
    for (const id of ids) this.want(id).place(id, on).run(id);
    return this;
  }

  /** ECS stops it, as it does where it replaces tasks or fewer are wanted. */
  stop(id: string, reason = '(service api) (deployment ecs-svc/1) replaced'): this {
    return this.status(id, 'DEACTIVATING', 'STOPPED', 'ServiceSchedulerInitiated', reason);
  }

  end(id: string, stopCode = 'ServiceSchedulerInitiated'): this {
    return this.status(id, 'STOPPED', 'STOPPED', stopCode, 'over');
  }

  /** Asked of EC2 and there at once. */
  launch(
    id: string,
    options: {
      readonly caller?: string;
      readonly group?: string;
      readonly type?: string;
      readonly inPlaceOf?: string;
    } = {},
  ): this {
    const { caller = 'controller', group = 'g', type = 'm5.large', inPlaceOf } = options;
    this.groups.set(id, group);
    const cause = inPlaceOf === undefined ? this.by(caller) : ({ kind: 'replacement', of: inPlaceOf } as const);
    const record = { ...this.ofInstance(id), kind: 'instance', instanceType: type, cause } as const;
    this.log.write({ ...record, change: 'requested' });
    this.log.write({ ...record, change: 'launched' });
    return this;
  }

  /** In a warm pool, or out of it again. */
  warm(id: string, change: 'stopped' | 'restarted'): this {
    const record = { ...this.ofInstance(id), kind: 'instance', instanceType: 'm5.large' } as const;
    this.log.write({ ...record, change, cause: this.by('workload') });
    return this;
  }

  register(id: string): this {
    this.instances.set(`arn:${id}`, { registered });
    return this.instance(id, 'registered', undefined);
  }

  /** Launched and registered at once. */
  boot(...ids: readonly string[]): this {
    for (const id of ids) this.launch(id).register(id);
    return this;
  }

  drain(id: string, caller = 'controller'): this {
    return this.instance(id, 'DRAINING', caller);
  }

  restore(id: string, caller = 'controller'): this {
    return this.instance(id, 'ACTIVE', caller);
  }

  /** EC2 says that it takes it back. */
  warn(...ids: readonly string[]): this {
    for (const id of ids) {
      const record = { ...this.ofInstance(id), kind: 'instance', instanceType: 'm5.large', change: 'warned' } as const;
      this.log.write({ ...record, cause: { kind: 'fault', fault: 'spotInterruption' } });
    }
    return this;
  }

  /** Chosen to go by one call, which lowers the desired capacity by as many. */
  terminateLowering(from: number, ...ids: readonly string[]): this {
    this.callId++;
    const operation = 'TerminateInstanceInAutoScalingGroup';
    const cause = { kind: 'call', callId: this.callId, operation, caller: 'controller' } as const;
    this.log.write({ kind: 'groupCapacity', at: this.time, group: 'g', from, to: from - ids.length, cause });
    for (const id of ids) {
      const record = { ...this.ofInstance(id), kind: 'instance', instanceType: 'm5.large' } as const;
      this.log.write({ ...record, change: 'terminating', cause });
    }
    return this;
  }

  /** Chosen to go, and held by a hook. */
  terminate(id: string, caller = 'controller'): this {
    const record = { ...this.ofInstance(id), kind: 'instance', instanceType: 'm5.large' } as const;
    this.log.write({ ...record, change: 'terminating', cause: this.by(caller) });
    return this;
  }

  /** EC2 stops it. */
  gone(id: string, by: string | Cause = 'controller', liveTaskArns: readonly string[] = []): this {
    this.log.write({
      ...this.ofInstance(id),
      kind: 'instanceTerminated',
      instanceType: 'm5.large',
      cause: typeof by === 'string' ? this.by(by) : by,
      containerInstanceArn: `arn:${id}`,
      containerInstanceStatus: 'DRAINING',
      liveTasks: liveTaskArns.length,
      liveTaskArns,
    });
    return this;
  }

  private by(caller: string): Cause {
    return { kind: 'call', callId: this.callId, operation: 'Any', caller };
  }

  private ofInstance(id: string) {
    return { at: this.time, ec2InstanceId: id, group: this.groups.get(id), availabilityZone: 'a' };
  }

  private ofWant(id: string) {
    const service = this.tasks.get(id)?.service;
    const want: WantKind = service === undefined ? 'STANDALONE' : 'REPLICA';
    return { at: this.time, wantId: id, want, cluster: 'c', service, taskDefinitionArn: definition };
  }

  private instance(id: string, change: 'registered' | 'DRAINING' | 'ACTIVE', caller: string | undefined): this {
    const record = { at: this.time, cluster: 'c', containerInstanceArn: `arn:${id}`, ec2InstanceId: id, caller };
    this.log.write({ kind: 'containerInstance', change, ...record });
    return this;
  }

  private status(
    id: string,
    lastStatus: string,
    desiredStatus: string,
    stopCode: string | undefined,
    stoppedReason: string | undefined,
  ): this {
    this.log.write({
      kind: 'taskStatus',
      ...this.ofWant(id),
      taskArn: `arn:${id}`,
      containerInstanceArn: `arn:${this.tasks.get(id)?.on ?? ''}`,
      lastStatus,
      desiredStatus,
      stopCode,
      stoppedReason,
    });
    return this;
  }
}
