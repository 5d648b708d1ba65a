import type { DemandReport } from '../../model/plan.ts';
import { type EpochMs, secondMs } from '../../model/time.ts';
import type { GroupState } from '../groups.ts';
import type { View } from '../view.ts';
import type { SizeStep } from './steps.ts';

/** Auto Scaling tells of a failed launch by an event, which may not come: its activities are looked at as well. */
const looksAfterMs: readonly number[] = [15 * secondMs, 45 * secondMs];

/** When to look again although nothing happens: soon after instances were asked for, and when a limit opens. */
export const launchWakeAts = (
  view: View,
  states: readonly GroupState[],
  steps: readonly SizeStep[],
  demand: readonly DemandReport[],
): readonly EpochMs[] => {
  const isWanted = demand.some((it) => it.verdicts.some(({ verdict }) => verdict.kind === 'unplaceable'));
  const isLacking = new Set(states.filter((it) => it.missing.onTheirWay > 0).map((it) => it.group.name));
  const asked = [
    ...(view.settings.mode === 'act' && steps.length > 0 ? [{ at: view.now }] : []),
    ...view.memory.launches.filter((it) => isLacking.has(it.group)),
  ];
  const looks = asked.flatMap(({ at }) => looksAfterMs.map((it) => at + it));
  const reopenings = isWanted ? states.flatMap((it) => it.limit.reopensAt ?? []) : [];
  return [...new Set([...looks, ...reopenings])].filter((it) => it > view.now).sort((a, b) => a - b);
};
