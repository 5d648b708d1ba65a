/** Tasks and instances counted in slots: so many CPU units, and as many MiB. */
import type { PlacementStrategy } from '../../../lib/model/service.ts';
import { factsOf } from '../../../lib/placement/attributes.ts';
import { constraintsOf } from '../../../lib/placement/constraints.ts';
import type { Launchable, Supply } from '../../../lib/placement/place.ts';
import { roomOf } from '../../../lib/placement/room.ts';
import type { Ask, Site } from '../../../lib/placement/site.ts';
import { instance, taskDefinition } from '../../support/builders.ts';

const slot = 100;

export const spread: readonly PlacementStrategy[] = [{ type: 'spread', field: 'instanceId' }];
export const binpack: readonly PlacementStrategy[] = [{ type: 'binpack', field: 'cpu' }];

interface Wish {
  readonly slots?: number;
  /** The pool it must be in. */
  readonly pool?: string;
  readonly strategy?: readonly PlacementStrategy[];
}

/** Tasks of a service. */
export const asking = (id: string, count: number, { slots = 1, pool, strategy = spread }: Wish = {}): Ask => {
  const definition = taskDefinition(id, { cpuUnits: slots * slot, memoryMiB: slots * slot });
  const group = `service:${id}`;
  const placed = pool === undefined ? [] : [{ type: 'memberOf', expression: `attribute:pool == ${pool}` } as const];
  return {
    id,
    count,
    group,
    requirements: definition.requirements,
    constraints: constraintsOf(definition, group, placed),
    strategy,
    capacityProvider: undefined,
    apart: undefined,
  };
};

/** An idle instance with as many slots free. */
export const standing = (id: string, slots: number, pool = 'any', over: Partial<Site> = {}): Site => ({
  id,
  room: roomOf({ cpuUnits: slots * slot, memoryMiB: slots * slot }),
  gpus: 0,
  facts: factsOf(instance(1, { attributes: { pool } }), new Set()),
  capacityProvider: undefined,
  tasksByGroup: new Map(),
  ...over,
});

/** Instances `id#0`, `id#1`, … of so many slots each. */
export const launchable = (id: string, slots: number, pool = 'any', over: Partial<Launchable> = {}): Launchable => ({
  id,
  available: 9,
  price: slots,
  samples: [standing(id, slots, pool)],
  site: (n) => standing(`${id}#${n}`, slots, pool),
  ...over,
});

export const supply = (over: Partial<Supply>): Supply => ({
  present: [],
  incoming: {},
  restorable: [],
  launchable: [],
  ...over,
});
