import { describe, expect, it } from '@jest/globals';
import { countsTowardsDesired, type GroupInstance, type LifecycleState } from '../lib/model/auto-scaling-group.ts';
import { isWaiting, serviceNameOf, type Task } from '../lib/model/task.ts';

const task = (over: Partial<Task>): Task => ({
  arn: 'arn:aws:ecs:eu-west-1:123456789012:task/c/1',
  taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1',
  group: 'service:web',
  startedBy: 'ecs-svc/1',
  lastStatus: 'PROVISIONING',
  desiredStatus: 'RUNNING',
  containerInstanceArn: undefined,
  capacityProviderName: undefined,
  launchType: 'EC2',
  cpuUnits: undefined,
  memoryMiB: undefined,
  createdAt: 0,
  version: 1,
  ...over,
});

describe('isWaiting', () => {
  it('counts a task in PROVISIONING without a container instance', () => {
    expect(isWaiting(task({}))).toBe(true);
  });

  it('leaves out a placed awsvpc task whose interface is being made', () => {
    expect(isWaiting(task({ containerInstanceArn: 'arn:ci' }))).toBe(false);
  });
});

describe('serviceNameOf', () => {
  it('knows a standalone task from one of a service', () => {
    expect(serviceNameOf(task({}))).toBe('web');
    expect(serviceNameOf(task({ group: 'family:web' }))).toBeUndefined();
  });
});

describe('countsTowardsDesired', () => {
  const member = (lifecycleState: LifecycleState): GroupInstance => ({
    ec2InstanceId: 'i-1',
    instanceType: 'm5.large',
    availabilityZone: 'eu-west-1a',
    lifecycleState,
    healthStatus: 'Healthy',
    protectedFromScaleIn: false,
    launchTemplate: undefined,
  });

  it.each<[LifecycleState, boolean]>([
    ['Pending', true],
    ['InService', true],
    ['Standby', false],
    ['Terminating:Wait', false],
    ['Warmed:Stopped', false],
    ['Detaching', false],
  ])('%s: %s', (state, counts) => {
    expect(countsTowardsDesired(member(state))).toBe(counts);
  });
});
