import { describe, expect, it } from '@jest/globals';
import type { ServiceForecast } from '../../lib/model/forecast.ts';
import type { CountStore } from '../../lib/ports/count-store.ts';
import { dynamoDbCountStore } from '../../lib/store/counts.ts';
import { dynamoDbStore } from '../../lib/store/dynamo-db-store.ts';
import { dynamoDbTable } from '../../lib/store/dynamo-db-table.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { localDynamoDb } from '../support/local-dynamo-db.ts';

const forecast = (service: string, over: Partial<ServiceForecast> = {}): ServiceForecast => ({
  service,
  madeAt: 1_000_001,
  expiresAt: 173_800_500,
  from: 900_000,
  periodMs: 900_000,
  floors: [2, 3, 0, 12],
  ...over,
});

/** A process after another: a store made anew on what is there. */
interface Opened extends AsyncDisposable {
  readonly open: () => CountStore;
}

const dynamo = async (): Promise<Opened> => {
  const db = await localDynamoDb();
  return {
    open: () => dynamoDbCountStore(db.client, db.tableName),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
};

const inMemory = (): Promise<Opened> => {
  const store = memoryStore();
  return Promise.resolve({ open: () => store, [Symbol.asyncDispose]: () => Promise.resolve() });
};

describe.each([
  ['dynamoDbCountStore', dynamo],
  ['memoryStore', inMemory],
])('%s: forecasts', (_, make) => {
  it('keeps one a service, by cluster, in place of the one before; a fresh process reads them', async () => {
    await using it = await make();
    expect(await it.open().forecasts('prod')).toEqual([]);

    await it.open().keepForecast('prod', forecast('web'));
    await it.open().keepForecast('prod', forecast('api'));
    await it.open().keepForecast('prod', forecast('web', { floors: [] }));
    await it.open().keepForecast('test', forecast('other'));

    expect(await it.open().forecasts('prod')).toEqual([forecast('api'), forecast('web', { floors: [] })]);
  });
});

describe('a forecast’s item', () => {
  it('is forgotten when it is over, and is not among what decisions read', async () => {
    await using db = await localDynamoDb();
    await dynamoDbCountStore(db.client, db.tableName).keepForecast('prod', forecast('web'));

    const item = await dynamoDbTable(db.client, db.tableName).get({ pk: 'cluster#prod', sk: 'forecast#web' });
    expect(item).toMatchObject({ expiresAt: 173_801 });
    expect(await dynamoDbStore(db.client, db.tableName).drainsAndAsked('prod')).toMatchObject({ drains: [], runs: [] });
  });
});
