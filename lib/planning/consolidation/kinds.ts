import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Task } from '../../model/task.ts';
import { exclusionOf } from '../../placement/fit.ts';
import { permissionKey } from '../../placement/holds.ts';
import { type Need, needOf } from '../../placement/packing/rooms.ts';
import { type Permissions, permissionsFor } from '../../placement/permissions.ts';
import type { Ask, Site } from '../../placement/site.ts';
import { askToMove, oncePerLike } from '../moving.ts';
import type { Alike } from '../task-list.ts';
import { isDaemonTask, type View } from '../view.ts';
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

const notAsked = -2;
const notKnown = -1;

/** `asks` come first among the kinds. */
export const kindsOf = (view: View, sites: readonly Site[], asks: readonly Ask[]): Kinds => {
  const permissions = sharedPermissions();
  const all: Kind[] = [];
  const { alike, byInstance } = view.taskList;
  const kindsByZone = new Map<string | undefined, Int32Array>();

  const addKind = (ask: Ask, anywhere: number | undefined): number => {
    const allowed = ask.constraints.dependsOnTasks ? undefined : permissions(ask, sites);
    return all.push(kindOf(ask, allowed, sites, anywhere ?? all.length)) - 1;
  };

  const kindIn: (task: Task, zone: string | undefined) => number = oncePerLike((task, zone) => {
    const anywhere = zone === undefined ? undefined : kindIn(task, undefined);
    const ask = askToMove(view, task, 1, sites, zone);
    return ask === undefined ? notKnown : addKind(ask, anywhere);
  });

  const kindFor = ({ index, task }: Alike, zone: string | undefined): number => {
    const kinds = kindsByZone.get(zone) ?? new Int32Array(alike.length).fill(notAsked);
    kindsByZone.set(zone, kinds);
    if (kinds[index] === notAsked) kinds[index] = kindIn(task, isRebalanced(view, task) ? zone : undefined);
    return kinds[index] ?? notKnown;
  };

  const asked = asks.map((it) => ({ kind: addKind(it, undefined), tasks: it.count }));
  const loads = new Map<ContainerInstance, readonly Load[]>();
  return {
    all,
    asked,
    loadOf: ({ instance }) => {
      const known = loads.get(instance);
      if (known !== undefined) return known;
      const zone = zoneOf(instance);
      const counts = new Map<number, number>();
      const on = byInstance.get(instance.arn);
      for (const [n, it] of on?.alike.entries() ?? []) {
        if (isDaemonTask(view, it.task)) continue;
        const kind = kindFor(it, zone);
        if (kind === notKnown) return undefined;
        counts.set(kind, (counts.get(kind) ?? 0) + (on?.alikeTasks[n] ?? 0));
      }
      const load = Array.from(counts, ([kind, tasks]) => ({ kind, tasks }));
      loads.set(instance, load);
      return load;
    },
  };
};
