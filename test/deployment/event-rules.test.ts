import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EventRule, eventRules } from '../../deployment/event-rules.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import { matchesPattern } from '../../simulator/world/events/pattern.ts';

type SampleEvent = JsonObject;

const account = { partition: 'aws', region: 'eu-west-1', accountId: '111122223333' };
const arn = (resource: string): string => `arn:aws:ecs:eu-west-1:111122223333:${resource}`;

const rules = eventRules(['production', 'staging'], account);

const rulesFor = (event: SampleEvent, among: readonly EventRule[] = rules): readonly EventRule[] =>
  among.filter((it) =>
    matchesPattern({ ...it.pattern }, { account: account.accountId, region: account.region, ...event }),
  );

const queuesOf = (event: SampleEvent): readonly string[] => rulesFor(event).map((it) => it.queue);

const ecs = (type: string, detail: JsonObject, cluster = 'production'): SampleEvent => ({
  source: 'aws.ecs',
  'detail-type': type,
  resources: [arn(`service/${cluster}/web`)],
  detail: { clusterArn: arn(`cluster/${cluster}`), ...detail },
});

const task = (detail: JsonObject, cluster?: string): SampleEvent =>
  ecs('ECS Task State Change', { launchType: 'EC2', lastStatus: 'RUNNING', ...detail }, cluster);
const instance = (detail: JsonObject, cluster?: string): SampleEvent =>
  ecs(
    'ECS Container Instance State Change',
    { status: 'ACTIVE', agentConnected: true, version: 3, ...detail },
    cluster,
  );
const service = (eventName: string, cluster?: string): SampleEvent => ecs('ECS Service Action', { eventName }, cluster);
/** Deployment events have no cluster in their detail. */
const deployment = (eventName: string, cluster?: string): SampleEvent => ({
  ...ecs('ECS Deployment State Change', {}, cluster),
  detail: { eventName, deploymentId: 'ecs-svc/1' },
});
const autoScaling = (type: string): SampleEvent => ({
  source: 'aws.autoscaling',
  'detail-type': type,
  resources: ['arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:x:autoScalingGroupName/web'],
  detail: { AutoScalingGroupName: 'web', EC2InstanceId: 'i-1' },
});
const ec2 = (type: string): SampleEvent => ({
  source: 'aws.ec2',
  'detail-type': type,
  detail: { 'instance-id': 'i-1' },
});
const onInstance = { containerInstanceArn: arn('container-instance/production/1') };

describe('eventRules', () => {
  it.each([{ account: '999999999999' }, { region: 'eu-west-2' }])('hears none of %j', (elsewhere) => {
    const event = task({ lastStatus: 'STOPPED' });

    expect(rulesFor(event)).toHaveLength(1);
    expect(rulesFor({ ...event, ...elsewhere })).toEqual([]);
  });

  it.each<readonly [string, SampleEvent]>([
    ['a task that waits for an instance', task({ lastStatus: 'PROVISIONING' })],
    ['a failed placement', service('SERVICE_TASK_PLACEMENT_FAILURE')],
    ['tasks that do not start', service('SERVICE_TASK_START_IMPAIRED')],
    ['a new container instance', instance({ version: 1 })],
    ['a deployment that begins', deployment('SERVICE_DEPLOYMENT_IN_PROGRESS')],
    ['a termination that waits for its hook', autoScaling('EC2 Instance-terminate Lifecycle Action')],
    ['a failed launch', autoScaling('EC2 Instance Launch Unsuccessful')],
    ['a spot interruption', ec2('EC2 Spot Instance Interruption Warning')],
    ['a rebalance recommendation', ec2('EC2 Instance Rebalance Recommendation')],
  ])('takes %s as urgent', (_, event) => {
    expect(queuesOf(event)).toEqual(['urgent']);
  });

  it.each<readonly [string, SampleEvent]>([
    ['a task that runs', task({ ...onInstance })],
    ['a task that stopped', task({ lastStatus: 'STOPPED', ...onInstance })],
    ['a waiting task that was given up', task({ lastStatus: 'STOPPED' })],
    ['an instance whose agent is gone', instance({ version: 1234, agentConnected: false })],
    ['an instance that drains', instance({ status: 'DRAINING', version: 2 })],
    ['an instance that left', instance({ status: 'INACTIVE', version: 99 })],
    ['a steady service', service('SERVICE_STEADY_STATE')],
    ['a finished deployment', deployment('SERVICE_DEPLOYMENT_COMPLETED')],
    ['a failed deployment', deployment('SERVICE_DEPLOYMENT_FAILED')],
    ['a launched instance', autoScaling('EC2 Instance Launch Successful')],
    ['a terminated instance', autoScaling('EC2 Instance Terminate Successful')],
    ['a failed termination', autoScaling('EC2 Instance Terminate Unsuccessful')],
  ])('takes %s as a change of state', (_, event) => {
    expect(queuesOf(event)).toEqual(['state']);
  });

  it.each<readonly [string, SampleEvent]>([
    ['a Fargate task', task({ launchType: 'FARGATE' })],
    ['a task of another cluster', task({}, 'production-2')],
    ['an instance of another cluster', instance({}, 'prod')],
    ['a service of another cluster', service('SERVICE_TASK_PLACEMENT_FAILURE', 'other')],
    ['a deployment of a cluster whose name begins alike', deployment('SERVICE_DEPLOYMENT_IN_PROGRESS', 'production-2')],
    ['a placed task whose network interface is being made', task({ lastStatus: 'PROVISIONING', ...onInstance })],
    ['a task on its way to running', task({ lastStatus: 'PENDING', ...onInstance })],
    ['a task on its way to its end', task({ lastStatus: 'DEACTIVATING', ...onInstance })],
    ['an instance on which a task started', instance({ version: 1234 })],
    ['a launch hook', autoScaling('EC2 Instance-launch Lifecycle Action')],
    ['an EC2 state change', ec2('EC2 Instance State-change Notification')],
  ])('does not listen to %s', (_, event) => {
    expect(queuesOf(event)).toEqual([]);
  });

  it('hears once of what can change a decision, and of nothing twice', () => {
    const word = (...words: readonly string[]) => fc.constantFrom(...words);
    const tasks = fc
      .record({
        lastStatus: word('PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING', 'DEACTIVATING', 'STOPPING', 'STOPPED'),
        placed: fc.boolean(),
      })
      .map(({ lastStatus, placed }) => ({
        event: task({ lastStatus, ...(placed ? onInstance : {}) }),
        matters: lastStatus === 'RUNNING' || lastStatus === 'STOPPED' || (lastStatus === 'PROVISIONING' && !placed),
      }));
    const instances = fc
      .record({
        status: word('REGISTERING', 'REGISTRATION_FAILED', 'ACTIVE', 'DRAINING', 'DEREGISTERING', 'INACTIVE'),
        version: fc.nat({ max: 20 }),
        agentConnected: fc.boolean(),
      })
      .map((it) => ({
        event: instance(it),
        matters: it.status !== 'ACTIVE' || !it.agentConnected || it.version <= 5,
      }));

    fc.assert(
      fc.property(fc.oneof(tasks, instances), ({ event, matters }) => {
        expect(rulesFor(event)).toHaveLength(matters ? 1 : 0);
      }),
    );
  });

  it('hears of RunTask calls that lacked room where the settings ask for it, each once, and of no other call', () => {
    const runTask = (detail: JsonObject): SampleEvent => ({
      source: 'aws.ecs',
      'detail-type': 'AWS API Call via CloudTrail',
      resources: [],
      detail: { eventName: 'RunTask', ...detail },
    });
    const failures = (...reasons: readonly string[]): SampleEvent =>
      runTask({ responseElements: { tasks: [], failures: reasons.map((reason) => ({ reason })) } });
    const noInstances = runTask({ errorMessage: 'No Container Instances were found in your cluster.' });
    const all = eventRules(['production'], account, true);
    const heard = (event: SampleEvent) => rulesFor(event, all).map((it) => it.queue);

    expect(heard(failures('AGENT', 'RESOURCE:MEMORY'))).toEqual(['urgent']);
    expect(heard(noInstances)).toEqual(['urgent']);
    expect(heard(failures())).toEqual([]);
    expect(heard(failures('AGENT'))).toEqual([]);
    expect(heard(runTask({ errorMessage: 'TaskDefinition is inactive' }))).toEqual([]);
    expect(heard(runTask({ eventName: 'StartTask', errorMessage: 'No Container Instances were found' }))).toEqual([]);
    expect([...queuesOf(failures('RESOURCE:CPU')), ...queuesOf(noInstances)]).toEqual([]);
    expect(new Set(all.map((it) => it.name)).size).toBe(all.length);
  });

  it('has a name for each rule', () => {
    expect(new Set(rules.map((it) => it.name)).size).toBe(rules.length);
  });

  it('spreads many clusters over patterns that EventBridge takes, and still hears of each once', () => {
    const clusters = Array.from({ length: 40 }, (_, n) => `${'long-name-'.repeat(10)}${n}`);

    const many = eventRules(clusters, { partition: 'aws-us-gov', region: 'us-gov-west-1', accountId: '111122223333' });

    expect(Math.max(...many.map((it) => JSON.stringify(it.pattern).length))).toBeLessThanOrEqual(2048);
    expect(new Set(many.map((it) => it.name)).size).toBe(many.length);
    const heard = many
      .filter((it) => it.name.startsWith('TaskState'))
      .flatMap((it) => Object.values<unknown>(it.pattern.detail?.['clusterArn'] ?? []));
    expect(heard).toEqual(clusters.map((it) => `arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/${it}`));
  });
});
