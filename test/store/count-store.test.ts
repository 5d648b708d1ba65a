import { describe, expect, it } from '@jest/globals';
import type { CountHistories, WantedCount } from '../../lib/model/service-counts.ts';
import { dynamoDbCountStore } from '../../lib/store/counts.ts';
import { dynamoDbStore } from '../../lib/store/dynamo-db-store.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { localDynamoDb } from '../support/local-dynamo-db.ts';

const histories: CountHistories = {
  api: {
    desired: 4,
    recommendations: [{ at: 1_000, tasks: 5 }],
    changes: [{ at: 900, tasks: -2 }],
    running: [{ at: 800, tasks: 4 }],
    readings: {
      cpu: { value: 61.5, at: 940, readAt: 1_000, failures: 0 },
      'backlog jobs': { value: undefined, at: undefined, readAt: 1_000, failures: 3 },
    },
    activeAt: 1_000,
    nextReadAt: 61_000,
    wanted: { at: 1_000, tasks: 5 },
    hasScalableTarget: false,
  },
  idle: {
    desired: 0,
    recommendations: [],
    changes: [],
    running: [],
    readings: {},
    activeAt: undefined,
    nextReadAt: 0,
    wanted: undefined,
    hasScalableTarget: true,
  },
};

const wanted: readonly WantedCount[] = [{ service: 'api', from: 4, to: 5, reason: 'cpu', at: 1_000 }];

const dynamo = async () => {
  const db = await localDynamoDb();
  const store = { ...dynamoDbStore(db.client, db.tableName), ...dynamoDbCountStore(db.client, db.tableName) };
  return { store, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
};

const inMemory = () => Promise.resolve({ store: memoryStore(), [Symbol.asyncDispose]: () => Promise.resolve() });

describe.each([
  ['dynamoDbCountStore', dynamo],
  ['memoryStore', inMemory],
])('%s: counts', (_, open) => {
  it('keeps histories by cluster, in place of those before', async () => {
    await using it = await open();
    expect(await it.store.countHistories('prod')).toEqual({});

    await it.store.keepCountHistories('prod', histories, 1_000);
    expect(await it.store.countHistories('prod')).toEqual(histories);
    expect(await it.store.countHistories('other')).toEqual({});

    await it.store.keepCountHistories('prod', {}, 2_000);
    expect(await it.store.countHistories('prod')).toEqual({});
  });

  it('gives what is wanted to the decision with what else is asked for, and is no head', async () => {
    await using it = await open();
    await it.store.keepCountHistories('prod', histories, 1_000);
    expect((await it.store.drainsAndAsked('prod')).asked.counts).toBeUndefined();

    await it.store.keepWantedCounts('prod', wanted, 1_000);
    expect((await it.store.drainsAndAsked('prod')).asked.counts).toEqual(wanted);
    expect((await it.store.drainsAndAsked('other')).asked.counts).toBeUndefined();

    await it.store.keepWantedCounts('prod', [], 2_000);
    expect((await it.store.drainsAndAsked('prod')).asked.counts).toEqual([]);
    expect(await it.store.recall('prod')).toBeUndefined();
  });
});
