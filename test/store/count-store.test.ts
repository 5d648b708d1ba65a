import { describe, expect, it } from '@jest/globals';
import type { CountHistories, WantedCount } from '../../lib/model/service-counts.ts';
import { dynamoDbCountStore } from '../../lib/store/counts.ts';
import { dynamoDbStore } from '../../lib/store/dynamo-db-store.ts';
import { dynamoDbTable } from '../../lib/store/dynamo-db-table.ts';
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
    unheeded: 2,
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
    surgedAt: 900,
    busiest: { at: 900, tasks: 7 },
  },
};

const wanted: readonly WantedCount[] = [
  { service: 'api', from: 4, to: 5, reason: 'cpu', at: 1_000 },
  { service: 'web', from: 4, to: 5, reason: 'cpu', at: 1_000, isInVain: true },
];

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

  it('keeps as many services as there are: an item of DynamoDB holds 400 KB', async () => {
    await using it = await open();
    const busy = histories['api'];
    if (busy === undefined) throw new Error('no history');
    const changes = Array.from({ length: 60 }, (_, n) => ({ at: n * 60_000, tasks: n }));
    const of = (count: number, desired: number): CountHistories =>
      Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`service-${n}`, { ...busy, desired, changes, running: changes }]),
      );

    await it.store.keepCountHistories('prod', of(500, 4), 1_000_000);
    expect(await it.store.countHistories('prod')).toEqual(of(500, 4));

    // Fewer, and so in fewer items: of those that are still kept the newest holds, of the others nothing after an hour.
    await it.store.keepCountHistories('prod', of(3, 7), 2_000_000);
    expect(await it.store.countHistories('prod')).toMatchObject(of(3, 7));
    await it.store.keepCountHistories('prod', of(3, 8), 1_000_000 + 61 * 60_000);
    expect(await it.store.countHistories('prod')).toEqual(of(3, 8));
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

describe('dynamoDbCountStore', () => {
  it('reads the one item in which all histories were kept before there were several', async () => {
    await using db = await localDynamoDb();
    const old = { pk: 'cluster#prod', sk: 'scaling', histories, expiresAt: 9_999_999_999 };
    await dynamoDbTable(db.client, db.tableName).put(old);

    expect(await dynamoDbCountStore(db.client, db.tableName).countHistories('prod')).toEqual(histories);
  });
});
