import { type AutoScalingGroup, countsTowardsDesired } from '../model/auto-scaling-group.ts';
import type { ContainerInstance, ContainerInstanceStatus } from '../model/container-instance.ts';
import { isEndedByOthers } from '../model/memory.ts';
import type { Gap } from '../model/observation.ts';
import type {
  CompleteLifecycleActions,
  DeregisterInstances,
  DrainInstances,
  LaunchInstances,
  Plan,
  RecordHeartbeats,
  RestoreInstances,
  SetGroupDesiredCapacity,
  SetServiceDesiredCount,
  Step,
  StepInstance,
  StepOutcome,
  StopTasks,
  TerminateInstances,
} from '../model/plan.ts';
import { isDeploying } from '../planning/counts/standing.ts';
import type { ClusterWriter } from '../ports/cluster-api.ts';
import type { GroupWriter } from '../ports/group-api.ts';
import type { ItemOutcome } from '../ports/reading.ts';
import { type Checked, checkEach, checkUnregistered, protectedAmong } from './check-again.ts';
import { type Mark, writeMarks } from './marks.ts';
import type { Observers } from './observe.ts';

/** What a plan is carried out through. */
export interface Actuators extends Observers {
  readonly clusterWriter: ClusterWriter;
  readonly groupWriter: GroupWriter;
}

/** What came of a step, and the marks that its container instances are to carry now. */
interface Applied extends StepOutcome {
  readonly marks?: readonly Mark[];
}

/**
 * Carries out a plan in order and reports what became of each step. Each destructive step first re-reads what it
 * names and drops what has changed since the plan was made. A failed step does not stop the rest: the next look
 * observes the cluster afresh, so half a plan is safe, silence is not. Marks come last: nobody waits for a courtesy.
 */
export const applyPlan = async (plan: Plan, act: Actuators): Promise<readonly StepOutcome[]> => {
  const outcomes: StepOutcome[] = [];
  const due: Mark[] = [...takenBack(plan)];
  for (const step of plan.steps) {
    const { marks = [], ...outcome } = await applyStep(plan.cluster, afterLaunches(step, outcomes), act);
    outcomes.push({ ...outcome, step });
    due.push(...marks);
  }
  await writeMarks(plan.cluster, due, act.clusterWriter);
  return outcomes;
};

/** How many instances a step has launched. */
const launchedBy = ({ step, result, notLaunched: left }: StepOutcome): number => {
  if (step.kind !== 'launchInstances' || result === 'dropped') return 0;
  return result === 'done' ? step.count : step.count - (left?.instances ?? step.count);
};

/** A group that is launched in zone by zone has grown by what came in the zones before, which a read may not show yet. */
const afterLaunches = (step: Step, outcomes: readonly StepOutcome[]): Step => {
  if (step.kind !== 'launchInstances') return step;
  const sizes = [step.from];
  for (const it of outcomes)
    if (it.step.kind === 'launchInstances' && it.step.group === step.group)
      sizes.push((sizes.at(-1) ?? step.from) + launchedBy(it));
  return { ...step, from: sizes.at(-1) ?? step.from, maySeem: [...(step.maySeem ?? []), ...sizes] };
};

/** Marks are taken away once more where a drain ends by ACTIVE showing: the call that asked for it may have been the last. */
const takenBack = ({ endedDrains }: Plan): readonly Mark[] =>
  endedDrains.filter((it) => it.state === 'restoring').map((it) => ({ arn: it.containerInstanceArn, mark: undefined }));

const applyStep = (cluster: string, step: Step, act: Actuators): Promise<Applied> => {
  switch (step.kind) {
    case 'setGroupDesiredCapacity':
      return setGroupDesiredCapacity(step, act);
    case 'setServiceDesiredCount':
      return setServiceDesiredCount(cluster, step, act);
    case 'launchInstances':
      return launchInstances(step, act);
    case 'drainInstances':
      return drainInstances(cluster, step, act);
    case 'restoreInstances':
      return restoreInstances(cluster, step, act);
    case 'terminateInstances':
      return terminateInstances(cluster, step, act);
    case 'completeLifecycleActions':
      return completeLifecycleActions(step, act);
    case 'recordHeartbeats':
      return recordHeartbeats(step, act);
    case 'stopTasks':
      return stopTasks(cluster, step, act);
    case 'deregisterInstances':
      return deregisterInstances(cluster, step, act);
  }
};

const dropped = (step: Step, detail: string): StepOutcome => ({ step, result: 'dropped', detail });

const failed = (step: Step, detail: string): StepOutcome => ({ step, result: 'failed', detail });

/** Done where every resource is done, gone ones included; else the step failed and says which and why. */
const outcomeOf = (step: Step, items: readonly ItemOutcome[], left: readonly string[] = []): StepOutcome => {
  const undone = items.filter((it) => it.result === 'failed' || it.result === 'busy');
  if (undone.length > 0) return failed(step, undone.map((it) => `${it.id}: ${it.detail ?? it.result}`).join('; '));
  return { step, result: 'done', detail: left.length === 0 ? undefined : `left out: ${left.join('; ')}` };
};

/** The marks of container instances whose change was done. */
const marksOf = (items: readonly ItemOutcome[], mark: Mark['mark']): readonly Mark[] =>
  items.filter((it) => it.result === 'done').map((it) => ({ arn: it.id, mark }));

const ec2IdsOf = (instances: readonly StepInstance[]): readonly string[] => instances.map((it) => it.ec2InstanceId);

const arnsOf = (instances: readonly StepInstance[]): readonly string[] =>
  instances.map((it) => it.containerInstanceArn);

const whyNone = (name: string, gaps: readonly Gap[]): string =>
  gaps[0]?.detail ?? `${name} is gone or no longer opted in`;

const problemOf = (
  group: AutoScalingGroup | undefined,
  reasonForNone: string,
  from: number,
  to: number,
): string | undefined => {
  if (group === undefined) return reasonForNone;
  const { desiredCapacity, minSize, maxSize } = group;
  if (desiredCapacity !== from)
    return `desired capacity is ${desiredCapacity} by now, not ${from}: somebody changed it`;
  if (to > maxSize || to < minSize) return `${to} is outside ${minSize} to ${maxSize} by now`;
  return to < from ? reasonNotToShrink(group, to) : undefined;
};

/**
 * A desired capacity below what a group has makes the group choose a victim: it is lowered only by what the group
 * lacks, and only where scale-in protection forbids every choice, should an instance turn up meanwhile.
 */
const reasonNotToShrink = ({ instances }: AutoScalingGroup, to: number): string | undefined => {
  const there = instances.filter(countsTowardsDesired);
  if (there.length > to) return `it has ${there.length} instances by now, and would terminate some at ${to}`;
  const unprotected = there.filter((it) => it.lifecycleState === 'InService' && !it.protectedFromScaleIn);
  return unprotected.length === 0
    ? undefined
    : `${ec2IdsIn(unprotected)} could be terminated: not protected from scale-in`;
};

const ec2IdsIn = (members: readonly { readonly ec2InstanceId: string }[]): string =>
  members.map((it) => it.ec2InstanceId).join(', ');

/** A read that shows the size before Berth's own last change of it shows nobody else's. */
const asMeant = (group: AutoScalingGroup | undefined, { from, maySeem }: SetGroupDesiredCapacity | LaunchInstances) =>
  group !== undefined && maySeem?.includes(group.desiredCapacity) === true
    ? { ...group, desiredCapacity: from }
    : group;

/**
 * SetDesiredCapacity is absolute and has no compare-and-set, so the last read before it is as late as possible. A group
 * that has the size already was given it by a decision before, whose call a read did not show yet: nothing is left to do,
 * and nothing to look at again.
 */
const setGroupDesiredCapacity = async (step: SetGroupDesiredCapacity, act: Actuators): Promise<StepOutcome> => {
  const { items, gaps } = await act.groups.groupsByName([step.group]);
  const [group] = items;
  if (group?.desiredCapacity === step.to && step.maySeem?.includes(step.to) !== true)
    return { step, result: 'done', detail: `desired capacity is ${step.to} already` };
  const problem = problemOf(asMeant(group, step), whyNone(step.group, gaps), step.from, step.to);
  if (problem !== undefined) return dropped(step, problem);
  return outcomeOf(step, [await act.groupWriter.setDesiredCapacity(step.group, step.to)]);
};

const notLaunched = (step: LaunchInstances, instances: number, cause: string, detail = cause): StepOutcome => ({
  ...failed(step, detail),
  notLaunched: { instances, cause },
});

/** Fewer than were asked for is a failure that says why; those that came are found by the next look. */
const launchInstances = async (step: LaunchInstances, act: Actuators): Promise<StepOutcome> => {
  const { items, gaps } = await act.groups.groupsByName([step.group]);
  const to = step.from + step.count;
  const problem = problemOf(asMeant(items[0], step), whyNone(step.group, gaps), step.from, to);
  if (problem !== undefined) return dropped(step, problem);
  const { group, count, availabilityZone, clientToken } = step;
  const launch = await act.groupWriter.launchInstances({ group, count, availabilityZone, clientToken });
  switch (launch.kind) {
    case 'launched': {
      const ids = launch.ec2InstanceIds;
      if (launch.missing !== undefined)
        return notLaunched(
          step,
          count - ids.length,
          launch.missing,
          `${ids.length} of ${count} came: ${launch.missing}`,
        );
      return { step, result: 'done', detail: `launched ${ids.join(', ')}` };
    }
    case 'noCapacity':
      return notLaunched(step, count, launch.cause);
    case 'failed':
      return failed(step, launch.detail);
  }
};

const changeSince = (planned: StepInstance, now: ContainerInstance, status: ContainerInstanceStatus) => {
  if (now.status !== status) return `is ${now.status} by now`;
  return now.version === planned.version ? undefined : 'has changed since the plan was made';
};

/**
 * UpdateService sets the count whoever changed it meanwhile, so the service is read once more: what somebody set is left,
 * and a deployment that began is not scaled in.
 */
const setServiceDesiredCount = async (
  cluster: string,
  step: SetServiceDesiredCount,
  act: Actuators,
): Promise<StepOutcome> => {
  const { service: name, from, to } = step;
  const { items, gaps } = await act.cluster.servicesByName(cluster, [name]);
  const [service] = items;
  if (service === undefined) return dropped(step, gaps[0]?.detail ?? `${name} was not found`);
  if (service.desiredCount === to) return { step, result: 'done', detail: `desired count is ${to} already` };
  if (service.desiredCount !== from)
    return dropped(step, `desired count is ${service.desiredCount} by now, not ${from}: somebody changed it`);
  if (to < from && isDeploying(service)) return dropped(step, 'a deployment began');
  return outcomeOf(step, [await act.clusterWriter.setServiceDesiredCount(cluster, name, to)]);
};

/** A container instance must still be in `status` and at the version that the plan was made from. */
const unchangedIn =
  (status: ContainerInstanceStatus) =>
  (planned: StepInstance, now: ContainerInstance | undefined): string | undefined =>
    now === undefined ? 'was not found' : changeSince(planned, now, status);

const stillActive = (_: StepInstance, now: ContainerInstance | undefined): string | undefined => {
  if (now === undefined) return 'was not found';
  return now.status === 'ACTIVE' ? undefined : `is ${now.status} by now`;
};

/**
 * ECS raises an instance's version with every task that comes or goes. One that is empty must be at the version it was
 * at, for the task that came is work. One that runs tasks must only still be ACTIVE, and run none protected by now:
 * where its tasks go is ECS's to find, and a task fewer needs no place.
 */
const checkBeforeDrain = async (cluster: string, step: DrainInstances, act: Actuators): Promise<Checked> => {
  const { cause, instances } = step;
  if (cause === 'empty') return checkEach(cluster, instances, unchangedIn('ACTIVE'), act.cluster);
  const { still, left } = await checkEach(cluster, instances, stillActive, act.cluster);
  if (isEndedByOthers(cause)) return { still, left };
  const kept = await protectedAmong(cluster, still, act.cluster);
  return { still: kept.still, left: [...left, ...kept.left] };
};

const drainInstances = async (cluster: string, step: DrainInstances, act: Actuators): Promise<Applied> => {
  const { still, left } = await checkBeforeDrain(cluster, step, act);
  if (still.length === 0) return dropped(step, left.join('; '));
  const items = await act.clusterWriter.setContainerInstancesState(cluster, arnsOf(still), 'DRAINING');
  return { ...outcomeOf(step, items, left), marks: marksOf(items, step.cause) };
};

/** Making an instance ACTIVE destroys nothing: no second look is needed. */
const restoreInstances = async (cluster: string, step: RestoreInstances, act: Actuators): Promise<Applied> => {
  const items = await act.clusterWriter.setContainerInstancesState(cluster, arnsOf(step.instances), 'ACTIVE');
  return { ...outcomeOf(step, items), marks: marksOf(items, undefined) };
};

/** Whatever it has come to hold, and gone from ECS or not; but one that is ACTIVE now was taken back by somebody. */
const notTakenBack = (_: StepInstance, now: ContainerInstance | undefined): string | undefined =>
  now?.status === 'ACTIVE' ? 'is ACTIVE by now' : undefined;

const beforeTermination = (planned: StepInstance, now: ContainerInstance | undefined): string | undefined =>
  planned.version === undefined ? notTakenBack(planned, now) : unchangedIn('DRAINING')(planned, now);

/** One that was never seen registered has no ARN: it goes as long as it still is not. */
const checkBeforeTermination = async (cluster: string, step: TerminateInstances, act: Actuators): Promise<Checked> => {
  const [unregistered, others] = [
    step.instances.filter((it) => it.containerInstanceArn === ''),
    step.instances.filter((it) => it.containerInstanceArn !== ''),
  ];
  const known = await checkEach(cluster, others, beforeTermination, act.cluster);
  const unknown = await checkUnregistered(cluster, unregistered, act.cluster);
  return { still: [...known.still, ...unknown.still], left: [...known.left, ...unknown.left] };
};

const terminateInstances = async (cluster: string, step: TerminateInstances, act: Actuators): Promise<StepOutcome> => {
  const { still, left } = await checkBeforeTermination(cluster, step, act);
  if (still.length === 0) return dropped(step, left.join('; '));
  const desired = step.keepsDesiredCapacity === true ? 'kept' : 'lowered';
  return outcomeOf(step, await act.groupWriter.terminateInstances(step.group, ec2IdsOf(still), desired), left);
};

const completeLifecycleActions = async (step: CompleteLifecycleActions, act: Actuators): Promise<StepOutcome> =>
  outcomeOf(
    step,
    await act.groupWriter.completeLifecycleActions(step.group, step.lifecycleHookName, ec2IdsOf(step.instances)),
  );

const recordHeartbeats = async (step: RecordHeartbeats, act: Actuators): Promise<StepOutcome> =>
  outcomeOf(step, await act.groupWriter.recordHeartbeats(step.group, step.lifecycleHookName, ec2IdsOf(step.instances)));

/** Protection may have come since the plan was made; where that cannot be read, a task is left alone. */
const stopTasks = async (cluster: string, step: StopTasks, act: Actuators): Promise<StepOutcome> => {
  const { items, gaps } = await act.cluster.taskProtection(cluster, step.taskArns);
  const isProtected = new Map(items.map((it) => [it.taskArn, it.isProtected]));
  const stays = (arn: string): boolean => isProtected.get(arn) ?? gaps.length > 0;
  const left = step.taskArns.filter(stays).map((arn) => `${arn} is protected by now, or may be`);
  const arns = step.taskArns.filter((arn) => !stays(arn));
  if (arns.length === 0) return dropped(step, left.join('; '));
  return outcomeOf(step, await act.clusterWriter.stopTasks(cluster, arns, step.reason), left);
};

const stillLost = (_: StepInstance, now: ContainerInstance | undefined): string | undefined => {
  if (now === undefined) return 'was not found';
  return now.agentConnected ? 'has its agent again' : undefined;
};

const deregisterInstances = async (
  cluster: string,
  step: DeregisterInstances,
  act: Actuators,
): Promise<StepOutcome> => {
  const { still, left } = await checkEach(cluster, step.instances, stillLost, act.cluster);
  if (still.length === 0) return dropped(step, left.join('; '));
  return outcomeOf(step, await act.clusterWriter.deregisterInstances(cluster, arnsOf(still)), left);
};
