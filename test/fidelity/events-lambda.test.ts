import { describe, expect, it } from '@jest/globals';
import type { QueueWiring } from '../../deployment/wiring.ts';
import { type InvocationListener, type InvocationRecord, LambdaHost } from '../../simulator/host/lambda.ts';
import { countCall, type Meter, type VirtualSdk } from '../../simulator/host/sdk.ts';
import { gatherMs, SqsMapping } from '../../simulator/host/sqs-mapping.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import { object, text } from '../../simulator/world/json.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';

const start = Date.UTC(2026, 0, 1);
const second = 1_000;
const minute = 60_000;

interface Call {
  readonly at: number;
  readonly name: string;
}

/** What a handler of these tests can do: calls that take a second each, as an SDK client on the virtual clock makes them. */
type Handler = (call: (name: string) => Promise<void>, event: unknown) => Promise<unknown>;

const hosting = (handler: Handler, options: Pick<InvocationListener, 'killAt'> & { timeoutMs?: number } = {}) => {
  const clock = new VirtualClock(start);
  const world: World = createWorld({ kernel: clock, dice: seededDice(1) });
  const calls: Call[] = [];
  const records: InvocationRecord[] = [];
  let current: Meter | undefined;
  const sdk: Pick<VirtualSdk, 'metered'> = {
    metered: (meter, work) => {
      current = meter;
      return work();
    },
  };
  const call = (name: string): Promise<void> =>
    clock.call(async () => {
      if (current !== undefined) countCall(current);
      await clock.sleep(second);
      calls.push({ at: clock.now() - start, name });
    });
  const of = { name: 'f', memoryMiB: 512, timeoutMs: options.timeoutMs ?? 30 * second };
  const host = new LambdaHost({ ...of, handler: (event) => handler(call, event) }, clock, seededDice(2), sdk, {
    onStart: () => undefined,
    onEnd: (record) => records.push(record),
    ...(options.killAt === undefined ? {} : { killAt: options.killAt }),
  });
  const pass = (ms: number): Promise<void> => clock.runUntil(clock.now() + ms);
  return { clock, world, host, calls, records, pass };
};

const inTurn =
  (count: number): Handler =>
  async (call) => {
    for (let n = 1; n <= count; n++) await call(String(n));
    return 'done';
  };

describe('an invocation', () => {
  it('Lambda developer guide, function time-out: is ended at its time-out and makes no further call', async () => {
    const { host, calls, records, pass } = hosting(inTurn(100), { timeoutMs: 5 * second });
    const results: unknown[] = [];
    host.invoke('event', (result) => results.push(result));
    await pass(10 * minute);

    expect(calls.map((it) => it.name)).toEqual(['1', '2', '3', '4']);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ error: 'Sandbox.Timedout: Task timed out after 5.00 seconds' });
    expect((records[0]?.endedAt ?? 0) - (records[0]?.startedAt ?? 0)).toBe(5 * second);
    expect(results).toEqual([{ error: expect.objectContaining({ name: 'Sandbox.Timedout' }) }]);
  });

  it('Lambda developer guide, execution environments: one that was killed leaves none behind, so the next starts cold', async () => {
    const { host, records, pass } = hosting((call, event) => inTurn(event === 'long' ? 100 : 1)(call, event), {
      timeoutMs: 5 * second,
    });
    for (const event of ['short', 'short', 'long', 'short']) {
      host.invoke(event);
      await pass(minute);
    }
    const cold = records.map((it) => it.startedAt > it.invokedAt);

    expect(cold).toEqual([true, false, false, true]);
  });

  it('does not outlive its time-out in calls it made side by side, nor hold up the clock', async () => {
    const together: Handler = async (call) => {
      await Promise.allSettled(Array.from({ length: 4 }, (_, n) => inTurn(10)((name) => call(`${n}.${name}`), '')));
      await call('after');
    };
    const { host, calls, records, pass } = hosting(together, { timeoutMs: 3_500 });
    host.invoke('event');
    await pass(minute);

    expect(calls).toHaveLength(12);
    expect(records).toHaveLength(1);
  });

  it.each([1, 3, 5])('can be killed at its call %i, which is not made', async (n) => {
    const { host, calls, records, pass } = hosting(inTurn(4), { killAt: () => n });
    host.invoke('event');
    await pass(minute);

    expect(calls).toHaveLength(Math.min(n - 1, 4));
    expect(records[0]?.error).toBe(n > 4 ? undefined : `Sandbox.Timedout: killed at call ${n}`);
    expect(records[0]?.calls).toBe(Math.min(n - 1, 4));
  });
});

describe('asynchronous invocation', () => {
  const failing: Handler = () => Promise.reject(new Error('no'));
  const startsOf = (records: readonly InvocationRecord[]): number[] =>
    records.map((it, n) => Math.round((it.invokedAt - (records[n - 1]?.endedAt ?? it.invokedAt)) / second));

  it('Lambda developer guide, asynchronous error handling: a failure is tried twice more, after one minute and after two', async () => {
    const { host, records, pass } = hosting(failing);
    const discarded: string[] = [];
    host.invokeAsync('event', { onDiscarded: (_, condition) => discarded.push(condition) });
    await pass(60 * minute);

    expect(startsOf(records)).toEqual([0, 60, 120]);
    expect(discarded).toEqual(['RetriesExhausted']);
  });

  it('Lambda developer guide, asynchronous error handling: a time-out counts as a failure', async () => {
    const { host, records, pass } = hosting(inTurn(100), { timeoutMs: 5 * second });
    host.invokeAsync('event', { maximumRetryAttempts: 1 });
    await pass(60 * minute);

    expect(records).toHaveLength(2);
  });

  it('Lambda API, PutFunctionEventInvokeConfig: none after the maximum age, none where none are asked for', async () => {
    const { host, records, pass } = hosting(failing);
    const discarded: string[] = [];
    host.invokeAsync('old', { maximumEventAgeMs: minute, onDiscarded: (_, condition) => discarded.push(condition) });
    host.invokeAsync('once', { maximumRetryAttempts: 0 });
    await pass(60 * minute);

    expect(records).toHaveLength(2);
    expect(discarded).toEqual(['EventAgeExceeded']);
  });

  it('is over with the first success', async () => {
    const { host, records, pass } = hosting(inTurn(1));
    host.invokeAsync('event');
    await pass(60 * minute);

    expect(records).toHaveLength(1);
  });
});

describe('an SQS event source', () => {
  const wiring = {
    fifo: false,
    consumer: 'decide',
    batchSize: 10,
    batchWindowSeconds: 0,
    maximumConcurrency: 2,
    visibilityTimeoutSeconds: 40,
    maxReceiveCount: 5,
    delaySeconds: 0,
    reportsBatchItemFailures: true,
  } satisfies QueueWiring;

  interface SqsEvent {
    readonly Records: readonly { readonly body: string; readonly messageId: string; readonly eventSourceARN: string }[];
  }

  const bodiesOf = (event: unknown): string[] => (event as SqsEvent).Records.map((it) => it.body);

  const mapped = (handler: Handler, changes: Partial<QueueWiring> = {}, timeoutMs = 30 * second) => {
    const it = hosting(handler, { timeoutMs });
    const of = { ...wiring, ...changes };
    const QueueName = of.fifo ? 'q.fifo' : 'q';
    const Attributes = {
      VisibilityTimeout: String(of.visibilityTimeoutSeconds),
      ...(of.fifo ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : {}),
    };
    const url = text(it.world.call('sqs', 'CreateQueue', { QueueName, Attributes }), 'QueueUrl') ?? '';
    new SqsMapping(it.world, it.clock, seededDice(3), { url, wiring: of }, it.host).start();
    const send = (MessageBody: string, MessageGroupId?: string): void => {
      it.world.call('sqs', 'SendMessage', { QueueUrl: url, MessageBody, MessageGroupId });
    };
    const left = (): number => {
      const answer = it.world.call('sqs', 'GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] });
      const attributes = object(answer, 'Attributes') ?? {};
      const of = (name: string): number => Number(text(attributes, name));
      return of('ApproximateNumberOfMessages') + of('ApproximateNumberOfMessagesNotVisible');
    };
    return { ...it, send, left };
  };

  it('Lambda developer guide, SQS event source: a message of an invocation that timed out comes back after its visibility timeout', async () => {
    let first = true;
    const events: unknown[] = [];
    const handler: Handler = async (call, event) => {
      events.push(event);
      const calls = first ? 100 : 1;
      first = false;
      await inTurn(calls)(call, event);
      return { batchItemFailures: [] };
    };
    const it = mapped(handler, {}, 10 * second);
    it.send('hello');
    await it.pass(5 * minute);

    const [timedOut, again] = it.records;
    expect(events.map(bodiesOf)).toEqual([['hello'], ['hello']]);
    expect((again?.invokedAt ?? 0) - (timedOut?.invokedAt ?? 0)).toBeGreaterThanOrEqual(40 * second);
    expect((again?.invokedAt ?? 0) - (timedOut?.invokedAt ?? 0)).toBeLessThan(42 * second);
    expect(it.left()).toBe(0);
  });

  it('Lambda developer guide, SQS event source: of a partial batch answer only the named messages come back', async () => {
    const seen: string[][] = [];
    const handler: Handler = (_call, event) => {
      const { Records } = event as SqsEvent;
      seen.push(bodiesOf(event));
      const failed = seen.length === 1 ? Records.filter((it) => it.body === 'b') : [];
      return Promise.resolve({ batchItemFailures: failed.map((it) => ({ itemIdentifier: it.messageId })) });
    };
    const it = mapped(handler);
    for (const body of ['a', 'b', 'c']) it.send(body);
    await it.pass(5 * minute);

    expect(seen).toEqual([['a', 'b', 'c'], ['b']]);
    expect(it.left()).toBe(0);
  });

  it('Lambda developer guide, SQS event source: no more batches at a time than the maximum concurrency, which is 2 at least', async () => {
    let running = 0;
    let most = 0;
    const handler: Handler = async (call) => {
      most = Math.max(most, ++running);
      await call('work');
      running--;
    };
    const it = mapped(handler, { batchSize: 1 });
    for (let n = 0; n < 20; n++) it.send(String(n));
    await it.pass(5 * minute);

    expect(most).toBe(2);
    expect(it.records).toHaveLength(20);
    expect(() => mapped(handler, { maximumConcurrency: 1 })).toThrow(RangeError);
  });

  it('Lambda developer guide, SQS event source: one batch of a FIFO message group at a time, in order', async () => {
    const seen: string[] = [];
    const handler: Handler = async (call, event) => {
      seen.push(...bodiesOf(event));
      await call('work');
    };
    const it = mapped(handler, { fifo: true, batchSize: 1 });
    for (const body of ['1', '2', '3', '4']) it.send(body, 'g');
    await it.pass(5 * minute);

    expect(seen).toEqual(['1', '2', '3', '4']);
    expect(it.records.every((record, n) => record.invokedAt >= (it.records[n - 1]?.endedAt ?? 0))).toBe(true);
  });

  it('Lambda developer guide, SQS batching: with a window, a quiet queue may be waited for up to 20 s; a busy one its window', () => {
    const of = { ...wiring, batchWindowSeconds: 2 };
    const waits = Array.from({ length: 200 }, (_, n) => gatherMs(of, minute, seededDice(n)));

    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2_000);
    expect(Math.max(...waits)).toBeGreaterThan(18_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(20_000);
    expect(gatherMs(of, 5 * second, seededDice(1))).toBe(2_000);
    expect(gatherMs({ ...of, batchWindowSeconds: 0 }, minute, seededDice(1))).toBe(0);
  });

  it('Lambda developer guide, SQS batching: a full batch is not held back until its window is over', async () => {
    const sizes: number[] = [];
    const handler: Handler = (_call, event) => {
      sizes.push(bodiesOf(event).length);
      return Promise.resolve();
    };
    const it = mapped(handler, { batchSize: 20, batchWindowSeconds: 10 });
    for (let n = 0; n < 25; n++) it.send(String(n));
    await it.pass(2 * second);
    const early = [...sizes];
    await it.pass(minute);

    expect(early[0]).toBe(20);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(25);
  });

  it('Lambda developer guide, SQS event source: names the queue by its ARN', async () => {
    const arns: string[] = [];
    const it = mapped((_call, event) => {
      arns.push(...(event as SqsEvent).Records.map((record) => record.eventSourceARN));
      return Promise.resolve();
    });
    it.send('hello');
    await it.pass(minute);

    expect(arns).toEqual(['arn:aws:sqs:eu-west-1:123456789012:q']);
  });
});
