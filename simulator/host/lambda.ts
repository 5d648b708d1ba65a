import type { Context } from 'aws-lambda';
import type { Dice } from '../kernel/dice.ts';
import type { VirtualClock } from '../kernel/virtual-clock.ts';
import { coldStart, cpuPerInvocationMs, draw, idleEnvironmentMs } from './latencies.ts';
import type { Meter, VirtualSdk } from './sdk.ts';

/** An invocation that has begun. */
export interface InvocationStart {
  readonly invocationId: string;
  readonly functionName: string;
  readonly event: unknown;
  /** When the runtime was asked, and when the handler began (after a cold start, if any). */
  readonly invokedAt: number;
  readonly startedAt: number;
}

/** How an invocation went, for the score. */
export interface InvocationRecord extends InvocationStart {
  readonly endedAt: number;
  readonly error: string | undefined;
  readonly calls: number;
  readonly wireMs: number;
  readonly cpuMs: number;
}

export type StartListener = (record: InvocationStart) => void;

export interface InvocationListener {
  readonly onStart: StartListener;
  readonly onEnd: (record: InvocationRecord) => void;
}

export interface LambdaFunction {
  readonly name: string;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
}

type Done = (result: { readonly value: unknown } | { readonly error: unknown }) => void;

/**
 * Plays the Lambda runtime for one function: an invocation is an actor on the virtual clock; environments are started
 * when all are busy and forgotten when idle for long. Handlers share a process, so what they keep in memory is shared.
 */
export class LambdaHost {
  private readonly clock: VirtualClock;
  private readonly dice: Dice;
  private readonly sdk: VirtualSdk;
  private readonly listener: InvocationListener;
  private readonly of: LambdaFunction;
  /** When each idle environment was last used. */
  private idle: number[] = [];
  private count = 0;

  constructor(of: LambdaFunction, clock: VirtualClock, dice: Dice, sdk: VirtualSdk, listener: InvocationListener) {
    this.of = of;
    this.clock = clock;
    this.dice = dice;
    this.sdk = sdk;
    this.listener = listener;
  }

  invoke(event: unknown, done: Done = () => undefined): void {
    const invokedAt = this.clock.now();
    const meter: Meter = {
      invocationId: `${this.of.name}-${++this.count}`,
      calls: 0,
      wireMs: 0,
      cpuMs: cpuPerInvocationMs,
    };
    this.clock.spawn(
      async () => {
        const warm = this.takeEnvironment(invokedAt);
        if (!warm) await this.clock.sleep(draw(coldStart, this.dice.next()));
        const startedAt = this.clock.now();
        const start = { invocationId: meter.invocationId, functionName: this.of.name, event, invokedAt, startedAt };
        this.listener.onStart(start);
        await this.clock.sleep(cpuPerInvocationMs);
        const result = await this.run(event, meter, startedAt);
        const endedAt = this.clock.now();
        this.idle.push(endedAt);
        const error = 'error' in result ? messageOf(result.error) : undefined;
        this.listener.onEnd({ ...meter, ...start, endedAt, error });
        done(result);
      },
      (error) => {
        done({ error });
      },
    );
  }

  private takeEnvironment(now: number): boolean {
    this.idle = this.idle.filter((lastUsed) => now - lastUsed < idleEnvironmentMs);
    return this.idle.pop() !== undefined;
  }

  private async run(event: unknown, meter: Meter, startedAt: number): Promise<Parameters<Done>[0]> {
    try {
      const value = await this.sdk.metered(meter, () => this.of.handler(event, this.context(meter, startedAt)));
      return { value };
    } catch (error) {
      return { error };
    }
  }

  private context(meter: Meter, startedAt: number): Context {
    const { name, memoryMiB, timeoutMs } = this.of;
    return {
      callbackWaitsForEmptyEventLoop: true,
      functionName: name,
      functionVersion: '$LATEST',
      invokedFunctionArn: `arn:aws:lambda:eu-west-1:123456789012:function:${name}`,
      memoryLimitInMB: String(memoryMiB),
      awsRequestId: meter.invocationId,
      logGroupName: `/aws/lambda/${name}`,
      logStreamName: 'local',
      getRemainingTimeInMillis: () => Math.max(0, timeoutMs - (this.clock.now() - startedAt)),
      ...deprecatedCallbacks,
    };
  }
}

/* eslint-disable @typescript-eslint/no-deprecated -- the runtime still hands these to every handler */
const deprecatedCallbacks: Pick<Context, 'done' | 'fail' | 'succeed'> = {
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};
/* eslint-enable @typescript-eslint/no-deprecated */

const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
