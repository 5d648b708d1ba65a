import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { CapacityRequest, Pause, RebalanceNotice, RefusedRun } from '../model/asked-for.ts';
import type { Drain } from '../model/memory.ts';
import type { WantedCount } from '../model/service-counts.ts';
import type { QueuedRun, Store } from '../ports/store.ts';
import {
  askedPrefix,
  capacityFrom,
  capacityKey,
  capacityPrefix,
  isEnded,
  isPause,
  itemOfCapacity,
  itemOfEndedQueued,
  itemOfPause,
  itemOfQueued,
  itemOfRebalance,
  itemOfRefused,
  pauseFrom,
  pauseKey,
  queuedFrom,
  queuedPrefix,
  rebalanceFrom,
  rebalancePrefix,
  refusedFrom,
  refusedPrefix,
} from './asked-items.ts';
import { isWantedCounts, wantedCountsFrom } from './count-items.ts';
import { type DynamoDbTable, held } from './dynamo-db-table.ts';
import { drainFrom, drainPrefix, partitionOf, pastDrains } from './items.ts';

type Asked = Pick<
  Store,
  | 'drainsAndAsked'
  | 'putCapacity'
  | 'endCapacity'
  | 'noteRebalance'
  | 'noteRefused'
  | 'setPause'
  | 'endPause'
  | 'openQueued'
  | 'keepQueued'
  | 'endQueued'
>;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const absent = { expression: 'attribute_not_exists(pk)' };
const goingOn = { expression: 'attribute_exists(pk) AND attribute_not_exists(ended)' };

/** What was asked for: an item each. */
export const askedIn = (table: DynamoDbTable): Asked => ({
  async drainsAndAsked(cluster) {
    const drains: Drain[] = [];
    const capacity: CapacityRequest[] = [];
    const rebalance: RebalanceNotice[] = [];
    const refused: RefusedRun[] = [];
    const runs: QueuedRun[] = [];
    let pause: Pause | undefined;
    let counts: readonly WantedCount[] | undefined;
    for await (const page of table.query(partitionOf(cluster), askedPrefix, pastDrains)) {
      for (const item of page.map((it) => unmarshall(it))) {
        const name = textOf(item['sk']);
        if (name.startsWith(drainPrefix)) drains.push(drainFrom(table.name, item));
        else if (name.startsWith(capacityPrefix)) capacity.push(capacityFrom(table.name, item));
        else if (name.startsWith(rebalancePrefix)) rebalance.push(rebalanceFrom(table.name, item));
        else if (name.startsWith(refusedPrefix)) refused.push(refusedFrom(table.name, item));
        else if (name.startsWith(queuedPrefix)) runs.push(...(isEnded(item) ? [] : [queuedFrom(table.name, item)]));
        else if (isWantedCounts(name)) counts = wantedCountsFrom(table.name, item);
        else if (isPause(name)) pause = pauseFrom(table.name, item);
      }
    }
    runs.sort((a, b) => a.task.queuedAt - b.task.queuedAt); // stable: equals stay in order of id
    return { drains, asked: { capacity, refused, rebalance, pause, counts, queued: runs.map((it) => it.task) }, runs };
  },

  putCapacity: (cluster, request) => table.put(itemOfCapacity(cluster, request)),
  endCapacity: (cluster, id) => table.delete(capacityKey(cluster, id)),
  noteRebalance: (cluster, notice) => table.put(itemOfRebalance(cluster, notice)),
  noteRefused: (cluster, run) => table.put(itemOfRefused(cluster, run)),
  setPause: (cluster, pause) => table.put(itemOfPause(cluster, pause)),
  endPause: (cluster) => table.delete(pauseKey(cluster)),
  openQueued: (cluster, run) => held(table.put(itemOfQueued(cluster, run), absent)),
  async keepQueued(cluster, run) {
    await held(table.put(itemOfQueued(cluster, run), goingOn));
  },
  endQueued: (cluster, id, at) => table.put(itemOfEndedQueued(cluster, id, at)),
});
