import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Obstacle } from '../../lib/model/obstacle.ts';
import { obstacleTo } from '../../lib/placement/fit.ts';
import { place } from '../../lib/placement/place.ts';
import { groundsOf } from '../../lib/placement/replay/grounds.ts';
import { replay } from '../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts } from '../../lib/placement/replay/scripts.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import type { Place } from '../../simulator/world/ecs/fleet.ts';
import { type Luck, type PlacementRequest, placeAll } from '../../simulator/world/ecs/placement.ts';
import { type ClusterCase, clusterCases, type Given, givenOf, type TaskCase } from './random-clusters.ts';

/** Ten thousand take a minute: `PLACEMENT_RUNS=10000 npm test -- clusters`. Shares are only judged where they are steady. */
const runs = Number(process.env['PLACEMENT_RUNS'] ?? 1_500);
const areMany = runs >= 1_000;

const sitesOf = ({ instances }: ClusterCase): readonly Site[] => instances.map((it) => it.site);
const placesOf = ({ instances }: ClusterCase): readonly Place[] => instances.map((it) => it.place);

const isNamedGap = (it: Obstacle | undefined): boolean => it?.kind === 'unclear' || it?.kind === 'unparsable';

/** Tasks of each request that the simulated ECS places, in a shuffled order. */
const placedInTheWorld = (
  cluster: ClusterCase,
  given: readonly Given[],
  seed: number,
  luck: Luck,
): readonly number[] => {
  const dice = seededDice(seed);
  const requests = given
    .flatMap(({ ask, request }) => Array.from({ length: ask.count }, () => ({ request, key: dice.next() })))
    .sort((a, b) => a.key - b.key)
    .map((it) => it.request);
  const places = placeAll(placesOf(cluster), requests, luck);
  return given.map(({ request }) => requests.filter((it, n) => it === request && places[n] !== undefined).length);
};

const present = (sites: readonly Site[]) => ({ present: sites, incoming: {}, restorable: [], launchable: [] });

const fits = (place: Place, request: PlacementRequest): boolean =>
  placeAll([place], [request], () => 0)[0] !== undefined;

describe('random clusters', () => {
  it('have no place but where the simulated ECS sees one, whatever its luck', () => {
    let certain = 0;
    let nowhere = 0;
    fc.assert(
      fc.property(clusterCases, fc.nat(), (cluster, seed) => {
        const given = givenOf(cluster.tasks);
        const { outcomes } = place(
          given.map((it) => it.ask),
          present(sitesOf(cluster)),
        );
        const dice = seededDice(seed);
        const lucks: readonly Luck[] = [() => 0, () => 0.999, () => dice.next(), () => dice.next()];
        const promised = given.map(({ ask }) => outcomes.get(ask.id)?.certainNow ?? 0);
        certain += promised.filter((it) => it > 0).length;
        for (const [n, luck] of lucks.entries())
          for (const [index, count] of placedInTheWorld(cluster, given, seed + n, luck).entries())
            expect(count).toBeGreaterThanOrEqual(promised[index] ?? 0);
        for (const { ask, request } of given)
          for (const { site, place: one } of cluster.instances) {
            const obstacle = obstacleTo(ask, site);
            if (isNamedGap(obstacle)) continue;
            nowhere += obstacle === undefined ? 0 : 1;
            expect(obstacle === undefined).toBe(fits(one, request));
          }
      }),
      { numRuns: runs },
    );
    expect(certain).toBeGreaterThan(areMany ? runs / 5 : 0);
    expect(nowhere).toBeGreaterThan(areMany ? runs : 0);
  });

  it('hold as many identical tasks in every replay as in the simulated ECS', () => {
    fc.assert(
      fc.property(clusterCases, fc.nat(), (cluster, seed) => {
        const [task] = cluster.tasks;
        if (
          task === undefined ||
          task.memberOf?.includes('task:group') === true ||
          task.memberOf?.includes('running') === true
        )
          return;
        const given = givenOf([task]);
        const grounds = groundsOf(
          given.map((it) => it.ask),
          sitesOf(cluster),
          [],
        );
        const [count = 0] = placedInTheWorld(cluster, given, seed, () => 0);
        for (const script of [...fairScripts, ...hostileScripts])
          expect([script.name, replay(grounds, script).unplacedTasks]).toEqual([script.name, task.count - count]);
      }),
      { numRuns: Math.ceil(runs / 2) },
    );
  });

  it('would have other answers without each kind of constraint, in at least one of twenty', () => {
    const without: Readonly<Record<string, (it: TaskCase) => TaskCase>> = {
      ports: (it) => ({ ...it, port: undefined, udpPort: undefined }),
      GPUs: (it) => ({ ...it, gpus: 0 }),
      'network interfaces': (it) => ({ ...it, interfaces: 0 }),
      'memberOf of the service': (it) => ({ ...it, memberOf: undefined }),
      'memberOf of the task definition': (it) => ({ ...it, inDefinition: undefined }),
      requiresAttributes: (it) => ({ ...it, requires: undefined }),
      distinctInstance: (it) => ({ ...it, isDistinct: false }),
      'capacity provider': (it) => ({ ...it, provider: undefined }),
      strategy: (it) => ({ ...it, strategy: [{ type: 'binpack', field: 'cpu' }] }),
    };
    const answer = (cluster: ClusterCase, tasks: readonly TaskCase[]): string => {
      const asks: readonly Ask[] = givenOf(tasks).map((it) => it.ask);
      const [script] = hostileScripts;
      const grounds = groundsOf(asks, sitesOf(cluster), []);
      return script === undefined ? '' : JSON.stringify(replay(grounds, script).placed);
    };
    const flips = new Map(Object.keys(without).map((kind) => [kind, 0]));
    fc.assert(
      fc.property(clusterCases, (cluster) => {
        const before = answer(cluster, cluster.tasks);
        for (const [kind, leaveOut] of Object.entries(without))
          if (answer(cluster, cluster.tasks.map(leaveOut)) !== before) flips.set(kind, (flips.get(kind) ?? 0) + 1);
      }),
      { numRuns: runs },
    );
    const shares = [...flips].map(([kind, count]) => `${kind} ${((100 * count) / runs).toFixed(1)} %`);
    process.stdout.write(`${runs} random clusters; another answer without: ${shares.join(', ')}\n`);
    for (const [kind, count] of flips) expect([kind, count / runs >= (areMany ? 0.05 : 0)]).toEqual([kind, true]);
  });
});
