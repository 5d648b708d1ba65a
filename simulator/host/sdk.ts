import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import type { ClientOptions, InstrumentableClient } from '../../lib/compose.ts';
import type { Dice } from '../kernel/dice.ts';
import type { VirtualClock } from '../kernel/virtual-clock.ts';
import { callLatencies, cpuPerCallMs, draw, otherCalls } from './latencies.ts';

/** The invocation that the running code belongs to, and what it has cost so far. */
export interface Meter {
  readonly invocationId: string;
  calls: number;
  /** Virtual time spent on the wire and in AWS. */
  wireMs: number;
  /** Virtual time charged for Berth's own CPU. */
  cpuMs: number;
  /** The call that is not made any more, counted from 1, since the invocation is killed in its place. */
  killAt?: Killing;
  /** The call that is the last to take effect: the invocation is killed before its answer comes. */
  killAfter?: Killing;
}

interface Killing {
  readonly call: number;
  readonly kill: () => void;
}

/** Counts a call that is about to be made; the invocation may end here, and then does not wake from its next sleep. */
export const countCall = (meter: Meter): void => {
  if (meter.calls + 1 === meter.killAt?.call) meter.killAt.kill();
  else meter.calls++;
};

/** Told that a call, the n-th that was made, has taken effect; the invocation may end here, and its code goes no further. */
export const afterCall = async (meter: Meter | undefined, call: number, clock: VirtualClock): Promise<void> => {
  if (meter?.killAfter?.call !== call) return;
  meter.killAfter.kill();
  await clock.sleep(0);
};

/** How SDK clients are made to live on the virtual clock: unchanged otherwise. */
export interface VirtualSdk {
  readonly clients: ClientOptions;
  /** Runs an invocation's work with its meter in place. */
  metered<T>(meter: Meter, work: () => Promise<T>): Promise<T>;
}

const attempts = 3; // what `lib/aws/clients.ts` asks of the SDK in production

/** The SDK's own strategy decides whether to retry; the wait, which it would really sleep, is slept on the clock. */
class SleepingRetryStrategy extends ConfiguredRetryStrategy {
  private readonly clock: VirtualClock;
  private readonly dice: Dice;

  constructor(clock: VirtualClock, dice: Dice) {
    super(attempts, () => 0);
    this.clock = clock;
    this.dice = dice;
  }

  override async refreshRetryTokenForRetry(
    ...[token, error]: Parameters<ConfiguredRetryStrategy['refreshRetryTokenForRetry']>
  ): ReturnType<ConfiguredRetryStrategy['refreshRetryTokenForRetry']> {
    const next = await super.refreshRetryTokenForRetry(token, error);
    // Standard mode: exponential back-off with full jitter, from 100 ms, from 500 ms when throttled, 20 s at most.
    const base = error.errorType === 'THROTTLING' ? 500 : 100;
    await this.clock.sleep(Math.round(this.dice.next() * Math.min(20_000, base * 2 ** (next.getRetryCount() - 1))));
    return next;
  }
}

/** One attempt of one call, told when it leaves the function. */
export interface CallRecord {
  readonly invocationId: string;
  readonly command: string;
  readonly sentAt: number;
  /** Until AWS has it: the wire, and the CPU it takes to make the request. */
  readonly latencyMs: number;
}

export type CallListener = (record: CallRecord) => void;

/** One that an SDK client makes. */
export interface SdkCall extends CallRecord {
  /** The SDK's name of it: `ECSClient`. */
  readonly client: string;
  readonly input: object;
}

export const virtualSdk = (
  clock: VirtualClock,
  dice: Dice,
  endpoint: string,
  onCall: (call: SdkCall) => void = () => undefined,
): VirtualSdk => {
  const current = new AsyncLocalStorage<Meter>();

  const retryStrategy = new SleepingRetryStrategy(clock, dice);

  const instrument = (client: InstrumentableClient): void => {
    client.middlewareStack.add((next) => (args) => clock.call(() => next(args)), {
      name: 'onVirtualClock',
      step: 'initialize',
      priority: 'high',
    });
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const meter = current.getStore();
        const latency = draw(callLatencies[context.clientName ?? ''] ?? otherCalls, dice.next());
        if (meter !== undefined) {
          countCall(meter);
          meter.wireMs += latency;
          meter.cpuMs += cpuPerCallMs;
          onCall({
            invocationId: meter.invocationId,
            client: context.clientName ?? '',
            command: context.commandName ?? '',
            input: args.input,
            sentAt: clock.now(),
            latencyMs: latency + cpuPerCallMs,
          });
          labelled(args.request).headers['x-berth-invocation'] = meter.invocationId;
        }
        const call = meter?.calls ?? 0;
        await clock.sleep(latency + cpuPerCallMs);
        const answer = await next(args);
        await afterCall(meter, call, clock);
        return answer;
      },
      { name: 'chargeLatency', step: 'finalizeRequest', priority: 'low' },
    );
  };

  return {
    clients: {
      retryStrategy,
      config: { endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } },
      instrument,
    },
    metered: (meter, work) => current.run(meter, work),
  };
};

interface Labelled {
  readonly headers: Record<string, string>;
}

const isLabelled = (request: unknown): request is Labelled =>
  typeof request === 'object' && request !== null && 'headers' in request;

const labelled = (request: unknown): Labelled => {
  if (!isLabelled(request)) throw new Error('an SDK request without headers cannot be labelled');
  return request;
};
