import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Head } from '../model/memory.ts';
import { FencedError, type Store } from '../ports/store.ts';
import { type DynamoDbTable, held, type Item, toItem } from './dynamo-db-table.ts';
import { headAttributes, headKey, rememberedFrom } from './items.ts';
import { rememberUpdate } from './remember-update.ts';

/** BatchGetItem takes up to 100 keys (DynamoDB API reference). */
const keysPerBatch = 100;

/** DynamoDB hands back the keys it had no capacity or room for; after so many rounds it is overloaded. */
const batchRounds = 6;
const firstPauseMs = 50;

const readBatch = async (table: DynamoDbTable, clusters: readonly string[]): Promise<readonly Head[]> => {
  const heads: Head[] = [];
  let keys: Item[] = clusters.map((it) => toItem(headKey(it)));
  for (let round = 0; keys.length > 0; round++) {
    if (round === batchRounds) throw new Error(`table ${table.name} leaves ${keys.length} keys of a batch unread`);
    if (round > 0) await sleep(firstPauseMs * 2 ** round);
    const { Responses, UnprocessedKeys } = await table.client.send(
      new BatchGetItemCommand({
        RequestItems: { [table.name]: { Keys: keys, ProjectionExpression: headAttributes.join(', ') } },
      }),
    );
    heads.push(...(Responses?.[table.name] ?? []).map((it) => rememberedFrom(table.name, unmarshall(it)).head));
    keys = UnprocessedKeys?.[table.name]?.Keys ?? [];
  }
  return heads;
};

/** Makes the map of shapes too, so that single ones can be set in it later. */
const raise = {
  expression: 'SET epoch = if_not_exists(epoch, :zero), shapes = if_not_exists(shapes, :map) ADD generation :one',
  values: { ':zero': 0, ':one': 1, ':map': {} },
};

/** An instance was seen to register what is there, and a new one would be launched from the same source. */
const notSeenOnInstance =
  'attribute_not_exists(shapes.#group) OR shapes.#group.#from <> :instance OR shapes.#group.launchSource <> :source';

type Heads = Pick<
  Store,
  'raiseGeneration' | 'generation' | 'recall' | 'heads' | 'remember' | 'keepFingerprint' | 'keepShape'
>;

/** The head items: one a cluster, with its memory. */
export const headsIn = (table: DynamoDbTable): Heads => ({
  async raiseGeneration(cluster) {
    return rememberedFrom(table.name, await table.update(headKey(cluster), raise));
  },

  async generation(cluster) {
    const item = await table.get(headKey(cluster), headAttributes);
    return item === undefined ? 0 : rememberedFrom(table.name, item).head.generation;
  },

  async recall(cluster) {
    const item = await table.get(headKey(cluster));
    const remembered = item === undefined ? undefined : rememberedFrom(table.name, item);
    return remembered?.head.generation === 0 ? undefined : remembered; // others write to the item before any decision
  },

  async heads(clusters) {
    const wanted = [...new Set(clusters)]; // BatchGetItem refuses a key named twice
    const heads: Head[] = [];
    for (let at = 0; at < wanted.length; at += keysPerBatch)
      heads.push(...(await readBatch(table, wanted.slice(at, at + keysPerBatch))));
    return heads;
  },

  async remember(head, memory, decision) {
    const written = await held(table.update(headKey(head.cluster), rememberUpdate(head, memory, decision)));
    if (!written) throw new FencedError(head.cluster);
  },

  async keepFingerprint(cluster, fingerprint) {
    await table.update(headKey(cluster), {
      expression: 'SET fingerprint = :fingerprint',
      values: { ':fingerprint': fingerprint },
    });
  },

  async keepShape(cluster, group, shape) {
    const withMap = { expression: 'SET shapes = if_not_exists(shapes, :map)', values: { ':map': {} } };
    await table.update(headKey(cluster), withMap);
    await held(
      table.update(headKey(cluster), {
        expression: 'SET shapes.#group = :shape',
        condition: notSeenOnInstance,
        names: { '#group': group, '#from': 'from' },
        values: { ':shape': shape, ':instance': 'instance', ':source': shape.launchSource },
      }),
    );
  },
});
