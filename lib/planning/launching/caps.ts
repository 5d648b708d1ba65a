import type { Caps } from '../../model/settings.ts';
import type { GroupState } from '../groups.ts';
import { type Launching, priceOf, pricePerHour, priorityOf } from '../supply.ts';
import type { View } from '../view.ts';
import type { Limit } from './limits.ts';

type Amounts = Readonly<Record<keyof Caps, number>>;

const amounts: readonly (readonly [amount: keyof Caps, unit: string])[] = [
  ['instances', 'instances'],
  ['vcpus', 'vCPUs'],
  ['memoryGiB', 'GiB'],
  ['dollarsPerHour', 'dollars an hour'],
];

/** Sums of prices are not exact. */
const closeEnough = 1e-9;

/**
 * What so many instances of the group come to; memory and vCPUs as they register with ECS. Of a group whose instances
 * are not known, only their number and a price from the settings count.
 */
const amountsOf = (view: View, { group, registered }: GroupState, instances: number): Amounts => {
  const { cpuUnits, memoryMiB } = registered?.resources ?? { cpuUnits: 0, memoryMiB: 0 };
  return {
    instances,
    vcpus: (instances * cpuUnits) / 1024,
    memoryGiB: (instances * memoryMiB) / 1024,
    dollarsPerHour: instances * pricePerHour(view, group.name, { cpuUnits, memoryMiB }),
  };
};

/** What the caps of the cluster leave for launches; over all of its opted-in groups. */
export interface CapRoom {
  /** How many instances of a group fit under every cap. */
  readonly fits: (it: Launching) => number;
  readonly limit: (it: Launching) => Limit;
  /** The room left once these have been launched as well. */
  readonly after: (launches: Readonly<Record<string, number>>) => CapRoom;
  /** The launches that fit, in the order in which groups are preferred. */
  readonly within: (launches: Readonly<Record<string, number>>) => Readonly<Record<string, number>>;
}

/** The order in which groups are filled. */
const preferred = (view: View, launching: readonly Launching[]): readonly Launching[] =>
  launching.toSorted(
    (a, b) =>
      priorityOf(view, b) - priorityOf(view, a) ||
      priceOf(view, a) - priceOf(view, b) ||
      (a.state.group.arn < b.state.group.arn ? -1 : 1),
  );

const roomAbove = (view: View, launching: readonly Launching[], used: Amounts): CapRoom => {
  const { caps } = view.settings;
  /** By cap: how many instances of the group fit under it. */
  const fitsUnder = (it: Launching, amount: keyof Caps): number => {
    const [cap, each] = [caps[amount], amountsOf(view, it.state, 1)[amount]];
    if (cap === undefined || each <= 0) return Number.POSITIVE_INFINITY;
    return Math.max(0, Math.floor((cap - used[amount]) / each + closeEnough));
  };
  const after = (launches: Readonly<Record<string, number>>): CapRoom =>
    roomAbove(
      view,
      launching,
      launching.reduce((sum, { state }) => plus(sum, amountsOf(view, state, launches[state.group.name] ?? 0)), used),
    );
  const fits = (it: Launching): number => Math.min(...amounts.map(([amount]) => fitsUnder(it, amount)));
  return {
    fits,
    limit: (it) => {
      const tight =
        amounts.find(([amount]) => fitsUnder(it, amount) === fits(it)) ?? (['instances', 'instances'] as const);
      const [amount, unit] = tight;
      const each = round(amountsOf(view, it.state, 1)[amount]);
      return {
        instances: fits(it),
        reason: 'caps',
        detail: `caps.${amount} is ${caps[amount] ?? 'unset'}: ${round(used[amount])} ${unit} are asked for, one more of ${it.state.group.name} adds ${each}`,
        reopensAt: undefined,
      };
    },
    after,
    within: (launches) => {
      const kept: Record<string, number> = {};
      for (const it of preferred(view, launching)) {
        const { name } = it.state.group;
        const wanted = launches[name] ?? 0;
        if (wanted > 0) kept[name] = Math.min(wanted, after(kept).fits(it));
      }
      return kept;
    },
  };
};

const plus = (a: Amounts, b: Amounts): Amounts => ({
  instances: a.instances + b.instances,
  vcpus: a.vcpus + b.vcpus,
  memoryGiB: a.memoryGiB + b.memoryGiB,
  dollarsPerHour: a.dollarsPerHour + b.dollarsPerHour,
});

const round = (it: number): number => Math.round(it * 1000) / 1000;

export const capRoomOf = (view: View, states: readonly GroupState[], launching: readonly Launching[]): CapRoom =>
  roomAbove(
    view,
    launching,
    states.reduce((sum, it) => plus(sum, amountsOf(view, it, it.group.desiredCapacity)), {
      instances: 0,
      vcpus: 0,
      memoryGiB: 0,
      dollarsPerHour: 0,
    }),
  );
