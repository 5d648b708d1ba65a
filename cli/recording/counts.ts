import { historyPeriodMs, type Past, type Samples } from '../../lib/flows/reading/capture.ts';
import type { EpochMs } from '../../lib/model/time.ts';

/** The part of the past that CloudWatch has something of. */
export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export interface Step {
  readonly atMs: number;
  readonly count: number;
}

/** Shorter ones say nothing of a load. */
const fewestPeriods = 6;

/** From the first task that ran; a cluster that is younger than what was asked for has nothing before. */
export const spanOf = ({ to, running }: Past): Span | undefined => {
  const firsts = [...running.values()].flatMap((it) => [...it.keys()].slice(0, 1));
  const from = Math.min(...firsts);
  return to - from >= fewestPeriods * historyPeriodMs ? { from, to } : undefined;
};

/** Tasks at each period; where nothing runs there is no datapoint (ECS developer guide, CloudWatch metrics). */
const countAt = (samples: Samples, at: EpochMs): number => Math.round(samples.get(at) ?? 0);

/** The count from its beginning, and each change of it. */
export const stepsOf = (samples: Samples, { from, to }: Span): readonly Step[] => {
  const steps: Step[] = [];
  for (let at = from; at < to; at += historyPeriodMs) {
    const count = countAt(samples, at);
    if (steps.at(-1)?.count !== count) steps.push({ atMs: at - from, count });
  }
  return steps;
};

const hourMs = 3_600_000;

/** Instance-hours of groups, as Auto Scaling counted them; undefined unless it did for each. */
export const hoursInService = ({ inService }: Past, groups: readonly string[], span: Span): number | undefined => {
  const samples = groups.map((it) => inService.get(it));
  if (samples.some((it) => it === undefined)) return undefined;
  const instances = samples
    .flatMap((it) => [...(it ?? [])])
    .reduce((sum, [at, value]) => (at >= span.from && at < span.to ? sum + value : sum), 0);
  return (instances * historyPeriodMs) / hourMs;
};
