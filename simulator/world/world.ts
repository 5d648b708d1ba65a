import type { Dice } from '../kernel/dice.ts';
import type { Kernel } from '../kernel/virtual-clock.ts';
import { type Api, AwsApiError, type JsonObject, type ServiceName, type WorldApis } from './api.ts';
import { createAutoScaling } from './auto-scaling/auto-scaling.ts';
import { createCloudWatch } from './cloudwatch/cloudwatch.ts';
import { type Bounds, defaultConstants, type WorldConstants } from './constants.ts';
import type { CapacityError } from './ec2/capacity.ts';
import { ec2Api } from './ec2/ec2-api.ts';
import { createEc2Instances } from './ec2/instances.ts';
import { createLaunchTemplates } from './ec2/launch-templates.ts';
import { createEcs } from './ecs/ecs.ts';
import type { TaskBehaviour } from './ecs/state.ts';
import { createEventBus } from './events/event-bus.ts';
import { type CurrentCall, createGround, type Ground } from './ground.ts';
import { createLog, type WorldLog, type WorldLogWriter } from './log.ts';
import { createSqs, type Sqs } from './sqs/sqs.ts';
import { createThrottle, type Throttle } from './throttling/throttling.ts';
import type { WorldView } from './view.ts';

export interface WorldOptions {
  readonly kernel: Kernel;
  readonly dice: Dice;
  /** `eu-west-1` unless given. */
  readonly region?: string;
  /** `123456789012` unless given. */
  readonly accountId?: string;
  readonly constants?: Partial<WorldConstants>;
}

/** Receives an event as a Lambda function would, at the moment EventBridge delivers it. */
type Invoke = (event: JsonObject) => void;

/** What stands in for Lambda's SQS pollers needs to hear of work without asking. Messages go through the API. */
interface QueueNotifications {
  /**
   * Calls `listener` each time a message of this queue becomes receivable: sent, its delay or visibility timeout over,
   * or its group unblocked. The queue is named by URL or ARN and need not exist yet. Returns how to stop.
   */
  onMessageVisible(queue: string, listener: () => void): () => void;
}

/** A local AWS on a virtual clock: one account, one region. */
export interface World {
  readonly region: string;
  readonly accountId: string;
  readonly constants: WorldConstants;
  /** The operations without logging; prefer `call`. */
  readonly apis: WorldApis;
  /** Carries out one API call and logs it; a refusal is thrown as an `AwsApiError`. */
  readonly call: (service: ServiceName, operation: string, input: JsonObject, caller?: string) => JsonObject;
  /**
   * Throttles and logs so many calls of one operation without carrying them out, for who reads the world by other
   * means; answers how many were let through.
   */
  readonly charge: (service: ServiceName, operation: string, calls: number, caller: string) => number;
  readonly log: WorldLog;
  readonly view: WorldView;
  /** Makes a Lambda ARN a target that EventBridge can invoke. */
  registerFunction(functionArn: string, invoke: Invoke): void;
  /** Makes an ARN a target that takes events as they are: nothing is written out, and no input is shaped for it. */
  takeEvents(targetArn: string, take: Invoke): void;
  /** From now on EventBridge cannot hand anything to this target, which exists: it tries again. Returns how to end it. */
  setTargetUnavailable(targetArn: string): () => void;
  /** From now on this share of the events of best-effort sources (EC2, Auto Scaling) gets lost. Returns how to end it. */
  setEventLoss(share: number): () => void;
  readonly sqs: QueueNotifications;

  /** A task ends by itself: its essential container exits. Nothing happens to a task already stopping. */
  finishTask(taskArn: string, exitCode?: number): void;
  /** A health check of the task's containers fails from now on. */
  failHealthCheck(taskArn: string): void;
  /** What the program in the containers of a task definition family does, from the next start or stop on. */
  setTaskBehaviour(family: string, behaviour: TaskBehaviour): void;
  /** EC2 warns, and takes the instance two minutes later. */
  interruptSpot(ec2InstanceId: string): void;
  /** EC2 says that the instance is at elevated risk of interruption. */
  recommendRebalance(ec2InstanceId: string): void;
  /** EC2 has no capacity there: launches fail until the returned function is called. */
  setCapacityError(error: CapacityError): () => void;
  /** How long instances of a group take from launch to their ECS agent starting, from the next launch on. */
  setBootTime(autoScalingGroupName: string, bounds: Bounds): void;
  /** That share of what is launched meanwhile never registers with ECS, until the returned function is called. */
  setRegistrationFailures(share: number): () => void;
  /** The ECS agent loses its connection: agentConnected is false, nothing is placed, task changes are not heard of. */
  disconnectAgent(ec2InstanceId: string): void;
  reconnectAgent(ec2InstanceId: string): void;
  /** The instance dies at once; its group notices at a later health check. */
  killInstance(ec2InstanceId: string): void;
}

/** Services that speak JSON name an unknown operation differently from those that speak the query protocol. */
const unknownOperation = (service: ServiceName, operation: string): AwsApiError =>
  ['autoscaling', 'ec2', 'sts'].includes(service)
    ? new AwsApiError('InvalidAction', `The action ${operation} is not valid for this web service.`)
    : new AwsApiError('UnknownOperationException', `The operation ${operation} is not modelled.`);

const stsApi = (accountId: string): Api => ({
  GetCallerIdentity: () => ({ UserId: 'AIDAEXAMPLE', Account: accountId, Arn: `arn:aws:iam::${accountId}:root` }),
});

interface Calls {
  readonly current: () => CurrentCall | undefined;
  readonly call: World['call'];
  readonly charge: World['charge'];
}

/** Carries out calls one inside the other's consequences: the innermost is the cause of what happens. */
const createCalls = (kernel: Kernel, log: WorldLogWriter, apis: WorldApis, throttle: Throttle): Calls => {
  let callId = 0;
  let current: CurrentCall | undefined;

  const perform = (service: ServiceName, operation: string, input: JsonObject): JsonObject => {
    const run = Object.hasOwn(apis[service], operation) ? apis[service][operation] : undefined;
    if (run === undefined) throw unknownOperation(service, operation);
    return run(input);
  };

  return {
    current: () => current,
    call: (service, operation, input, caller = 'world') => {
      const before = current;
      current = { callId: ++callId, operation, caller };
      const record = { kind: 'api' as const, at: kernel.now(), callId, service, operation, caller, input };
      try {
        if (throttle.take(service, operation, caller, 1) === 0) throw throttle.refusal(service);
        const answer = perform(service, operation, input);
        log.write({ ...record, error: undefined });
        return answer;
      } catch (error) {
        log.write({ ...record, error: error instanceof AwsApiError ? error.code : String(error) });
        throw error;
      } finally {
        current = before;
      }
    },
    charge: (service, operation, calls, caller) => {
      const admitted = throttle.take(service, operation, caller, calls);
      const refused = admitted < calls ? throttle.refusal(service).code : undefined;
      for (let n = 0; n < calls; n++) {
        const error = n < admitted ? undefined : refused;
        log.write({ kind: 'api', at: kernel.now(), callId: ++callId, service, operation, caller, input: {}, error });
      }
      return admitted;
    },
  };
};

/** What is needed before it can exist, since the parts refer to each other in a ring. */
const late = <T>(): { readonly get: () => T; readonly set: (value: T) => void } => {
  let held: { readonly value: T } | undefined;
  return {
    get: () => {
      if (held === undefined) throw new Error('used before the world was whole');
      return held.value;
    },
    set: (value) => {
      held = { value };
    },
  };
};

export const createWorld = (options: WorldOptions): World => {
  const { kernel, dice, region = 'eu-west-1', accountId = '123456789012' } = options;
  const constants = { ...defaultConstants, ...options.constants };
  const log = createLog();
  const functions = new Map<string, Invoke>();
  const calls = late<Calls>();
  const laterGround = late<Ground>();
  const laterSqs = late<Sqs>();

  const unavailable = new Set<string>();
  const takers = new Map<string, Invoke>();
  const bus = createEventBus(laterGround.get, dice.fork('events'), {
    hand: (targetArn, event) => {
      const take = takers.get(targetArn);
      if (take === undefined) return undefined;
      if (unavailable.has(targetArn)) return 'unavailable';
      take(event);
      return 'taken';
    },
    invoke: (functionArn, body) => {
      const invoke = functions.get(functionArn);
      if (invoke === undefined) return 'gone';
      if (unavailable.has(functionArn)) return 'unavailable';
      invoke(JSON.parse(body) as JsonObject);
      return 'taken';
    },
    enqueue: (queueArn, message) =>
      unavailable.has(queueArn) ? 'unavailable' : laterSqs.get().deliver(queueArn, message),
  });
  const currentCall = (): CurrentCall | undefined => calls.get().current();
  const ground = createGround({ kernel, dice, constants, region, accountId, log, emit: bus.emit, currentCall });
  laterGround.set(ground);
  const sqs = createSqs(ground);
  laterSqs.set(sqs);
  const ecs = createEcs(ground);
  const ec2 = createEc2Instances(ground, ecs.agents);
  const templates = createLaunchTemplates(ground);
  const autoScaling = createAutoScaling(ground, ec2, templates);
  const apis: WorldApis = {
    ecs: ecs.api,
    autoscaling: autoScaling.api,
    ec2: { ...ec2Api(ground, ec2), ...templates.api },
    sqs: sqs.api,
    events: bus.api,
    monitoring: createCloudWatch(ground, dice.fork('metrics')),
    sts: stsApi(accountId),
  };
  const throttle = createThrottle({ now: () => kernel.now(), dice: dice.fork('throttling'), constants });
  calls.set(createCalls(kernel, log, apis, throttle));

  return {
    region,
    accountId,
    constants,
    apis,
    log,
    view: { ecs: ecs.state, groups: autoScaling.groups, templates },
    sqs,
    call: calls.get().call,
    charge: calls.get().charge,
    takeEvents: (targetArn, take) => {
      takers.set(targetArn, take);
    },
    registerFunction: (functionArn, invoke) => {
      functions.set(functionArn, invoke);
    },
    setTargetUnavailable: (targetArn) => {
      unavailable.add(targetArn);
      return () => unavailable.delete(targetArn);
    },
    setEventLoss: bus.setLoss,
    finishTask: (taskArn, exitCode = 0) => {
      ecs.finishTask(taskArn, exitCode);
    },
    failHealthCheck: ecs.failHealthCheck,
    setTaskBehaviour: ecs.setTaskBehaviour,
    interruptSpot: ec2.interruptSpot,
    recommendRebalance: ec2.recommendRebalance,
    setCapacityError: ec2.capacity.setError,
    setBootTime: ec2.setBootTime,
    setRegistrationFailures: ec2.setRegistrationFailures,
    killInstance: ec2.kill,
    disconnectAgent: (ec2InstanceId) => {
      ecs.setConnected(ec2InstanceId, false);
    },
    reconnectAgent: (ec2InstanceId) => {
      const state = ec2.find(ec2InstanceId)?.state;
      if (state === 'pending' || state === 'running') ecs.setConnected(ec2InstanceId, true); // the dead stay silent
    },
  };
};
