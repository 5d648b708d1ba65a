import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { ServiceForecast } from '../model/forecast.ts';
import { secondMs } from '../model/time.ts';
import type { ForecastStore } from '../ports/forecast-store.ts';
import type { DynamoDbTable } from './dynamo-db-table.ts';
import { partitionOf, read } from './items.ts';

/** Outside the range that decisions read. No name of a service is as high as the last: $ comes after #. */
const [prefix, pastForecasts] = ['forecast#', 'forecast$'];

const forecastItem = z.object({
  service: z.string(),
  madeAt: z.number(),
  expiresAtMs: z.number(),
  from: z.number(),
  periodMs: z.number(),
  floors: z.array(z.number()),
});

/** One item a service: at the longest some 1 KB. */
export const forecastsOn = (table: DynamoDbTable): ForecastStore => ({
  async forecasts(cluster) {
    const found: ServiceForecast[] = [];
    for await (const page of table.query(partitionOf(cluster), prefix, pastForecasts))
      for (const item of page) {
        const { expiresAtMs, ...it } = read(forecastItem, table.name, unmarshall(item));
        found.push({ ...it, expiresAt: expiresAtMs });
      }
    return found;
  },
  keepForecast: (cluster, { expiresAt, ...it }) =>
    table.put({
      pk: partitionOf(cluster),
      sk: `${prefix}${it.service}`,
      ...{ ...it, expiresAtMs: expiresAt, expiresAt: Math.ceil(expiresAt / secondMs) },
    }),
});
