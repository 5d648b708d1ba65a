import { isTerminating } from '../../../lib/model/auto-scaling-group.ts';
import type { Observation } from '../../../lib/model/observation.ts';
import type { LaunchTarget, Service } from '../../../lib/model/service.ts';
import { isWaiting, type Task } from '../../../lib/model/task.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import { chooseProvider } from '../../world/ecs/wants.ts';

/** So many more tasks of one deployment or task set could start now, under ECS's own rules. */
interface Lack {
  readonly startedBy: string;
  readonly taskDefinitionArn: string;
  readonly target: LaunchTarget;
  readonly tasks: number;
}

const ofDeployments = (service: Service, existing: readonly Task[]): readonly Lack[] => {
  // One that has failed its health check is replaced, within the same limits.
  const of = (startedBy: string): number =>
    existing.filter((it) => it.startedBy === startedBy && it.isUnhealthy !== true).length;
  if (service.deploymentKind === 'codeDeploy' || service.deploymentKind === 'external') {
    return service.taskSets
      .filter((it) => it.status !== 'DRAINING')
      .map((it) => ({ ...it, startedBy: it.id, target: it, tasks: it.computedDesiredCount - of(it.id) }));
  }
  if (service.deploymentKind !== 'rolling') {
    return service.deployments
      .filter((it) => it.status !== 'INACTIVE')
      .map((it) => ({ ...it, startedBy: it.id, target: it, tasks: it.desiredCount - of(it.id) }));
  }
  const room = Math.floor((service.desiredCount * service.maximumPercent) / 100) - existing.length;
  return service.deployments
    .filter((it) => it.status === 'PRIMARY')
    .map((it) => ({
      ...it,
      startedBy: it.id,
      target: it,
      tasks: Math.min(service.desiredCount - of(it.id), room),
    }));
};

/** Counts by provider, so that each further task gets the one ECS would choose. */
const providersOf = (tasks: readonly Task[], startedBy: string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { startedBy: by, capacityProviderName: name } of tasks)
    if (by === startedBy && name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

const isEc2 = ({ launchType, capacityProviderStrategy }: LaunchTarget): boolean =>
  capacityProviderStrategy.length > 0 || launchType === undefined || launchType === 'EC2';

/** EC2 instance ids of those that end with what they run: by their group, or as Berth drains them for more than room. */
const endingsOf = ({ observation, drains }: PlanningInput): ReadonlySet<string> =>
  new Set([
    ...observation.groups.flatMap((it) => it.instances.filter(isTerminating)).map((it) => it.ec2InstanceId),
    ...drains.filter((it) => it.cause !== 'empty' && it.state !== 'restoring').map((it) => it.ec2InstanceId),
  ]);

/** What bears on which tasks are started. */
export interface Holding {
  /** Deployments and task sets that ECS holds back, as `SERVICE ARN|ID`. */
  readonly held: ReadonlySet<string>;
  /** Container instances that are DRAINING and that nobody ends: what ECS cannot move off them runs on. */
  readonly onlyDrained: ReadonlySet<string>;
}

export const holdingOf = (input: PlanningInput, held: Holding['held']): Holding => {
  const endings = endingsOf(input);
  const drained = input.observation.containerInstances.filter(
    (it) => it.status === 'DRAINING' && !endings.has(it.ec2InstanceId),
  );
  return { held, onlyDrained: new Set(drained.map((it) => it.arn)) };
};

/**
 * The same, with what is about to end shown as DRAINING: instances that their group is terminating, that Berth drains
 * with what they run, or that are to be replaced. Their tasks need another place, whether ECS shows it yet or not.
 */
export const withEndings = (input: PlanningInput): Observation => {
  const { observation, memory } = input;
  const endings = new Set([...endingsOf(input), ...Object.keys(memory.retiring)]);
  return {
    ...observation,
    containerInstances: observation.containerInstances.map((it) =>
      endings.has(it.ec2InstanceId) && it.status === 'ACTIVE' ? { ...it, status: 'DRAINING' } : it,
    ),
  };
};

/** ECS may neither stop nor start one while all run: a drain alone moves none of them. (ECS developer guide, draining.) */
const isStuck = ({ desiredCount, minimumHealthyPercent, maximumPercent }: Service): boolean =>
  Math.ceil((desiredCount * minimumHealthyPercent) / 100) >= desiredCount &&
  Math.floor((desiredCount * maximumPercent) / 100) <= desiredCount;

/**
 * The tasks that services could start now and have not, as tasks that wait: a service's desired count less what runs or
 * starts outside DRAINING instances, under maximumPercent rounded down. (ECS API, DeploymentConfiguration; DescribeServices.)
 * Without those of deployments that are held back.
 */
export const missingTasks = (observation: Observation, { held, onlyDrained }: Holding): readonly Task[] => {
  const draining = new Set(observation.containerInstances.filter((it) => it.status === 'DRAINING').map((it) => it.arn));
  const byGroup = Map.groupBy(observation.tasks, (it) => it.group);
  return observation.services
    .filter((it) => it.schedulingStrategy === 'REPLICA' && it.status === 'ACTIVE')
    .flatMap((service) => {
      const all = byGroup.get(`service:${service.name}`) ?? [];
      const leaves = ({ containerInstanceArn: on = '' }: Task): boolean =>
        draining.has(on) && !(isStuck(service) && onlyDrained.has(on));
      const existing = all.filter((it) => it.desiredStatus === 'RUNNING' && !leaves(it));
      return ofDeployments(service, existing).flatMap(({ startedBy, taskDefinitionArn, target, tasks }) => {
        if (!isEc2(target) || held.has(`${service.arn}|${startedBy}`)) return [];
        const counts = providersOf(all, startedBy);
        return Array.from({ length: Math.max(0, tasks) }, (_, n): Task => {
          const provider = chooseProvider(target.capacityProviderStrategy, (name) => counts.get(name) ?? 0);
          if (provider !== undefined) counts.set(provider, (counts.get(provider) ?? 0) + 1);
          return {
            arn: `${service.arn}/${startedBy}/missing-${n}`,
            taskDefinitionArn,
            group: `service:${service.name}`,
            startedBy,
            lastStatus: 'PROVISIONING',
            desiredStatus: 'RUNNING',
            containerInstanceArn: undefined,
            capacityProviderName: provider,
            launchType: 'EC2',
            cpuUnits: undefined,
            memoryMiB: undefined,
            createdAt: undefined,
            version: 1,
          };
        });
      });
    });
};

/** Tasks that ECS itself holds in PROVISIONING until there is room, oldest first as far as is known. */
export const heldTasks = (observation: Observation): readonly Task[] =>
  observation.tasks.filter(isWaiting).filter((it) => it.launchType === 'EC2');
