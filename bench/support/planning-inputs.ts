import { nothingAsked } from '../../lib/model/asked-for.ts';
import type { AutoScalingGroup, GroupInstance } from '../../lib/model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import { noMemory } from '../../lib/model/memory.ts';
import type { Service } from '../../lib/model/service.ts';
import { settingsOf } from '../../lib/model/settings.ts';
import type { Task } from '../../lib/model/task.ts';
import type { TaskDefinition } from '../../lib/model/task-definition.ts';
import { minuteMs } from '../../lib/model/time.ts';
import {
  type Consolidation,
  type ConsolidationContext,
  consolidate,
} from '../../lib/planning/consolidation/consolidate.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { launchingOf, supplyOf } from '../../lib/planning/supply.ts';
import { type PlanningInput, type View, viewOf } from '../../lib/planning/view.ts';
import { compileSettings } from '../../lib/settings/compile.ts';
import { type Dice, seededDice } from '../../simulator/kernel/dice.ts';

/** How large a cluster is. */
export interface Size {
  readonly instances: number;
  readonly tasks: number;
  readonly services: number;
}

const now = Date.UTC(2026, 10, 23, 12);
const anHourAgo = now - 60 * minuteMs;
const prefix = 'arn:aws:ecs:eu-west-1:123456789012';
const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
const seed = 1;

const padded = (n: number, digits: number): string => String(n).padStart(digits, '0');
const from = (dice: Dice, values: readonly number[]): number => values[Math.floor(dice.next() * values.length)] ?? 0;
const zoneOf = (n: number): string => zones[n % zones.length] ?? '';

const definitionOf = (n: number, dice: Dice): TaskDefinition => ({
  arn: `${prefix}:task-definition/production-service-${padded(n, 4)}:17`,
  family: `production-service-${padded(n, 4)}`,
  networkMode: 'bridge',
  requirements: {
    cpuUnits: from(dice, [64, 128, 256, 512, 1024]),
    memoryMiB: from(dice, [128, 256, 512, 1024, 2048]),
    hostPorts: [],
    gpus: 0,
    networkInterfaces: 0,
  },
  requiresAttributes: [],
  memberOf: [],
  cpuArchitecture: undefined,
  operatingSystemFamily: undefined,
});

const serviceOf = (definition: TaskDefinition, n: number, desiredCount: number): Service => ({
  arn: `${prefix}:service/production/service-${padded(n, 4)}`,
  name: `service-${padded(n, 4)}`,
  status: 'ACTIVE',
  schedulingStrategy: 'REPLICA',
  deploymentKind: 'rolling',
  taskDefinitionArn: definition.arn,
  desiredCount,
  runningCount: desiredCount,
  pendingCount: 0,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  deployments: [
    {
      id: `ecs-svc/${n}`,
      status: 'PRIMARY',
      taskDefinitionArn: definition.arn,
      desiredCount,
      runningCount: desiredCount,
      pendingCount: 0,
      failedTasks: 0,
      rolloutState: 'COMPLETED',
      createdAt: anHourAgo,
      launchType: 'EC2',
      capacityProviderStrategy: [],
    },
  ],
  taskSets: [],
  placementConstraints: [],
  placementStrategy: [],
  // As services are by default, where nobody says otherwise.
  availabilityZoneRebalancing: true,
  launchType: 'EC2',
  capacityProviderStrategy: [],
});

const memberOf = (it: ContainerInstance, n: number): GroupInstance => ({
  ec2InstanceId: it.ec2InstanceId,
  instanceType: 'm5.4xlarge',
  availabilityZone: zoneOf(n),
  lifecycleState: 'InService',
  healthStatus: 'Healthy',
  protectedFromScaleIn: true,
  launchTemplate: 'lt-1:1',
});

const groupOf = (instances: readonly ContainerInstance[]): AutoScalingGroup => ({
  name: 'production',
  arn: 'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:x:autoScalingGroupName/production',
  cluster: 'production',
  minSize: 0,
  maxSize: 2 * instances.length,
  desiredCapacity: instances.length,
  availabilityZones: zones,
  instanceTypes: ['m5.4xlarge'],
  launchSource: 'lt-1:1',
  launchTemplate: 'lt-1:1',
  newInstancesProtectedFromScaleIn: true,
  suspendedProcesses: [],
  conflicts: [],
  instances: instances.map(memberOf),
});

/** Each task on an instance drawn at random among those with room: part full, some more than others. */
const placed = (
  { instances, tasks }: Size,
  definitions: readonly TaskDefinition[],
  registered: ContainerInstance['registered'],
  dice: Dice,
): { readonly tasks: readonly Task[]; readonly containerInstances: readonly ContainerInstance[] } => {
  const remaining = Array.from({ length: instances }, () => ({ ...registered }));
  const counts = new Array<number>(instances).fill(0);
  const arnOf = (n: number): string => `${prefix}:container-instance/production/${padded(n, 32)}`;
  const all: Task[] = [];
  for (let n = 0; n < tasks; n++) {
    const which = n % definitions.length;
    const definition = definitions[which];
    if (definition === undefined) continue;
    const { cpuUnits, memoryMiB } = definition.requirements;
    let on = Math.floor(dice.next() * instances);
    for (let k = 0; k < instances; k++, on = (on + 1) % instances) {
      const left = remaining[on];
      if (left === undefined || left.cpuUnits < cpuUnits || left.memoryMiB < memoryMiB) continue;
      left.cpuUnits -= cpuUnits;
      left.memoryMiB -= memoryMiB;
      counts[on] = (counts[on] ?? 0) + 1;
      break;
    }
    all.push({
      arn: `${prefix}:task/production/${padded(n, 32)}`,
      taskDefinitionArn: definition.arn,
      group: `service:service-${padded(which, 4)}`,
      startedBy: `ecs-svc/${which}`,
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      containerInstanceArn: arnOf(on),
      capacityProviderName: undefined,
      launchType: 'EC2',
      cpuUnits,
      memoryMiB,
      createdAt: anHourAgo,
      version: 3,
    });
  }
  const containerInstances = remaining.map(
    (left, n): ContainerInstance => ({
      arn: arnOf(n),
      ec2InstanceId: `i-${padded(n, 17)}`,
      status: 'ACTIVE',
      agentConnected: true,
      registeredAt: anHourAgo,
      version: 1,
      registered,
      remaining: left,
      portsInUse: [],
      gpusRemaining: 0,
      runningTasksCount: counts[n] ?? 0,
      pendingTasksCount: 0,
      capacityProviderName: undefined,
      attributes: { 'ecs.instance-type': 'm5.4xlarge', 'ecs.availability-zone': zoneOf(n) },
    }),
  );
  return { tasks: all, containerInstances };
};

/** What of the cluster its tasks use, in whichever resource they use more of. */
const usedShare = 0.6;

/** A cluster at rest, with services that spread over zones and a few tasks that have yet to start. */
export const clusterOf = (size: Size): PlanningInput => {
  const dice = seededDice(seed);
  const definitions = Array.from({ length: size.services }, (_, n) => definitionOf(n, dice));
  const perTask = (part: 'cpuUnits' | 'memoryMiB'): number =>
    definitions.reduce((sum, it) => sum + it.requirements[part], 0) / definitions.length;
  const perInstance = size.tasks / size.instances / usedShare;
  const registered = {
    cpuUnits: Math.ceil(perTask('cpuUnits') * perInstance),
    memoryMiB: Math.ceil(perTask('memoryMiB') * perInstance),
  };
  const { tasks, containerInstances } = placed(size, definitions, registered, dice);
  const running = size.tasks / size.services;
  return {
    cluster: 'production',
    observation: {
      observedAt: now,
      cluster: { name: 'production', arn: `${prefix}:cluster/production`, status: 'ACTIVE', capacityProviders: [] },
      containerInstances,
      tasks,
      tasksOnDraining: {},
      services: definitions.map((it, n) => serviceOf(it, n, running + (n % 20 === 0 ? 1 : 0))),
      taskDefinitions: Object.fromEntries(definitions.map((it) => [it.arn, it])),
      capacityProviders: [],
      surroundings: [],
      taskProtection: {},
      failedActivities: [],
      factsReadAt: now,
      groups: [groupOf(containerInstances)],
      gaps: [],
    },
    memory: noMemory,
    drains: [],
    settings: settingsOf(compileSettings({}), 'production'),
    asked: nothingAsked,
    now,
  };
};

/** Every instance may leave, a tenth of them at once, as a budget of 10 % has it. */
const contextOf = (view: View): ConsolidationContext => {
  const launching = launchingOf(
    view,
    view.observation.groups.map((it) => stateOf(view, it)),
  );
  return {
    candidates: view.observation.containerInstances.flatMap((instance) => {
      const group = view.membershipByEc2Id.get(instance.ec2InstanceId)?.group;
      return group === undefined ? [] : [{ instance, group }];
    }),
    supply: supplyOf(view, launching),
    launching,
    asks: [],
    allowance: ({ desiredCapacity }) => Math.floor(desiredCapacity / 10),
  };
};

/** The same as if it had just been read: what is remembered of lists and tasks that were seen before is of no help. */
export const readAnew = (input: PlanningInput): PlanningInput => {
  const { containerInstances, tasks, services } = input.observation;
  return {
    ...input,
    observation: { ...input.observation, ...structuredClone({ containerInstances, tasks, services }) },
  };
};

/** Prepares the search for instances to empty in the whole cluster; what comes back is the search itself. */
export const consolidationOf = (input: PlanningInput): (() => Consolidation) => {
  const view = viewOf(input);
  const context = contextOf(view);
  return () => consolidate(view, context);
};
