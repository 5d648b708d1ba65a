/**
 * A course of events for the fuzzer: a small world, what people and accidents do to it within the first hour, and how
 * unreliable Berth's own functions and calls are meanwhile. Plain data: what was found can be written down and played
 * again.
 */
export interface FuzzSchedule {
  readonly seed: number;
  /** A scenario as its file has it: groups, services, constants of the world. */
  readonly scenario: Readonly<Record<string, unknown>>;
  /** `defaults` of `berth.yml`, besides act mode. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly acts: readonly TimedAct[];
  readonly unreliable: Unreliable;
}

/** Shares from 0 to 1, as long as things happen; afterwards everything works. */
export interface Unreliable {
  /** Of invocations that die at one of their calls, before or after it. */
  readonly killed: number;
  /** Of Berth's calls that fail and do nothing. */
  readonly refused: number;
  /** Of Berth's calls that are carried out and seem to fail. */
  readonly answersLost: number;
}

export interface TimedAct {
  readonly atSecond: number;
  readonly act: Act;
}

/**
 * What somebody does, or what goes wrong. `nth` picks an instance, a service or a group among those there are, so that a
 * shorter schedule still means something.
 */
export type Act =
  | { readonly kind: 'setCount'; readonly nth: number; readonly count: number }
  | { readonly kind: 'deploy'; readonly nth: number }
  | { readonly kind: 'deleteService'; readonly nth: number }
  | { readonly kind: 'runTask'; readonly cpuUnits: number; readonly count: number; readonly seconds: number }
  | { readonly kind: 'stopTask'; readonly nth: number }
  | { readonly kind: 'instanceDeath'; readonly nth: number }
  | { readonly kind: 'spotInterruption'; readonly nth: number }
  | { readonly kind: 'agentDisconnect'; readonly nth: number; readonly seconds: number }
  | { readonly kind: 'capacityError'; readonly seconds: number }
  | { readonly kind: 'noRegistration'; readonly seconds: number }
  | { readonly kind: 'personDrains'; readonly nth: number; readonly seconds: number }
  | { readonly kind: 'personTerminates'; readonly nth: number; readonly decrement: boolean }
  | { readonly kind: 'personProtects'; readonly nth: number; readonly seconds: number }
  | { readonly kind: 'personSetsDesired'; readonly nth: number; readonly by: number }
  | { readonly kind: 'handDrains'; readonly nth: number }
  | { readonly kind: 'handRestores'; readonly nth: number }
  | { readonly kind: 'pause'; readonly seconds: number }
  | { readonly kind: 'deployAgain'; readonly settings: Readonly<Record<string, unknown>> };

/**
 * How long acts and failures last; what follows is quiet, for the cluster to come to rest. For an hour after a launch a
 * consolidation may wait, whose saving would not last while its group grows; the drain comes after that.
 */
export const eventfulMs = 60 * 60_000;
export const quietMs = 95 * 60_000;
