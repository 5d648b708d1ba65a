import * as z from 'zod/mini';
import { explain } from '../../events/schema.ts';
import { durationMs } from '../../settings/duration.ts';
import '../../events/wording.ts';

/** The input cannot be understood or may not be served; the message says what to send instead. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

const cluster = z.string();
const matching = (pattern: RegExp, remedy: string) => z.string().check(z.regex(pattern, { error: remedy }));

const id = matching(
  /^[\w.:-]{1,100}$/,
  'write an id of up to 100 letters, digits, dots, colons, hyphens and underscores',
);
const revision = matching(
  /^(arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:task-definition\/)?[\w-]{1,255}:[1-9][0-9]*$/,
  'write family:revision, or the ARN of a task definition',
);
const instanceId = matching(/^m?i-[0-9a-z-]{1,60}$/, 'write the ids of EC2 instances, such as i-0123456789abcdef0');

/** As many as one call describes several times over; whoever wants more wants another group size. */
const mostInstances = 50;
/** As many tasks as a service may have by ECS's quota. */
const mostTasks = 5_000;

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const isTime = (text: string): boolean =>
  durationMs(text) !== undefined || (timePattern.test(text) && !Number.isNaN(Date.parse(text)));
const until = z
  .string()
  .check(
    z.refine(isTime, { error: 'write how long from now, such as 2h, or until when, such as 2026-11-23T18:00:00Z' }),
  );

const tasksError = `write a whole number from 1 to ${mostTasks}`;
const tasks = z
  .int({ error: tasksError })
  .check(z.gte(1, { error: tasksError }), z.lte(mostTasks, { error: tasksError }));
const instances = z.array(instanceId).check(z.minLength(1), z.maxLength(mostInstances));

/** What a person may ask for by hand. `plan`, `explain`, `settings` and `listCapacity` change nothing. */
const request = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('plan'), cluster }),
  z.strictObject({ action: z.literal('explain'), cluster, instance: z.string() }),
  z.strictObject({ action: z.literal('settings'), cluster }),
  z.strictObject({ action: z.literal('decide'), cluster }),
  z.strictObject({
    action: z.literal('requestCapacity'),
    cluster,
    service: z.optional(z.string()),
    taskDefinition: z.optional(revision),
    capacityProvider: z.optional(z.string()),
    tasks,
    until,
    id: z.optional(id),
  }),
  z.strictObject({ action: z.literal('listCapacity'), cluster }),
  z.strictObject({ action: z.literal('endCapacity'), cluster, id }),
  z.strictObject({ action: z.literal('extendCapacity'), cluster, id, until }),
  z.strictObject({
    action: z.literal('pause'),
    cluster,
    what: z.enum(['all', 'scaleIn'], { error: 'write all or scaleIn' }),
    until: z.optional(until),
  }),
  z.strictObject({ action: z.literal('resume'), cluster }),
  z.strictObject({ action: z.literal('drain'), cluster, instances }),
  z.strictObject({ action: z.literal('restore'), cluster, instances }),
]);

export type Request = z.infer<typeof request>;
export type RequestOf<Action extends Request['action']> = Extract<Request, { readonly action: Action }>;

/** By action, what else is to be sent beside `action` and `cluster`. */
const usageOf: Readonly<Record<Request['action'], string>> = {
  plan: '',
  explain: '"instance":"i-…"',
  settings: '',
  decide: '',
  requestCapacity:
    '"service":"NAME" or "taskDefinition":"FAMILY:REVISION","tasks":40,"until":"2h" or a time,"id":"NAME"?',
  listCapacity: '',
  endCapacity: '"id":"NAME"',
  extendCapacity: '"id":"NAME","until":"2h" or a time',
  pause: '"what":"all"|"scaleIn","until":"2h" or a time?',
  resume: '',
  drain: '"instances":["i-…"]',
  restore: '"instances":["i-…"]',
};

const example = (action: string, rest: string): string =>
  `{"action":"${action}","cluster":"NAME"${rest === '' ? '' : `,${rest}`}}`;

/** How to ask for what was meant, or else for anything. */
const usage = (input: unknown): string => {
  const known = Object.entries(usageOf);
  const action = typeof input === 'object' && input !== null && 'action' in input ? input.action : undefined;
  const meant = known.find(([name]) => name === action);
  return `expected ${meant === undefined ? known.map(([name, rest]) => example(name, rest)).join(' or ') : example(...meant)}`;
};

/**
 * A manual invocation's input as what it asks for.
 * @throws RequestError
 */
export const requestFrom = (input: unknown): Request => {
  const parsed = request.safeParse(input);
  if (!parsed.success) throw new RequestError(`${explain(parsed.error, 'input')}; ${usage(input)}`);
  return parsed.data;
};

/**
 * The time that `2h` or an ISO time means.
 * @throws RequestError where it has passed already
 */
export const timeFrom = (text: string, now: number): number => {
  const ms = durationMs(text);
  const at = ms === undefined ? Date.parse(text) : now + ms;
  if (at > now) return at;
  throw new RequestError(`until ${text} is not in the future: it is ${new Date(now).toISOString()}`);
};
