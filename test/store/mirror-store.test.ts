import { describe, expect, it } from '@jest/globals';
import { type Change, emptyMirror, folded, instanceChange, merge, taskChange } from '../../lib/mirror/mirror.ts';
import type { Task } from '../../lib/model/task.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { dynamoDbMirrorStore } from '../../lib/store/mirror.ts';
import { instance, now, service, task, taskDefinition } from '../support/builders.ts';
import { localDynamoDb } from '../support/local-dynamo-db.ts';

const open = async (largestBytes?: number) => {
  const db = await localDynamoDb();
  return {
    store: dynamoDbMirrorStore(db.client, db.tableName, largestBytes),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
};

const ran = (n: number, over: Partial<Task> = {}) => taskChange(task(n, 1, over), now);

const many = (count: number) => Array.from({ length: count }, (_, n) => ran(n));

/** Tasks of large groups each, of which nothing can be packed into less: a stream of a linear congruence in base 36. */
const bulky = (count: number, letters: number): readonly Change[] => {
  let state = 1;
  const digit = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state >>> 12) % 36).toString(36);
  };
  return Array.from({ length: count }, (_, n) =>
    ran(n, { version: 9, group: Array.from({ length: letters }, digit).join('') }),
  );
};

const day = 24 * 60 * minuteMs;

describe('dynamoDbMirrorStore', () => {
  it('knows nothing of a cluster nobody told of', async () => {
    await using it = await open();
    expect(await it.store.recallMirror('prod', now)).toEqual({
      comparedAt: undefined,
      mirror: emptyMirror,
      services: undefined,
      taskDefinitions: [],
      news: { keys: [], arns: new Set(), bytes: 0 },
      chunks: new Map(),
      bytes: 0,
    });
  });

  it('is the same before and after it is gathered, and after more of it has come', async () => {
    await using it = await open();
    const first = folded([...many(100), instanceChange(instance(1), now)]);
    const second = folded([ran(3, { version: 4, lastStatus: 'STOPPED' }), ran(200)]);
    await it.store.tell('prod', 'm1', first, now);
    await it.store.tell('prod', 'm2', second, now + 1);
    await it.store.tell('other', 'm1', folded([ran(900)]), now);
    const before = await it.store.recallMirror('prod', now);
    expect(before.mirror).toEqual(merge(emptyMirror, [first, second], now));
    expect(before.news.keys).toHaveLength(2);

    await it.store.gather('prod', before, now);
    const after = await it.store.recallMirror('prod', now);
    expect(after.mirror).toEqual(before.mirror);
    expect(after.news).toEqual({ keys: [], arns: new Set(), bytes: 0 });
    expect(after.chunks.size).toBeGreaterThan(0);

    await it.store.tell('prod', 'm3', folded([ran(4, { version: 4, lastStatus: 'STOPPED' })]), now + 2);
    await it.store.gather('prod', await it.store.recallMirror('prod', now), now + 3);
    const third = await it.store.recallMirror('prod', now);
    expect(third.mirror.tasks.get(task(4, 1).arn)?.value).toBeUndefined();
    expect(third.mirror.tasks.size).toBe(101);
    const rewritten = [...third.chunks].filter(([name, at]) => after.chunks.get(name) !== at);
    expect(rewritten).toHaveLength(1); // only the chunk that the task lies in
  });

  it('is told the same twice', async () => {
    await using it = await open();
    await it.store.tell('prod', 'm1', folded(many(5)), now);
    await it.store.tell('prod', 'm1', folded(many(5)), now);
    expect((await it.store.recallMirror('prod', now)).news.keys).toHaveLength(1);
  });

  it('keeps what no item has room for in several', async () => {
    await using it = await open(20_000);
    await it.store.tell('prod', 'm1', folded(bulky(400, 300)), now);
    const told = await it.store.recallMirror('prod', now);
    expect(told.news.keys.length).toBeGreaterThan(1);
    expect(told.mirror.tasks.size).toBe(400);
  });

  it('divides into more chunks when one has no room, and leaves none of the former ones', async () => {
    await using it = await open(20_000);
    await it.store.tell('prod', 'm0', folded(many(50)), now);
    await it.store.gather('prod', await it.store.recallMirror('prod', now), now);
    const kept = await it.store.recallMirror('prod', now);
    const mirror = folded(bulky(1_000, 1_000));
    const news = { ...kept.news, arns: new Set(mirror.tasks.keys()) };
    await it.store.gather('prod', { ...kept, mirror, news }, now);
    const after = await it.store.recallMirror('prod', now);
    expect(after.mirror.tasks.size).toBe(1_000);
    expect([...after.chunks.keys()].every((name) => name.startsWith('chunk#64#'))).toBe(true);
  });

  it('writes what has long been so anew, before it expires', async () => {
    await using it = await open();
    await it.store.tell('prod', 'm1', folded(many(50)), now);
    await it.store.gather('prod', await it.store.recallMirror('prod', now), now);
    await it.store.gather('prod', await it.store.recallMirror('prod', now + day), now + day);
    const { chunks } = await it.store.recallMirror('prod', now + day);
    expect([...new Set(chunks.values())]).toEqual([now + day]);
  });

  it('gives services only as they were kept together', async () => {
    await using it = await open();
    const services = [service(1), service(2, { name: 'web' })];
    await it.store.keepServices('prod', services, now);
    await it.store.keepServices('prod', undefined, now + minuteMs);
    expect((await it.store.recallMirror('prod', now)).services).toEqual({ services, readAt: now + minuteMs });
    await it.store.keepServices('prod', [], now + 2 * minuteMs);
    expect((await it.store.recallMirror('prod', now)).services).toEqual({ services: [], readAt: now + 2 * minuteMs });
  });

  it('keeps task definitions, and when it was compared', async () => {
    await using it = await open();
    const definitions = [taskDefinition('api', { cpuUnits: 256 })];
    await it.store.keepTaskDefinitions('prod', definitions, now);
    await it.store.keepCompared('prod', now);
    const kept = await it.store.recallMirror('prod', now);
    expect(kept.taskDefinitions).toEqual(definitions);
    expect(kept.comparedAt).toBe(now);
  });
});
