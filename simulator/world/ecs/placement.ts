import { Fleet, type Place, type Tally, valueOf } from './fleet.ts';
import { compileQuery, type Predicate, readsTasks } from './query-language.ts';
import { copyPool, type Shortage, shortageOf, take } from './resources.ts';
import type { Need, PlacementRule, Pool } from './state.ts';

/** One task as placement sees it. The same object may be asked for again and again: identical tasks share one. */
export interface PlacementRequest {
  readonly need: Need;
  readonly group: string;
  readonly requiredAttributes: readonly string[];
  /** What attributes say, where an instance has them, in letters of either case: the task definition's runtime platform. */
  readonly platform?: Readonly<Record<string, string>> | undefined;
  /** Those of the task definition, and of the service or the RunTask call. */
  readonly constraints: readonly PlacementRule[];
  readonly strategy: readonly PlacementRule[];
  /** The only provider it may run on, where it is bound to one. */
  readonly capacityProvider: string | undefined;
}

/** Breaks a tie: a number in [0, 1) that says how far down the list of equals, which it may look at, the choice falls. */
export type Luck<P extends Place = Place> = (equals: () => readonly P[]) => number;

/** Why an instance is no place for the task. */
export interface Refusal<P extends Place> {
  readonly instance: P;
  readonly reason: Shortage | 'ATTRIBUTE' | 'INACTIVE' | 'AGENT' | 'DISTINCT_INSTANCE';
}

/** What a service without a strategy gets: Availability Zones evenly, then the instance with fewest of its tasks. (ECS API, UpdateService.) */
export const serviceDefault: readonly PlacementRule[] = [
  { type: 'spread', field: 'attribute:ecs.availability-zone', expression: undefined },
  { type: 'spread', field: 'instanceId', expression: undefined },
];

const expressionsOf = (request: PlacementRequest): readonly string[] =>
  request.constraints.flatMap((it) => (it.type === 'memberOf' ? [it.expression ?? ''] : []));

const isDistinct = (request: PlacementRequest): boolean =>
  request.constraints.some((it) => it.type === 'distinctInstance');

/** Whether the instance answers to constraints, resources aside; daemons are wanted on every such instance. */
export const satisfiesConstraints = (request: PlacementRequest): Predicate => {
  const predicates = expressionsOf(request).map(compileQuery);
  const { capacityProvider, requiredAttributes } = request;
  const platform = Object.entries(request.platform ?? {});
  const isOther = ([name, needed]: readonly [string, string], place: Place): boolean =>
    (place.attributes.get(name) ?? needed).toLowerCase() !== needed.toLowerCase();
  return (place) => {
    if (capacityProvider !== undefined && place.capacityProviderName !== capacityProvider) return false;
    for (const name of requiredAttributes) if (!place.attributes.has(name)) return false;
    if (platform.some((it) => isOther(it, place))) return false;
    for (const predicate of predicates) if (!predicate(place)) return false;
    return true;
  };
};

type Score<P extends Place> = (place: P) => number;

const attributeOf = (rule: PlacementRule | undefined): string | undefined =>
  rule?.type === 'spread' && rule.field?.startsWith('attribute:') === true
    ? rule.field.slice('attribute:'.length)
    : undefined;

/** The less the better. Random has no score: all are equal to it. */
const scoreOf = <P extends Place>(fleet: Fleet<P>, rule: PlacementRule, group: string): Score<P> | undefined => {
  if (rule.type === 'binpack') {
    return rule.field?.toLowerCase() === 'memory' ? (it) => it.remaining.memoryMiB : (it) => it.remaining.cpuUnits;
  }
  if (rule.type !== 'spread') return undefined;
  const attribute = attributeOf(rule);
  return attribute === undefined
    ? (it) => it.tasksByGroup.get(group) ?? 0
    : (it) => fleet.tally(group, attribute, valueOf(it, attribute)).count;
};

const keepLowest = <P extends Place>(candidates: readonly P[], score: Score<P>): readonly P[] => {
  let best = Number.POSITIVE_INFINITY;
  let kept: P[] = [];
  for (const it of candidates) {
    const value = score(it);
    if (value > best) continue;
    if (value < best) kept = [];
    best = value;
    kept.push(it);
  }
  return kept;
};

/** Instances that are equal to a first strategy that spreads over an attribute; without one all are in the same. */
interface Bucket<P extends Place> {
  readonly tally: Tally;
  open: readonly P[];
  /** Whether only instances that may take the task are left in it. */
  sifted: boolean;
}

const bucketsOf = <P extends Place>(fleet: Fleet<P>, { strategy, group }: PlacementRequest): readonly Bucket<P>[] => {
  const attribute = attributeOf(strategy[0]);
  if (attribute === undefined) return [{ tally: { count: 0 }, open: [...fleet.places.values()], sifted: false }];
  return [...fleet.placesBy(attribute)].map(([value, open]) => ({
    tally: fleet.tally(group, attribute, value),
    open,
    sifted: false,
  }));
};

/** Looks for places for one request after another, on instances that only fill up meanwhile. */
export interface Search<P extends Place> {
  /** Where the next such task goes; undefined once there is no room, which then stays so. */
  next(luck: Luck<P>): P | undefined;
}

/**
 * The container instance ECS would choose: ACTIVE and connected ones where the task fits, then the constraints, then
 * the strategies in the order listed; what is still equal is decided by luck, for ECS does not say how it breaks ties.
 * (ECS developer guide, task placement.) Between two calls of `next` tasks may come but none may go: instances once
 * found too full are not looked at again.
 */
export const searchFor = <P extends Place>(fleet: Fleet<P>, request: PlacementRequest): Search<P> => {
  const { need, group, strategy } = request;
  const distinct = isDistinct(request);
  const satisfies = satisfiesConstraints(request);
  const changeable = expressionsOf(request).some(readsTasks);
  const buckets = bucketsOf(fleet, request);
  const rules = attributeOf(strategy[0]) === undefined ? strategy : strategy.slice(1);
  const scores = rules.flatMap((rule) => scoreOf(fleet, rule, group) ?? []);

  const fits = (it: P): boolean =>
    shortageOf(it.remaining, need) === undefined && !(distinct && it.tasksByGroup.has(group));
  const mayTake = (it: P): boolean =>
    it.status === 'ACTIVE' && it.agentConnected && fits(it) && (changeable || satisfies(it));

  const candidatesIn = (bucket: Bucket<P>): readonly P[] => {
    bucket.open = bucket.open.filter(bucket.sifted ? fits : mayTake);
    bucket.sifted = true;
    return changeable ? bucket.open.filter(satisfies) : bucket.open;
  };

  /** The candidates of the buckets with fewest tasks that have any. */
  const leastSpread = (): readonly P[] => {
    let found: readonly P[] = [];
    let count = 0;
    for (const bucket of buckets.toSorted((a, b) => a.tally.count - b.tally.count)) {
      if (found.length > 0 && bucket.tally.count > count) break;
      count = bucket.tally.count;
      const more = candidatesIn(bucket);
      found = found.length === 0 ? more : [...found, ...more];
    }
    return found;
  };

  return {
    next: (luck) => {
      let equals = leastSpread();
      for (const score of scores) {
        if (equals.length <= 1) break;
        equals = keepLowest(equals, score);
      }
      const tied = equals;
      return tied.length <= 1 ? tied[0] : tied[Math.floor(luck(() => tied) * tied.length)];
    },
  };
};

/** The place of one task. */
export const findPlace = <P extends Place>(fleet: Fleet<P>, request: PlacementRequest, luck: Luck<P>): P | undefined =>
  searchFor(fleet, request).next(luck);

/** A container instance whose room a replay may use up. */
interface Copy extends Place {
  readonly remaining: Pool;
}

/**
 * Places a list of tasks one after another, as ECS's scheduler would, onto instances that otherwise stay as they are, and
 * says where each went: an ARN, or undefined where it found no room. The instances given are not changed. A plan can
 * so be replayed under any order of tasks and under a `luck` that means it ill.
 */
export const placeAll = (
  places: Iterable<Place>,
  requests: readonly PlacementRequest[],
  luck: Luck,
): readonly (string | undefined)[] => {
  const copies = new Map<string, Copy>();
  for (const it of places) {
    copies.set(it.arn, { ...it, remaining: copyPool(it.remaining), tasksByGroup: new Map(it.tasksByGroup) });
  }
  const fleet = new Fleet(copies);
  const searches = new Map<PlacementRequest, Search<Copy>>();
  const full = new Set<PlacementRequest>();
  return requests.map((request) => {
    if (full.has(request)) return undefined;
    const search = searches.get(request) ?? searchFor(fleet, request);
    searches.set(request, search);
    const place = search.next(luck);
    if (place === undefined) {
      if (!expressionsOf(request).some(readsTasks)) full.add(request);
      return undefined;
    }
    take(place.remaining, request.need);
    fleet.shift(place, request.group, 1);
    return place.arn;
  });
};

const refusalOf = (it: Place, request: PlacementRequest, satisfies: Predicate): Refusal<Place>['reason'] => {
  if (!satisfies(it)) return 'ATTRIBUTE';
  if (it.status !== 'ACTIVE') return 'INACTIVE';
  if (!it.agentConnected) return 'AGENT';
  return shortageOf(it.remaining, request.need) ?? 'DISTINCT_INSTANCE';
};

/** Why no instance would do, the nearest to fitting first. */
export const refusals = <P extends Place>(fleet: Fleet<P>, request: PlacementRequest): readonly Refusal<P>[] => {
  const satisfies = satisfiesConstraints(request);
  return [...fleet.places.values()]
    .map((instance) => ({ instance, reason: refusalOf(instance, request, satisfies) }))
    .sort((a, b) => Number(b.reason.startsWith('RESOURCE')) - Number(a.reason.startsWith('RESOURCE')));
};

/** The first of those, without making the list. */
export const nearestRefusal = <P extends Place>(fleet: Fleet<P>, request: PlacementRequest): Refusal<P> | undefined => {
  const satisfies = satisfiesConstraints(request);
  let nearest: Refusal<P> | undefined;
  for (const instance of fleet.places.values()) {
    const reason = refusalOf(instance, request, satisfies);
    if (reason.startsWith('RESOURCE')) return { instance, reason };
    nearest ??= { instance, reason };
  }
  return nearest;
};
