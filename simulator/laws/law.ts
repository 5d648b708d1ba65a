import type { Violation } from '../score/simulation.ts';

/** The laws that are checked while a simulation runs; the other one, of crashes and lost events, is a test of the flows. */
export const laws = {
  '1': 'No call goes below a group’s minimum or above its maximum',
  '2': 'No instance is terminated with a live task, unless the outside world forces it',
  '3': 'What is drained fits elsewhere, however ECS breaks its ties',
  '4': 'Planning on the planned outcome changes nothing',
  '5': 'The order in which AWS lists things is irrelevant',
  '7': 'Every instance and every unplaced task has a verdict, and the counts add up',
  '8': 'A stale or partial view never scales in',
  '9': 'What a person did by hand is never undone',
  '10': 'Launches that lead to nothing are bounded',
} as const;

export type Law = keyof typeof laws;

/** What a law needs to say that it was broken. */
export type Report = (detail: string) => void;

export const violationOf = (law: Law, atMs: number, detail: string): Violation => ({ law, atMs, detail });

const isLaw = (law: string): law is Law => Object.hasOwn(laws, law);

/** All that is needed to see a violation again. */
export interface ViolationContext {
  readonly scenario: string;
  readonly controller: string;
  readonly seed: number;
  /** The decision or event, counted from the start of the run. */
  readonly step: number;
  /** The command that runs it again. */
  readonly replay: string;
  /** What was seen and what was planned; undefined for laws about the world. */
  readonly input: unknown;
  readonly plan: unknown;
}

/**
 * A violation as a text for people and for issue trackers: the law, where and when, and how to see it again. What was
 * seen can be thousands of lines wide, so it comes first and does not bury the rest.
 */
export const describeViolation = ({ law, atMs, detail }: Violation, context: ViolationContext): string => {
  const { scenario, controller, seed, step, replay, input, plan } = context;
  const json = (name: string, value: unknown): readonly string[] =>
    value === undefined ? [] : [`${name}: ${JSON.stringify(value)}`];
  return [
    ...json('observation', input),
    ...json('plan', plan),
    `Law ${law} is broken: ${isLaw(law) ? laws[law] : 'no such law is known'}.`,
    `  ${detail}`,
    `  at ${new Date(atMs).toISOString()}, step ${step}, scenario ${scenario}, controller ${controller}, seed ${seed}`,
    `  again: ${replay}`,
  ].join('\n');
};
