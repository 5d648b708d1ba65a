import type { PlacementStrategy } from '../model/service.ts';

/** A service that names no strategy: zones evenly, then the instance with fewest of its tasks (ECS API, UpdateService). */
export const serviceDefault: readonly PlacementStrategy[] = [
  { type: 'spread', field: 'attribute:ecs.availability-zone' },
  { type: 'spread', field: 'instanceId' },
];
