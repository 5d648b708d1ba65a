import { isTerminating } from '../../../lib/model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../../lib/model/container-instance.ts';
import { type Drain, isEndedByOthers } from '../../../lib/model/memory.ts';
import type { Observation } from '../../../lib/model/observation.ts';
import { serviceNameOf, type Task } from '../../../lib/model/task.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import { needOf } from './placing.ts';
import { type PlanLaw, type Planned, stepsOf } from './plan-check.ts';

/** Two looks at least this far apart: reads of ECS may lag behind its writes (ECS API reference, eventual consistency). */
const looksApartMs = 10_000;

/** EC2 takes a spot instance two minutes after its warning (EC2 user guide): so long after it nothing is lost by leaving. */
const spotIsOverMs = 90_000;

const isDaemonTask = ({ services }: Observation, task: Task): boolean =>
  services.some((it) => it.schedulingStrategy === 'DAEMON' && it.name === serviceNameOf(task));

/** Whether what the instance has left and what these tasks take is all that it registered. */
const addsUp = (observation: Observation, { registered, remaining }: ContainerInstance, tasks: readonly Task[]) => {
  const needs = tasks.map((it) => needOf(observation, it));
  const taken = (of: 'cpuUnits' | 'memoryMiB'): number => needs.reduce((sum, it) => sum + (it?.[of] ?? 0), 0);
  return (
    needs.every((it) => it !== undefined) &&
    remaining.cpuUnits + taken('cpuUnits') === registered.cpuUnits &&
    remaining.memoryMiB + taken('memoryMiB') === registered.memoryMiB
  );
};

/** DRAINING, nothing but daemons by its task list and by ECS's account, and not for the first time. */
const isProvenEmpty = (
  { observation, now }: PlanningInput,
  it: ContainerInstance,
  drain: Drain | undefined,
): boolean => {
  const tasks = observation.tasksOnDraining[it.arn];
  const looksEmpty =
    it.status === 'DRAINING' &&
    tasks?.every((task) => isDaemonTask(observation, task)) === true &&
    addsUp(observation, it, tasks);
  const seenBefore =
    drain?.state === 'terminating' || (drain?.state === 'emptied' && now - drain.since >= looksApartMs);
  return looksEmpty && seenBefore;
};

/** No agent for as long as the settings bear, and nothing on it that nobody starts again. */
const isLost = ({ observation, memory, settings, now }: PlanningInput, it: ContainerInstance): boolean => {
  const since = memory.disconnectedSince[it.ec2InstanceId];
  const limit = settings.repair.agentDisconnectedMs;
  const tasks = observation.tasks.filter((task) => task.containerInstanceArn === it.arn);
  return (
    !it.agentConnected &&
    since !== undefined &&
    limit !== undefined &&
    now - since >= limit &&
    tasks.every((task) => serviceNameOf(task) !== undefined && observation.taskProtection[task.arn] !== true)
  );
};

/** Past its deadline, and the settings say that it goes all the same; a hook's rule counts where one holds it. */
const isForcedBySettings = ({ observation, settings, now }: PlanningInput, id: string, drain: Drain): boolean => {
  const { onDeadline, onEndingDeadline, endingDeadlineMs } = settings.drain;
  const isOver = drain.deadlineAt !== undefined && now >= drain.deadlineAt;
  if (isEndedByOthers(drain.cause)) return isOver && onEndingDeadline === 'proceed';
  const isHeld = observation.groups.some((group) =>
    group.instances.some((it) => it.ec2InstanceId === id && isTerminating(it)),
  );
  const isHeldTooLong = isHeld && endingDeadlineMs !== undefined && now - drain.since >= endingDeadlineMs;
  return (isOver && onDeadline === 'proceed') || (isHeldTooLong && onEndingDeadline === 'proceed');
};

type Standing = 'empty' | 'forced' | 'neither';

const standingOf = (input: PlanningInput, id: string): Standing => {
  const it = input.observation.containerInstances.find((one) => one.ec2InstanceId === id);
  if (it === undefined) return 'empty'; // nothing runs on what is not registered
  const drain = input.drains.find((one) => one.ec2InstanceId === id);
  if (isProvenEmpty(input, it, drain)) return 'empty';
  const isSpotOver = drain?.cause === 'spotInterruption' && input.now - drain.startedAt >= spotIsOverMs;
  const isForced = isSpotOver || isLost(input, it) || (drain !== undefined && isForcedBySettings(input, id, drain));
  return isForced ? 'forced' : 'neither';
};

const ended = ({
  input,
  plan,
}: Planned): readonly { readonly id: string; readonly how: string; readonly is: Standing }[] =>
  (['terminateInstances', 'completeLifecycleActions', 'deregisterInstances'] as const).flatMap((kind) =>
    stepsOf(plan, kind).flatMap((step) =>
      step.instances.map(({ ec2InstanceId: id }) => ({ id, how: kind, is: standingOf(input, id) })),
    ),
  );

/** EC2 instance ids that a plan ends with what they run, and may: EC2 takes them anyway, they are lost, or the settings say so. */
export const forcedOut = (planned: Planned): readonly string[] =>
  ended(planned)
    .filter((it) => it.is === 'forced')
    .map((it) => it.id);

/**
 * Law 2 on plans: what is terminated, let go or taken off ECS's books is proven empty, or it has to go whatever it holds:
 * a spot instance in the last seconds of its warning, one whose agent is lost for good, or, past a drain's deadline,
 * because the settings say `proceed`.
 */
export const provenEmpty: PlanLaw = (planned, report) => {
  for (const { id, how, is } of ended(planned))
    if (is === 'neither') report(`${how} names ${id}, which is not proven empty`);
};
