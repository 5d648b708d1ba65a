import { z } from 'zod';
import { duration, exactlyOneOf, ifSection, list, moment, numberFrom, oneOf, section, share, text } from './fields.ts';
import { groupNames } from './service-schema.ts';

const when = {
  at: list(moment(), 'times').optional().meta({ description: 'At these times.' }),
  perHour: numberFrom(0, 1_000)
    .optional()
    .meta({ description: 'So often an hour on average, at times drawn from the seed.' }),
};
const timed = exactlyOneOf(['at', 'perHour']);
const lasting = { for: duration('1s', '30d') };
const hit = { share: share(), groups: groupNames() };
const within = duration('0s', '24h').prefault('0s').meta({ description: 'Spread evenly over so long.' });

const zone = z.string().regex(/^[a-f]$/, { error: 'write a letter from a to f' });

export const faultSchema = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('spotInterruption'), ...when, ...hit, within }).superRefine(timed, ifSection),
    section({ kind: z.literal('rebalanceRecommendation'), ...when, ...hit, within }).superRefine(timed, ifSection),
    section({
      kind: z.literal('capacityError'),
      ...when,
      ...lasting,
      instanceTypes: list(text('write an instance type'), 'instance types').default([]),
      zones: list(zone, 'zones, by letter').default([]),
      market: oneOf(['onDemand', 'spot']).optional(),
    }).superRefine(timed, ifSection),
    section({ kind: z.literal('agentDisconnect'), ...when, ...lasting, ...hit }).superRefine(timed, ifSection),
    section({ kind: z.literal('instanceDeath'), ...when, ...hit }).superRefine(timed, ifSection),
    section({ kind: z.literal('noRegistration'), ...when, ...lasting, share: share() }).superRefine(timed, ifSection),
    section({ kind: z.literal('lostEvents'), ...when, ...lasting, share: share() }).superRefine(timed, ifSection),
  ],
  {
    error:
      'write kind: spotInterruption, rebalanceRecommendation, capacityError, agentDisconnect, instanceDeath, ' +
      'noRegistration or lostEvents',
  },
);

export type FaultDocument = z.output<typeof faultSchema>;
