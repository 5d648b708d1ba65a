import type { Dice } from '../kernel/dice.ts';
import type { Kernel } from '../kernel/virtual-clock.ts';
import { type Api, AwsApiError, type JsonObject, type ServiceName, type WorldApis } from './api.ts';
import { createAutoScaling } from './auto-scaling/auto-scaling.ts';
import { createCloudWatch } from './cloudwatch/cloudwatch.ts';
import { defaultConstants, type WorldConstants } from './constants.ts';
import { ec2Api } from './ec2/ec2-api.ts';
import { createEc2Instances } from './ec2/instances.ts';
import { createLaunchTemplates } from './ec2/launch-templates.ts';
import { createEcs } from './ecs/ecs.ts';
import { createEventBus } from './events/event-bus.ts';
import { type CurrentCall, createGround, type Ground } from './ground.ts';
import { createLog, type WorldLog, type WorldLogWriter } from './log.ts';
import { createSqs, type Sqs } from './sqs/sqs.ts';

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
  readonly log: WorldLog;
  /** Makes a Lambda ARN a target that EventBridge can invoke. */
  registerFunction(functionArn: string, invoke: Invoke): void;
  readonly sqs: QueueNotifications;

  /** A task ends by itself: its essential container exits. Nothing happens to a task already stopping. */
  finishTask(taskArn: string, exitCode?: number): void;
  /** EC2 warns, and takes the instance two minutes later. */
  interruptSpot(ec2InstanceId: string): void;
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
}

/** Carries out calls one inside the other's consequences: the innermost is the cause of what happens. */
const createCalls = (kernel: Kernel, log: WorldLogWriter, apis: WorldApis): Calls => {
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

  const bus = createEventBus(laterGround.get, {
    invoke: (functionArn, event) => {
      const invoke = functions.get(functionArn);
      invoke?.(event);
      return invoke !== undefined;
    },
    enqueue: (queueArn, body, groupId) => laterSqs.get().deliver(queueArn, body, groupId),
  });
  const currentCall = (): CurrentCall | undefined => calls.get().current();
  const ground = createGround({ kernel, dice, constants, region, accountId, log, emit: bus.emit, currentCall });
  laterGround.set(ground);
  const sqs = createSqs(ground);
  laterSqs.set(sqs);
  const ecs = createEcs(ground);
  const ec2 = createEc2Instances(ground, ecs.agents);
  const templates = createLaunchTemplates(ground);
  const apis: WorldApis = {
    ecs: ecs.api,
    autoscaling: createAutoScaling(ground, ec2, templates),
    ec2: { ...ec2Api(ground, ec2), ...templates.api },
    sqs: sqs.api,
    events: bus.api,
    monitoring: createCloudWatch(ground),
    sts: stsApi(accountId),
  };
  calls.set(createCalls(kernel, log, apis));

  return {
    region,
    accountId,
    constants,
    apis,
    log,
    sqs,
    call: calls.get().call,
    registerFunction: (functionArn, invoke) => {
      functions.set(functionArn, invoke);
    },
    finishTask: (taskArn, exitCode = 0) => {
      ecs.finishTask(taskArn, exitCode);
    },
    interruptSpot: ec2.interruptSpot,
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
