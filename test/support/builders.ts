/** Builders of the nouns with partial overrides: a test names only what it is about. */

import { type AskedFor, nothingAsked } from '../../lib/model/asked-for.ts';
import type { AutoScalingGroup, GroupInstance } from '../../lib/model/auto-scaling-group.ts';
import type { CapacityProvider } from '../../lib/model/capacity-provider.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import { type ClusterMemory, type Drain, noMemory } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { Deployment, Service, TaskSet } from '../../lib/model/service.ts';
import type { ClusterSettings } from '../../lib/model/settings.ts';
import type { Task } from '../../lib/model/task.ts';
import type { Requirements, TaskDefinition } from '../../lib/model/task-definition.ts';
import { minuteMs } from '../../lib/model/time.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';

export const now = Date.UTC(2026, 10, 23, 12);
const prefix = 'arn:aws:ecs:eu-west-1:123456789012';

const requirements = (over: Partial<Requirements> = {}): Requirements => ({
  cpuUnits: 512,
  memoryMiB: 1024,
  hostPorts: [],
  gpus: 0,
  networkInterfaces: 0,
  ...over,
});

const definitionArn = (family: string): string => `${prefix}:task-definition/${family}:1`;

export const taskDefinition = (family: string, over: Partial<Requirements> = {}): TaskDefinition => ({
  arn: definitionArn(family),
  family,
  networkMode: 'bridge',
  requirements: requirements(over),
  requiresAttributes: [],
  memberOf: [],
  cpuArchitecture: undefined,
  operatingSystemFamily: undefined,
});

export const instanceArn = (id: string): string => `${prefix}:container-instance/main/${id}`;

/** A container instance `i-<n>` of 2 vCPU and 7,680 MiB with nothing on it. */
export const instance = (n: number, over: Partial<ContainerInstance> = {}): ContainerInstance => ({
  arn: instanceArn(`${n}`),
  ec2InstanceId: `i-${n}`,
  status: 'ACTIVE',
  agentConnected: true,
  registeredAt: now - 60 * minuteMs,
  version: 1,
  registered: { cpuUnits: 2048, memoryMiB: 7680 },
  remaining: { cpuUnits: 2048, memoryMiB: 7680 },
  portsInUse: [],
  gpusRemaining: 0,
  runningTasksCount: 0,
  pendingTasksCount: 0,
  capacityProviderName: undefined,
  attributes: { 'ecs.instance-type': 'm5.large', 'ecs.availability-zone': 'eu-west-1a' },
  ...over,
});

export const member = (n: number, over: Partial<GroupInstance> = {}): GroupInstance => ({
  ec2InstanceId: `i-${n}`,
  instanceType: 'm5.large',
  availabilityZone: 'eu-west-1a',
  lifecycleState: 'InService',
  healthStatus: 'Healthy',
  protectedFromScaleIn: true,
  launchTemplate: 'lt-1:1',
  ...over,
});

/** A group whose members are in service, desired capacity as many. */
export const group = (members: readonly GroupInstance[], over: Partial<AutoScalingGroup> = {}): AutoScalingGroup => ({
  name: over.name ?? 'web',
  arn: `arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:x:autoScalingGroupName/${over.name ?? 'web'}`,
  cluster: 'main',
  minSize: 0,
  maxSize: 20,
  desiredCapacity: members.length,
  availabilityZones: ['eu-west-1a'],
  instanceTypes: ['m5.large'],
  launchSource: 'lt-1:1',
  launchTemplate: 'lt-1:1',
  newInstancesProtectedFromScaleIn: true,
  suspendedProcesses: [],
  conflicts: [],
  instances: members,
  ...over,
});

export const deployment = (over: Partial<Deployment> = {}): Deployment => ({
  id: 'ecs-svc/1',
  status: 'PRIMARY',
  taskDefinitionArn: definitionArn('api'),
  desiredCount: 1,
  runningCount: 0,
  pendingCount: 0,
  failedTasks: 0,
  rolloutState: 'COMPLETED',
  createdAt: now - 60 * minuteMs,
  launchType: 'EC2',
  capacityProviderStrategy: [],
  ...over,
});

export const taskSet = (over: Partial<TaskSet> = {}): TaskSet => ({
  id: 'ecs-svc/ts1',
  status: 'ACTIVE',
  taskDefinitionArn: definitionArn('api'),
  computedDesiredCount: 1,
  launchType: 'EC2',
  capacityProviderStrategy: [],
  ...over,
});

/** A rolling service named `api` of `desiredCount` tasks; its one deployment wants as many. */
export const service = (desiredCount: number, over: Partial<Service> = {}): Service => ({
  arn: `${prefix}:service/main/${over.name ?? 'api'}`,
  name: 'api',
  status: 'ACTIVE',
  schedulingStrategy: 'REPLICA',
  deploymentKind: 'rolling',
  taskDefinitionArn: definitionArn('api'),
  desiredCount,
  runningCount: 0,
  pendingCount: 0,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  deployments: [deployment({ desiredCount })],
  taskSets: [],
  placementConstraints: [],
  placementStrategy: [],
  availabilityZoneRebalancing: false,
  launchType: 'EC2',
  capacityProviderStrategy: [],
  ...over,
});

/** A running task of service `api` on instance `on` (a number), or waiting where it is undefined. */
export const task = (n: number, on: number | undefined, over: Partial<Task> = {}): Task => ({
  arn: `${prefix}:task/main/${n}`,
  taskDefinitionArn: definitionArn('api'),
  group: 'service:api',
  startedBy: 'ecs-svc/1',
  lastStatus: on === undefined ? 'PROVISIONING' : 'RUNNING',
  desiredStatus: 'RUNNING',
  containerInstanceArn: on === undefined ? undefined : instanceArn(`${on}`),
  capacityProviderName: undefined,
  launchType: 'EC2',
  cpuUnits: undefined,
  memoryMiB: undefined,
  createdAt: now - 10 * minuteMs,
  version: 3,
  ...over,
});

export const provider = (name: string, over: Partial<CapacityProvider> = {}): CapacityProvider => ({
  name,
  autoScalingGroupName: 'web',
  managedScaling: false,
  managedTerminationProtection: false,
  managedDraining: false,
  ...over,
});

export const drain = (n: number, over: Partial<Drain> = {}): Drain => ({
  ec2InstanceId: `i-${n}`,
  containerInstanceArn: instanceArn(`${n}`),
  group: 'web',
  cause: 'empty',
  state: 'draining',
  startedAt: now - minuteMs,
  since: now - minuteMs,
  ...over,
});

export const settings = (over: Partial<ClusterSettings> = {}): ClusterSettings => ({
  mode: 'act',
  quietTimeMs: 2 * minuteMs,
  bootDeadlineMs: 10 * minuteMs,
  maximumOverdue: 2,
  lifecycleHookName: 'berth-drain',
  peakWindowMs: 0,
  consolidation: { enabled: false, threshold: 0.5, settleTimeMs: 2 * minuteMs },
  budgets: [],
  circuitBreakerShare: 0.2,
  drain: {
    deadlineMs: undefined,
    onDeadline: 'abandon',
    endingDeadlineMs: undefined,
    onEndingDeadline: 'abandon',
    daemonGraceMs: 0,
  },
  rotation: { maximumAgeMs: undefined, outdatedLaunchTemplate: false },
  repair: { agentDisconnectedMs: undefined, neverRegistered: false },
  rebalanceRecommendations: false,
  headroom: [],
  caps: { instances: undefined, vcpus: undefined, memoryGiB: undefined, dollarsPerHour: undefined },
  launchesPerHour: 1_000,
  taskQueue: undefined,
  mirror: false,
  groups: {},
  services: {},
  ...over,
});

export const observation = (over: Partial<Observation> = {}): Observation => ({
  observedAt: now,
  cluster: { name: 'main', arn: `${prefix}:cluster/main`, status: 'ACTIVE', capacityProviders: [] },
  containerInstances: [],
  tasks: [],
  tasksOnDraining: {},
  services: [],
  taskDefinitions: Object.fromEntries([taskDefinition('api')].map((it) => [it.arn, it])),
  capacityProviders: [],
  surroundings: [],
  taskProtection: {},
  failedActivities: [],
  factsReadAt: now,
  groups: [],
  gaps: [],
  ...over,
});

export const definitions = (...all: readonly TaskDefinition[]): Observation['taskDefinitions'] =>
  Object.fromEntries(all.map((it) => [it.arn, it]));

/** What `planCluster` takes. */
export const input = (
  seen: Partial<Observation>,
  rest: {
    readonly memory?: Partial<ClusterMemory>;
    readonly drains?: readonly Drain[];
    readonly settings?: Partial<ClusterSettings>;
    readonly asked?: Partial<AskedFor>;
  } = {},
): PlanningInput => ({
  cluster: 'main',
  observation: observation(seen),
  memory: { ...noMemory, ...rest.memory },
  drains: rest.drains ?? [],
  settings: settings(rest.settings),
  asked: { ...nothingAsked, ...rest.asked },
  now: seen.observedAt ?? now,
});
