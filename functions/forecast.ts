import { composeForecast, fromEnvironment } from '../lib/compose.ts';
import { type ForecastDependencies, makeForecasts } from '../lib/flows/forecast.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';

export type ForecastHandler = Handler<unknown, void>;

/** Once a day, by schedule; what the event says does not matter. */
export const forecastHandler = (
  deps: ForecastDependencies & { readonly telemetry: InvocationTelemetry },
): ForecastHandler => invocation(deps.telemetry, () => makeForecasts(deps));

export const handler: ForecastHandler = builtOnce(() => forecastHandler(composeForecast(fromEnvironment())));
