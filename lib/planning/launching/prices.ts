import { type Launching, priceOf } from '../supply.ts';
import type { View } from '../view.ts';

/**
 * Said where a price that nobody gave is set against one that somebody did: that of another group, or a cap on dollars.
 */
export const priceNotices = (view: View, launching: readonly Launching[]): readonly string[] => {
  const { groups, caps } = view.settings;
  const unpriced = launching.filter(({ state }) => groups[state.group.name]?.pricePerHour === undefined);
  if (unpriced.length === 0 || (unpriced.length === launching.length && caps.dollarsPerHour === undefined)) return [];
  const guesses = unpriced.map((it) => `${it.state.group.name} $${priceOf(view, it).toFixed(3)}`).join(', ');
  return [
    `settings name no pricePerHour for some groups: by vCPU and memory, an instance-hour is taken to be ${guesses}`,
  ];
};
