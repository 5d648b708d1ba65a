import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import {
  type CapacityRequest,
  type Pause,
  type RebalanceNotice,
  type RefusedRun,
  rebalanceNoticeLastsMs,
} from '../model/asked-for.ts';
import type { PlacementStrategy } from '../model/service.ts';
import type { LaunchType } from '../model/task.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import type { QueuedRun } from '../ports/store.ts';
import { type ItemKey, partitionOf, read } from './items.ts';

/** Together with the drains one range of sort keys, hence one query; the head lies outside. */
export const askedPrefix = 'asked#';

export const capacityPrefix = `${askedPrefix}capacity#`;
export const queuedPrefix = `${askedPrefix}queued#`;
export const refusedPrefix = `${askedPrefix}refused#`;
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

/** Where tasks may and will be placed, besides what their definition says. */
const placement = {
  placementConstraints: z.optional(
    z.array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('distinctInstance') }),
        z.object({ type: z.literal('memberOf'), expression: z.string() }),
      ]),
    ),
  ),
  placementStrategy: z.optional(z.array(z.object({ type: strategyType, field: z.optional(z.string()) }))),
};

type Strategy = z.infer<typeof placement.placementStrategy>;

/** DynamoDB keeps no undefined: a strategy without a field comes back without the member. */
const strategyFrom = (it: Strategy): { readonly placementStrategy?: readonly PlacementStrategy[] } =>
  it === undefined ? {} : { placementStrategy: it.map((one) => ({ ...one, field: one.field })) };

const launchType = z.enum({
  EC2: 'EC2',
  FARGATE: 'FARGATE',
  EXTERNAL: 'EXTERNAL',
  MANAGED_INSTANCES: 'MANAGED_INSTANCES',
} satisfies { [K in LaunchType]: K });

const refusedItem = z.object({
  id: z.string(),
  taskDefinition: z.string(),
  group: z.optional(z.string()),
  target: z.object({
    launchType: z.optional(launchType),
    capacityProviderStrategy: z.array(z.object({ capacityProvider: z.string(), base: z.number(), weight: z.number() })),
  }),
  tasks: z.number(),
  at: z.number(),
  until: z.number(),
  ...placement,
});

/** So many calls are remembered of a cluster at most: each decision reads them all, and who asks again makes ever more. */
const refusedSlots = 512;

/** The same for the same call told twice; of two that share one, the later stays. */
const slotOf = (id: string): number => createHash('sha256').update(id).digest().readUInt16BE() % refusedSlots;

export const itemOfRefused = (cluster: string, it: RefusedRun): ItemKey => ({
  ...keyOf(cluster, `${refusedPrefix}${slotOf(it.id)}`),
  ...it,
  ...expiring(it.until),
});

export const refusedFrom = (table: string, item: unknown): RefusedRun => {
  const { placementStrategy, target, ...it } = read(refusedItem, table, item);
  return {
    ...it,
    group: it.group,
    target: { ...target, launchType: target.launchType },
    ...strategyFrom(placementStrategy),
  };
};

const jsonObject = z.record(z.string(), z.json());

const request = z.object({
  taskDefinition: z.string(),
  group: z.optional(z.string()),
  capacityProvider: z.optional(z.string()),
  overrides: z.optional(jsonObject),
  networkConfiguration: z.optional(jsonObject),
  startedBy: z.optional(z.string()),
  ...placement,
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

/** Where its tasks are placed stands in the request already. */
const notTwice = { placementConstraints: undefined, placementStrategy: undefined };

export const itemOfQueued = (cluster: string, { task, ...it }: QueuedRun): ItemKey => ({
  ...queuedKey(cluster, task.id),
  ...task,
  ...notTwice,
  ...it,
});

export const queuedFrom = (table: string, item: unknown): QueuedRun => {
  const { request: asked, tries, nextTryAt, ...task } = read(queuedItem, table, item);
  const { placementStrategy: given, ...rest } = asked;
  const { placementConstraints } = rest;
  const strategy = strategyFrom(given);
  return {
    task: {
      ...task,
      group: task.group,
      capacityProvider: task.capacityProvider,
      ...(placementConstraints === undefined ? {} : { placementConstraints }),
      ...strategy,
    },
    request: { ...rest, ...strategy },
    tries,
    nextTryAt,
  };
};
