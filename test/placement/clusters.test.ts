import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Obstacle } from '../../lib/model/obstacle.ts';
import { isNamedGap, obstacleTo } from '../../lib/placement/fit.ts';
import { place } from '../../lib/placement/place.ts';
import { groundsOf } from '../../lib/placement/replay/grounds.ts';
import { replay } from '../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts } from '../../lib/placement/replay/scripts.ts';
import type { Site } from '../../lib/placement/site.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import type { Place } from '../../simulator/world/ecs/fleet.ts';
import { type Luck, type PlacementRequest, placeAll } from '../../simulator/world/ecs/placement.ts';
import { chooseProvider } from '../../simulator/world/ecs/wants.ts';
import {
  asks,
  type ClusterCase,
  clusterCases,
  type Given,
  givenOf,
  isClear,
  type Kind,
  kinds,
  readsTasks,
  splitOf,
  type TaskCase,
  targetOf,
  without,
} from './random-clusters.ts';

/** Clusters drawn; `PLACEMENT_RUNS` asks for fewer, or more. Shares are only judged where they are steady. */
const runs = Number(process.env['PLACEMENT_RUNS'] ?? 10_000);
const areMany = runs >= 1_000;

const sitesOf = ({ instances }: ClusterCase): readonly Site[] => instances.map((it) => it.site);
const placesOf = ({ instances }: ClusterCase): readonly Place[] => instances.map((it) => it.place);

/** Tasks of each request that the simulated ECS places, in a shuffled order. */
const placedInTheWorld = (
  cluster: ClusterCase,
  given: readonly Given[],
  seed: number,
  luck: Luck,
): readonly number[] => {
  const dice = seededDice(seed);
  const requests = given
    .flatMap(({ ask, request }, n) => Array.from({ length: ask.count }, () => ({ n, request, key: dice.next() })))
    .sort((a, b) => a.key - b.key);
  const places = placeAll(
    placesOf(cluster),
    requests.map((it) => it.request),
    luck,
  );
  const counts = given.map(() => 0);
  for (const [n, it] of requests.entries()) if (places[n] !== undefined) counts[it.n] = (counts[it.n] ?? 0) + 1;
  return counts;
};

const present = (sites: readonly Site[]) => ({ present: sites, incoming: {}, restorable: [], launchable: [] });

const fits = (place: Place, request: PlacementRequest): boolean =>
  placeAll([place], [request], () => 0)[0] !== undefined;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const sharesOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${name} ${percent(count / runs)}`).join(', ');

/** By ask and instance whether it fits there, and by ask how many find room when luck is ill. */
const answerOf = (cluster: ClusterCase, tasks: readonly TaskCase[]): string => {
  const wanted = givenOf(cluster, tasks).map((it) => it.ask);
  const sites = sitesOf(cluster);
  const fitting = wanted.map((ask) => sites.map((it) => (obstacleTo(ask, it) === undefined ? 1 : 0)).join(''));
  const [script] = hostileScripts;
  const counts = script === undefined ? [] : replay(groundsOf(wanted, sites, []), script).now;
  return `${fitting.join(' ')} ${counts.join(' ')}`;
};

/** Where each task goes. */
const whereOf = (cluster: ClusterCase, tasks: readonly TaskCase[]): string => {
  const [script] = fairScripts;
  const wanted = givenOf(cluster, tasks).map((it) => it.ask);
  return script === undefined ? '' : JSON.stringify(replay(groundsOf(wanted, sitesOf(cluster), []), script).placed);
};

/** Every cause but those that need an instance that is not ACTIVE, an expression that does not parse, or shared GPUs. */
const causes = [
  'distinctInstance',
  'lacks CPU',
  'lacks EBS',
  'lacks ENI',
  'lacks GPU',
  'lacks MEMORY',
  'lacks licence',
  'memberOf',
  'missingAttribute',
  'notNitro',
  'otherPlatform',
  'otherProvider',
  'portTaken',
  'unclear',
];

const causeOf = (it: Obstacle): string => (it.kind === 'lacks' ? `lacks ${it.resource}` : it.kind);

describe('random clusters', () => {
  it('have no place but where the simulated ECS sees one, whatever its luck, and each cause is met', () => {
    let certain = 0;
    const met = new Map(causes.map((it) => [it, 0]));
    fc.assert(
      fc.property(clusterCases, fc.nat(), (cluster, seed) => {
        const given = givenOf(cluster, cluster.tasks);
        const { outcomes } = place(
          given.map((it) => it.ask),
          present(sitesOf(cluster)),
        );
        const promised = given.map(({ ask }) => outcomes.get(ask.id)?.certainNow ?? 0);
        if (promised.some((it) => it > 0)) {
          certain += 1;
          const dice = seededDice(seed);
          const lucks: readonly Luck[] = [() => 0, () => 0.999, () => dice.next(), () => dice.next()];
          for (const [n, luck] of lucks.entries())
            for (const [index, count] of placedInTheWorld(cluster, given, seed + n, luck).entries())
              if (count < (promised[index] ?? 0)) expect([index, count]).toEqual([index, promised[index]]);
        }
        const here = new Set<string>();
        for (const { ask, request } of given)
          for (const { site, place: one } of cluster.instances) {
            const obstacle = obstacleTo(ask, site);
            if (obstacle !== undefined) here.add(causeOf(obstacle));
            if (obstacle !== undefined && isNamedGap(obstacle)) continue;
            if ((obstacle === undefined) === fits(one, request)) continue;
            expect([ask.id, site.id, obstacle]).toEqual([ask.id, site.id, 'the opposite']);
          }
        for (const it of here) met.set(it, (met.get(it) ?? 0) + 1);
      }),
      { numRuns: runs },
    );
    process.stdout.write(
      `${runs} random clusters: certain places in ${percent(certain / runs)}; refused for: ${sharesOf(met)}\n`,
    );
    expect([...met.keys()]).toEqual(causes);
    expect(certain).toBeGreaterThan(areMany ? runs / 5 : 0);
    for (const [cause, count] of met) expect([cause, count / runs >= (areMany ? 0.05 : 0)]).toEqual([cause, true]);
  });

  it('hold as many identical tasks in every replay as in the simulated ECS', () => {
    fc.assert(
      fc.property(clusterCases, fc.nat(), (cluster, seed) => {
        const [task] = cluster.tasks;
        if (task === undefined || readsTasks(task)) return;
        const given = givenOf(cluster, [task]).slice(0, 1);
        const wanted = given.map((it) => it.ask);
        if (!isClear(cluster, given)) return;
        const grounds = groundsOf(wanted, sitesOf(cluster), []);
        const [count = 0] = placedInTheWorld(cluster, given, seed, () => 0);
        for (const script of [...fairScripts, ...hostileScripts]) {
          const { now } = replay(grounds, script);
          if (now[0] !== count && wanted.length > 0) expect([script.name, now[0]]).toEqual([script.name, count]);
        }
      }),
      { numRuns: Math.ceil(runs / 4) },
    );
  });

  it('would have other answers without each kind of constraint, in at least one of twenty', () => {
    const flips = new Map<string, number>([...kinds, 'strategy'].map((kind) => [kind, 0]));
    const count = (kind: Kind | 'strategy', isOther: boolean): void => {
      if (isOther) flips.set(kind, (flips.get(kind) ?? 0) + 1);
    };
    fc.assert(
      fc.property(clusterCases, (cluster) => {
        const { tasks } = cluster;
        const before = answerOf(cluster, tasks);
        for (const kind of new Set(tasks.flatMap((it) => it.asked)))
          count(
            kind,
            answerOf(
              cluster,
              tasks.map((it) => without(it, kind)),
            ) !== before,
          );
        const binpacked = tasks.map((it): TaskCase => ({ ...it, strategy: [{ type: 'binpack', field: 'cpu' }] }));
        count('strategy', whereOf(cluster, binpacked) !== whereOf(cluster, tasks));
      }),
      { numRuns: runs },
    );
    process.stdout.write(`${runs} random clusters; another answer without: ${sharesOf(flips)}\n`);
    for (const [kind, others] of flips) expect([kind, others / runs >= (areMany ? 0.05 : 0)]).toEqual([kind, true]);
  });

  it('split tasks over providers as the simulated ECS does: bases alike, shares within one task, nobody else', () => {
    let several = 0;
    fc.assert(
      fc.property(clusterCases, (cluster) => {
        for (const task of cluster.tasks) {
          const target = targetOf(task);
          const own = target.capacityProviderStrategy;
          const strategy = own.length > 0 || target.launchType !== undefined ? own : cluster.defaultStrategy;
          const counts = new Map([
            ['p', task.existing[0]],
            ['q', task.existing[1]],
          ]);
          for (let n = 0; n < task.count; n++) {
            const chosen = chooseProvider(strategy, (name) => counts.get(name) ?? 0);
            if (chosen !== undefined) counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
          }
          const split = splitOf(task, cluster);
          expect(split.reduce((sum, it) => sum + it.tasks, 0)).toBe(task.count);
          expect(split.some((it) => it.binding.kind === 'anywhere')).toBe(strategy.length === 0);
          several += strategy.length > 1 ? 1 : 0;
          for (const [n, name] of (['p', 'q'] as const).entries()) {
            const given = split.find(({ binding }) => binding.kind === 'provider' && binding.name === name)?.tasks ?? 0;
            const inTheWorld = (counts.get(name) ?? 0) - (task.existing[n] ?? 0);
            expect(Math.abs(given - inTheWorld)).toBeLessThanOrEqual(1);
            if (strategy.length === 1 || strategy.some((it) => it.weight === 0)) expect(given).toBe(inTheWorld);
          }
        }
      }),
      { numRuns: Math.ceil(runs / 4) },
    );
    expect(several).toBeGreaterThan(runs / 50);
  });

  it('have tasks of every kind alone and with others', () => {
    for (const kind of kinds) {
      const [task] = fc
        .sample(clusterCases, { numRuns: 300, seed: 1 })
        .flatMap((it) => it.tasks)
        .filter((it) => asks(it, kind) && it.asked.length > 1);
      expect([kind, task === undefined]).toEqual([kind, false]);
    }
  });
});
