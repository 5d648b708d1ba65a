import * as z from 'zod/mini';
import { explain, parseJson } from './schema.ts';
import type { Unreadable } from './trigger.ts';
import './wording.ts';

/** A queued task is an item of the table until it runs; such have 400 KB at most, and decisions read all of them. */
const longestBody = 32_768;

const matching = (pattern: RegExp, error: string) => z.string().check(z.regex(pattern, { error }));
const name = z.string().check(z.minLength(1), z.maxLength(255));

const revisionPattern = /^(?:arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:task-definition\/)?([\w-]{1,255}):[1-9][0-9]*$/;

/** The family of `family:revision` or of such an ARN. */
const familyOf = (taskDefinition: string): string => revisionPattern.exec(taskDefinition)?.[1] ?? '';

const countError = 'write a whole number from 1 to 10';

/** What changes how much room a task takes is left out on purpose: it is planned for by its task definition. */
const containerOverride = z.strictObject({
  name,
  command: z.optional(z.array(z.string())),
  environment: z.optional(z.array(z.strictObject({ name: z.string(), value: z.string() }))),
  environmentFiles: z.optional(z.array(z.strictObject({ value: z.string(), type: z.literal('s3') }))),
});

const overrides = z.strictObject({
  containerOverrides: z.optional(z.array(containerOverride)),
  taskRoleArn: z.optional(z.string()),
  executionRoleArn: z.optional(z.string()),
});

const networkConfiguration = z.strictObject({
  awsvpcConfiguration: z.strictObject({
    subnets: z.array(z.string()).check(z.minLength(1), z.maxLength(16)),
    securityGroups: z.optional(z.array(z.string()).check(z.maxLength(5))),
    assignPublicIp: z.optional(z.enum(['ENABLED', 'DISABLED'])),
  }),
});

const placementConstraint = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('distinctInstance') }),
  z.strictObject({ type: z.literal('memberOf'), expression: z.string() }),
]);

const placementStrategy = z.strictObject({
  type: z.enum(['random', 'spread', 'binpack']),
  field: z.optional(z.string()),
});

/** A RunTask request, in RunTask's own words where it has them (ECS API reference). */
const taskMessage = z.strictObject({
  cluster: z.string(),
  taskDefinition: matching(revisionPattern, 'write family:revision, or the ARN of a task definition'),
  count: z._default(
    z.int({ error: countError }).check(z.gte(1, { error: countError }), z.lte(10, { error: countError })),
    1,
  ),
  group: z.optional(matching(/^(?!service:).{1,255}$/s, 'write a task group that does not begin with service:')),
  capacityProvider: z.optional(name),
  overrides: z.optional(overrides),
  networkConfiguration: z.optional(networkConfiguration),
  startedBy: z.optional(matching(/^[\w-]{1,128}$/, 'write up to 128 letters, digits, hyphens and underscores')),
  placementConstraints: z.optional(z.array(placementConstraint).check(z.maxLength(10))),
  placementStrategy: z.optional(z.array(placementStrategy).check(z.maxLength(5))),
  tags: z.optional(
    z
      .record(z.string(), z.string())
      .check(z.refine((it) => Object.keys(it).length <= 50, { error: 'write at most 50 tags' })),
  ),
});

const jsonObject = z.optional(z.record(z.string(), z.json()));

/** What goes on to ECS as it came, once it was checked. */
const passedOn = z.object({ overrides: jsonObject, networkConfiguration: jsonObject });

type TaskMessage = z.infer<typeof taskMessage>;
type PassedOn = z.infer<typeof passedOn>;

/** A message of Berth's own queue of tasks. */
export interface TaskAsked {
  readonly kind: 'task';
  readonly cluster: string;
  readonly family: string;
  readonly count: number;
  readonly request: Omit<TaskMessage, 'cluster' | 'count' | keyof PassedOn> & PassedOn;
  /** Role ARNs that it names itself, besides those of its task definition. */
  readonly roles: readonly string[];
}

export const parseTaskMessage = (body: string): TaskAsked | Unreadable => {
  if (body.length > longestBody) return { kind: 'unreadable', problem: `longer than ${longestBody} characters` };
  const json = parseJson(body);
  if (json === undefined) return { kind: 'unreadable', problem: 'not JSON' };
  const [parsed, objects] = [taskMessage.safeParse(json), passedOn.safeParse(json)];
  if (!parsed.success) return { kind: 'unreadable', problem: explain(parsed.error, 'message') };
  const { cluster, count, ...rest } = parsed.data;
  const roles = [rest.overrides?.taskRoleArn, rest.overrides?.executionRoleArn].filter((it) => it !== undefined);
  const { overrides: asCame, networkConfiguration: network } = objects.data ?? {};
  const request = { ...rest, overrides: asCame, networkConfiguration: network };
  return { kind: 'task', cluster, family: familyOf(request.taskDefinition), count, request, roles };
};
