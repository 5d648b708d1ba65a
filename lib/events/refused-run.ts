import * as z from 'zod/mini';
import { ownTokenPrefix, type RefusedRun } from '../model/asked-for.ts';
import type { PlacementConstraint, PlacementStrategy } from '../model/service.ts';
import type { LaunchType } from '../model/task.ts';
import { explain } from './schema.ts';
import type { Trigger, Unreadable } from './trigger.ts';
import './wording.ts';

/** RunTask's own limit of tasks a call (ECS API reference). */
const mostTasks = 10;

const launchType = z.enum({
  EC2: 'EC2',
  FARGATE: 'FARGATE',
  EXTERNAL: 'EXTERNAL',
  MANAGED_INSTANCES: 'MANAGED_INSTANCES',
} satisfies { [K in LaunchType]: K });

const strategyType = z.enum({ random: 'random', spread: 'spread', binpack: 'binpack' } satisfies {
  [K in PlacementStrategy['type']]: K;
});

const strategyItem = z.object({
  capacityProvider: z.string(),
  base: z._default(z.number(), 0),
  weight: z._default(z.number(), 0),
});

const request = z.object({
  cluster: z._default(z.string(), 'default'),
  taskDefinition: z.string().check(z.minLength(1)),
  count: z._default(z.int().check(z.gte(1), z.lte(mostTasks)), 1),
  launchType: z.optional(launchType),
  capacityProviderStrategy: z._default(z.array(strategyItem), []),
  group: z.optional(z.string()),
  clientToken: z.optional(z.string()),
  placementConstraints: z._default(z.array(z.object({ type: z.string(), expression: z.optional(z.string()) })), []),
  placementStrategy: z._default(z.array(z.object({ type: strategyType, field: z.optional(z.string()) })), []),
});

/** What a CloudTrail record has of a RunTask call; absent members may be null there (CloudTrail record contents). */
const call = z.object({
  eventID: z.string(),
  eventTime: z.string().check(z.refine((it) => Number.isFinite(Date.parse(it)), { error: 'is no time' })),
  eventName: z.string(),
  errorMessage: z.nullish(z.string()),
  requestParameters: request,
  responseElements: z.nullish(
    z.object({
      tasks: z._default(z.array(z.unknown()), []),
      failures: z._default(z.array(z.object({ reason: z.optional(z.string()) })), []),
    }),
  ),
});

type Call = z.infer<typeof call>;

/** The last part of an ARN is the name. */
const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** RunTask in a cluster without any instance is refused with "No Container Instances were found in your cluster." */
const saysNoInstances = (it: Call): boolean => /no container instances were found/i.test(it.errorMessage ?? '');

/** ECS names the resource that each instance lacked: `RESOURCE:CPU` (ECS API reference, failure reasons). */
const saysNoRoom = (it: Call): boolean =>
  it.responseElements?.failures.some(({ reason }) => reason?.startsWith('RESOURCE:')) === true;

const constraintsOf = ({ placementConstraints }: Call['requestParameters']): readonly PlacementConstraint[] =>
  placementConstraints.flatMap(({ type, expression }): readonly PlacementConstraint[] => {
    if (type === 'distinctInstance') return [{ type }];
    return type === 'memberOf' && expression !== undefined ? [{ type, expression }] : [];
  });

const runOf = ({ eventID, eventTime, requestParameters: it, responseElements }: Call): Omit<RefusedRun, 'until'> => ({
  id: it.clientToken ?? eventID,
  taskDefinition: it.taskDefinition,
  group: it.group,
  target: { launchType: it.launchType, capacityProviderStrategy: it.capacityProviderStrategy },
  tasks: it.count - (responseElements?.tasks.length ?? 0),
  placementConstraints: constraintsOf(it),
  placementStrategy: it.placementStrategy.map(({ type, field }) => ({ type, field })),
  at: Date.parse(eventTime),
});

/** The tasks of a RunTask call that ECS did not start for want of room; what it started, or refused for another reason, is none. */
export const refusedRunFrom = (detail: unknown): Trigger | Unreadable => {
  const parsed = call.safeParse(detail);
  if (!parsed.success) return { kind: 'unreadable', problem: `RunTask: ${explain(parsed.error, 'detail')}` };
  const run = runOf(parsed.data);
  if (run.id.startsWith(ownTokenPrefix)) return { kind: 'irrelevant', why: 'RunTask of Berth’s own queue' };
  if (run.tasks <= 0 || !(saysNoInstances(parsed.data) || saysNoRoom(parsed.data)))
    return { kind: 'irrelevant', why: `RunTask of ${run.taskDefinition} did not lack room` };
  return { kind: 'runTaskRefused', cluster: nameOf(parsed.data.requestParameters.cluster), run };
};
