import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import type { WorldConstants } from '../../simulator/world/constants.ts';
import { number, object, objects, text } from '../../simulator/world/json.ts';
import {
  minute,
  ofKind,
  only,
  refusal,
  second,
  start,
  textAt,
  type UnderTest,
  worldUnderTest,
} from '../world/world-under-test.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:f';
const kind: Partial<WorldConstants> = { eventLateShare: 0, eventDoubledShare: 0, bestEffortLostShare: 0 };

interface Delivered {
  readonly at: number;
  readonly event: JsonObject;
}

/** A rule for all events of a source, and what its function is given. */
const listening = (under: UnderTest, source: string, target: JsonObject = {}): readonly Delivered[] => {
  const got: Delivered[] = [];
  under.world.registerFunction(functionArn, (event) => got.push({ at: under.clock.now(), event }));
  under.call('events', 'PutRule', { Name: source, EventPattern: JSON.stringify({ source: [source] }) });
  under.call('events', 'PutTargets', { Rule: source, Targets: [{ Id: '1', Arn: functionArn, ...target }] });
  return got;
};

/** So many events, which PutEvents takes from any source here. */
const send = (under: UnderTest, Source: string, count: number): void => {
  for (let n = 0; n < count; n++)
    under.call('events', 'PutEvents', { Entries: [{ Source, DetailType: 'T', Detail: JSON.stringify({ n }) }] });
};

const numbersOf = (got: readonly Delivered[]): number[] =>
  got.map(({ event }) => number(object(event, 'detail') ?? {}, 'n') ?? Number.NaN);

describe('EventBridge', () => {
  it('at-least-once delivery (EventBridge user guide): a small share of the events comes twice, with the same id', async () => {
    const under = worldUnderTest(1, { ...kind, eventDoubledShare: 0.05 });
    const got = listening(under, 'aws.ecs');
    send(under, 'aws.ecs', 2_000);
    await under.pass(minute);

    const ids = new Set(got.map(({ event }) => text(event, 'id')));
    expect(ids.size).toBe(2_000);
    expect(got.length - 2_000).toBeGreaterThan(60);
    expect(got.length - 2_000).toBeLessThan(140);
  });

  it('order (EventBridge user guide): none is kept', async () => {
    const under = worldUnderTest(1, kind);
    const got = listening(under, 'aws.ecs');
    send(under, 'aws.ecs', 50);
    await under.pass(minute);

    const order = numbersOf(got);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('assumed lateness: most events come within a second, a few up to two minutes later', async () => {
    const under = worldUnderTest(1, { ...kind, eventLateShare: 0.02 });
    const got = listening(under, 'aws.ecs');
    send(under, 'aws.ecs', 1_000);
    await under.pass(10 * minute);

    const late = got.filter(({ at }) => at - start > 1_000);
    expect(got).toHaveLength(1_000);
    expect(late.length).toBeGreaterThan(5);
    expect(late.length).toBeLessThan(40);
    expect(Math.max(...late.map(({ at }) => at - start))).toBeLessThanOrEqual(121_000);
  });

  it.each(['aws.ec2', 'aws.autoscaling'])(
    'AWS service events (EventBridge user guide): %s is best effort, and loses what setEventLoss says',
    async (source) => {
      const under = worldUnderTest(1, kind);
      const got = listening(under, source);
      const end = under.world.setEventLoss(0.5);
      send(under, source, 1_000);
      await under.pass(minute);
      const during = got.length;
      end();
      send(under, source, 1_000);
      await under.pass(minute);

      expect(during).toBeGreaterThan(400);
      expect(during).toBeLessThan(600);
      expect(got.length - during).toBe(1_000);
    },
  );

  it('AWS service events (EventBridge user guide): those of Amazon ECS are guaranteed, and never lost', async () => {
    const under = worldUnderTest(1, { ...kind, bestEffortLostShare: 1 });
    const got = listening(under, 'aws.ecs');
    under.world.setEventLoss(1);
    send(under, 'aws.ecs', 500);
    await under.pass(minute);

    expect(got).toHaveLength(500);
  });

  it('retry policy (EventBridge user guide): a target that is not available is tried again, less and less often', async () => {
    const under = worldUnderTest(1, kind);
    const got = listening(under, 'me');
    const end = under.world.setTargetUnavailable(functionArn);
    send(under, 'me', 1);
    await under.pass(10 * minute);
    const during = got.length;
    end();
    await under.pass(20 * minute);

    expect(during).toBe(0);
    expect(got).toHaveLength(1);
    expect(ofKind(under, 'undeliverable')).toEqual([]);
  });

  const deadLetters = (under: UnderTest, QueueUrl: string): readonly JsonObject[] =>
    objects(
      under.call('sqs', 'ReceiveMessage', { QueueUrl, MessageAttributeNames: ['All'], MaxNumberOfMessages: 10 }),
      'Messages',
    ) ?? [];

  const withDeadLetters = (under: UnderTest): { readonly url: string; readonly config: JsonObject } => ({
    url: textAt(under.call('sqs', 'CreateQueue', { QueueName: 'dead' }), 'QueueUrl'),
    config: { DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-west-1:123456789012:dead' } },
  });

  const attributeOf = (message: JsonObject, name: string): unknown =>
    text(object(object(message, 'MessageAttributes') ?? {}, name) ?? {}, 'StringValue');

  it.each([
    ['MaximumRetryAttempts', { MaximumRetryAttempts: 3 }, '3'],
    ['MaximumEventAgeInSeconds', { MaximumEventAgeInSeconds: 60 }, '6'],
  ])(
    'dead-letter queues (EventBridge user guide): holds the event once %s is reached, and says why',
    async (condition, RetryPolicy, retries) => {
      const under = worldUnderTest(1, kind);
      const { url, config } = withDeadLetters(under);
      const got = listening(under, 'me', { RetryPolicy, ...config });
      under.world.setTargetUnavailable(functionArn);
      send(under, 'me', 1);
      await under.pass(5 * minute);

      const message = only(deadLetters(under, url));
      expect(got).toEqual([]);
      expect(JSON.parse(textAt(message, 'Body'))).toMatchObject({ source: 'me', detail: { n: 0 } });
      expect(attributeOf(message, 'EXHAUSTED_RETRY_CONDITION')).toBe(condition);
      expect(attributeOf(message, 'RETRY_ATTEMPTS')).toBe(retries);
      expect(attributeOf(message, 'TARGET_ARN')).toBe(functionArn);
      expect(ofKind(under, 'undeliverable')).toHaveLength(1);
    },
  );

  it('retry policy (EventBridge API, RetryPolicy): by default within 24 hours and 185 attempts', async () => {
    const under = worldUnderTest(1, kind);
    const { url, config } = withDeadLetters(under);
    listening(under, 'me', config);
    under.world.setTargetUnavailable(functionArn);
    send(under, 'me', 1);
    await under.pass(20 * 60 * minute);
    const early = deadLetters(under, url);
    await under.pass(5 * 60 * minute);

    const retries = Number(attributeOf(only(deadLetters(under, url)), 'RETRY_ATTEMPTS'));
    expect(early).toEqual([]);
    expect(retries).toBeGreaterThan(150);
    expect(retries).toBeLessThanOrEqual(185);
  });

  it('dead-letter queues (EventBridge user guide): what goes to a target that is no more is not tried again', async () => {
    const under = worldUnderTest(1, kind);
    const { url, config } = withDeadLetters(under);
    const Arn = 'arn:aws:sqs:eu-west-1:123456789012:gone';
    listening(under, 'me', { Arn, ...config });
    send(under, 'me', 1);
    await under.pass(2 * second);

    const message = only(deadLetters(under, url));
    expect(attributeOf(message, 'ERROR_CODE')).toBe('NO_RESOURCE');
    expect(attributeOf(message, 'RETRY_ATTEMPTS')).toBe('0');
    expect(attributeOf(message, 'EXHAUSTED_RETRY_CONDITION')).toBeUndefined();
  });

  it.each<[string, JsonObject, string]>([
    ['attempts', { RetryPolicy: { MaximumRetryAttempts: 186 } }, 'ValidationException'],
    ['age', { RetryPolicy: { MaximumEventAgeInSeconds: 59 } }, 'ValidationException'],
    ['FIFO dead letters', { DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-west-1:1:d.fifo' } }, 'ValidationException'],
  ])('EventBridge API, PutTargets: refuses what is out of bounds: %s', (_, target, code) => {
    const under = worldUnderTest();

    expect(refusal(() => listening(under, 'me', target))).toContain(code);
  });

  it('quotas (EventBridge user guide): a rule has five targets', () => {
    const under = worldUnderTest();
    under.call('events', 'PutRule', { Name: 'r', EventPattern: '{"source":["me"]}' });
    const Targets = Array.from({ length: 6 }, (_, n) => ({ Id: String(n), Arn: functionArn }));

    expect(refusal(() => under.call('events', 'PutTargets', { Rule: 'r', Targets }))).toContain('LimitExceeded');
  });

  it('EventBridge API, DisableRule: a disabled rule delivers nothing until it is enabled again', async () => {
    const under = worldUnderTest(1, kind);
    const got = listening(under, 'me');
    under.call('events', 'DisableRule', { Name: 'me' });
    send(under, 'me', 1);
    await under.pass(minute);
    under.call('events', 'EnableRule', { Name: 'me' });
    send(under, 'me', 1);
    await under.pass(minute);

    expect(got).toHaveLength(1);
    expect(under.call('events', 'DescribeRule', { Name: 'me' })).toMatchObject({ State: 'ENABLED' });
    expect(under.call('events', 'ListTargetsByRule', { Rule: 'me' })).toMatchObject({
      Targets: [{ Id: '1', Arn: functionArn }],
    });
  });

  it('scheduled rules (EventBridge user guide): a cron rule fires within the minute it names, UTC', async () => {
    const under = worldUnderTest(1, kind);
    const at: number[] = [];
    under.world.registerFunction(functionArn, () => at.push(under.clock.now()));
    under.call('events', 'PutRule', { Name: 'c', ScheduleExpression: 'cron(0/15 8-9 ? * THU *)' }); // 1 January 2026
    under.call('events', 'PutTargets', { Rule: 'c', Targets: [{ Id: '1', Arn: functionArn }] });
    await under.pass(2 * 24 * 60 * minute);

    const eight = start + 8 * 60 * minute;
    expect(at.map((it) => Math.floor((it - eight) / minute))).toEqual([0, 15, 30, 45, 60, 75, 90, 105]);
  });
});
