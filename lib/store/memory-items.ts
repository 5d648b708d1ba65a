import * as z from 'zod/mini';
import type { ClusterFacts, ClusterMemory, LearnedShape, RetireCause } from '../model/memory.ts';

/** The memory as attributes of the head item. All of them may be missing: what is empty is not written. */

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
  cluster: z.object({
    name: z.string(),
    arn: z.string(),
    status: z.string(),
    capacityProviders: z.array(z.string()),
    defaultStrategy: z.optional(
      z.array(z.object({ capacityProvider: z.string(), base: z.number(), weight: z.number() })),
    ),
  }),
  capacityProviders: z.array(
    z.object({
      name: z.string(),
      autoScalingGroupName: z.optional(z.string()),
      managedScaling: z.boolean(),
      managedTerminationProtection: z.boolean(),
      managedDraining: z.boolean(),
    }),
  ),
  surroundings: z.optional(
    z.array(
      z.object({
        group: z.string(),
        hooks: z.array(z.object({ name: z.string(), heartbeatTimeoutMs: z.number(), globalTimeoutMs: z.number() })),
        scalingPolicies: z.array(z.string()),
        isRefreshing: z.boolean(),
      }),
    ),
  ),
  readAt: z.number(),
});

const times = z.record(z.string(), z.number());

const retireCause = z.enum({
  consolidation: 'consolidation',
  rotation: 'rotation',
  rebalance: 'rebalance',
  repair: 'repair',
} satisfies { [K in RetireCause]: K });

const peak = z.object({ tasks: z.number(), at: z.number() });

const fall = z.object({ at: z.number(), depth: z.number(), units: z.number(), backAfterMs: z.optional(z.number()) });

const stoppingRoom = z.object({ arn: z.string(), at: z.number(), ...resources.shape });

const stopTime = z.object({ ms: z.number(), ...resources.shape });

/** A new attribute must be optional here: the item was written by whatever version ran before. */
export const memoryAttributes = {
  intents: z.optional(z.array(z.object({ group: z.string(), desiredCapacity: z.number(), at: z.number() }))),
  emptySince: z.optional(times),
  unregisteredSince: z.optional(times),
  shapes: z.optional(z.record(z.string(), shape)),
  facts: z.optional(facts),
  peaks: z.optional(z.record(z.string(), z.array(peak))),
  swings: z.optional(z.record(z.string(), z.object({ levels: z.array(peak), falls: z.array(fall) }))),
  stopping: z.optional(z.array(stoppingRoom)),
  stopTimes: z.optional(z.array(stopTime)),
  moves: z.optional(z.array(z.object({ group: z.string(), at: z.number() }))),
  retiring: z.optional(z.record(z.string(), z.object({ cause: retireCause, since: z.number() }))),
  leftAloneUntil: z.optional(times),
  disconnectedSince: z.optional(times),
  launches: z.optional(z.array(z.object({ group: z.string(), at: z.number(), instances: z.number() }))),
  launchFailures: z.optional(
    z.array(
      z.object({
        group: z.string(),
        at: z.number(),
        budget: z.number(),
        cause: z.string(),
        availabilityZone: z.optional(z.string()),
        waitMs: z.optional(z.number()),
      }),
    ),
  ),
  resized: z.optional(z.array(z.object({ group: z.string(), from: z.number(), to: z.number(), at: z.number() }))),
  sizes: z.optional(
    z.record(
      z.string(),
      z.object({
        highest: z.number(),
        at: z.number(),
        raised: z.optional(z.object({ to: z.number(), at: z.number() })),
        launchSource: z.optional(z.string()),
        isLower: z.optional(z.literal(true)),
      }),
    ),
  ),
  bootTimes: z.optional(z.record(z.string(), z.object({ launchSource: z.string(), timesMs: z.array(z.number()) }))),
  unstartedSince: z.optional(times),
  grownAt: z.optional(times),
  consolidatedAt: z.optional(z.number()),
} satisfies { [Part in keyof ClusterMemory]: unknown };

type MemoryItem = z.infer<z.ZodMiniObject<typeof memoryAttributes>>;

/** DynamoDB keeps no undefined: a provider without a group comes back without the member. */
const factsFrom = (it: z.infer<typeof facts>): ClusterFacts => ({
  ...it,
  surroundings: it.surroundings ?? [],
  capacityProviders: it.capacityProviders.map((one) => ({ ...one, autoScalingGroupName: one.autoScalingGroupName })),
});

/** Nor of a size that nobody raised. */
const sizesFrom = (it: NonNullable<MemoryItem['sizes']>): ClusterMemory['sizes'] =>
  Object.fromEntries(Object.entries(it).map(([group, one]) => [group, { ...one, raised: one.raised }]));

/** Nor of demand that did not come back. */
const swingsFrom = (it: NonNullable<MemoryItem['swings']>): ClusterMemory['swings'] =>
  Object.fromEntries(
    Object.entries(it).map(([shared, { levels, falls }]) => [
      shared,
      { levels, falls: falls.map((one) => ({ ...one, backAfterMs: one.backAfterMs })) },
    ]),
  );

export const memoryFrom = (it: MemoryItem): ClusterMemory => ({
  intents: it.intents ?? [],
  emptySince: it.emptySince ?? {},
  unregisteredSince: it.unregisteredSince ?? {},
  shapes: it.shapes ?? {},
  facts: it.facts && factsFrom(it.facts),
  peaks: it.peaks ?? {},
  swings: swingsFrom(it.swings ?? {}),
  stopping: it.stopping ?? [],
  stopTimes: it.stopTimes ?? [],
  moves: it.moves ?? [],
  retiring: it.retiring ?? {},
  leftAloneUntil: it.leftAloneUntil ?? {},
  disconnectedSince: it.disconnectedSince ?? {},
  launches: it.launches ?? [],
  launchFailures: it.launchFailures ?? [],
  resized: it.resized ?? [],
  sizes: sizesFrom(it.sizes ?? {}),
  bootTimes: it.bootTimes ?? {},
  unstartedSince: it.unstartedSince ?? {},
  grownAt: it.grownAt ?? {},
  consolidatedAt: it.consolidatedAt,
});
