import { z } from 'zod';
import { AwsApiError } from '../../world/api.ts';
import { compileQuery } from '../../world/ecs/query-language.ts';
import { demandSchema } from './demand-schema.ts';
import {
  byName,
  durationBounds,
  flag,
  ifSection,
  list,
  moment,
  oneOf,
  section,
  share,
  text,
  wholeNumber,
} from './fields.ts';

/** What one task takes of an instance; in a service and in bursts. */
export const sizeFields = {
  cpuUnits: wholeNumber(0, 196_608).meta({ description: 'CPU units, 1,024 a vCPU.' }),
  memoryMiB: wholeNumber(4, 3_145_728).meta({ description: 'MiB.' }),
  gpus: wholeNumber(0, 16).default(0),
  networkMode: oneOf(['bridge', 'awsvpc']).default('bridge'),
};

export const groupNames = () => list(text('write the name of a group of this scenario'), 'group names').default([]);

const compiles = (expression: string): boolean => {
  try {
    compileQuery(expression);
    return true;
  } catch (error) {
    if (error instanceof AwsApiError) return false;
    throw error;
  }
};

const badExpression = 'write an expression of the cluster query language, such as attribute:disk == ssd';

const constraint = section({
  type: oneOf(['distinctInstance', 'memberOf']),
  expression: z.string({ error: badExpression }).refine(compiles, { error: badExpression }).optional(),
}).superRefine(({ type, expression }, context) => {
  const missing = type === 'memberOf' && expression === undefined;
  const tooMuch = type === 'distinctInstance' && expression !== undefined;
  const message = missing ? badExpression : 'remove it: distinctInstance has no expression';
  if (missing || tooMuch) context.addIssue({ code: 'custom', path: ['expression'], message, input: expression });
});

const strategy = section({
  type: oneOf(['binpack', 'spread', 'random']),
  field: text('write cpu, memory, instanceId or an attribute such as attribute:ecs.availability-zone').optional(),
}).superRefine(({ type, field }, context) => {
  const fits =
    type === 'random'
      ? field === undefined
      : type === 'binpack'
        ? field === 'cpu' || field === 'memory'
        : field === 'instanceId' || field === 'host' || field?.startsWith('attribute:') === true;
  const remedies = {
    random: 'remove it: random has no field',
    binpack: 'write cpu or memory',
    spread: 'write instanceId or an attribute such as attribute:ecs.availability-zone',
  };
  if (!fits) context.addIssue({ code: 'custom', path: ['field'], message: remedies[type], input: field });
});

interface Parts {
  readonly schedulingStrategy?: unknown;
  readonly demand?: unknown;
  readonly groups?: unknown;
  readonly placementStrategy?: unknown;
  readonly loadBalancer?: unknown;
  readonly protectedShare?: unknown;
  readonly hostPorts?: unknown;
  readonly networkMode?: unknown;
}

/** What does not go together. (ECS API, CreateService.) */
const checkKind = (it: Parts, context: z.core.$RefinementCtx): void => {
  const refuse = (key: string, message: string, input: unknown): void => {
    context.addIssue({ code: 'custom', path: [key], message, input });
  };
  if (it.schedulingStrategy === 'DAEMON') {
    if (it.demand !== undefined) refuse('demand', 'remove it: a daemon has one task on each instance', it.demand);
    if (it.placementStrategy !== undefined)
      refuse('placementStrategy', 'remove it: a daemon has none', it.placementStrategy);
    if (Array.isArray(it.groups) && it.groups.length > 0)
      refuse('groups', 'limit a daemon by a memberOf constraint on an attribute of the group', it.groups);
  } else if (it.demand === undefined) {
    refuse('demand', 'write how many tasks it wants, such as demand: { count: 2 }', it.demand);
  }
  if (it.networkMode === 'awsvpc' && Array.isArray(it.hostPorts) && it.hostPorts.length > 0)
    refuse('hostPorts', 'remove them: with awsvpc each task has an address of its own', it.hostPorts);
};

export const serviceSchema = section({
  copies: wholeNumber(1, 100)
    .default(1)
    .meta({ description: 'So many services like this one, named NAME-1 and on; each draws its own noise.' }),
  schedulingStrategy: oneOf(['REPLICA', 'DAEMON']).default('REPLICA'),
  ...sizeFields,
  hostPorts: list(wholeNumber(1, 65_535), 'ports').default([]).meta({ description: 'Static TCP host ports.' }),
  demand: demandSchema.optional(),
  groups: groupNames().meta({ description: 'Groups it may run in; any unless given.' }),
  minimumHealthyPercent: wholeNumber(0, 100).optional().meta({ description: 'Default 100; of a daemon 0.' }),
  maximumPercent: wholeNumber(100, 200).optional().meta({ description: 'Default 200; of a daemon 100.' }),
  loadBalancer: flag()
    .default(false)
    .meta({ description: 'Behind a load balancer: a stopping task sits out the deregistration delay.' }),
  placementConstraints: list(constraint, 'constraints').default([]),
  placementStrategy: list(strategy, 'strategies').optional().meta({ description: 'ECS’s own default unless given.' }),
  availabilityZoneRebalancing: flag().default(false),
  stop: durationBounds('24h').optional().meta({ description: 'How long a stopping task takes, from SIGTERM.' }),
  deployments: list(moment(), 'times')
    .default([])
    .meta({ description: 'When a revision of the same size is deployed.' }),
  failingStarts: share().default(0).meta({ description: 'Share of its starts that die before RUNNING.' }),
  protectedShare: share()
    .default(0)
    .meta({ description: 'Share of its tasks that protect themselves, an hour at a time.' }),
}).superRefine(checkKind, ifSection);

export const servicesSchema = byName(
  /^[a-zA-Z0-9_-]{1,100}$/,
  'write up to 100 letters, digits, hyphens and underscores',
  serviceSchema,
  'service',
);

export type ServiceDocument = z.output<typeof serviceSchema>;
