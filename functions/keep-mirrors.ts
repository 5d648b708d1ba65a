import { composeKeepMirrors, fromEnvironment } from '../lib/compose.ts';
import { keepMirrors } from '../lib/flows/mirror/keeping.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';

export type KeepMirrorsHandler = Handler<unknown, void>;

/** Each minute, by schedule; what the event says does not matter. */
export const keepMirrorsHandler = (
  deps: Parameters<typeof keepMirrors>[0] & { readonly telemetry: InvocationTelemetry },
): KeepMirrorsHandler => invocation(deps.telemetry, () => keepMirrors(deps));

export const handler: KeepMirrorsHandler = builtOnce(() => keepMirrorsHandler(composeKeepMirrors(fromEnvironment())));
