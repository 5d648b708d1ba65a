import type { Requests } from '../../simulator/host/ports/requests.ts';
import type { World } from '../../simulator/world/world.ts';

/** Requests that take no time and are never refused: what they would read is there at once. */
export const freeRequests = (world: World, now: () => number): Requests => ({
  now,
  send: () => Promise.resolve(0),
  write: (service, operation, input) => Promise.resolve(world.call(service, operation, input, 'test')),
  reach: (_service, _operation, run) => run(),
});
