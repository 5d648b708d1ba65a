import { withTask } from '../attributes.ts';
import { verdictOn } from '../constraints.ts';
import { exclusionOf, isNamedGap } from '../fit.ts';
import { addRoom, dimensions, type Need, needOf, noRooms, type Rooms } from '../packing/rooms.ts';
import { type Permissions, perhaps, permissionsFor } from '../permissions.ts';
import type { Facts } from '../query/evaluate.ts';
import type { Ask, Site } from '../site.ts';

/**
 * How one rule of a strategy ranks instances, the less the better; `random` ranks none. `cells` says for each site where
 * what it is ranked by stands: among what is left of its room, its tasks, or the tasks by value of an attribute.
 */
export interface Rule {
  readonly kind: 'binpack' | 'spreadInstances' | 'spreadAttribute';
  readonly cells: Int32Array;
}

/** An ask as replays need it. */
export interface Turned {
  readonly ask: Ask;
  readonly need: Need;
  /** Index of its group in `counts`. */
  readonly group: number;
  readonly rules: readonly Rule[];
  /** Whether none of the rules is binpack. */
  readonly spreadsOnly: boolean;
  /** Whether it spreads over several attributes, or after binpack: counts then change what comes next, task by task. */
  readonly isUnusual: boolean;
  /** Whether it takes only what is counted down, and its constraints stay as they are. */
  readonly isPlain: boolean;
  /** By site: whether constraints and provider allow it there, as permissions say it. */
  readonly allowed: Uint8Array;
}

/** Asks and sites, prepared once for many replays on them. */
export interface Grounds {
  readonly sites: readonly Site[];
  /** By site: whether it has yet to come. */
  readonly isLater: readonly boolean[];
  readonly turned: readonly Turned[];
  readonly rooms: Rooms;
  /** Tasks of each group on each site. */
  readonly counts: readonly Float64Array[];
  /** Whether what is allowed somewhere changes with the tasks there. */
  readonly dependsOnTasks: boolean;
  /** Whether tasks go where it is not clear that they may: ECS knows, and may put them there. */
  readonly usesUnclear: boolean;
}

/** Numbers for values; a value that is not known is like no other. */
const valuesOf = (sites: readonly Site[], attribute: string): Int32Array => {
  const numbers = new Map<string, number>();
  return Int32Array.from(sites, (it, n) => {
    const fact = it.facts.attribute(attribute);
    const value =
      fact.kind === 'absent' ? '' : fact.kind === 'present' && fact.values?.length === 1 ? fact.values[0] : undefined;
    const key = value === undefined ? `unknown ${n}` : `= ${value}`;
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
};

const prefix = 'attribute:';

const memoryField = 'memory';

/** The cells of a rule; those that spread over one attribute share theirs. */
type CellsOf = (kind: Rule['kind'], field: string) => Int32Array;

const cellsFor = (sites: readonly Site[]): CellsOf => {
  const known = new Map<string, Int32Array>();
  const cells = (kind: Rule['kind'], field: string): Int32Array => {
    if (kind === 'spreadAttribute') return valuesOf(sites, field.slice(prefix.length));
    if (kind === 'spreadInstances') return Int32Array.from(sites, (_, n) => n);
    const dimension = field === memoryField ? 1 : 0;
    return Int32Array.from(sites, (_, n) => n * dimensions + dimension);
  };
  return (kind, field) => {
    const key = `${kind} ${field}`;
    const its = known.get(key) ?? cells(kind, field);
    known.set(key, its);
    return its;
  };
};

const rulesOf = (ask: Ask, cellsOf: CellsOf): Pick<Turned, 'rules' | 'spreadsOnly' | 'isUnusual'> => {
  const rules = ask.strategy.flatMap(({ type, field = 'instanceId' }): readonly Rule[] => {
    if (type === 'random') return [];
    if (type === 'binpack') return [{ kind: 'binpack', cells: cellsOf('binpack', field.toLowerCase()) }];
    if (field.startsWith(prefix)) return [{ kind: 'spreadAttribute', cells: cellsOf('spreadAttribute', field) }];
    return [{ kind: 'spreadInstances', cells: cellsOf('spreadInstances', 'instanceId') }];
  });
  const binpack = rules.findIndex((it) => it.kind === 'binpack');
  const spreadsAfterwards = binpack !== -1 && rules.slice(binpack).some((it) => it.kind !== 'binpack');
  return {
    rules,
    spreadsOnly: binpack === -1,
    isUnusual: spreadsAfterwards || rules.filter((it) => it.kind === 'spreadAttribute').length > 1,
  };
};

const isPlain = ({ requirements: it, apart, constraints }: Ask): boolean =>
  it.hostPorts.length === 0 &&
  apart === undefined &&
  it.allGpus !== true &&
  it.custom === undefined &&
  !constraints.dependsOnTasks;

const countsOf = (groups: readonly string[], sites: readonly Site[]): readonly Float64Array[] => {
  const counts = new Map(groups.map((it) => [it, new Float64Array(sites.length)]));
  for (const [site, { tasksByGroup }] of sites.entries())
    for (const [group, tasks] of tasksByGroup) {
      const its = counts.get(group);
      if (its !== undefined) its[site] = tasks;
    }
  return [...counts.values()];
};

const allAllowed = (sites: readonly Site[]): Uint8Array => new Uint8Array(sites.length).fill(1);

/** `present` sites are there, `later` ones have yet to come. */
export const groundsOf = (
  asks: readonly Ask[],
  present: readonly Site[],
  later: readonly Site[],
  permissions: Permissions = permissionsFor(asks),
  usesUnclear = false,
): Grounds => {
  const sites = [...present, ...later];
  const rooms = noRooms();
  for (const it of sites) addRoom(rooms, it.room);
  const groups = [...new Set(asks.map((it) => it.group))];
  const groupIndex = new Map(groups.map((it, n) => [it, n]));
  const cellsOf = cellsFor(sites);
  const allowedBy = (ask: Ask): Uint8Array => {
    if (ask.constraints.dependsOnTasks) return allAllowed(sites);
    const allowed = permissions(ask, sites);
    return usesUnclear ? allowed.map((it) => (it === perhaps ? 1 : it)) : allowed;
  };
  return {
    sites,
    isLater: sites.map((_, n) => n >= present.length),
    turned: asks.map((ask) => ({
      ask,
      need: needOf(ask),
      group: groupIndex.get(ask.group) ?? 0,
      ...rulesOf(ask, cellsOf),
      isPlain: isPlain(ask),
      allowed: allowedBy(ask),
    })),
    rooms,
    counts: countsOf(groups, sites),
    dependsOnTasks: asks.some((it) => it.constraints.dependsOnTasks),
    usesUnclear,
  };
};

/**
 * How many tasks of an ask constraints allow on a site where tasks of `placed` groups have come: none, one, or any number.
 */
export const allowedWith = (ask: Ask, site: Site, placed: Iterable<string>, usesUnclear: boolean): number => {
  let facts: Facts = site.facts;
  for (const group of placed) facts = withTask(facts, group);
  const excluded = exclusionOf(ask, { ...site, facts });
  if (excluded !== undefined && !(usesUnclear && isNamedGap(excluded))) return 0;
  const after = verdictOn(ask.constraints, withTask(facts, ask.group));
  return after.kind === 'allowed' ? Number.POSITIVE_INFINITY : 1;
};
