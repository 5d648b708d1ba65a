import { type Drain, isEndedByOthers } from '../model/memory.ts';
import type { Service } from '../model/service.ts';
import { serviceNameOf, type Task } from '../model/task.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import { oncePer } from './once.ts';
import { serviceOf } from './services.ts';
import { countByGroup } from './task-list.ts';
import { type View } from './view.ts';
import { withoutDaemons } from './work.ts';

/** Until a new task runs and answers: pulling its image, starting, the first health checks. */
const startMs = 40 * secondMs;
const healthyMs = 120 * secondMs;

/** For so long a load balancer lets requests in flight end (Elastic Load Balancing's default deregistration delay). */
const deregistrationMs = 300 * secondMs;

/** The agent's default for ECS_CONTAINER_STOP_TIMEOUT. */
const defaultStopMs = 30 * secondMs;

const marginMs = 2 * minuteMs;
const leastMs = 10 * minuteMs;
const mostMs = 120 * minuteMs;

/** How long a task may take from being told to stop to being killed. */
export const stopTimeoutOf = (view: View, { taskDefinitionArn }: Task): number =>
  view.observation.taskDefinitions[taskDefinitionArn]?.stopTimeoutMs ?? defaultStopMs;

/** What runs on an instance that leaves, stopping tasks included where they were read, daemons left out. */
export const workLeftOn = (view: View, containerInstanceArn: string): readonly Task[] =>
  withoutDaemons(
    view,
    view.observation.tasksOnDraining[containerInstanceArn] ?? view.tasksByInstance.get(containerInstanceArn) ?? [],
  );

const replacementMs = (service: Service | undefined): number => {
  const graceMs = service?.healthCheckGraceMs ?? 0;
  return service?.hasLoadBalancer === true || graceMs > 0 ? healthyMs + graceMs : startMs;
};

/** From its replacement's start to the end of one task. */
const moveMs = (view: View, task: Task, service: Service | undefined): number =>
  replacementMs(service) + (service?.hasLoadBalancer === true ? deregistrationMs : 0) + stopTimeoutOf(view, task);

/**
 * How many tasks of a service ECS moves at once: as many as it may start above the desired count, plus as many as it
 * may stop below it; the ceiling rounds down, the floor up (ECS developer guide, container instance draining).
 */
const movedAtOnce = ({ desiredCount, minimumHealthyPercent, maximumPercent }: Service): number => {
  const above = Math.floor((desiredCount * maximumPercent) / 100) - desiredCount;
  const below = desiredCount - Math.ceil((desiredCount * minimumHealthyPercent) / 100);
  return Math.max(1, above + below);
};

/** How many tasks of each group run on instances that leave: those of a service share what ECS may move at once. */
const leavingByGroup = oncePer((view: View): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const arn of view.leavingArns)
    for (const [group, tasks] of countByGroup(view.taskList.byInstance.get(arn)))
      counts.set(group, (counts.get(group) ?? 0) + tasks);
  return counts;
});

/** The tasks of one service here: in waves of what ECS may move at once, each as long as its longest. */
const wavesMs = (view: View, tasks: readonly Task[], isLeaving: boolean): number => {
  const [first] = tasks;
  if (first === undefined) return 0;
  const service = serviceNameOf(first) === undefined ? undefined : serviceOf(view, first);
  const longest = Math.max(...tasks.map((it) => moveMs(view, it, service)));
  if (service === undefined) return longest;
  const elsewhere = (leavingByGroup(view).get(first.group ?? '') ?? 0) - (isLeaving ? tasks.length : 0);
  return Math.ceil((tasks.length + Math.max(0, elsewhere)) / movedAtOnce(service)) * longest;
};

/** How long what runs there should need to leave; the slowest service counts. */
export const emptyingMs = (view: View, containerInstanceArn: string): number => {
  const isLeaving = view.leavingArns.has(containerInstanceArn);
  const groups = Map.groupBy(workLeftOn(view, containerInstanceArn), (it) => it.group);
  return Math.max(0, ...[...groups.values()].map((tasks) => wavesMs(view, tasks, isLeaving)));
};

/**
 * How long what runs there should need to leave: the slowest service counts, services move side by side.
 *
 *     waves × (start and health checks + deregistration delay behind a load balancer + stopTimeout) + 2 min
 *
 * where waves = ⌈tasks of the service that leave ÷ tasks ECS may move at once⌉; at least 10 min, at most 2 h, unless a
 * stopTimeout alone is longer.
 */
const neededMs = (view: View, containerInstanceArn: string): number => {
  const work = workLeftOn(view, containerInstanceArn);
  const longestStop = Math.max(0, ...work.map((it) => stopTimeoutOf(view, it)));
  const most = Math.max(mostMs, longestStop + marginMs);
  return Math.min(most, Math.max(leastMs, emptyingMs(view, containerInstanceArn) + marginMs));
};

/** When a drain is to be over. Of endings by others only the settings tell: nobody asked Berth for their instances. */
export const deadlineFor = (view: View, drain: Drain): EpochMs | undefined => {
  const { deadlineMs, endingDeadlineMs } = view.settings.drain;
  if (isEndedByOthers(drain.cause))
    return endingDeadlineMs === undefined ? undefined : drain.startedAt + endingDeadlineMs;
  return drain.startedAt + (deadlineMs ?? neededMs(view, drain.containerInstanceArn));
};
