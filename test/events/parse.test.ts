import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDecisionMessage } from '../../lib/events/decision-message.ts';
import { parseBody, parseEvent } from '../../lib/events/parse.ts';

const clusterArn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/production';

describe('parseEvent', () => {
  it.each([
    [
      'a task state change',
      {
        source: 'aws.ecs',
        'detail-type': 'ECS Task State Change',
        detail: { clusterArn, lastStatus: 'PENDING', group: 'service:api' },
      },
      { kind: 'clusterChanged', cluster: 'production', what: 'task PENDING service:api' },
    ],
    [
      'a container instance state change',
      { source: 'aws.ecs', 'detail-type': 'ECS Container Instance State Change', detail: { clusterArn } },
      { kind: 'clusterChanged', cluster: 'production', what: 'container instance' },
    ],
    [
      'a placement failure',
      {
        source: 'aws.ecs',
        'detail-type': 'ECS Service Action',
        resources: ['x'],
        detail: { clusterArn, eventName: 'SERVICE_TASK_PLACEMENT_FAILURE' },
      },
      { kind: 'placementFailure', cluster: 'production', what: 'ECS Service Action SERVICE_TASK_PLACEMENT_FAILURE' },
    ],
    [
      'a deployment, whose cluster only its service ARN names',
      {
        source: 'aws.ecs',
        'detail-type': 'ECS Deployment State Change',
        resources: ['arn:aws:ecs:eu-west-1:123456789012:service/production/api'],
        detail: { eventName: 'SERVICE_DEPLOYMENT_IN_PROGRESS' },
      },
      {
        kind: 'clusterChanged',
        cluster: 'production',
        what: 'ECS Deployment State Change SERVICE_DEPLOYMENT_IN_PROGRESS',
      },
    ],
    [
      'a termination that waits for hooks',
      {
        source: 'aws.autoscaling',
        'detail-type': 'EC2 Instance-terminate Lifecycle Action',
        detail: { AutoScalingGroupName: 'web', EC2InstanceId: 'i-1' },
      },
      { kind: 'instanceTerminating', group: 'web', ec2InstanceId: 'i-1' },
    ],
    [
      'a launch that failed',
      {
        source: 'aws.autoscaling',
        'detail-type': 'EC2 Instance Launch Unsuccessful',
        detail: { AutoScalingGroupName: 'web' },
      },
      { kind: 'groupChanged', group: 'web', what: 'launch unsuccessful' },
    ],
    [
      'a spot interruption',
      {
        source: 'aws.ec2',
        'detail-type': 'EC2 Spot Instance Interruption Warning',
        detail: { 'instance-id': 'i-1', 'instance-action': 'terminate' },
      },
      { kind: 'spotInterruption', ec2InstanceId: 'i-1' },
    ],
    [
      'a rebalance recommendation',
      {
        source: 'aws.ec2',
        'detail-type': 'EC2 Instance Rebalance Recommendation',
        detail: { 'instance-id': 'i-1' },
      },
      { kind: 'rebalanceRecommended', ec2InstanceId: 'i-1' },
    ],
    [
      'a wake-up of our own',
      { source: 'berth', 'detail-type': 'Berth Wake-Up', detail: { cluster: 'production', reason: 'timer' } },
      { kind: 'wakeUp', cluster: 'production', reason: 'timer' },
    ],
  ])('reads %s', (_, event, trigger) => {
    expect(parseEvent(event)).toEqual(trigger);
  });

  it('passes over a service event whose old ARN names no cluster', () => {
    const event = {
      source: 'aws.ecs',
      'detail-type': 'ECS Service Action',
      resources: ['arn:aws:ecs:eu-west-1:123456789012:service/api'],
      detail: { eventName: 'SERVICE_STEADY_STATE' },
    };

    expect(parseEvent(event).kind).toBe('irrelevant');
  });

  it.each([
    [
      'another source',
      { source: 'custom', 'detail-type': 'ECS Task State Change', detail: { clusterArn } },
      'no rule lets custom/ECS Task State Change through',
    ],
    [
      'a name from the prototype',
      { source: 'constructor', 'detail-type': '', detail: {} },
      'no rule lets constructor/ through',
    ],
    [
      'a missing member, naming it',
      { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail: { lastStatus: 'RUNNING' } },
      'ECS Task State Change: detail.clusterArn: Invalid input: expected string, received undefined',
    ],
    ['no event at all', 7, 'event: Invalid input: expected object, received number'],
  ])('refuses %s', (_, event, problem) => {
    expect(parseEvent(event)).toEqual({ kind: 'unreadable', problem });
  });

  it('never throws, whatever a message holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => typeof parseBody(body).kind === 'string'),
      { numRuns: 1000 },
    );
  });
});

describe('parseDecisionMessage', () => {
  it('reads a request for one of the deployment’s clusters', () => {
    const body = JSON.stringify({ cluster: 'a', generation: 3, reason: 'timer' });

    expect(parseDecisionMessage(body, ['a'])).toEqual({ kind: 'decide', cluster: 'a', reason: 'timer' });
  });

  it.each([
    ['{', 'message: Invalid input: expected object, received undefined'],
    ['{"cluster":"b","generation":1,"reason":"x"}', "cluster b is not one of this deployment's"],
  ])('refuses %s', (body, problem) => {
    expect(parseDecisionMessage(body, ['a'])).toEqual({ kind: 'unreadable', problem });
  });
});
