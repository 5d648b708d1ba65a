import * as z from 'zod/mini';
import type { WantedCount } from '../model/service-counts.ts';
import { wantedCountLastsMs } from '../model/service-counts.ts';
import { type EpochMs, secondMs } from '../model/time.ts';
import { type ItemKey, partitionOf, read } from './items.ts';

/** Among what is asked for, so that the decision's one query brings it. */
const wantedName = 'asked#counts';
export const isWantedCounts = (sk: string): boolean => sk === wantedName;

const wantedItem = z.object({
  counts: z.array(
    z.object({
      service: z.string(),
      from: z.number(),
      to: z.number(),
      reason: z.string(),
      at: z.number(),
      isInVain: z.optional(z.boolean()),
    }),
  ),
});

export const itemOfWantedCounts = (cluster: string, counts: readonly WantedCount[], at: EpochMs): ItemKey => ({
  pk: partitionOf(cluster),
  sk: wantedName,
  ...{ counts, expiresAt: Math.ceil((at + wantedCountLastsMs) / secondMs) },
});

export const wantedCountsFrom = (table: string, item: unknown): readonly WantedCount[] =>
  read(wantedItem, table, item).counts;
