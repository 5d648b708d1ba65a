import { z } from 'zod';
import { instanceTypes } from '../../world/ec2/instance-types.ts';
import { byName, durationBounds, flag, ifSection, list, numberFrom, oneOf, section, wholeNumber } from './fields.ts';

const groupNamePattern = /^[a-zA-Z0-9_-]{1,100}$/;
const largestGroup = 5_000; // container instances a cluster (ECS service quotas)

const knownType = 'write an instance type that the simulated EC2 knows (simulator/world/ec2/instance-types.ts)';

const type = section({
  instanceType: z.string({ error: knownType }).refine((it) => instanceTypes.has(it), { error: knownType }),
  pricePerHour: numberFrom(0.0001, 1_000, 'dollars an hour').meta({ description: 'Dollars an instance-hour.' }),
});

interface Sizes {
  readonly minSize?: unknown;
  readonly maxSize?: unknown;
  readonly desiredCapacity?: unknown;
}

const checkSizes = ({ minSize = 0, maxSize, desiredCapacity }: Sizes, context: z.core.$RefinementCtx): void => {
  if (typeof minSize !== 'number' || typeof maxSize !== 'number') return;
  const refuse = (key: string, message: string, input: unknown): void => {
    context.addIssue({ code: 'custom', path: [key], message, input });
  };
  if (minSize > maxSize) refuse('minSize', `write at most maxSize, ${maxSize}`, minSize);
  else if (typeof desiredCapacity === 'number' && (desiredCapacity < minSize || desiredCapacity > maxSize))
    refuse('desiredCapacity', `write a number from minSize, ${minSize}, to maxSize, ${maxSize}`, desiredCapacity);
};

/** One launch template has one image, and an image one architecture. */
const checkArchitectures = (types: readonly { readonly instanceType: string }[], context: z.core.$RefinementCtx) => {
  const first = instanceTypes.get(types[0]?.instanceType ?? '')?.architecture;
  types.forEach(({ instanceType }, index) => {
    const own = instanceTypes.get(instanceType)?.architecture;
    if (own === undefined || own === first) return;
    const message = `write a type of the first one’s architecture, ${first ?? ''}: a group has one image`;
    context.addIssue({ code: 'custom', path: [index, 'instanceType'], message, input: instanceType });
  });
};

export const groupSchema = section({
  types: list(type, 'instance types')
    .min(1, { error: 'write at least one instance type' })
    .superRefine(checkArchitectures)
    .meta({ description: 'Instance types it may launch, in order of preference.' }),
  market: oneOf(['onDemand', 'spot']).default('onDemand'),
  minSize: wholeNumber(0, largestGroup).default(0),
  maxSize: wholeNumber(0, largestGroup),
  desiredCapacity: wholeNumber(0, largestGroup).optional().meta({ description: 'At the start. Default minSize.' }),
  zones: list(z.string().regex(/^[a-f]$/, { error: 'write a letter from a to f' }), 'zones, by letter')
    .min(1, { error: 'write at least one zone' })
    .default(['a', 'b', 'c'])
    .meta({ description: 'Availability Zones by letter.' }),
  attributes: z
    .record(
      z.string(),
      z.string({ error: 'write the attribute’s value as text, in quotes if a number' }).regex(/^[\w.:/-]{1,128}$/, {
        error: 'write letters, digits and any of . : / _ -',
      }),
      { error: 'write a section, name: value' },
    )
    .default({})
    .meta({ description: 'ECS_INSTANCE_ATTRIBUTES of its instances.' }),
  boot: durationBounds('2h')
    .optional()
    .meta({ description: 'From launch to the ECS agent starting; the world’s constant instanceBootMs unless given.' }),
  zoneRebalance: flag()
    .default(false)
    .meta({ description: 'Whether Auto Scaling evens out the zones by itself (process AZRebalance).' }),
}).superRefine(checkSizes, ifSection);

export const groupsSchema = byName(
  groupNamePattern,
  'write up to 100 letters, digits, hyphens and underscores',
  groupSchema,
  'Auto Scaling group',
);

export type GroupDocument = z.output<typeof groupSchema>;
