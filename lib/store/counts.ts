import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { CountHistory } from '../model/service-counts.ts';
import { minuteMs, secondMs } from '../model/time.ts';
import type { CountStore } from '../ports/count-store.ts';
import { itemOfWantedCounts } from './count-items.ts';
import { dynamoDbTable } from './dynamo-db-table.ts';
import { type ItemKey, partitionOf, read } from './items.ts';

/** Outside the range that decisions read: only the minute check needs it. */
const historyKey = (cluster: string): ItemKey => ({ pk: partitionOf(cluster), sk: 'scaling' });

const historyLastsMs = 7 * 24 * 60 * minuteMs;

const tasksAt = z.object({ at: z.number(), tasks: z.number() });

/** A new attribute must be optional here: the item was written by whatever version ran before. */
const historyItem = z.object({
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
});

/** The counts of services on the table that `dynamoDbStore` is on; apart from it, for decisions have no use for it. */
export const dynamoDbCountStore = (client: DynamoDBClient, tableName: string): CountStore => {
  const table = dynamoDbTable(client, tableName);
  return {
    async countHistories(cluster) {
      const item = await table.get(historyKey(cluster));
      if (item === undefined) return {};
      const { histories } = read(historyItem, tableName, item);
      return Object.fromEntries(Object.entries(histories).map(([name, it]) => [name, historyFrom(it)]));
    },
    keepCountHistories: (cluster, histories, at) =>
      table.put({
        ...historyKey(cluster),
        ...{ histories, expiresAt: Math.ceil((at + historyLastsMs) / secondMs) },
      }),
    keepWantedCounts: (cluster, wanted, at) => table.put(itemOfWantedCounts(cluster, wanted, at)),
  };
};
