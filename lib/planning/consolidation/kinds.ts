import type { Task } from '../../model/task.ts';
import { exclusionOf } from '../../placement/fit.ts';
import { permissionKey } from '../../placement/holds.ts';
import { type Need, needOf } from '../../placement/packing/rooms.ts';
import { type Permissions, permissionsFor } from '../../placement/permissions.ts';
import type { Ask, Site } from '../../placement/site.ts';
import { askToMove } from '../moving.ts';
import type { View } from '../view.ts';
import type { Weighed } from './weigh.ts';
import { isRebalanced, zoneOf } from './zones.ts';

/** Tasks that can be placed alike, wherever they come from. */
export interface Kind {
  readonly need: Need;
  readonly takesAllGpus: boolean;
  readonly mayUse: (site: number) => boolean;
  /** Index of the kind it becomes once its zone has no instance left; its own where it may go to any zone. */
  readonly anywhere: number;
}

/** So many tasks of a kind, by its index. */
export interface Load {
  readonly kind: number;
  readonly tasks: number;
}

/** All that may have to be placed, by kind; a kind is made when the first task of it is met. */
export interface Kinds {
  readonly all: readonly Kind[];
  /** In the order of the asks that were given. */
  readonly asked: readonly Load[];
  /** What an instance runs; undefined where the size of one of its tasks is not known. */
  readonly loadOf: (it: Weighed) => readonly Load[] | undefined;
}

/**
 * Resources of the user's own are not counted down here: one such task at most comes to an instance. What is chosen is
 * proved by replays, which do count them.
 */
const customClaim = 'custom resources';

const kindOf = (ask: Ask, allowed: Uint8Array | undefined, sites: readonly Site[], anywhere: number): Kind => {
  const need = needOf(ask);
  const { custom } = ask.requirements;
  const hasCustom = (site: Site): boolean =>
    Object.entries(custom ?? {}).every(([name, needed]) => needed <= (site.room.custom[name] ?? 0));
  const mayUse = (n: number): boolean => {
    const site = sites[n];
    if (site === undefined || (custom !== undefined && !hasCustom(site))) return false;
    return allowed === undefined ? exclusionOf(ask, site) === undefined : allowed[n] === 1;
  };
  return {
    need: custom === undefined ? need : { ...need, claims: [...need.claims, customClaim] },
    takesAllGpus: ask.requirements.allGpus === true,
    mayUse,
    anywhere,
  };
};

/** Whether sites may be used, found out once for all asks that the same sites allow. */
const sharedPermissions = (): Permissions => {
  const known = new Map<string, Uint8Array>();
  return (ask, sites) => {
    const key = permissionKey(ask);
    const allowed = known.get(key) ?? permissionsFor([ask])(ask, sites);
    known.set(key, allowed);
    return allowed;
  };
};

/** Tasks of one task definition and group, which mostly are all alike. */
interface Entry {
  readonly task: Task;
  readonly zone: string | undefined;
  /** Undefined where their size is not known. */
  readonly kind: number | undefined;
}

interface GroupEntries {
  readonly keepsZone: boolean;
  readonly byDefinition: Map<string, Entry[]>;
}

const isAlike = (it: Entry, task: Task, zone: string | undefined): boolean =>
  it.zone === zone &&
  it.task.capacityProviderName === task.capacityProviderName &&
  it.task.cpuUnits === task.cpuUnits &&
  it.task.memoryMiB === task.memoryMiB;

/** `asks` come first among the kinds. A task is looked up by its two long words, without making a third of them. */
export const kindsOf = (view: View, sites: readonly Site[], asks: readonly Ask[]): Kinds => {
  const permissions = sharedPermissions();
  const all: Kind[] = [];
  const groups = new Map<string, GroupEntries>();
  const loads = new Map<string, readonly Load[]>();

  const addKind = (ask: Ask, anywhere: number | undefined): number => {
    const allowed = ask.constraints.dependsOnTasks ? undefined : permissions(ask, sites);
    return all.push(kindOf(ask, allowed, sites, anywhere ?? all.length)) - 1;
  };

  const entriesOf = (task: Task): GroupEntries => {
    const group = task.group ?? '';
    const known = groups.get(group) ?? { keepsZone: isRebalanced(view, task), byDefinition: new Map() };
    groups.set(group, known);
    return known;
  };

  const kindIn = (its: Entry[], task: Task, zone: string | undefined): number | undefined => {
    const known = its.find((it) => isAlike(it, task, zone));
    if (known !== undefined) return known.kind;
    const anywhere = zone === undefined ? undefined : kindIn(its, task, undefined);
    const ask = askToMove(view, task, 1, sites, zone);
    const kind = ask === undefined ? undefined : addKind(ask, anywhere);
    its.push({ task, zone, kind });
    return kind;
  };

  const kindFor = (task: Task, zone: string | undefined): number | undefined => {
    const { keepsZone, byDefinition } = entriesOf(task);
    const its = byDefinition.get(task.taskDefinitionArn) ?? [];
    byDefinition.set(task.taskDefinitionArn, its);
    return kindIn(its, task, keepsZone ? zone : undefined);
  };

  const asked = asks.map((it) => ({ kind: addKind(it, undefined), tasks: it.count }));
  return {
    all,
    asked,
    loadOf: ({ instance, tasks }) => {
      const known = loads.get(instance.arn);
      if (known !== undefined) return known;
      const zone = zoneOf(instance);
      const counts = new Map<number, number>();
      for (const task of tasks) {
        const kind = kindFor(task, zone);
        if (kind === undefined) return undefined;
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
      const load = Array.from(counts, ([kind, count]) => ({ kind, tasks: count }));
      loads.set(instance.arn, load);
      return load;
    },
  };
};
