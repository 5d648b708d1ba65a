import type { Deployment, LaunchTarget, Service } from '../../model/service.ts';
import { taskGroupOf } from '../../model/task.ts';
import { oncePer, oncePerPart } from '../once.ts';
import type { Alike } from '../task-list.ts';
import { isEnding, type View } from '../view.ts';

/** The services that ECS keeps a number of tasks of. */
export const replicaServices = ({ observation }: View): readonly Service[] =>
  observation.services.filter((it) => it.schedulingStrategy === 'REPLICA' && it.status === 'ACTIVE');

/** What one deployment or task set of a service still has to start. */
export interface Missing {
  readonly target: LaunchTarget;
  readonly taskDefinitionArn: string;
  /** The deployment or task set, as its tasks carry it. */
  readonly startedBy: string;
  readonly tasks: number;
  /** Its tasks that run, or start, where they can stay, by the provider they are bound to. */
  readonly staying: ReadonlyMap<string, number>;
}

/** How many tasks there are of a service, or of one of its deployments or task sets. */
interface Tally {
  /** Where they can stay. */
  staying: number;
  /** Of these, how many have not failed a health check. */
  healthy: number;
  /** On instances that are leaving: their replacements need a place, and the room they free is of no use. */
  leaving: number;
  healthyLeaving: number;
  readonly byProvider: Map<string, number>;
}

/** By deployment or task set, and all together. */
interface Standing {
  readonly all: Tally;
  readonly of: (startedBy: string) => Tally;
}

const noTasks = (): Tally => ({ staying: 0, healthy: 0, leaving: 0, healthyLeaving: 0, byProvider: new Map() });

/**
 * Whether the scheduler can neither stop nor start a task of the service while all of them run, so that it moves none
 * off a DRAINING instance: the minimum rounds up, the maximum down. (ECS developer guide, container instance draining.)
 */
const cannotMove = ({ desiredCount, minimumHealthyPercent, maximumPercent }: Service): boolean =>
  Math.ceil((desiredCount * minimumHealthyPercent) / 100) >= desiredCount &&
  Math.floor((desiredCount * maximumPercent) / 100) <= desiredCount;

/** How many tasks are on instances that leave, by their likeness. */
interface Leaving {
  readonly all: Int32Array;
  /** Of these, those on instances that are ended whatever ECS moves off them. */
  readonly ended: Int32Array;
}

const leavingOf = oncePer((view: View): Leaving => {
  const { alike, byInstance } = view.taskList;
  const onlyDrained = view.observation.containerInstances.filter(
    ({ status, ec2InstanceId: id }) =>
      status === 'DRAINING' && !isEnding(view.drainByEc2Id.get(id), view.membershipByEc2Id.get(id)),
  );
  const drained = new Set(onlyDrained.map((it) => it.arn));
  const countOn = (arns: readonly string[]): Int32Array => {
    const counts = new Int32Array(alike.length);
    for (const on of arns.flatMap((it) => byInstance.get(it) ?? []))
      for (const [n, { index }] of on.alike.entries()) counts[index] = (counts[index] ?? 0) + (on.alikeTasks[n] ?? 0);
    return counts;
  };
  const arns = [...view.leavingArns];
  return { all: countOn(arns), ended: countOn(arns.filter((it) => !drained.has(it))) };
});

const addTo = (tally: Tally, { task, tasks }: Alike, leaving: number): void => {
  const staying = tasks - leaving;
  tally.staying += staying;
  tally.leaving += leaving;
  if (task.isUnhealthy !== true) {
    tally.healthy += staying;
    tally.healthyLeaving += leaving;
  }
  const { capacityProviderName: name } = task;
  if (name !== undefined && staying > 0) tally.byProvider.set(name, (tally.byProvider.get(name) ?? 0) + staying);
};

const sum = (tallies: Iterable<Tally>): Tally => {
  const total = noTasks();
  for (const it of tallies) {
    total.staying += it.staying;
    total.healthy += it.healthy;
    total.leaving += it.leaving;
    total.healthyLeaving += it.healthyLeaving;
  }
  return total;
};

const standingOf = oncePerPart((view: View, service: Service): Standing => {
  const { all, ended } = leavingOf(view);
  const leaving = cannotMove(service) ? ended : all;
  const tallies = new Map<string | undefined, Tally>();
  for (const it of view.taskList.byGroup.get(taskGroupOf(service.name))?.alike ?? []) {
    const { desiredStatus, startedBy } = it.task;
    if (desiredStatus !== 'RUNNING') continue;
    const tally = tallies.get(startedBy) ?? noTasks();
    tallies.set(startedBy, tally);
    addTo(tally, it, leaving[it.index] ?? 0);
  }
  return { all: sum(tallies.values()), of: (startedBy) => tallies.get(startedBy) ?? noTasks() };
});

/** Whether its tasks stand on instances that others end, and ECS starts none of them elsewhere before they have stopped. */
export const startsAfterStop = (view: View, service: Service): boolean =>
  cannotMove(service) && standingOf(view, service).all.leaving > 0;

const missing = (
  it: LaunchTarget & { readonly id: string; readonly taskDefinitionArn: string },
  { byProvider }: Tally,
  tasks: number,
): Missing => ({
  target: it,
  taskDefinitionArn: it.taskDefinitionArn,
  startedBy: it.id,
  tasks: Math.max(0, tasks),
  staying: byProvider,
});

/**
 * A deployment that its circuit breaker failed starts no more tasks (ECS API, DeploymentCircuitBreaker); only what runs
 * and has to leave may still be started elsewhere.
 */
const startable = ({ rolloutState }: Deployment, tasks: number, leaving: number): number =>
  rolloutState === 'FAILED' ? Math.min(tasks, leaving) : tasks;

/**
 * Never a sum over deployments: the old one shrinks as the new one grows. RUNNING and PENDING tasks of all of them
 * together stay within maximumPercent, rounded down. An unhealthy task is replaced as by a deployment: the new one
 * starts first where the maximum lets it. (ECS API, DeploymentConfiguration.)
 */
const missingOfRolling = (service: Service, standing: Standing): readonly Missing[] => {
  const primary = service.deployments.find((it) => it.status === 'PRIMARY');
  if (primary === undefined) return [];
  const own = standing.of(primary.id);
  const ceiling = Math.floor((service.desiredCount * service.maximumPercent) / 100);
  const tasks = Math.min(service.desiredCount - own.healthy, ceiling - standing.all.staying);
  return [missing(primary, own, startable(primary, tasks, standing.all.leaving))];
};

/**
 * Green, the PRIMARY deployment, grows to its full count beside blue whatever maximumPercent says, and both may be held
 * there for days (ECS developer guide, blue/green deployments: bake time and pausing hooks). Blue never grows: what it
 * has lost counts while its service has fewer tasks than desired in both together, as do its tasks that have to leave;
 * all that it lacks beyond counts only when green has failed and blue is to stay. So blue's end is no shortage.
 */
const missingOfEachRevision = (service: Service, standing: Standing): readonly Missing[] => {
  const green = service.deployments.find((it) => it.status === 'PRIMARY');
  const blues = service.deployments
    .filter((it) => it.status === 'ACTIVE')
    .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  let short = Math.max(0, service.desiredCount - standing.all.healthy - standing.all.healthyLeaving);
  const lacks: Missing[] = [];
  for (const blue of blues) {
    const own = standing.of(blue.id);
    const all = Math.max(0, blue.desiredCount - own.healthy);
    const tasks = green?.rolloutState === 'FAILED' ? all : Math.min(all, own.leaving + short);
    short -= Math.max(0, Math.min(short, tasks - own.leaving));
    lacks.push(missing(blue, own, tasks));
  }
  if (green === undefined) return lacks;
  const own = standing.of(green.id);
  return [missing(green, own, startable(green, green.desiredCount - own.healthy, own.leaving)), ...lacks];
};

/** For CODE_DEPLOY and EXTERNAL the task sets alone say how many should run. (ECS API, TaskSet.) */
const missingOfTaskSets = ({ taskSets }: Service, standing: Standing): readonly Missing[] =>
  taskSets
    .filter((it) => it.status !== 'DRAINING')
    .map((it) => {
      const own = standing.of(it.id);
      return missing(it, own, it.computedDesiredCount - own.healthy);
    });

/** What a service could start now and has not, counted as its kind of deployment has it. */
export const missingOf = oncePerPart((view: View, service: Service): readonly Missing[] => {
  const standing = standingOf(view, service);
  switch (service.deploymentKind) {
    case 'rolling':
      return missingOfRolling(service, standing);
    case 'blueGreen':
    case 'linear':
    case 'canary':
      return missingOfEachRevision(service, standing);
    case 'codeDeploy':
    case 'external':
      return missingOfTaskSets(service, standing);
  }
});

/** Whether what a service lacks may not be wanted any more: it is unsettled, and none of its tasks has to leave. */
export const isUncertain = (view: View, service: Service): boolean =>
  service.isUnsettled === true && standingOf(view, service).all.leaving === 0;

/** Where and of which task definition a service starts tasks from now on; its own where no deployment says. */
export const currentOf = (service: Service): Omit<Missing, 'staying' | 'tasks'> => {
  const { deployments, taskSets } = service;
  const isSets = service.deploymentKind === 'codeDeploy' || service.deploymentKind === 'external';
  const primary = (isSets ? taskSets : deployments).find((it) => it.status === 'PRIMARY');
  return {
    target: primary ?? service,
    taskDefinitionArn: primary?.taskDefinitionArn ?? service.taskDefinitionArn,
    startedBy: primary?.id ?? '',
  };
};
