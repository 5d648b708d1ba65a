import type { Dice } from '../../kernel/dice.ts';
import type { FaultDocument } from '../file/fault-schema.ts';
import type { ScenarioFault } from '../scenario.ts';

const hourMs = 3_600_000;

/** Times of a Poisson process: the pauses between them are exponential. */
const poissonTimes = (perHour: number, durationMs: number, dice: Dice): readonly number[] => {
  const times: number[] = [];
  if (perHour === 0) return times;
  for (;;) {
    const pause = (-Math.log(1 - dice.next()) / perHour) * hourMs;
    const atMs = Math.round((times.at(-1) ?? 0) + pause);
    if (atMs >= durationMs) return times;
    times.push(atMs);
  }
};

const faultAt = (it: FaultDocument, atMs: number): ScenarioFault => {
  switch (it.kind) {
    case 'spotInterruption':
    case 'rebalanceRecommendation':
      return { kind: it.kind, atMs, share: it.share, withinMs: it.within, groups: it.groups };
    case 'capacityError': {
      const { instanceTypes, zones, market } = it;
      return { kind: it.kind, atMs, forMs: it.for, instanceTypes, zones, market };
    }
    case 'agentDisconnect':
      return { kind: it.kind, atMs, forMs: it.for, share: it.share, groups: it.groups };
    case 'instanceDeath':
      return { kind: it.kind, atMs, share: it.share, groups: it.groups };
    case 'noRegistration':
    case 'lostEvents':
      return { kind: it.kind, atMs, forMs: it.for, share: it.share };
  }
};

/** Every fault with its time, in order of time; rates are drawn once, so each controller meets the same ones. */
export const compileFaults = (
  faults: readonly FaultDocument[],
  durationMs: number,
  dice: Dice,
): readonly ScenarioFault[] =>
  faults
    .flatMap((it, index) => {
      const times = it.at ?? poissonTimes(it.perHour ?? 0, durationMs, dice.fork(`fault ${index}`));
      return times.map((atMs) => faultAt(it, atMs));
    })
    .sort((a, b) => a.atMs - b.atMs);
