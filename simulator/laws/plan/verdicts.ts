import type { Observation } from '../../../lib/model/observation.ts';
import type { Plan, Step } from '../../../lib/model/plan.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import type { Report } from '../law.ts';
import { servicesAfter } from './counts.ts';
import { heldTasks, holdingOf, missingTasks, withEndings } from './missing.ts';
import { type PlanLaw, stepsOf } from './plan-check.ts';

const expectedReports = (observation: Observation): ReadonlySet<string> =>
  new Set([
    ...observation.containerInstances.map((it) => it.ec2InstanceId),
    ...observation.groups.flatMap((group) => group.instances.map((it) => it.ec2InstanceId)),
  ]);

/** An agent that lost its state registers its instance a second time: it may be told twice. */
const instances = (observation: Observation, plan: Plan, report: Report): void => {
  const expected = expectedReports(observation);
  const told = new Set(plan.instances.map((it) => it.ec2InstanceId));
  for (const id of expected) if (!told.has(id)) report(`instance ${id} has no verdict`);
  for (const id of told) if (!expected.has(id)) report(`a verdict is told of ${id}, which was not seen`);
  const registrations = Map.groupBy(observation.containerInstances, (it) => it.ec2InstanceId);
  for (const [id, reports] of Map.groupBy(plan.instances, (it) => it.ec2InstanceId))
    if (reports.length > Math.max(1, registrations.get(id)?.length ?? 0))
      report(`instance ${id} has ${reports.length} verdicts`);
};

/** What is done to an instance and what is said of it must agree. */
const steps = (plan: Plan, report: Report): void => {
  const verdicts = new Map(plan.instances.map((it) => [it.ec2InstanceId, it.verdict.kind]));
  const check = (kind: string, ids: readonly { readonly ec2InstanceId: string }[], said: readonly string[]): void => {
    for (const { ec2InstanceId: id } of ids)
      if (!said.includes(verdicts.get(id) ?? ''))
        report(`${kind} names ${id}, whose verdict is ${verdicts.get(id) ?? 'none'}`);
  };
  for (const it of stepsOf(plan, 'drainInstances')) check(it.kind, it.instances, ['drain', 'draining']);
  for (const it of stepsOf(plan, 'restoreInstances')) check(it.kind, it.instances, ['restore']);
  for (const it of stepsOf(plan, 'recordHeartbeats')) check(it.kind, it.instances, ['draining']);
  for (const kind of ['terminateInstances', 'completeLifecycleActions', 'deregisterInstances'] as const)
    for (const it of stepsOf(plan, kind)) check(kind, it.instances, ['terminate']);
};

/** The size that its steps take a group to. */
const sizeAfter = (plan: Plan, name: string, from: number): number =>
  stepsOf(plan, 'launchInstances')
    .filter((it) => it.group === name)
    .reduce(
      (size, it) => size + it.count,
      stepsOf(plan, 'setGroupDesiredCapacity').find((it) => it.group === name)?.to ?? from,
    );

const groups = (observation: Observation, plan: Plan, report: Report): void => {
  const reports = new Map(plan.groups.map((it) => [it.group, it]));
  for (const { name } of observation.groups) {
    const told = reports.get(name);
    if (told === undefined) report(`group ${name} has no report`);
    else if (told.planned !== sizeAfter(plan, name, told.desiredCapacity))
      report(`group ${name} is told to be planned at ${told.planned}, and its step says otherwise`);
  }
};

/** Tasks told by source and provider, without room that is to be kept free. */
const toldBy = (plan: Plan): ReadonlyMap<string, number> => {
  const told = new Map<string, number>();
  for (const { source, capacityProvider, tasks } of plan.demand.filter((it) => it.isReserve !== true)) {
    const key = `${source} ${capacityProvider ?? ''}`;
    told.set(key, (told.get(key) ?? 0) + tasks);
  }
  return told;
};

/** Instances launched so that all that retire may go without their group falling below its minimum. */
const forMinimum = ({ observation, memory, drains }: PlanningInput, name: string): number => {
  const group = observation.groups.find((it) => it.name === name);
  if (group === undefined) return 0;
  const leaves = new Set([...Object.keys(memory.retiring), ...drains.map((it) => it.ec2InstanceId)]);
  return group.instances.some((it) => Object.hasOwn(memory.retiring, it.ec2InstanceId))
    ? Math.max(
        0,
        group.minSize + group.instances.filter((it) => leaves.has(it.ec2InstanceId)).length - group.desiredCapacity,
      )
    : 0;
};

const growth = (step: Step): { readonly group: string; readonly instances: number } | undefined => {
  if (step.kind === 'launchInstances') return { group: step.group, instances: step.count };
  return step.kind === 'setGroupDesiredCapacity' && step.to > step.from
    ? { group: step.group, instances: step.to - step.from }
    : undefined;
};

const grownBy = (plan: Plan): ReadonlyMap<string, number> => {
  const grown = new Map<string, number>();
  for (const it of plan.steps.flatMap((step) => growth(step) ?? []))
    grown.set(it.group, (grown.get(it.group) ?? 0) + it.instances);
  return grown;
};

const demand = (input: PlanningInput, plan: Plan, report: Report): void => {
  const launches = new Map<string, number>();
  let reserved = false;
  for (const { source, tasks, verdicts } of plan.demand) {
    const sum = verdicts.reduce((total, it) => total + it.tasks, 0);
    if (sum !== tasks) report(`${source}: ${tasks} tasks, and verdicts for ${sum}`);
    for (const { verdict, tasks: of } of verdicts) {
      if (of <= 0) report(`${source}: a verdict for ${of} tasks`);
      if (verdict.kind === 'mayFitNow') reserved = true; // in case it does not, something may be launched for it
      if (verdict.kind === 'launch')
        launches.set(verdict.group, (launches.get(verdict.group) ?? 0) + verdict.instances);
    }
  }
  const grown = grownBy(plan);
  // Where tasks of several kinds wait, one may be launched in case ECS comes to them in another order than is told.
  const spare = plan.demand.length > 1 ? 1 : 0;
  for (const [group, instances] of grown)
    if (!reserved && Math.max(launches.get(group) ?? 0, forMinimum(input, group)) + spare < instances)
      report(`${instances} launches in ${group}, and verdicts for ${launches.get(group) ?? 0}`);
  for (const group of launches.keys())
    if (!grown.has(group)) report(`tasks are told to wait for launches in ${group}, and there is no such step`);
};

/** What services lack, ECS holds and Berth's queue is to run, counted here, against what the plan says of it. */
const completeness = (input: PlanningInput, plan: Plan, report: Report): void => {
  const observation = { ...withEndings(input), services: servicesAfter({ input, plan }, 'raised') };
  if (observation.gaps.some((it) => it.subject === 'tasks' || it.subject === 'services')) return;
  const elsewhere = new Set([
    'FARGATE',
    'FARGATE_SPOT',
    ...observation.capacityProviders.filter((it) => it.autoScalingGroupName === undefined).map((it) => it.name),
  ]);
  const told = new Map(toldBy(plan));
  const expected = new Map<string, number>();
  const count = (source: string, provider: string | undefined, tasks = 1): void => {
    if (elsewhere.has(provider ?? '')) return;
    const key = `${source} ${provider ?? ''}`;
    expected.set(key, (expected.get(key) ?? 0) + tasks);
  };
  for (const it of heldTasks(observation)) count(it.group ?? 'standalone tasks', it.capacityProviderName);
  for (const it of missingTasks(observation, holdingOf(input, new Set())))
    count(`service ${(it.group ?? '').slice('service:'.length)}`, it.capacityProviderName);
  for (const it of input.asked.queued) {
    const { family } = observation.taskDefinitions[it.taskDefinitionArn] ?? {};
    const isOver = input.now - it.queuedAt >= (input.settings.taskQueue?.giveUpAfterMs ?? Number.POSITIVE_INFINITY);
    if (!isOver)
      count(`queue ${it.group ?? `family:${family ?? it.taskDefinitionArn}`}`, it.capacityProvider, it.tasks);
  }
  for (const [key, tasks] of expected)
    if (told.get(key) !== tasks)
      report(`${key.trimEnd()}: ${tasks} tasks have no place, and the plan tells of ${told.get(key) ?? 0}`);
  // What was refused is counted as far as nobody has asked again, which is the planner's to judge: never more than all.
  const refused = input.asked.refused.reduce((total, it) => total + it.tasks, 0);
  const isRefused = (key: string): boolean => key.startsWith('refused RunTask ');
  const toldRefused = [...told].reduce((total, [key, tasks]) => (isRefused(key) ? total + tasks : total), 0);
  if (toldRefused > refused) report(`${refused} tasks were refused, and the plan tells of ${toldRefused}`);
  for (const key of told.keys())
    if (!expected.has(key) && !isRefused(key))
      report(`${key.trimEnd()}: the plan tells of ${told.get(key) ?? 0} tasks, and none lacks a place`);
};

/**
 * Law 7. Room that is to be kept free is told beside what lacks a place, and its verdicts
 * add up as well.
 */
export const verdicts: PlanLaw = ({ input, plan }, report) => {
  const { observation } = input;
  instances(observation, plan, report);
  steps(plan, report);
  groups(observation, plan, report);
  demand(input, plan, report);
  completeness(input, plan, report);
};
