import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import type { Drain, DrainCause, DrainState, Head } from '../model/memory.ts';
import type { Remembered } from '../ports/store.ts';
import { memoryAttributes, memoryFrom } from './memory-items.ts';

z.config(en()); // the mini build has no wording of its own: every message would be "Invalid input"

/** The key of an item; both parts are strings. A cluster is one partition, so a range of its items is one query. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

const clusterPrefix = 'cluster#';
export const drainPrefix = 'drain#';
/** No drain's sort key is as high: $ comes after #. */
export const pastDrains = 'drain$';

export const partitionOf = (cluster: string): string => `${clusterPrefix}${cluster}`;

/** The head item holds the memory too: what a decision reads first and writes is one item, hence atomic. */
export const headKey = (cluster: string): ItemKey => ({ pk: partitionOf(cluster), sk: 'head' });

export const drainKey = (cluster: string, ec2InstanceId: string): ItemKey => ({
  pk: partitionOf(cluster),
  sk: `${drainPrefix}${ec2InstanceId}`,
});

/** A new attribute must be optional here: the item was written by whatever version ran before. */
const headItem = z.object({
  pk: z.string(),
  generation: z.optional(z.number()),
  epoch: z.optional(z.number()),
  nextTimerAt: z.optional(z.number()),
  wakeAt: z.optional(z.number()),
  lastDecisionAt: z.optional(z.number()),
  fingerprint: z.optional(z.string()),
  ...memoryAttributes,
});

const drainItem = z.object({
  ec2InstanceId: z.string(),
  containerInstanceArn: z.string(),
  group: z.optional(z.string()),
  cause: z.enum({
    empty: 'empty',
    byHand: 'byHand',
    consolidation: 'consolidation',
    rotation: 'rotation',
    rebalance: 'rebalance',
    repair: 'repair',
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
  deadlineAt: z.optional(z.number()),
  heartbeatAt: z.optional(z.number()),
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

export const read = <T>(schema: z.ZodMiniType<T>, table: string, item: unknown): T => {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const key = keySchema.safeParse(item);
  const problem = result.error.issues.map((it) => `${it.path.join('.')}: ${it.message}`).join('; ');
  throw new UnreadableItemError(table, key.success ? key.data : { pk: 'unknown', sk: 'unknown' }, problem);
};

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
    memory: memoryFrom(it),
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
