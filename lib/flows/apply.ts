import type { ContainerInstance, ContainerInstanceStatus } from '../model/container-instance.ts';
import type {
  CompleteLifecycleActions,
  DrainInstances,
  Plan,
  RestoreInstances,
  SetGroupDesiredCapacity,
  Step,
  StepInstance,
  StepOutcome,
  TerminateInstances,
} from '../model/plan.ts';
import type { ClusterWriter } from '../ports/cluster-api.ts';
import type { GroupWriter } from '../ports/group-api.ts';
import type { ItemOutcome } from '../ports/reading.ts';
import type { Observers } from './observe.ts';

/** What a plan is carried out through. */
export interface Actuators extends Observers {
  readonly clusterWriter: ClusterWriter;
  readonly groupWriter: GroupWriter;
}

/**
 * Carries out a plan in order and reports what became of each step. Each destructive step first re-reads what it
 * names and drops what has changed since the plan was made. A failed step does not stop the rest: the next look
 * observes the cluster afresh, so half a plan is safe, silence is not.
 */
export const applyPlan = async (plan: Plan, act: Actuators): Promise<readonly StepOutcome[]> => {
  const outcomes: StepOutcome[] = [];
  for (const step of plan.steps) outcomes.push(await applyStep(plan.cluster, step, act));
  return outcomes;
};

const applyStep = (cluster: string, step: Step, act: Actuators): Promise<StepOutcome> => {
  switch (step.kind) {
    case 'setGroupDesiredCapacity':
      return setGroupDesiredCapacity(step, act);
    case 'drainInstances':
      return drainInstances(cluster, step, act);
    case 'restoreInstances':
      return restoreInstances(cluster, step, act);
    case 'terminateInstances':
      return terminateInstances(cluster, step, act);
    case 'completeLifecycleActions':
      return completeLifecycleActions(step, act);
  }
};

const dropped = (step: Step, detail: string): StepOutcome => ({ step, result: 'dropped', detail });

/** Done where every resource is done, gone ones included; else the step failed and says which and why. */
const outcomeOf = (step: Step, items: readonly ItemOutcome[], left: readonly string[] = []): StepOutcome => {
  const failed = items.filter((it) => it.result === 'failed' || it.result === 'busy');
  if (failed.length > 0)
    return { step, result: 'failed', detail: failed.map((it) => `${it.id}: ${it.detail ?? it.result}`).join('; ') };
  return { step, result: 'done', detail: left.length === 0 ? undefined : `left out: ${left.join('; ')}` };
};

/** SetDesiredCapacity is absolute and has no compare-and-set, so the last read before it is as late as possible. */
const setGroupDesiredCapacity = async (step: SetGroupDesiredCapacity, act: Actuators): Promise<StepOutcome> => {
  const { items, gaps } = await act.groups.groupsByName([step.group]);
  const now = items[0];
  if (now === undefined) return dropped(step, gaps[0]?.detail ?? `${step.group} is gone or no longer opted in`);
  if (now.desiredCapacity !== step.from)
    return dropped(step, `desired capacity is ${now.desiredCapacity} by now, not ${step.from}: somebody changed it`);
  if (step.to > now.maxSize || step.to < now.minSize)
    return dropped(step, `${step.to} is outside ${now.minSize} to ${now.maxSize} by now`);
  return outcomeOf(step, [await act.groupWriter.setDesiredCapacity(step.group, step.to)]);
};

interface Checked {
  readonly still: readonly StepInstance[];
  readonly left: readonly string[];
}

/**
 * Re-reads the instances of a step and keeps those that are still in `status` and still at the version that the plan
 * was made from: ECS raises it with every task that comes or goes.
 */
const checkAgain = async (
  cluster: string,
  instances: readonly StepInstance[],
  status: ContainerInstanceStatus,
  act: Actuators,
): Promise<Checked> => {
  const { items } = await act.cluster.containerInstancesByArn(
    cluster,
    instances.map((it) => it.containerInstanceArn),
  );
  const fresh = new Map(items.map((it) => [it.arn, it]));
  const still: StepInstance[] = [];
  const left: string[] = [];
  for (const it of instances) {
    const reason = changeSince(it, fresh.get(it.containerInstanceArn), status);
    if (reason === undefined) still.push(it);
    else left.push(`${it.ec2InstanceId} ${reason}`);
  }
  return { still, left };
};

const changeSince = (
  planned: StepInstance,
  now: ContainerInstance | undefined,
  status: ContainerInstanceStatus,
): string | undefined => {
  if (now === undefined) return 'was not found';
  if (now.status !== status) return `is ${now.status} by now`;
  return now.version === planned.version ? undefined : 'has changed since the plan was made';
};

const drainInstances = async (cluster: string, step: DrainInstances, act: Actuators): Promise<StepOutcome> => {
  const { still, left } = await checkAgain(cluster, step.instances, 'ACTIVE', act);
  if (still.length === 0) return dropped(step, left.join('; '));
  const arns = still.map((it) => it.containerInstanceArn);
  return outcomeOf(step, await act.clusterWriter.setContainerInstancesState(cluster, arns, 'DRAINING'), left);
};

/** Making an instance ACTIVE destroys nothing: no second look is needed. */
const restoreInstances = async (cluster: string, step: RestoreInstances, act: Actuators): Promise<StepOutcome> =>
  outcomeOf(
    step,
    await act.clusterWriter.setContainerInstancesState(
      cluster,
      step.instances.map((it) => it.containerInstanceArn),
      'ACTIVE',
    ),
  );

const terminateInstances = async (cluster: string, step: TerminateInstances, act: Actuators): Promise<StepOutcome> => {
  const { still, left } = await checkAgain(cluster, step.instances, 'DRAINING', act);
  if (still.length === 0) return dropped(step, left.join('; '));
  return outcomeOf(
    step,
    await act.groupWriter.terminateInstances(
      step.group,
      still.map((it) => it.ec2InstanceId),
    ),
    left,
  );
};

const completeLifecycleActions = async (step: CompleteLifecycleActions, act: Actuators): Promise<StepOutcome> =>
  outcomeOf(
    step,
    await act.groupWriter.completeLifecycleActions(
      step.group,
      step.lifecycleHookName,
      step.instances.map((it) => it.ec2InstanceId),
    ),
  );
