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
  /**
   * Kills the invocation instead of its n-th outside call, counted from 1: that call is not made. Undefined: it lives.
   * For tests of what a crash between two calls leaves behind.
   */
  readonly killAt?: (start: InvocationStart) => number | undefined;
  /** The same, once the n-th call has taken effect: its answer never comes. */
  readonly killAfter?: (start: InvocationStart) => number | undefined;
}

export interface LambdaFunction {
  readonly name: string;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
}

type Result = { readonly value: unknown } | { readonly error: unknown };
type Done = (result: Result) => void;

/** What Lambda does with an event it was given to run some time (Lambda developer guide, asynchronous invocation). */
export interface AsyncInvocation {
  /** 0 to 2, the default. */
  readonly maximumRetryAttempts?: number;
  /** Six hours unless given. */
  readonly maximumEventAgeMs?: number;
  /** Told of an event that is given up: where an on-failure destination or dead-letter queue would come in. */
  readonly onDiscarded?: (event: unknown, condition: 'RetriesExhausted' | 'EventAgeExceeded') => void;
}

const sixHoursMs = 6 * 3_600_000;
/** Before the second attempt, and before the third (Lambda developer guide, asynchronous error handling). */
const retryPausesMs = [60_000, 120_000];

/**
 * Plays the Lambda runtime for one function: an invocation is an actor on the virtual clock; environments are started
 * when all are busy and forgotten when idle for long. An invocation that lasts longer than the function's time-out is
 * killed, and its environment with it. Handlers share a process, so what they keep in memory is shared.
 */
export class LambdaHost {
  private readonly clock: VirtualClock;
  private readonly dice: Dice;
  private readonly sdk: Pick<VirtualSdk, 'metered'>;
  private readonly listener: InvocationListener;
  private readonly of: LambdaFunction;
  /** When each idle environment was last used. */
  private idle: number[] = [];
  private count = 0;

  constructor(
    of: LambdaFunction,
    clock: VirtualClock,
    dice: Dice,
    sdk: Pick<VirtualSdk, 'metered'>,
    listener: InvocationListener,
  ) {
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
    let over = false;
    const finish = (start: InvocationStart, result: Result): void => {
      over = true;
      const { calls, wireMs, cpuMs } = meter;
      const error = 'error' in result ? messageOf(result.error) : undefined;
      this.listener.onEnd({ ...start, calls, wireMs, cpuMs, endedAt: this.clock.now(), error });
      done(result);
    };
    const actor = this.clock.spawn(
      async () => {
        const warm = this.takeEnvironment(invokedAt);
        if (!warm) await this.clock.sleep(draw(coldStart, this.dice.next()));
        const startedAt = this.clock.now();
        const start = { invocationId: meter.invocationId, functionName: this.of.name, event, invokedAt, startedAt };
        this.listener.onStart(start);
        const stop = (reason: string): void => {
          if (over) return;
          actor.kill();
          finish(start, { error: new InvocationKilled(reason) });
        };
        const killedAt = (call: number, when: 'at' | 'after') => ({
          call,
          kill: () => {
            stop(`killed ${when} call ${call}`);
          },
        });
        const killAt = this.listener.killAt?.(start);
        const killAfter = this.listener.killAfter?.(start);
        if (killAt !== undefined) meter.killAt = killedAt(killAt, 'at');
        if (killAfter !== undefined) meter.killAfter = killedAt(killAfter, 'after');
        this.clock.at(startedAt + this.of.timeoutMs, () => {
          stop(`Task timed out after ${(this.of.timeoutMs / 1_000).toFixed(2)} seconds`);
        });
        await this.clock.sleep(cpuPerInvocationMs);
        const result = await this.run(event, meter, startedAt);
        this.idle.push(this.clock.now());
        finish(start, result);
      },
      (error) => {
        done({ error });
      },
    );
  }

  /** Runs an event some time, as EventBridge has its targets run: tries again where the function fails. */
  invokeAsync(event: unknown, how: AsyncInvocation = {}): void {
    const { maximumRetryAttempts = 2, maximumEventAgeMs = sixHoursMs, onDiscarded = () => undefined } = how;
    const since = this.clock.now();
    const attempt = (retries: number): void => {
      this.invoke(event, (result) => {
        if (!('error' in result)) return;
        const pauseMs = retryPausesMs[retries];
        if (retries >= maximumRetryAttempts || pauseMs === undefined) {
          onDiscarded(event, 'RetriesExhausted');
        } else if (this.clock.now() + pauseMs - since > maximumEventAgeMs) {
          onDiscarded(event, 'EventAgeExceeded');
        } else {
          this.clock.at(this.clock.now() + pauseMs, () => {
            attempt(retries + 1);
          });
        }
      });
    };
    attempt(0);
  }

  private takeEnvironment(now: number): boolean {
    this.idle = this.idle.filter((lastUsed) => now - lastUsed < idleEnvironmentMs);
    return this.idle.pop() !== undefined;
  }

  private async run(event: unknown, meter: Meter, startedAt: number): Promise<Result> {
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

/** An invocation that Lambda ended. */
class InvocationKilled extends Error {
  override readonly name = 'Sandbox.Timedout';
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
