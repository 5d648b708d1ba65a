import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { CountHistories, CountHistory } from '../model/service-counts.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import type { CountStore } from '../ports/count-store.ts';
import { itemOfWantedCounts } from './count-items.ts';
import { dynamoDbTable } from './dynamo-db-table.ts';
import { forecastsOn } from './forecasts.ts';
import { partitionOf, read } from './items.ts';

/** Outside the range that decisions read: only the minute check needs it. No name of an item is as high as the last. */
const [historyName, pastHistories] = ['scaling', 'scaling$'];

const historyLastsMs = 7 * 24 * 60 * minuteMs;

/** An item has at most 400 KB (DynamoDB developer guide, quotas). As JSON, which is the longer, a service takes up to 2 KB. */
const bytesPerItem = 200_000;

/**
 * As many services an item as fit. One that moves to another item because others came is read from the newer; what an
 * item holds that is not written any more is over after this long.
 */
const leftOverAfterMs = 60 * minuteMs;

const tasksAt = z.object({ at: z.number(), tasks: z.number() });

/** A new attribute must be optional here: the item was written by whatever version ran before. */
const historyItem = z.object({
  at: z.optional(z.number()),
  histories: z.record(
    z.string(),
    z.object({
      desired: z.number(),
      recommendations: z.array(tasksAt),
      changes: z.array(tasksAt),
      running: z.array(tasksAt),
      readings: z.record(
        z.string(),
        z.object({
          value: z.optional(z.number()),
          at: z.optional(z.number()),
          readAt: z.number(),
          failures: z.number(),
        }),
      ),
      activeAt: z.optional(z.number()),
      nextReadAt: z.number(),
      wanted: z.optional(tasksAt),
      hasScalableTarget: z.boolean(),
      unheeded: z.optional(z.number()),
      surgedAt: z.optional(z.number()),
      busiest: z.optional(tasksAt),
    }),
  ),
});

type HistoryFields = z.infer<typeof historyItem>['histories'][string];

/** DynamoDB keeps no undefined. */
const historyFrom = ({ readings, ...it }: HistoryFields): CountHistory => ({
  ...it,
  readings: Object.fromEntries(
    Object.entries(readings).map(([name, one]) => [name, { ...one, value: one.value, at: one.at }]),
  ),
  activeAt: it.activeAt,
  wanted: it.wanted,
  unheeded: it.unheeded,
  surgedAt: it.surgedAt,
  busiest: it.busiest,
});

/** In order of name, so that it is the same item from one check to the next. */
const itemsOf = (histories: CountHistories): readonly CountHistories[] => {
  const items: Record<string, CountHistory>[] = [{}];
  let bytes = 0;
  for (const [name, it] of Object.entries(histories).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const own = Buffer.byteLength(JSON.stringify([name, it]));
    if (bytes > 0 && bytes + own > bytesPerItem) {
      items.push({});
      bytes = 0;
    }
    bytes += own;
    Object.assign(items.at(-1) ?? {}, { [name]: it });
  }
  return items;
};

type HistoryItem = z.infer<typeof historyItem>;

/** Of each service what was written last. */
const mergedFrom = (items: readonly HistoryItem[]): CountHistories => {
  const newest = Math.max(...items.map((it) => it.at ?? 0));
  return Object.fromEntries(
    items
      .filter(({ at = 0 }) => at > newest - leftOverAfterMs)
      .toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
      .flatMap(({ histories }) => Object.entries(histories).map(([name, it]) => [name, historyFrom(it)] as const)),
  );
};

/** The counts of services on the table that `dynamoDbStore` is on; apart from it, for decisions have no use for it. */
export const dynamoDbCountStore = (client: DynamoDBClient, tableName: string): CountStore => {
  const table = dynamoDbTable(client, tableName);
  const put = (cluster: string, part: number, histories: CountHistories, at: EpochMs): Promise<void> =>
    table.put({
      pk: partitionOf(cluster),
      sk: `${historyName}#${part}`,
      ...{ at, histories, expiresAt: Math.ceil((at + historyLastsMs) / secondMs) },
    });
  return {
    ...forecastsOn(table),
    async countHistories(cluster) {
      const items: HistoryItem[] = [];
      for await (const page of table.query(partitionOf(cluster), historyName, pastHistories))
        items.push(...page.map((it) => read(historyItem, tableName, unmarshall(it))));
      return mergedFrom(items);
    },
    async keepCountHistories(cluster, histories, at) {
      const writes = itemsOf(histories).map((it, part) => put(cluster, part, it, at));
      const results = await Promise.allSettled(writes); // none is left behind when another fails
      const failed = results.find((it) => it.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    keepWantedCounts: (cluster, wanted, at) => table.put(itemOfWantedCounts(cluster, wanted, at)),
  };
};
