import type { ServiceForecast } from '../model/forecast.ts';

/** Forecasts, made once a day and read each minute. */
export interface ForecastStore {
  /** Those of a cluster's services, be they over or not. */
  forecasts(cluster: string): Promise<readonly ServiceForecast[]>;
  /** Takes the place of the one before; forgotten when it is over. */
  keepForecast(cluster: string, forecast: ServiceForecast): Promise<void>;
}
