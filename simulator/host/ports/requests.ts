import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Dice } from '../../kernel/dice.ts';
import type { VirtualClock } from '../../kernel/virtual-clock.ts';
import { AwsApiError, type JsonObject, type ServiceName } from '../../world/api.ts';
import type { World } from '../../world/world.ts';
import { callLatencies, cpuPerCallMs, draw, otherCalls } from '../latencies.ts';
import { afterCall, type CallListener, countCall, type Meter } from '../sdk.ts';

/** What Berth calls: the world's services, and the table, which is not one of them. */
export type CalledService = ServiceName | 'dynamodb';

/** The SDK's name of each service's client, by which latencies are listed. */
const clientNames: Readonly<Record<CalledService, string>> = {
  ecs: 'ECSClient',
  autoscaling: 'AutoScalingClient',
  ec2: 'EC2Client',
  sqs: 'SQSClient',
  monitoring: 'CloudWatchClient',
  dynamodb: 'DynamoDBClient',
  events: 'EventBridgeClient',
  sts: 'STSClient',
};

/** So many requests of one operation that make up a read. */
export interface Series {
  readonly service: CalledService;
  readonly operation: string;
  readonly count: number;
  /** How many are under way together: pages come one after the other. */
  readonly atOnce: number;
}

/** The requests that the adapters would make, charged for and not made: time, tokens, and the invocation's account. */
export interface Requests {
  now(): number;
  /** Waits for a series, its retries included; returns how many were still refused at the last attempt. */
  send(series: Series): Promise<number>;
  /** A call that changes something: waits, then carries it out. Throws the refusal of its last attempt. */
  write(service: ServiceName, operation: string, input: JsonObject): Promise<JsonObject>;
  /** A call to what the world does not play; `run` happens when it arrives. */
  reach<T>(service: CalledService, operation: string, run: () => Promise<T>): Promise<T>;
}

/**
 * What may happen to a request on its way. `refused`: the service fails on it, at each attempt, and does nothing.
 * `answerLost`: it is carried out, and the caller hears of a failure; a read is then as good as refused.
 */
export type RequestFault = 'refused' | 'answerLost';

/** Asked once for each write, each reach and each series of reads. */
export type RequestFaults = (service: CalledService, operation: string) => RequestFault | undefined;

export interface RequestParts {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly dice: Dice;
  /** The invocation that the running code belongs to. */
  readonly meters: AsyncLocalStorage<Meter>;
  readonly onCall: CallListener;
  /** Nothing fails unless given. */
  readonly faultOf?: RequestFaults | undefined;
}

const attempts = 3; // as `lib/aws/clients.ts` has it
const throttledBaseMs = 500;
const longestPauseMs = 20_000;

const failure = (fault: RequestFault, operation: string): AwsApiError =>
  fault === 'refused'
    ? new AwsApiError('InternalFailure', `${operation}: the service failed`, 500)
    : new AwsApiError('RequestTimeout', `${operation}: no answer came`, 408);

const isThrottling = (error: unknown): boolean =>
  error instanceof AwsApiError && ['Throttling', 'ThrottlingException', 'RequestLimitExceeded'].includes(error.code);

export const createRequests = ({ world, clock, dice, meters, onCall, faultOf }: RequestParts): Requests => {
  const latencyOf = (service: CalledService): number =>
    draw(callLatencies[clientNames[service]] ?? otherCalls, dice.next());

  const account = (service: CalledService): number => {
    const wireMs = latencyOf(service);
    const meter = meters.getStore();
    if (meter !== undefined) {
      countCall(meter);
      meter.wireMs += wireMs;
      meter.cpuMs += cpuPerCallMs;
    }
    return wireMs + cpuPerCallMs;
  };

  /** From the first request's beginning to the last one's end; whoever is free takes the next. */
  const spanOf = ({ service, count, atOnce }: Series): number => {
    const freeAt = new Array<number>(Math.min(atOnce, count)).fill(0);
    for (let n = 0; n < count; n++) {
      const first = freeAt.indexOf(Math.min(...freeAt));
      freeAt[first] = (freeAt[first] ?? 0) + account(service);
    }
    return Math.max(0, ...freeAt);
  };

  const caller = (): string => meters.getStore()?.invocationId ?? 'berth';

  const refusedOf = ({ service, operation, count }: Series): number =>
    service === 'dynamodb' ? 0 : count - world.charge(service, operation, count, caller());

  /** The SDK's standard mode: exponential back-off with full jitter. */
  const pause = (attempt: number): Promise<void> =>
    clock.sleep(Math.round(dice.next() * Math.min(longestPauseMs, throttledBaseMs * 2 ** (attempt - 1))));

  const leave = (service: CalledService, operation: string): number => {
    const latencyMs = account(service);
    const invocationId = meters.getStore()?.invocationId;
    if (invocationId !== undefined)
      onCall({ invocationId, command: `${operation}Command`, sentAt: clock.now(), latencyMs });
    return latencyMs;
  };

  /** Makes one call; `carryOut` happens when it arrives. */
  const made = async <T>(service: CalledService, operation: string, carryOut: () => T): Promise<Awaited<T>> => {
    const latencyMs = leave(service, operation);
    const meter = meters.getStore();
    const call = meter?.calls ?? 0;
    await clock.sleep(latencyMs);
    const answer = await carryOut();
    await afterCall(meter, call, clock);
    return answer;
  };

  return {
    now: () => clock.now(),
    async send(series) {
      let open = series.count;
      if (open > 0 && faultOf?.(series.service, series.operation) !== undefined) {
        await clock.sleep(spanOf({ ...series, count: 1 }));
        return open;
      }
      for (let attempt = 1; open > 0; attempt++) {
        const round = { ...series, count: open };
        open = refusedOf(round);
        const meter = meters.getStore();
        const before = meter?.calls ?? 0;
        await clock.sleep(spanOf(round));
        for (let n = 1; n <= round.count; n++) await afterCall(meter, before + n, clock);
        if (open === 0 || attempt === attempts) break;
        await pause(attempt);
      }
      return open;
    },
    async write(service, operation, input) {
      const fault = faultOf?.(service, operation);
      if (fault !== undefined) {
        await made(service, operation, () => {
          if (fault === 'answerLost') world.call(service, operation, input, caller());
        });
        throw failure(fault, operation);
      }
      for (let attempt = 1; ; attempt++) {
        try {
          return await made(service, operation, () => world.call(service, operation, input, caller()));
        } catch (error) {
          if (!isThrottling(error) || attempt === attempts) throw error;
        }
        await pause(attempt);
      }
    },
    async reach(service, operation, run) {
      const fault = faultOf?.(service, operation);
      if (fault === undefined) return made(service, operation, run);
      await made(service, operation, () => (fault === 'answerLost' ? run() : undefined));
      throw failure(fault, operation);
    },
  };
};
