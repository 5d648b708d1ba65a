import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import type { ClusterFacts, Drain, DrainCause, DrainState, Head, LearnedShape } from '../model/memory.ts';
import type { Remembered } from '../ports/store.ts';

z.config(en()); // the mini build has no wording of its own: every message would be "Invalid input"

/** The key of an item; both parts are strings. A cluster is one partition, so its drains are one query. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

const clusterPrefix = 'cluster#';
export const drainPrefix = 'drain#';

export const partitionOf = (cluster: string): string => `${clusterPrefix}${cluster}`;

/** The head item holds the memory too: what a decision reads first and writes is one item, hence atomic. */
export const headKey = (cluster: string): ItemKey => ({ pk: partitionOf(cluster), sk: 'head' });

export const drainKey = (cluster: string, ec2InstanceId: string): ItemKey => ({
  pk: partitionOf(cluster),
  sk: `${drainPrefix}${ec2InstanceId}`,
});

const resources = z.object({ cpuUnits: z.number(), memoryMiB: z.number() });

const shape = z.object({
  launchSource: z.string(),
  instanceType: z.string(),
  registered: resources,
  gpus: z.optional(z.number()),
  attributes: z.optional(z.record(z.string(), z.string())),
  from: z.enum({ instance: 'instance', ec2: 'ec2' } satisfies { [K in LearnedShape['from']]: K }),
});

const facts = z.object({
  cluster: z.object({ name: z.string(), arn: z.string(), status: z.string(), capacityProviders: z.array(z.string()) }),
  capacityProviders: z.array(
    z.object({
      name: z.string(),
      autoScalingGroupName: z.optional(z.string()),
      managedScaling: z.boolean(),
      managedTerminationProtection: z.boolean(),
      managedDraining: z.boolean(),
    }),
  ),
  readAt: z.number(),
});

const times = z.record(z.string(), z.number());

/** A new attribute must be optional here: the item was written by whatever version ran before. */
const headItem = z.object({
  pk: z.string(),
  generation: z.optional(z.number()),
  epoch: z.optional(z.number()),
  nextTimerAt: z.optional(z.number()),
  wakeAt: z.optional(z.number()),
  lastDecisionAt: z.optional(z.number()),
  fingerprint: z.optional(z.string()),
  intents: z.optional(z.array(z.object({ group: z.string(), desiredCapacity: z.number(), at: z.number() }))),
  emptySince: z.optional(times),
  unregisteredSince: z.optional(times),
  shapes: z.optional(z.record(z.string(), shape)),
  facts: z.optional(facts),
});

const drainItem = z.object({
  ec2InstanceId: z.string(),
  containerInstanceArn: z.string(),
  group: z.optional(z.string()),
  cause: z.enum({
    empty: 'empty',
    lifecycleAction: 'lifecycleAction',
    spotInterruption: 'spotInterruption',
  } satisfies { [K in DrainCause]: K }),
  state: z.enum({
    draining: 'draining',
    emptied: 'emptied',
    terminating: 'terminating',
    restoring: 'restoring',
  } satisfies { [K in DrainState]: K }),
  startedAt: z.number(),
  since: z.number(),
});

/** An item of the table was written by something else, or by a version that this one does not understand. */
export class UnreadableItemError extends Error {
  override readonly name = 'UnreadableItemError';
  readonly table: string;
  readonly key: ItemKey;
  constructor(table: string, key: ItemKey, problem: string) {
    super(
      `item ${key.pk} / ${key.sk} of table ${table} has an unknown form (${problem}); ` +
        'delete it, and Berth starts anew from what it observes, or deploy the version that wrote it',
    );
    this.table = table;
    this.key = key;
  }
}

const keySchema = z.object({ pk: z.string(), sk: z.string() });

const read = <T>(schema: z.ZodMiniType<T>, table: string, item: unknown): T => {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const key = keySchema.safeParse(item);
  const problem = result.error.issues.map((it) => `${it.path.join('.')}: ${it.message}`).join('; ');
  throw new UnreadableItemError(table, key.success ? key.data : { pk: 'unknown', sk: 'unknown' }, problem);
};

/** DynamoDB keeps no undefined: a provider without a group comes back without the member. */
const factsFrom = (it: z.infer<typeof facts>): ClusterFacts => ({
  ...it,
  capacityProviders: it.capacityProviders.map((one) => ({ ...one, autoScalingGroupName: one.autoScalingGroupName })),
});

/** Reads a head item, whole or projected onto the head's own attributes. */
export const rememberedFrom = (table: string, item: unknown): Remembered => {
  const it = read(headItem, table, item);
  return {
    head: {
      cluster: it.pk.slice(clusterPrefix.length),
      generation: it.generation ?? 0,
      epoch: it.epoch ?? 0,
      nextTimerAt: it.nextTimerAt,
      wakeAt: it.wakeAt,
      lastDecisionAt: it.lastDecisionAt,
      fingerprint: it.fingerprint,
    },
    memory: {
      intents: it.intents ?? [],
      emptySince: it.emptySince ?? {},
      unregisteredSince: it.unregisteredSince ?? {},
      shapes: it.shapes ?? {},
      facts: it.facts && factsFrom(it.facts),
    },
  };
};

/** What `heads` reads of a head item, key first. */
export const headAttributes = [
  'pk',
  'sk',
  'generation',
  'epoch',
  'nextTimerAt',
  'wakeAt',
  'lastDecisionAt',
  'fingerprint',
] satisfies readonly (keyof ItemKey | keyof Head)[];

export const drainFrom = (table: string, item: unknown): Drain => {
  const it = read(drainItem, table, item);
  return { ...it, group: it.group };
};
