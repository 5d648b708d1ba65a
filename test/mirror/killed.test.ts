import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { type Change, folded, instancesIn, type Mirror, taskChange, tasksIn } from '../../lib/mirror/mirror.ts';
import type { Service } from '../../lib/model/service.ts';
import { dynamoDbMirrorStore } from '../../lib/store/mirror.ts';
import { now, service, task } from '../support/builders.ts';
import { localDynamoDb } from '../support/local-dynamo-db.ts';

/** Ends a function at its n-th call of the table, from 1: that one and all after it are not made. */
const killedAt = (client: DynamoDBClient, call: number): { readonly calls: () => number } => {
  let calls = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      calls += 1;
      return calls >= call ? Promise.reject(new Error('killed')) : next(args);
    },
    { step: 'initialize', name: 'killed', override: true },
  );
  return { calls: () => calls };
};

const alive = (client: DynamoDBClient): void => {
  client.middlewareStack.remove('killed');
};

const contentOf = (mirror: Mirror) => ({
  instances: instancesIn(mirror)
    .map((it) => it.arn)
    .sort(),
  tasks: tasksIn(mirror)
    .map((it) => `${it.arn} ${it.version}`)
    .sort(),
});

const byName = (all: readonly Service[] = []): readonly Service[] => all.toSorted((a, b) => (a.name < b.name ? -1 : 1));

const ran = (from: number, to: number, version: number): readonly Change[] =>
  Array.from({ length: to - from }, (_, n) =>
    taskChange(task(from + n, 1, { version, group: `${'g'.repeat(200)}${n}` }), now),
  );

describe('a function that is killed', () => {
  it.each([
    ['gathers what fits into as many chunks', undefined],
    ['gathers into more chunks than before', 600],
  ])('loses nothing wherever it is, while it %s', async (_, largestBytes) => {
    await using db = await localDynamoDb();
    let calls = 1;
    for (let call = 1; call <= calls; call++) {
      const cluster = `c${call}`;
      const store = dynamoDbMirrorStore(db.client, db.tableName, largestBytes);
      await store.tell(cluster, 'first', folded(ran(0, 12, 1)), now);
      await store.gather(cluster, await store.recallMirror(cluster, now), now);
      await store.tell(
        cluster,
        'second',
        folded([...ran(6, 30, 2), taskChange(task(0, 1, { version: 2, lastStatus: 'STOPPED' }), now)]),
        now + 1,
      );
      const before = await store.recallMirror(cluster, now);

      const count = killedAt(db.client, call);
      const result = await store.gather(cluster, before, now).then(
        () => 'done',
        () => 'killed',
      );
      calls = result === 'done' ? calls : call + 1;
      expect(count.calls() >= call).toBe(result === 'killed');
      alive(db.client);

      const after = await store.recallMirror(cluster, now);
      expect(contentOf(after.mirror)).toEqual(contentOf(before.mirror));
      await store.gather(cluster, after, now);
      const again = await store.recallMirror(cluster, now);
      expect(contentOf(again.mirror)).toEqual(contentOf(before.mirror));
      expect(again.news.keys).toEqual([]);
    }
    expect(calls).toBeGreaterThan(10);
  });

  it('has told a batch in full or is told it again, in parts or not', async () => {
    await using db = await localDynamoDb();
    const news = folded(ran(0, 40, 1));
    const ends: string[] = [];
    for (let call = 1; ends.at(-1) !== 'done'; call++) {
      const store = dynamoDbMirrorStore(db.client, db.tableName, 400);
      killedAt(db.client, call);
      ends.push(
        await store.tell(`c${call}`, 'batch', news, now).then(
          () => 'done',
          () => 'killed',
        ),
      );
      alive(db.client);
      if (ends.at(-1) === 'killed') await store.tell(`c${call}`, 'batch', news, now + 1_000);
      expect(contentOf((await store.recallMirror(`c${call}`, now)).mirror)).toEqual(contentOf(news));
    }
    expect(ends.length).toBeGreaterThan(2);
  });

  it('leaves the services as they were, as they are, or none, and never some of each', async () => {
    await using db = await localDynamoDb();
    const some = (count: number, desired: number) =>
      Array.from({ length: count }, (_, n) => service(desired, { name: `${n}${'s'.repeat(100)}` }));
    const seen: string[] = [];
    for (let call = 1; call <= 20; call++) {
      const store = dynamoDbMirrorStore(db.client, db.tableName, 400);
      await store.keepServices(`c${call}`, some(12, 1), now);
      killedAt(db.client, call);
      await store.keepServices(`c${call}`, some(8, 2), now + 1).catch(() => undefined);
      alive(db.client);
      const kept = await store.recallServices(`c${call}`);
      const isAs = (all: readonly Service[]): boolean =>
        JSON.stringify(byName(kept?.services)) === JSON.stringify(byName(all));
      seen.push(isAs(some(12, 1)) ? 'before' : isAs(some(8, 2)) ? 'after' : kept === undefined ? 'none' : 'mixed');
      await store.keepServices(`c${call}`, some(8, 2), now + 2);
      expect(byName((await store.recallServices(`c${call}`))?.services)).toEqual(byName(some(8, 2)));
    }
    expect([...new Set(seen)].sort()).toEqual(['after', 'before', 'none']);
  });
});
