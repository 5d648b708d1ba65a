/** Answers of ECS and Auto Scaling as they come over the wire, cut down to what matters here. */
import type { JsonObject } from './loopback-aws.ts';

const prefix = 'arn:aws:ecs:eu-west-1:123456789012';
export const instanceArn = (id: string): string => `${prefix}:container-instance/prod/${id}`;
export const taskArn = (id: string): string => `${prefix}:task/prod/${id}`;
export const serviceArn = (name: string): string => `${prefix}:service/prod/${name}`;
export const definitionArn = (name: string): string => `${prefix}:task-definition/${name}:1`;

const integer = (name: string, integerValue: number) => ({
  name,
  type: 'INTEGER',
  doubleValue: 0,
  longValue: 0,
  integerValue,
});

const stringSet = (name: string, stringSetValue: readonly string[]) => ({
  name,
  type: 'STRINGSET',
  doubleValue: 0,
  longValue: 0,
  integerValue: 0,
  stringSetValue,
});

export const containerInstance = (id: string, over: JsonObject = {}): JsonObject => ({
  containerInstanceArn: instanceArn(id),
  ec2InstanceId: `i-${id}`,
  status: 'ACTIVE',
  agentConnected: true,
  registeredAt: 1_700_000_000.5,
  version: 7,
  registeredResources: [integer('CPU', 2048), integer('MEMORY', 7685), stringSet('PORTS', ['22', '51678'])],
  remainingResources: [
    integer('CPU', 1024),
    integer('MEMORY', 6661),
    stringSet('PORTS', ['22', '51678', '8080']),
    stringSet('PORTS_UDP', ['514']),
    stringSet('GPU', ['gpu-1', 'gpu-2']),
  ],
  runningTasksCount: 1,
  pendingTasksCount: 0,
  capacityProviderName: 'workers',
  attributes: [
    { name: 'ecs.instance-type', value: 'm5.large' },
    { name: 'com.amazonaws.ecs.capability.logging-driver.awslogs' },
  ],
  ...over,
});

export const task = (id: string, over: JsonObject = {}): JsonObject => ({
  taskArn: taskArn(id),
  taskDefinitionArn: definitionArn('web'),
  group: 'service:web',
  startedBy: 'ecs-svc/1',
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  containerInstanceArn: instanceArn('1'),
  launchType: 'EC2',
  cpu: '256',
  memory: '512',
  createdAt: 1_700_000_001,
  version: 3,
  ...over,
});

export const service = (name: string, over: JsonObject = {}): JsonObject => ({
  serviceArn: serviceArn(name),
  serviceName: name,
  status: 'ACTIVE',
  schedulingStrategy: 'REPLICA',
  launchType: 'EC2',
  taskDefinition: definitionArn(name),
  desiredCount: 2,
  runningCount: 1,
  pendingCount: 1,
  deploymentConfiguration: { maximumPercent: 150, minimumHealthyPercent: 50, strategy: 'ROLLING' },
  deployments: [
    {
      id: 'ecs-svc/1',
      status: 'PRIMARY',
      taskDefinition: definitionArn(name),
      desiredCount: 2,
      runningCount: 1,
      pendingCount: 1,
      failedTasks: 0,
      rolloutState: 'IN_PROGRESS',
      createdAt: 1_700_000_002,
      launchType: 'EC2',
    },
  ],
  placementConstraints: [{ type: 'distinctInstance' }, { type: 'memberOf', expression: 'attribute:a == b' }],
  placementStrategy: [{ type: 'spread', field: 'attribute:ecs.availability-zone' }],
  availabilityZoneRebalancing: 'ENABLED',
  ...over,
});

export const group = (name: string, over: JsonObject = {}): JsonObject => ({
  AutoScalingGroupName: name,
  AutoScalingGroupARN: `arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:u:autoScalingGroupName/${name}`,
  LaunchTemplate: { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'workers', Version: '3' },
  MinSize: 0,
  MaxSize: 10,
  DesiredCapacity: 1,
  AvailabilityZones: ['eu-west-1a', 'eu-west-1b'],
  Instances: [
    {
      InstanceId: 'i-1',
      InstanceType: 'm5.large',
      AvailabilityZone: 'eu-west-1a',
      LifecycleState: 'InService',
      HealthStatus: 'Healthy',
      ProtectedFromScaleIn: true,
    },
  ],
  NewInstancesProtectedFromScaleIn: true,
  Tags: [{ Key: 'berth:cluster', Value: 'prod', ResourceId: name, PropagateAtLaunch: false }],
  ...over,
});

/** `count` names beginning with `start`, as the pages of a listing: 100 a page. */
export const pages =
  (key: string, items: readonly string[]) =>
  (input: JsonObject): JsonObject => {
    const from = Number(input['nextToken'] ?? 0);
    const next = from + 100;
    return { [key]: items.slice(from, next), nextToken: next < items.length ? String(next) : null };
  };

export const numbered = (count: number, name: (n: string) => string): readonly string[] =>
  Array.from({ length: count }, (_, n) => name(String(n)));
