import { exclusionOf, isNamedGap } from './fit.ts';
import type { Ask, Site } from './site.ts';

/** It may be that an ask may use a site: nothing is counted on there, and ECS may place its tasks all the same. */
export const perhaps = 2;

/** Whether an ask may use each of the sites, resources and claims aside: 1 where it may, `perhaps` where that is unclear. */
export type Permissions = (ask: Ask, sites: readonly Site[]) => Uint8Array;

/** What a site is like in all that any of the constraints asks about. */
const likenessOf = (attributes: ReadonlySet<string>, { facts, capacityProvider }: Site): string => {
  const parts = [capacityProvider ?? ''];
  for (const name of attributes) {
    const fact = facts.attribute(name);
    parts.push(fact.kind, ...(fact.kind === 'present' ? (fact.values ?? ['?']) : []));
  }
  return parts.join('\n');
};

/**
 * Answers for these asks. Sites that are alike in every attribute asked about get one verdict, so that thousands of
 * instances cost no more than the few kinds they are of; what a site is like is found out once.
 */
export const permissionsFor = (asks: readonly Ask[]): Permissions => {
  const attributes = new Set(asks.flatMap((it) => [...it.constraints.attributes]));
  const kinds = new Map<string, number>();
  const samples: Site[] = [];
  const kindBySite = new WeakMap<Site, number>();
  const kindsBySites = new WeakMap<readonly Site[], Int32Array>();

  const kindOf = (site: Site): number => {
    const known = kindBySite.get(site);
    if (known !== undefined) return known;
    const likeness = likenessOf(attributes, site);
    const kind = kinds.get(likeness) ?? samples.push(site) - 1;
    kinds.set(likeness, kind);
    kindBySite.set(site, kind);
    return kind;
  };

  const mayUse = (ask: Ask, site: Site): number => {
    const excluded = exclusionOf(ask, site);
    if (excluded === undefined) return 1;
    return isNamedGap(excluded) ? perhaps : 0;
  };

  return (ask, sites) => {
    if (ask.constraints.dependsOnInstance || ask.constraints.dependsOnTasks)
      return Uint8Array.from(sites, (it) => mayUse(ask, it));
    const kindOfEach = kindsBySites.get(sites) ?? Int32Array.from(sites, kindOf);
    kindsBySites.set(sites, kindOfEach);
    const allowed = Uint8Array.from(samples, (it) => mayUse(ask, it));
    const answers = new Uint8Array(sites.length);
    for (let site = 0; site < answers.length; site++) answers[site] = allowed[kindOfEach[site] ?? 0] ?? 0;
    return answers;
  };
};
