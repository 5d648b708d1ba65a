import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { matchesPattern } from '../../simulator/world/events/pattern.ts';
import { objects, text } from '../../simulator/world/json.ts';
import {
  detailsOf,
  minute,
  ofKind,
  second,
  start,
  textAt,
  type UnderTest,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from './world-under-test.ts';

const event: JsonObject = {
  source: 'aws.ecs',
  'detail-type': 'ECS Task State Change',
  resources: ['arn:1', 'arn:2'],
  detail: {
    lastStatus: 'RUNNING',
    cpu: 256,
    group: 'service:web',
    containers: [{ name: 'a' }, { name: 'b' }],
    empty: null,
  },
};

describe('event patterns (EventBridge user guide)', () => {
  it.each<[string, JsonObject, boolean]>([
    ['exact values, one of several', { source: ['aws.ec2', 'aws.ecs'] }, true],
    ['every field must match', { source: ['aws.ecs'], 'detail-type': ['Other'] }, false],
    ['an array in the event matches by any element', { resources: ['arn:2'] }, true],
    ['nested fields', { detail: { lastStatus: ['RUNNING'] } }, true],
    ['objects in an array', { detail: { containers: { name: ['b'] } } }, true],
    ['prefix', { detail: { group: [{ prefix: 'service:' }] } }, true],
    ['suffix', { detail: { group: [{ suffix: ':api' }] } }, false],
    ['wildcard', { detail: { group: [{ wildcard: 'serv*:w*b' }] } }, true],
    ['equals-ignore-case', { detail: { lastStatus: [{ 'equals-ignore-case': 'running' }] } }, true],
    ['anything-but a value', { detail: { lastStatus: [{ 'anything-but': 'STOPPED' }] } }, true],
    ['anything-but a list', { detail: { lastStatus: [{ 'anything-but': ['RUNNING', 'STOPPED'] }] } }, false],
    ['anything-but a prefix', { detail: { group: [{ 'anything-but': { prefix: 'service:' } }] } }, false],
    ['anything-but needs the field', { detail: { nothing: [{ 'anything-but': 'x' }] } }, false],
    ['exists', { detail: { group: [{ exists: true }] } }, true],
    ['does not exist', { detail: { containerInstanceArn: [{ exists: false }] } }, true],
    ['numeric range', { detail: { cpu: [{ numeric: ['>', 0, '<=', 256] }] } }, true],
    ['numeric outside', { detail: { cpu: [{ numeric: ['=', 255] }] } }, false],
    ['null', { detail: { empty: [null] } }, true],
    ['$or', { $or: [{ source: ['x'] }, { detail: { cpu: [256] } }] }, true],
    ['numbers are not text', { detail: { cpu: ['256'] } }, false],
  ])('%s', (_, pattern, expected) => {
    expect(matchesPattern(pattern, event)).toBe(expected);
  });
});

const rule = (under: UnderTest, pattern: JsonObject, target: JsonObject): void => {
  under.call('events', 'PutRule', { Name: 'r', EventPattern: JSON.stringify(pattern) });
  under.call('events', 'PutTargets', { Rule: 'r', Targets: [{ Id: '1', ...target }] });
};

describe('delivery', () => {
  it('brings matching events to a function, each a little later than it happened', async () => {
    const under = worldUnderTest();
    const Arn = 'arn:aws:lambda:eu-west-1:123456789012:function:f';
    const got: [number, JsonObject][] = [];
    under.world.registerFunction(Arn, (it) => got.push([under.clock.now(), it]));
    rule(
      under,
      { source: ['aws.ecs'], 'detail-type': ['ECS Task State Change'], detail: { lastStatus: ['RUNNING'] } },
      { Arn },
    );
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    withService(under, 'web', 2);
    await under.pass(3 * minute);

    expect(got).toHaveLength(2);
    expect(got[0]?.[1]).toMatchObject({
      version: '0',
      account: '123456789012',
      region: 'eu-west-1',
      resources: [expect.stringContaining(':task/c/')],
      detail: { group: 'service:web', desiredStatus: 'RUNNING', createdAt: expect.stringMatching(/^2026-01-01T/) },
    });
    expect(got[0]?.[0]).toBeGreaterThan(Date.parse(text(got[0]?.[1] ?? {}, 'time') ?? ''));
  });

  it('brings them to a queue, also to a FIFO one with its static group id, and counts what has no target', async () => {
    const under = worldUnderTest();
    const urls = ['q', 'q.fifo'].map((QueueName) =>
      textAt(
        under.call('sqs', 'CreateQueue', { QueueName, Attributes: QueueName === 'q' ? {} : { FifoQueue: 'true' } }),
        'QueueUrl',
      ),
    );
    const arn = (name: string): string => `arn:aws:sqs:eu-west-1:123456789012:${name}`;
    under.call('events', 'PutRule', { Name: 'r', EventPattern: JSON.stringify({ source: ['me'] }) });
    under.call('events', 'PutTargets', {
      Rule: 'r',
      Targets: [
        { Id: '1', Arn: arn('q') },
        { Id: '2', Arn: arn('q.fifo'), SqsParameters: { MessageGroupId: 'all' } },
        { Id: '3', Arn: arn('none') },
      ],
    });
    under.call('events', 'PutEvents', { Entries: [{ Source: 'me', DetailType: 'hello', Detail: '{"a":1}' }] });
    await under.pass(5 * second);

    const received = urls.map(
      (QueueUrl) => objects(under.call('sqs', 'ReceiveMessage', { QueueUrl }), 'Messages')?.[0],
    );
    expect(received.map((it) => JSON.parse(text(it ?? {}, 'Body') ?? '') as unknown)).toMatchObject([
      { source: 'me', detail: { a: 1 } },
      { source: 'me', detail: { a: 1 } },
    ]);
    expect(ofKind(under, 'undeliverable').map((it) => it.targetArn)).toEqual([arn('none')]);
  });

  it('fires a rate rule every minute, a lag of its own after the whole minute', async () => {
    const under = worldUnderTest();
    const Arn = 'arn:aws:lambda:eu-west-1:123456789012:function:f';
    const at: number[] = [];
    under.world.registerFunction(Arn, (it) => at.push(Date.parse(textAt(it, 'time')) - start));
    under.call('events', 'PutRule', { Name: 'tick', ScheduleExpression: 'rate(1 minute)' });
    under.call('events', 'PutTargets', { Rule: 'tick', Targets: [{ Id: '1', Arn }] });
    await under.pass(10 * minute);

    expect(at.length).toBeGreaterThanOrEqual(9);
    expect(new Set(at.slice(1).map((time, index) => time - (at[index] ?? 0)))).toEqual(new Set([minute]));
  });
});

describe('versions', () => {
  it('rise with every change of a task or instance, in events and answers alike (ECS developer guide, events)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    withService(under, 'web', 1);
    await under.pass(3 * minute);

    for (const type of ['ECS Task State Change', 'ECS Container Instance State Change']) {
      const versions = detailsOf(under, type).map((detail) => Number(detail['version']));
      expect(versions.length).toBeGreaterThan(1);
      expect(versions).toEqual(versions.map((_, index) => index + 1));
    }
    const arns = under.ecs('ListContainerInstances', { cluster: 'c' })['containerInstanceArns'];
    const [instance] =
      objects(
        under.ecs('DescribeContainerInstances', { cluster: 'c', containerInstances: arns }),
        'containerInstances',
      ) ?? [];
    expect(instance?.['version']).toBe(detailsOf(under, 'ECS Container Instance State Change').at(-1)?.['version']);
  });
});
