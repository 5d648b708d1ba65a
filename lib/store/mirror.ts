import { gunzipSync, gzipSync } from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { type Known, type Mirror, merge } from '../mirror/mirror.ts';
import type { ContainerInstance } from '../model/container-instance.ts';
import type { Service } from '../model/service.ts';
import type { Task } from '../model/task.ts';
import type { TaskDefinition } from '../model/task-definition.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import type { KeptServices, MirrorStore } from '../ports/mirror-store.ts';
import { type DynamoDbTable, dynamoDbTable } from './dynamo-db-table.ts';
import { type ItemKey, read } from './items.ts';

/**
 * A mirror is kept as a log and what was gathered from it. Each batch of events is one item of the log, whatever it
 * touches; gathered, it lies in chunks by the hash of the ARNs. To merge is to keep the newest of everything, so no write
 * has a condition, and whoever reads the log first and the chunks then misses nothing: an item of the log is deleted only
 * once its chunks are written.
 */
const parts = 4;

/** So many at first, and twice as many whenever one of them grows out of an item. */
const fewestChunks = 32;

/** Items of the table may have 400 KB (DynamoDB quotas). */
const roomInItem = 380_000;

/** Of a cluster that nobody mirrors any more nothing stays; what is in use is written anew long before. */
const lastsMs = 7 * 24 * 60 * minuteMs;
const renewedMs = 24 * 60 * minuteMs;

/** How many writes of a partition are under way at once: it takes 1,000 KB a second (DynamoDB quotas). */
const atOnce = 8;

const partitionOf = (cluster: string, part: number | 'log'): string => `mirror#${cluster}#${part}`;

/** Of the kinds of items, as their sort keys begin; none is as high as `kind$`, for $ comes after #. */
type Kind = 'chunk' | 'definitions' | 'log' | 'services';

const kept = z.object({ sk: z.string(), at: z.number(), data: z.instanceof(Uint8Array) });
type Kept = z.infer<typeof kept>;

const headItem = z.object({
  comparedAt: z.optional(z.number()),
  /** As of when they are as they were written at `servicesAt`. */
  servicesReadAt: z.optional(z.number()),
  servicesAt: z.optional(z.number()),
});
const headKey = (cluster: string): ItemKey => ({ pk: partitionOf(cluster, 'log'), sk: 'head' });

/** Of what this version writes; what an older one cannot read takes another number. */
const form = 1;

const pack = (content: unknown): Uint8Array => gzipSync(JSON.stringify({ form, content }), { level: 4 });

/** Undefined for what another version wrote: it is as if it were not there, and comes again. */
const unpack = (data: Uint8Array): unknown => {
  const { form: its, content } = JSON.parse(gunzipSync(data).toString()) as { form: number; content: unknown };
  return its === form ? content : undefined;
};

interface Content {
  readonly instances: readonly (readonly [string, Known<ContainerInstance>])[];
  readonly tasks: readonly (readonly [string, Known<Task>])[];
  /** Of the log alone: what is gathered was read since. */
  readonly toldServices?: readonly (readonly [string, EpochMs])[];
}

/** Tasks of one instance side by side share most of their words. */
const contentOf = (
  instances: Iterable<readonly [string, Known<ContainerInstance>]>,
  tasks: Iterable<readonly [string, Known<Task>]>,
): Content => ({
  instances: [...instances],
  tasks: [...tasks].sort(([, a], [, b]) => {
    const [one, other] = [a.value?.containerInstanceArn ?? '', b.value?.containerInstanceArn ?? ''];
    return one < other ? -1 : one > other ? 1 : 0;
  }),
});

const mirrorOf = ({ instances, tasks, toldServices }: Content): Mirror => ({
  instances: new Map(instances),
  tasks: new Map(tasks),
  toldServices: new Map(toldServices),
});

/** FNV-1a of the end of an ARN, where its id is. */
const hashOf = (arn: string): number => {
  let hash = 0x811c9dc5;
  for (let at = Math.max(0, arn.length - 12); at < arn.length; at++)
    hash = Math.imul(hash ^ arn.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
};

const chunkName = (index: number, count: number): string => `chunk#${count}#${index}`;
const countIn = (name: string): number => Number(name.split('#')[1]);
const indexIn = (name: string): number => Number(name.split('#')[2]);
const partOf = (name: string): number => indexIn(name) % parts;

/** In turn, some at a time: none is left behind when another fails. */
const eachOf = async <T>(items: readonly T[], work: (it: T) => Promise<void>): Promise<void> => {
  for (let at = 0; at < items.length; at += atOnce) {
    const results = await Promise.allSettled(items.slice(at, at + atOnce).map(work));
    for (const it of results) if (it.status === 'rejected') throw it.reason;
  }
};

/** DynamoDB forgets it after that, in seconds. */
const until = (at: EpochMs): number => Math.ceil((at + lastsMs) / secondMs);

const sum = (items: readonly Kept[]): number => items.reduce((bytes, it) => bytes + it.data.byteLength, 0);

const readAll = async (table: DynamoDbTable, partition: string, kind: Kind): Promise<readonly Kept[]> => {
  const items: Kept[] = [];
  for await (const page of table.query(partition, `${kind}#`, `${kind}$`))
    items.push(...page.map((it) => read(kept, table.name, unmarshall(it))));
  return items;
};

/** A list in as many pieces as fit into items. */
const pieces = (items: readonly unknown[], largestBytes: number): readonly Uint8Array[] => {
  const data = pack(items);
  if (data.byteLength <= largestBytes || items.length < 2) return [data];
  const half = items.length >> 1;
  return [...pieces(items.slice(0, half), largestBytes), ...pieces(items.slice(half), largestBytes)];
};

/** What was kept as a list; its items were written by this version as they are in the model. */
const listIn = (items: readonly Kept[]): readonly unknown[] =>
  items.flatMap((it) => (unpack(it.data) as readonly unknown[] | undefined) ?? []);

const gathered = (mirrors: readonly Mirror[]): Mirror => ({
  instances: new Map(mirrors.flatMap((it) => [...it.instances])),
  tasks: new Map(mirrors.flatMap((it) => [...it.tasks])),
  toldServices: new Map(),
});

/** The touched chunks of a mirror in so many; undefined where one of them is too large for an item. */
const dividedInto = (
  { instances, tasks }: Mirror,
  count: number,
  isTouched: (name: string) => boolean,
  largestBytes: number,
): ReadonlyMap<string, Uint8Array> | undefined => {
  const chunks = Array.from({ length: count }, (_, n) => ({
    name: chunkName(n, count),
    instances: [] as (readonly [string, Known<ContainerInstance>])[],
    tasks: [] as (readonly [string, Known<Task>])[],
  }));
  for (const it of instances) chunks[hashOf(it[0]) % count]?.instances.push(it);
  for (const it of tasks) chunks[hashOf(it[0]) % count]?.tasks.push(it);
  const packed = chunks
    .filter((it) => isTouched(it.name))
    .map((it) => [it.name, pack(contentOf(it.instances, it.tasks))] as const);
  return packed.some(([, data]) => data.byteLength > largestBytes) ? undefined : new Map(packed);
};

const everything = (): boolean => true;

/** Undefined while they are being written anew: some of them are of another time then. */
const servicesFrom = (
  { servicesReadAt, servicesAt }: z.infer<typeof headItem>,
  items: readonly Kept[],
): KeptServices | undefined =>
  items.length > 0 && servicesReadAt !== undefined && items.every((it) => it.at === servicesAt)
    ? { services: listIn(items) as readonly Service[], readAt: servicesReadAt }
    : undefined;

/**
 * The mirrors on the table that `dynamoDbStore` is on; apart from it, for small clusters have none.
 * @param largestBytes what goes into one item
 */
export const dynamoDbMirrorStore = (
  client: DynamoDBClient,
  tableName: string,
  largestBytes = roomInItem,
): MirrorStore => {
  const table = dynamoDbTable(client, tableName);

  const put = (pk: string, sk: string, data: Uint8Array, at: EpochMs): Promise<void> =>
    table.put({ pk, sk, ...{ at, data, expiresAt: until(at) } });

  const putList = async (pk: string, kind: Kind, list: readonly unknown[], at: EpochMs): Promise<void> => {
    const before = await readAll(table, pk, kind);
    const data = pieces(list, largestBytes);
    await eachOf([...data.entries()], ([n, it]) => put(pk, `${kind}#${n}`, it, at));
    const names = new Set([...data.keys()].map((n) => `${kind}#${n}`));
    await eachOf(
      before.filter((it) => !names.has(it.sk)),
      (it) => table.delete({ pk, sk: it.sk }),
    );
  };

  const headIn = (item: Awaited<ReturnType<DynamoDbTable['get']>>): z.infer<typeof headItem> =>
    item === undefined ? {} : read(headItem, table.name, item);

  return {
    async tell(cluster, id, news, at) {
      const tellPart = async (part: Content, name: string): Promise<void> => {
        const data = pack(part);
        const { instances, tasks } = part;
        if (data.byteLength <= largestBytes || instances.length + tasks.length < 2)
          return put(partitionOf(cluster, 'log'), `log#${new Date(at).toISOString()}#${name}`, data, at);
        const [i, t] = [instances.length >> 1, tasks.length >> 1];
        await tellPart({ ...part, instances: instances.slice(0, i), tasks: tasks.slice(0, t) }, `${name}.0`);
        await tellPart({ instances: instances.slice(i), tasks: tasks.slice(t) }, `${name}.1`);
      };
      await tellPart({ ...contentOf(news.instances, news.tasks), toldServices: [...news.toldServices] }, id);
    },

    async recallMirror(cluster, now) {
      // The log first: what is missing there because it has just been gathered is in the chunks by then.
      const log = await readAll(table, partitionOf(cluster, 'log'), 'log');
      const [head, services, definitions, ...byPart] = await Promise.all([
        table.get(headKey(cluster)),
        readAll(table, partitionOf(cluster, 'log'), 'services'),
        readAll(table, partitionOf(cluster, 'log'), 'definitions'),
        ...Array.from({ length: parts }, (_, part) => readAll(table, partitionOf(cluster, part), 'chunk')),
      ]);
      const chunks = byPart.flat();
      const mirrors = (items: readonly Kept[]): readonly Mirror[] =>
        items.flatMap((it) => {
          const content = unpack(it.data) as Content | undefined;
          return content === undefined ? [] : [mirrorOf(content)];
        });
      const news = mirrors(log);
      return {
        comparedAt: headIn(head).comparedAt,
        mirror: merge(gathered(mirrors(chunks)), news, now),
        services: servicesFrom(headIn(head), services),
        taskDefinitions: listIn(definitions) as readonly TaskDefinition[],
        news: {
          keys: log.map((it) => it.sk),
          arns: new Set(news.flatMap((it) => [...it.instances.keys(), ...it.tasks.keys()])),
          bytes: sum(log),
        },
        chunks: new Map(chunks.map((it) => [it.sk, it.at])),
        bytes: sum(log) + sum(chunks) + sum(services) + sum(definitions),
      };
    },

    async recallServices(cluster) {
      const [head, services] = await Promise.all([
        table.get(headKey(cluster)),
        readAll(table, partitionOf(cluster, 'log'), 'services'),
      ]);
      return servicesFrom(headIn(head), services);
    },

    async gather(cluster, { mirror, news, chunks }, now) {
      const before = Math.max(fewestChunks, ...[...chunks.keys()].map(countIn));
      const touched = new Set([...news.arns].map((arn) => chunkName(hashOf(arn) % before, before)));
      for (const [name, at] of chunks) if (now - at >= renewedMs) touched.add(name);
      // Chunks of another division are left by a function that was killed: what has ended would live on in them.
      const isOne = [...chunks.keys()].every((it) => countIn(it) === before);
      let written = dividedInto(mirror, before, isOne ? (name) => touched.has(name) : everything, largestBytes);
      for (let count = 2 * before; written === undefined; count *= 2)
        written = dividedInto(mirror, count, everything, largestBytes);
      const [anyName] = written.keys();
      const after = anyName === undefined ? before : countIn(anyName);
      const drop = [...chunks.keys()].filter((it) => countIn(it) !== after);
      await eachOf([...written], ([name, data]) => put(partitionOf(cluster, partOf(name)), name, data, now));
      await eachOf(drop, (name) => table.delete({ pk: partitionOf(cluster, partOf(name)), sk: name }));
      await eachOf(news.keys, (sk) => table.delete({ pk: partitionOf(cluster, 'log'), sk }));
    },

    async keepServices(cluster, services, readAt) {
      if (services !== undefined) await putList(partitionOf(cluster, 'log'), 'services', services, readAt);
      await table.update(headKey(cluster), {
        expression:
          services === undefined
            ? 'SET servicesReadAt = :at, expiresAt = :until'
            : 'SET servicesReadAt = :at, servicesAt = :at, expiresAt = :until',
        values: { ':at': readAt, ':until': until(readAt) },
      });
    },
    keepTaskDefinitions: (cluster, definitions, at) =>
      putList(partitionOf(cluster, 'log'), 'definitions', definitions, at),
    async keepCompared(cluster, comparedAt) {
      await table.update(headKey(cluster), {
        expression: 'SET comparedAt = :at, expiresAt = :until',
        values: { ':at': comparedAt, ':until': until(comparedAt) },
      });
    },
  };
};
