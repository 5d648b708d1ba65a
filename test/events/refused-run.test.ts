import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseEvent } from '../../lib/events/parse.ts';

const at = '2026-11-23T12:00:00Z';
const instance = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/main/1';

const detail = (over: object = {}, request: object = {}): object => ({
  eventID: 'event-1',
  eventTime: at,
  eventSource: 'ecs.amazonaws.com',
  eventName: 'RunTask',
  requestParameters: { cluster: 'main', taskDefinition: 'report:7', ...request },
  responseElements: { tasks: [], failures: [{ arn: instance, reason: 'RESOURCE:CPU' }] },
  ...over,
});

const parsed = (it: unknown) =>
  parseEvent({ source: 'aws.ecs', 'detail-type': 'AWS API Call via CloudTrail', detail: it });

const run = (over: object = {}) => ({
  id: 'event-1',
  taskDefinition: 'report:7',
  group: undefined,
  target: { launchType: undefined, capacityProviderStrategy: [] },
  tasks: 1,
  placementConstraints: [],
  placementStrategy: [],
  at: Date.parse(at),
  ...over,
});

describe('a RunTask call that CloudTrail tells of', () => {
  it('is one task that lacked room, by default', () => {
    expect(parsed(detail())).toEqual({ kind: 'runTaskRefused', cluster: 'main', run: run() });
  });

  it('is read in full: who asks, where it may run, and how many did not start', () => {
    const request = {
      cluster: 'arn:aws:ecs:eu-west-1:123456789012:cluster/batch',
      taskDefinition: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/report:7',
      count: 5,
      capacityProviderStrategy: [{ capacityProvider: 'spot', weight: 1 }],
      group: 'nightly',
      clientToken: 'token',
      placementConstraints: [{ type: 'distinctInstance' }, { type: 'memberOf', expression: 'a == b' }],
      placementStrategy: [{ type: 'random' }, { type: 'spread', field: 'host' }],
    };
    const started = { tasks: [{ taskArn: 'a' }, {}], failures: [{ reason: 'RESOURCE:MEMORY' }] };

    expect(parsed(detail({ responseElements: started }, request))).toEqual({
      kind: 'runTaskRefused',
      cluster: 'batch',
      run: run({
        id: 'token',
        taskDefinition: request.taskDefinition,
        group: 'nightly',
        target: {
          launchType: undefined,
          capacityProviderStrategy: [{ capacityProvider: 'spot', base: 0, weight: 1 }],
        },
        tasks: 3,
        placementConstraints: request.placementConstraints,
        placementStrategy: [
          { type: 'random', field: undefined },
          { type: 'spread', field: 'host' },
        ],
      }),
    });
  });

  it('lacked room where the cluster had no instance at all, the default cluster being called default', () => {
    const refused = {
      errorCode: 'InvalidParameterException',
      errorMessage: 'No Container Instances were found in your cluster.',
      responseElements: null,
    };

    expect(parsed(detail(refused, { cluster: undefined, count: 2, launchType: 'EC2' }))).toEqual({
      kind: 'runTaskRefused',
      cluster: 'default',
      run: run({ tasks: 2, target: { launchType: 'EC2', capacityProviderStrategy: [] } }),
    });
  });

  it.each<readonly [string, object]>([
    ['of which every task started', detail({ responseElements: { tasks: [{}], failures: [] } })],
    [
      'that was refused for another reason',
      detail({ responseElements: null, errorMessage: 'TaskDefinition is inactive' }),
    ],
    ['that no instance answered to', detail({ responseElements: { tasks: [], failures: [{ reason: 'ATTRIBUTE' }] } })],
    ['of Berth’s own queue', detail({}, { clientToken: 'berth-0123-0' })],
  ])('is nothing to us %s', (_, it) => {
    expect(parsed(it).kind).toBe('irrelevant');
  });

  it.each<readonly [string, unknown, string]>([
    ['without a request', detail({ requestParameters: null }), 'detail.requestParameters'],
    ['without a task definition', detail({}, { taskDefinition: '' }), 'detail.requestParameters.taskDefinition'],
    ['for more tasks than a call runs', detail({}, { count: 5_000 }), 'detail.requestParameters.count'],
    ['for no whole number of them', detail({}, { count: 1.5 }), 'detail.requestParameters.count'],
    ['at no time', detail({ eventTime: 'soon' }), 'detail.eventTime: is no time'],
    ['with failures that are none', detail({ responseElements: { failures: 'many' } }), 'responseElements.failures'],
    ['of an unknown launch type', detail({}, { launchType: 'MOON' }), 'detail.requestParameters.launchType'],
  ])('is refused %s, naming the place', (_, it, place) => {
    expect(parsed(it)).toEqual({ kind: 'unreadable', problem: expect.stringContaining(place) });
  });

  it('is never read as more or fewer tasks than it asked for, and never throws', () => {
    const record = fc.record(
      {
        eventID: fc.string(),
        eventTime: fc.constantFrom(at, '', 'x'),
        eventName: fc.constantFrom('RunTask'),
        errorMessage: fc.option(fc.constantFrom('No Container Instances were found in your cluster.', 'x')),
        requestParameters: fc.record({
          cluster: fc.string(),
          taskDefinition: fc.string(),
          count: fc.oneof(fc.integer({ min: -2, max: 12 }), fc.string()),
        }),
        responseElements: fc.option(
          fc.record({
            tasks: fc.array(fc.anything(), { maxLength: 4 }),
            failures: fc.array(fc.record({ reason: fc.constantFrom('RESOURCE:CPU', 'AGENT') }), { maxLength: 3 }),
          }),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(record, (it) => {
        const trigger = parsed(it);
        if (trigger.kind !== 'runTaskRefused') return;
        expect(trigger.run.tasks).toBeGreaterThanOrEqual(1);
        expect(trigger.run.tasks).toBeLessThanOrEqual(Number(it.requestParameters?.count));
      }),
      { numRuns: 500 },
    );
  });
});
