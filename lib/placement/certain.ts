import { at, dimensions, spaceIn } from './packing/rooms.ts';
import { perhaps } from './permissions.ts';
import { allowedWith, type Grounds, type Turned } from './replay/grounds.ts';

/** Slots for tasks of `a` that one task of `b` can cost, wherever it goes. */
const slotsTaken = (a: Turned, b: Turned, mostOnOne: number): number => {
  if (b.ask.requirements.allGpus === true && a.ask.requirements.gpus > 0) return mostOnOne;
  if (a.ask.requirements.allGpus === true && b.ask.requirements.gpus > 0) return mostOnOne;
  if (a.ask.requirements.custom !== undefined && b.ask.requirements.custom !== undefined) return mostOnOne;
  let most = a.need.claims.some((it) => b.need.claims.includes(it)) ? mostOnOne : 0;
  for (let d = 0; d < dimensions; d++) {
    const own = at(a.need.sizes, d);
    if (own > 0) most = Math.max(most, Math.ceil(at(b.need.sizes, d) / own));
  }
  return Math.min(most, mostOnOne);
};

/** More than any instance holds. */
const manyTasks = 1_000_000;

/** How many tasks of an ask a site has space for while nothing else has come there. */
const slotsOn = ({ sites, rooms }: Grounds, { ask, need, allowed }: Turned, site: number): number => {
  const it = sites[site];
  if (it === undefined || allowed[site] !== 1) return 0;
  let slots = spaceIn(rooms, site, need, manyTasks);
  if (ask.requirements.allGpus === true && it.room.gpus !== it.gpus) return 0;
  if (ask.requirements.allGpus === true) slots = Math.min(slots, it.gpus > 0 ? 1 : 0);
  for (const [name, needed] of Object.entries(ask.requirements.custom ?? {}))
    slots = Math.min(slots, Math.max(0, Math.floor((it.room.custom[name] ?? 0) / needed)));
  return ask.constraints.dependsOnTasks ? Math.min(slots, allowedWith(ask, it, [], false)) : slots;
};

/**
 * How many tasks of each ask are placed now in whatever order they come and whatever ECS takes of equals: its slots less
 * all that tasks of the others could cost. Too few where much waits at once, and never too many.
 */
export const certainlyPlaced = (grounds: Grounds, present: number): readonly number[] => {
  const slots = grounds.turned.map((turned) => {
    let sum = 0;
    let most = 0;
    for (let site = 0; site < present; site++) {
      const own = slotsOn(grounds, turned, site);
      sum += own;
      most = Math.max(most, own);
    }
    return { turned, sum, most };
  });
  return slots.map(({ turned: a, sum, most }) => {
    const { constraints, count } = a.ask;
    if (constraints.dependsOnTasks && grounds.turned.length > 1) return 0;
    let left = sum;
    for (const { turned: b, sum: theirs } of slots) {
      const mayComeElsewhere = b.ask.constraints.dependsOnTasks || b.allowed.subarray(0, present).includes(perhaps);
      const come = mayComeElsewhere ? b.ask.count : Math.min(b.ask.count, theirs);
      if (b !== a) left -= come * slotsTaken(a, b, most);
    }
    return Math.max(0, Math.min(count, left));
  });
};
