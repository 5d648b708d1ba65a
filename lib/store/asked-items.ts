import * as z from 'zod/mini';
import { type CapacityRequest, type Pause, type RebalanceNotice, rebalanceNoticeLastsMs } from '../model/asked-for.ts';
import type { PlacementStrategy } from '../model/service.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import type { QueuedRun } from '../ports/store.ts';
import { type ItemKey, partitionOf, read } from './items.ts';

/** Together with the drains one range of sort keys, hence one query; the head lies outside. */
export const askedPrefix = 'asked#';

export const capacityPrefix = `${askedPrefix}capacity#`;
export const queuedPrefix = `${askedPrefix}queued#`;
export const rebalancePrefix = `${askedPrefix}rebalance#`;
const pauseName = `${askedPrefix}pause`;

const keyOf = (cluster: string, sk: string): ItemKey => ({ pk: partitionOf(cluster), sk });

export const capacityKey = (cluster: string, id: string): ItemKey => keyOf(cluster, `${capacityPrefix}${id}`);
const queuedKey = (cluster: string, id: string): ItemKey => keyOf(cluster, `${queuedPrefix}${id}`);
const rebalanceKey = (cluster: string, id: string): ItemKey => keyOf(cluster, `${rebalancePrefix}${id}`);
export const pauseKey = (cluster: string): ItemKey => keyOf(cluster, pauseName);
export const isPause = (sk: string): boolean => sk === pauseName;

/** When DynamoDB may delete an item: seconds since 1970 (DynamoDB developer guide, time to live). */
const expiring = (at: EpochMs | undefined) => ({ expiresAt: at === undefined ? undefined : Math.ceil(at / secondMs) });

const capacityItem = z.object({
  id: z.string(),
  tasks: z.number(),
  target: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('service'), service: z.string() }),
    z.object({
      kind: z.literal('taskDefinition'),
      taskDefinitionArn: z.string(),
      capacityProvider: z.optional(z.string()),
    }),
  ]),
  requestedAt: z.number(),
  until: z.number(),
  baseTasks: z.optional(z.number()),
});

export const itemOfCapacity = (cluster: string, it: CapacityRequest): ItemKey => ({
  ...capacityKey(cluster, it.id),
  ...it,
  ...expiring(it.until),
});

export const capacityFrom = (table: string, item: unknown): CapacityRequest => {
  const { target, ...it } = read(capacityItem, table, item);
  return {
    ...it,
    target: target.kind === 'service' ? target : { ...target, capacityProvider: target.capacityProvider },
  };
};

const rebalanceItem = z.object({ ec2InstanceId: z.string(), at: z.number() });

export const itemOfRebalance = (cluster: string, it: RebalanceNotice): ItemKey => ({
  ...rebalanceKey(cluster, it.ec2InstanceId),
  ...it,
  ...expiring(it.at + rebalanceNoticeLastsMs),
});

export const rebalanceFrom = (table: string, item: unknown): RebalanceNotice => read(rebalanceItem, table, item);

const pauseItem = z.object({
  what: z.enum({ all: 'all', scaleIn: 'scaleIn' } satisfies { [K in Pause['what']]: K }),
  until: z.optional(z.number()),
});

export const itemOfPause = (cluster: string, it: Pause): ItemKey => ({
  ...pauseKey(cluster),
  ...it,
  ...expiring(it.until),
});

export const pauseFrom = (table: string, item: unknown): Pause => {
  const it = read(pauseItem, table, item);
  return { what: it.what, until: it.until };
};

const strategyType = z.enum({ random: 'random', spread: 'spread', binpack: 'binpack' } satisfies {
  [K in PlacementStrategy['type']]: K;
});

const jsonObject = z.record(z.string(), z.json());

const request = z.object({
  taskDefinition: z.string(),
  group: z.optional(z.string()),
  capacityProvider: z.optional(z.string()),
  overrides: z.optional(jsonObject),
  networkConfiguration: z.optional(jsonObject),
  startedBy: z.optional(z.string()),
  placementConstraints: z.optional(
    z.array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('distinctInstance') }),
        z.object({ type: z.literal('memberOf'), expression: z.string() }),
      ]),
    ),
  ),
  placementStrategy: z.optional(z.array(z.object({ type: strategyType, field: z.optional(z.string()) }))),
  tags: z.optional(z.record(z.string(), z.string())),
});

/** SQS may hand a message out again when its task has long run; so long is more than it takes to give that up. */
const endedQueuedLastsMs = 24 * 60 * minuteMs;

/** What is left of a task that was run or buried: a hundred bytes that every decision reads, until they expire. */
export const itemOfEndedQueued = (cluster: string, id: string, at: EpochMs): ItemKey & { readonly ended: true } => ({
  ...queuedKey(cluster, id),
  ended: true,
  ...expiring(at + endedQueuedLastsMs),
});

export const isEnded = (item: Readonly<Record<string, unknown>>): boolean => item['ended'] === true;

/** Nothing here expires by itself: a task that was queued is run, or buried with a reason. */
const queuedItem = z.object({
  id: z.string(),
  taskDefinitionArn: z.string(),
  group: z.optional(z.string()),
  capacityProvider: z.optional(z.string()),
  tasks: z.number(),
  queuedAt: z.number(),
  request,
  tries: z.number(),
  nextTryAt: z.number(),
});

export const itemOfQueued = (cluster: string, { task, ...it }: QueuedRun): ItemKey => ({
  ...queuedKey(cluster, task.id),
  ...task,
  ...it,
});

export const queuedFrom = (table: string, item: unknown): QueuedRun => {
  const { request: asked, tries, nextTryAt, ...task } = read(queuedItem, table, item);
  const { placementStrategy: strategy, ...rest } = asked;
  return {
    task: { ...task, group: task.group, capacityProvider: task.capacityProvider },
    request: {
      ...rest,
      ...(strategy === undefined ? {} : { placementStrategy: strategy.map((it) => ({ ...it, field: it.field })) }),
    },
    tries,
    nextTryAt,
  };
};
