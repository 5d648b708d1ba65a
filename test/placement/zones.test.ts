import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { factsOf } from '../../lib/placement/attributes.ts';
import { constraintsOf } from '../../lib/placement/constraints.ts';
import { place } from '../../lib/placement/place.ts';
import { groundsOf } from '../../lib/placement/replay/grounds.ts';
import { replay } from '../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts } from '../../lib/placement/replay/scripts.ts';
import { roomOf } from '../../lib/placement/room.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { serviceDefault } from '../../lib/placement/strategies.ts';
import { instance, taskDefinition } from '../support/builders.ts';

const web = taskDefinition('web', { cpuUnits: 100, memoryMiB: 100 });

/** A service with availabilityZoneRebalancing and no strategy: ECS allows no other than one that begins with zones. */
const asking = (count: number): Ask => ({
  id: 'web',
  count,
  group: 'service:web',
  requirements: web.requirements,
  constraints: constraintsOf(web, 'service:web', []),
  strategy: serviceDefault,
  capacityProvider: undefined,
  apart: undefined,
});

interface Stand {
  readonly zone: number;
  /** Tasks of the service there. */
  readonly running: number;
  /** Tasks there is room for. */
  readonly slots: number;
}

const siteOf = ({ zone, running, slots }: Stand, n: number): Site => ({
  id: `i-${n}`,
  room: roomOf({ cpuUnits: slots * 100, memoryMiB: 100_000 }),
  gpus: 0,
  facts: factsOf(instance(n, { attributes: { 'ecs.availability-zone': `zone ${zone}` } }), new Set()),
  capacityProvider: undefined,
  tasksByGroup: new Map(running === 0 ? [] : [['service:web', running]]),
});

const perZone = (stands: readonly Stand[], of: (it: Stand, n: number) => number): readonly number[] =>
  [0, 1, 2].map((zone) => stands.reduce((sum, it, n) => sum + (it.zone === zone ? of(it, n) : 0), 0));

/** One task after the other into the zone that has fewest and has room: the lowest totals that the room allows. */
const filled = (stands: readonly Stand[], count: number): readonly number[] => {
  const total = [...perZone(stands, (it) => it.running)];
  const slots = [...perZone(stands, (it) => it.slots)];
  for (let task = 0; task < count; task++) {
    const open = [0, 1, 2].filter((zone) => (slots[zone] ?? 0) > 0);
    const [least] = open.sort((a, b) => (total[a] ?? 0) - (total[b] ?? 0));
    if (least === undefined) break;
    total[least] = (total[least] ?? 0) + 1;
    slots[least] = (slots[least] ?? 0) - 1;
  }
  return total.toSorted((a, b) => a - b);
};

const cases = fc.record({
  stands: fc.array(
    fc.record({
      zone: fc.integer({ min: 0, max: 2 }),
      running: fc.integer({ min: 0, max: 4 }),
      slots: fc.integer({ min: 0, max: 6 }),
    }),
    { minLength: 1, maxLength: 9 },
  ),
  count: fc.integer({ min: 1, max: 30 }),
});

describe('a service with availabilityZoneRebalancing', () => {
  it('is replayed into the zone with fewest of its tasks that has room, in every script', () => {
    fc.assert(
      fc.property(cases, ({ stands, count }) => {
        const grounds = groundsOf([asking(count)], stands.map(siteOf), []);
        for (const script of [...fairScripts, ...hostileScripts]) {
          const { placed } = replay(grounds, script);
          const added = (n: number): number => placed.reduce((sum, it) => sum + (it.site === n ? it.tasks : 0), 0);
          const total = perZone(stands, (it, n) => it.running + added(n));
          expect(total.toSorted((a, b) => a - b)).toEqual(filled(stands, count));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is planned for on an instance of a zone without any before those of zones with more', () => {
    const stands = [
      { zone: 0, running: 3, slots: 9 },
      { zone: 1, running: 1, slots: 9 },
      { zone: 2, running: 0, slots: 9 },
    ];
    const { outcomes } = place([asking(5)], {
      present: stands.map(siteOf),
      incoming: {},
      restorable: [],
      launchable: [],
    });

    const places = (outcomes.get('web')?.places ?? []).flatMap((it) => Array<string>(it.tasks).fill(it.site));
    expect(places.toSorted()).toEqual(['i-1', 'i-1', 'i-2', 'i-2', 'i-2']);
  });
});
