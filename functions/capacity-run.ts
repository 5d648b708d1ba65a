import { composeCapacityRun, fromEnvironment } from '../lib/compose.ts';
import type { CapacityRunDependencies } from '../lib/flows/by-hand/dependencies.ts';
import { type CapacityRunAnswer, runByHand } from '../lib/flows/capacity-run.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';

export type CapacityRunHandler = Handler<unknown, CapacityRunAnswer>;

/**
 * Invoked by a person: `npx osls invoke -f capacityRun --data '{"action":"plan","cluster":"production"}'`. What else it
 * can be asked, it answers to `{}`.
 */
export const capacityRunHandler = (
  deps: CapacityRunDependencies & { readonly telemetry: InvocationTelemetry },
): CapacityRunHandler => invocation(deps.telemetry, (input: unknown) => runByHand(input, deps));

export const handler: CapacityRunHandler = builtOnce(() => capacityRunHandler(composeCapacityRun(fromEnvironment())));
