import { BatchGetItemCommand, type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { noMemory } from '../../lib/model/memory.ts';
import { dynamoDbStore } from '../../lib/store/dynamo-db-store.ts';
import { dynamoDbHistory } from '../../lib/store/history.ts';
import { UnreadableItemError } from '../../lib/store/items.ts';
import { localDynamoDb } from '../support/local-dynamo-db.ts';
import { storeContract } from './contract.ts';

storeContract('dynamoDbStore', async () => {
  const db = await localDynamoDb();
  return {
    store: dynamoDbStore(db.client, db.tableName),
    history: dynamoDbHistory(db.client, db.tableName),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
});

/** Makes the first batch of a client answer for its first key only, as an overloaded table does. */
const answerOneKeyAtFirst = (client: DynamoDBClient, tableName: string): { readonly calls: () => number } => {
  let calls = 0;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== 'BatchGetItemCommand') return next(args);
      calls++;
      const { input } = args as { input: BatchGetItemCommand['input'] };
      const keys = input.RequestItems?.[tableName]?.Keys ?? [];
      if (calls > 1) return next(args);
      const first = { RequestItems: { [tableName]: { ...input.RequestItems?.[tableName], Keys: keys.slice(0, 1) } } };
      const answer = await next({ ...args, input: first });
      Object.assign(answer.output, { UnprocessedKeys: { [tableName]: { Keys: keys.slice(1) } } });
      return answer;
    },
    { step: 'initialize', priority: 'low' },
  );
  return { calls: () => calls };
};

describe('dynamoDbStore', () => {
  it('asks again for the keys that DynamoDB did not get to', async () => {
    await using db = await localDynamoDb();
    const store = dynamoDbStore(db.client, db.tableName);
    for (const cluster of ['a', 'b', 'c']) await store.raiseGeneration(cluster);
    const batches = answerOneKeyAtFirst(db.client, db.tableName);

    const heads = await store.heads(['a', 'b', 'c']);

    expect(heads.map((it) => it.cluster).sort()).toEqual(['a', 'b', 'c']);
    expect(batches.calls()).toBe(2);
  });

  it('remembers so many refused calls at most, for those who ask again and again', async () => {
    await using db = await localDynamoDb();
    const store = dynamoDbStore(db.client, db.tableName);
    const run = {
      taskDefinition: 'report:1',
      group: undefined,
      target: { launchType: undefined, capacityProviderStrategy: [] },
      tasks: 1,
      at: 1,
      until: 1_700_000_000_000,
    };
    for (let n = 0; n < 1_500; n++) await store.noteRefused('prod', { ...run, id: `call-${n}` });
    await store.noteRefused('prod', { ...run, id: 'call-1499' });

    const { refused } = (await store.drainsAndAsked('prod')).asked;

    expect(refused.length).toBeGreaterThan(400);
    expect(refused.length).toBeLessThanOrEqual(512);
    expect(refused.filter((it) => it.id === 'call-1499')).toHaveLength(1);
  });

  it('lists more drains than one answer holds', async () => {
    await using db = await localDynamoDb();
    const store = dynamoDbStore(db.client, db.tableName);
    const long = 'x'.repeat(2_000); // 600 of them are more than the 1 MB of one answer
    const ids = Array.from({ length: 600 }, (_, n) => `i-${n}`);
    await Promise.all(
      ids.map((ec2InstanceId) =>
        store.putDrain('prod', {
          ec2InstanceId,
          containerInstanceArn: long,
          group: undefined,
          cause: 'empty',
          state: 'restoring',
          startedAt: 1,
          since: 1,
        }),
      ),
    );

    const drains = await store.drains('prod');

    expect(drains.map((it) => it.ec2InstanceId).sort()).toEqual(ids.sort());
  });

  it('says which item it cannot read, why, and what to do', async () => {
    await using db = await localDynamoDb();
    const key = { pk: 'cluster#prod', sk: 'head' };
    await db.client.send(
      new PutItemCommand({
        TableName: db.tableName,
        Item: marshall({ ...key, generation: 1, intents: [{ at: 'x' }] }),
      }),
    );

    const recall = dynamoDbStore(db.client, db.tableName).recall('prod');

    await expect(recall).rejects.toThrow(UnreadableItemError);
    await expect(recall).rejects.toThrow(
      /item cluster#prod \/ head of table berth-test has an unknown form \(intents\.0\.group: .*; delete it/,
    );
  });

  it('reads a head that an earlier version wrote without what came later', async () => {
    await using db = await localDynamoDb();
    await db.client.send(
      new PutItemCommand({
        TableName: db.tableName,
        Item: marshall({ pk: 'cluster#prod', sk: 'head', generation: 7, surprise: true }),
      }),
    );
    const store = dynamoDbStore(db.client, db.tableName);

    const { head, memory } = await store.raiseGeneration('prod');

    expect(head).toMatchObject({ cluster: 'prod', generation: 8, epoch: 0 });
    expect(memory.shapes).toEqual({});
  });

  it('lets what is over expire, in seconds, and neither the queue nor a pause without end', async () => {
    await using db = await localDynamoDb();
    const store = dynamoDbStore(db.client, db.tableName);
    const target = { kind: 'service', service: 'api' } as const;
    await store.putCapacity('prod', { id: 'a', tasks: 1, target, requestedAt: 1, until: 1_700_000_000_001 });
    await store.noteRebalance('prod', { ec2InstanceId: 'i-1', at: 1_700_000_000_000 });
    await store.setPause('prod', { what: 'all', until: undefined });
    await store.endQueued('prod', 'm-1', 1_700_000_000_000);
    await store.keepDecision('prod', {
      at: 1_700_000_000_000,
      generation: 7,
      reason: 'event',
      steps: [],
      moreSteps: 0,
      waiting: [],
      moreWaiting: 0,
    });

    const { Items } = await db.client.send(new ScanCommand({ TableName: db.tableName }));

    expect(Object.fromEntries((Items ?? []).map((it) => [it['sk']?.S, it['expiresAt']?.N]))).toEqual({
      'asked#capacity#a': '1700000001',
      'asked#rebalance#i-1': '1700000900',
      'asked#pause': undefined,
      'asked#queued#m-1': '1700086400',
      'history#2023-11-14T22:13:20.000Z#7': '1700604800',
    });
  });

  it('writes nothing of a memory that is empty', async () => {
    await using db = await localDynamoDb();
    const store = dynamoDbStore(db.client, db.tableName);
    const { head } = await store.raiseGeneration('prod');

    await store.remember(head, noMemory, { at: 1, nextTimerAt: undefined, wakeAt: undefined });

    const { Items } = await db.client.send(new ScanCommand({ TableName: db.tableName }));
    expect(Object.keys(Items?.[0] ?? {}).sort()).toEqual([
      'epoch',
      'generation',
      'lastDecisionAt',
      'pk',
      'shapes',
      'sk',
    ]);
  });

  it('keeps the head within one item, however large a cluster is', async () => {
    await using db = await localDynamoDb();
    const store = dynamoDbStore(db.client, db.tableName);
    const { head } = await store.raiseGeneration('prod');
    const at = 1_700_000_000_000;
    const names = Array.from({ length: 5_000 }, (_, n) => `i-${String(n).padStart(17, '0')}`);
    const mapOf = <T>(value: (n: number) => T) => Object.fromEntries(names.map((name, n) => [name, value(n)]));
    const listOf = <T>(value: (name: string, n: number) => T) => names.map(value);

    await store.remember(
      head,
      {
        ...noMemory,
        emptySince: mapOf((n) => at - n),
        unregisteredSince: mapOf(() => at),
        disconnectedSince: mapOf(() => at),
        leftAloneUntil: mapOf(() => at),
        retiring: mapOf(() => ({ cause: 'rotation', since: at })),
        peaks: mapOf((n) => [{ tasks: n, at }]),
        swings: mapOf((n) => ({ levels: [{ tasks: n, at }], falls: [] })),
        stopping: listOf((arn, n) => ({ arn, at: at + n, cpuUnits: 512, memoryMiB: 1_024 })),
        stopTimes: listOf((_, n) => ({ cpuUnits: 512, memoryMiB: 1_024, ms: n })),
        moves: listOf((group, n) => ({ group, at: at + n })),
        launches: listOf((group) => ({ group, at, instances: 1 })),
        launchFailures: listOf((group) => ({ group, at, budget: 1, cause: 'none' })),
        unstartedSince: mapOf(() => at),
        grownAt: mapOf(() => at),
      },
      { at, nextTimerAt: at, wakeAt: at },
    );

    const kept = (await store.recall('prod'))?.memory ?? noMemory;
    expect(Object.keys(kept.emptySince).length).toBeGreaterThan(2_000);
    expect(kept.emptySince[names[4_999] ?? '']).toBe(at - 4_999); // the longest empty go first
    expect(Object.keys(kept.emptySince)).not.toContain(names[0]);
    expect(kept.peaks[names[4_999] ?? '']).toEqual([{ tasks: 4_999, at }]);
    expect(kept.swings[names[4_999] ?? '']?.levels).toEqual([{ tasks: 4_999, at }]);
    expect(kept.stopping[0]?.at).toBe(at + 4_999);
    expect(kept.moves[0]?.at).toBe(at + 4_999);
  });
});
