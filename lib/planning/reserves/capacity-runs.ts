import type { CapacityRequest } from '../../model/asked-for.ts';
import type { EpochMs } from '../../model/time.ts';
import { bindingToProvider } from '../binding.ts';
import type { Demand } from '../demand/wants.ts';
import type { View } from '../view.ts';
import { definitionNamed, replicaService, tasksBeyond, tasksOfDefinition } from './reserve.ts';

/** As many tasks as a service may have by ECS's quota: an unreasonable request is served up to there. */
const mostTasks = 5_000;

/** Requests that are not over. */
export const openRequests = ({ asked, now }: View): readonly CapacityRequest[] =>
  asked.capacity.filter((it) => it.until > now);

/**
 * How many tasks there are, or are wanted, of what a request is for: a service's desired count, the tasks of a task
 * definition that run or wait. Kept with a request as its `baseTasks`. Undefined where it is not known.
 */
export const tasksOfTarget = (view: View, target: CapacityRequest['target']): number | undefined => {
  if (target.kind === 'service') return replicaService(view, target.service)?.desiredCount;
  const arn = definitionNamed(view, target.taskDefinitionArn)?.arn;
  if (arn === undefined) return undefined;
  return view.observation.tasks.filter((it) => it.taskDefinitionArn === arn && it.desiredStatus === 'RUNNING').length;
};

/** What is left of a request once what came since is taken off. */
const tasksLeft = (view: View, it: CapacityRequest): number => {
  const come = it.baseTasks === undefined ? 0 : (tasksOfTarget(view, it.target) ?? 0) - it.baseTasks;
  return Math.min(mostTasks, it.tasks - Math.max(0, come));
};

const idPrefix = ({ id }: CapacityRequest): string => `capacityRun ${id}`;

/** Whether a demand of this id is what a request asks room for. */
export const isOfRequest = (demandId: string, request: CapacityRequest): boolean =>
  demandId.startsWith(`${idPrefix(request)}|`);

/** What a request asks room for; undefined where what it names is not there. */
export const demandsOfRequest = (view: View, it: CapacityRequest): readonly Demand[] | undefined => {
  const id = idPrefix(it);
  if (it.target.kind === 'service') {
    const service = replicaService(view, it.target.service);
    return service === undefined ? undefined : tasksBeyond(view, service, tasksLeft(view, it), id);
  }
  const { taskDefinitionArn, capacityProvider } = it.target;
  const definition = definitionNamed(view, taskDefinitionArn);
  if (definition === undefined) return undefined;
  const binding =
    capacityProvider === undefined ? ({ kind: 'anywhere' } as const) : bindingToProvider(view, capacityProvider);
  return tasksOfDefinition(definition, binding, tasksLeft(view, it), id);
};

export const describeTarget = ({ target }: CapacityRequest): string =>
  target.kind === 'service' ? `service ${target.service}` : `task definition ${target.taskDefinitionArn}`;

/** When the next request is over. */
export const nextExpiry = (view: View): EpochMs | undefined => {
  const ends = openRequests(view).map((it) => it.until);
  return ends.length === 0 ? undefined : Math.min(...ends);
};
