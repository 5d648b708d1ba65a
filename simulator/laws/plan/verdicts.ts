import type { Observation } from '../../../lib/model/observation.ts';
import type { Plan } from '../../../lib/model/plan.ts';
import type { Report } from '../law.ts';
import { heldTasks, missingTasks, withEndings } from './missing.ts';
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
};

const groups = (observation: Observation, plan: Plan, report: Report): void => {
  const reports = new Map(plan.groups.map((it) => [it.group, it]));
  const sized = new Map(stepsOf(plan, 'setGroupDesiredCapacity').map((it) => [it.group, it]));
  for (const { name, desiredCapacity } of observation.groups) {
    const told = reports.get(name);
    if (told === undefined) report(`group ${name} has no report`);
    else if (told.planned !== (sized.get(name)?.to ?? desiredCapacity))
      report(`group ${name} is told to be planned at ${told.planned}, and its step says otherwise`);
  }
};

/** Tasks told by source and provider. */
const toldBy = (plan: Plan): ReadonlyMap<string, number> => {
  const told = new Map<string, number>();
  for (const { source, capacityProvider, tasks } of plan.demand) {
    const key = `${source} ${capacityProvider ?? ''}`;
    told.set(key, (told.get(key) ?? 0) + tasks);
  }
  return told;
};

const demand = (plan: Plan, report: Report): void => {
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
  for (const { group, from, to } of stepsOf(plan, 'setGroupDesiredCapacity'))
    if (!reserved && (launches.get(group) ?? 0) < to - from)
      report(`${to - from} launches in ${group}, and verdicts for ${launches.get(group) ?? 0}`);
  for (const group of launches.keys())
    if (!stepsOf(plan, 'setGroupDesiredCapacity').some((it) => it.group === group))
      report(`tasks are told to wait for launches in ${group}, and there is no such step`);
};

/** What services lack and ECS holds, counted here, against what the plan says of it. */
const completeness = (observation: Observation, plan: Plan, report: Report): void => {
  if (observation.gaps.some((it) => it.subject === 'tasks' || it.subject === 'services')) return;
  const elsewhere = new Set([
    'FARGATE',
    'FARGATE_SPOT',
    ...observation.capacityProviders.filter((it) => it.autoScalingGroupName === undefined).map((it) => it.name),
  ]);
  const told = new Map(toldBy(plan));
  const expected = new Map<string, number>();
  const count = (source: string, provider: string | undefined): void => {
    if (elsewhere.has(provider ?? '')) return;
    const key = `${source} ${provider ?? ''}`;
    expected.set(key, (expected.get(key) ?? 0) + 1);
  };
  for (const it of heldTasks(observation)) count(it.group ?? 'standalone tasks', it.capacityProviderName);
  for (const it of missingTasks(observation))
    count(`service ${(it.group ?? '').slice('service:'.length)}`, it.capacityProviderName);
  for (const [key, tasks] of expected)
    if (told.get(key) !== tasks)
      report(`${key.trimEnd()}: ${tasks} tasks have no place, and the plan tells of ${told.get(key) ?? 0}`);
  for (const key of told.keys())
    if (!expected.has(key))
      report(`${key.trimEnd()}: the plan tells of ${told.get(key) ?? 0} tasks, and none lacks a place`);
};

/** Law 7. */
export const verdicts: PlanLaw = ({ input, plan }, report) => {
  const { observation } = input;
  instances(observation, plan, report);
  steps(plan, report);
  groups(observation, plan, report);
  demand(plan, report);
  completeness(withEndings(input), plan, report);
};
