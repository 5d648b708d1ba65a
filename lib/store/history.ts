import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { DecisionRecord, StepRecord, WaitingRecord } from '../model/decision.ts';
import type { History } from '../ports/history.ts';
import { pastHistory, timeKey } from './decision-key.ts';
import { dynamoDbTable } from './dynamo-db-table.ts';
import { partitionOf, read } from './items.ts';

const stepItem = z.object({
  kind: z.enum({
    setGroupDesiredCapacity: 'setGroupDesiredCapacity',
    setServiceDesiredCount: 'setServiceDesiredCount',
    launchInstances: 'launchInstances',
    drainInstances: 'drainInstances',
    restoreInstances: 'restoreInstances',
    terminateInstances: 'terminateInstances',
    completeLifecycleActions: 'completeLifecycleActions',
    recordHeartbeats: 'recordHeartbeats',
    stopTasks: 'stopTasks',
    deregisterInstances: 'deregisterInstances',
  } satisfies { [K in StepRecord['kind']]: K }),
  group: z.optional(z.string()),
  service: z.optional(z.string()),
  instances: z.array(z.string()),
  moreInstances: z.number(),
  from: z.optional(z.number()),
  to: z.optional(z.number()),
  reason: z.string(),
  result: z.enum({
    done: 'done',
    dropped: 'dropped',
    failed: 'failed',
    notInActMode: 'notInActMode',
  } satisfies { [K in StepRecord['result']]: K }),
  detail: z.optional(z.string()),
});

const decisionItem = z.object({
  at: z.number(),
  generation: z.number(),
  reason: z.string(),
  steps: z.array(stepItem),
  moreSteps: z.number(),
  waiting: z.array(
    z.object({
      source: z.string(),
      tasks: z.number(),
      verdict: z.enum({
        fitsNow: 'fitsNow',
        mayFitNow: 'mayFitNow',
        waitsForLaunch: 'waitsForLaunch',
        waitsForRoom: 'waitsForRoom',
        launch: 'launch',
        restore: 'restore',
        heldBack: 'heldBack',
        unplaceable: 'unplaceable',
      } satisfies { [K in WaitingRecord['verdict']]: K }),
    }),
  ),
  moreWaiting: z.number(),
});

const decisionFrom = (table: string, item: unknown): DecisionRecord => {
  const { steps, ...it } = read(decisionItem, table, item);
  return {
    ...it,
    steps: steps.map(({ group, from, to, detail, ...step }) => ({ ...step, group, from, to, detail })),
  };
};

/** What `decisions.ts` keeps, read by those who ask. */
export const dynamoDbHistory = (client: DynamoDBClient, tableName: string): History => {
  const table = dynamoDbTable(client, tableName);
  return {
    async decisions(cluster, since) {
      const found: DecisionRecord[] = [];
      for await (const page of table.query(partitionOf(cluster), timeKey(since), pastHistory))
        found.push(...page.map((it) => decisionFrom(table.name, unmarshall(it))));
      return found;
    },
  };
};
