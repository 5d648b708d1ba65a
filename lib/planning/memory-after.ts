import type { ClusterMemory, LaunchFailure, LaunchIntent } from '../model/memory.ts';
import type { EpochMs } from '../model/time.ts';
import { leftAloneAfterDrainMs } from './drains.ts';
import type { GroupState } from './groups.ts';
import { bootTimesAfter } from './launching/boots.ts';
import { launchFailuresAfter } from './launching/failures.ts';
import { grownAtAfter, launchesAfter, resizedAfter } from './launching/memory.ts';
import { groupSizesAfter } from './launching/sizes.ts';
import { type SizeStep, sizesAfter } from './launching/steps.ts';
import { stoppingAfter } from './launching/stopping.ts';
import { learned } from './learned.ts';
import type { Leaving } from './leaving/leaving.ts';
import { peaksAfter, swingsAfter } from './peaks.ts';
import { leftAloneAfterRetiringMs, type RetiringAfter } from './retiring/retiring.ts';
import { hasGap, type View } from './view.ts';

/** What this plan decided, as far as the next one must know. */
export interface Remembering {
  readonly sizes: readonly SizeStep[];
  /** EC2 instance ids of drains that are taken back for their room. */
  readonly restored: ReadonlySet<string>;
  readonly leaving: Pick<Leaving, 'emptySince' | 'moves' | 'consolidatedAt'>;
  readonly retiring: RetiringAfter;
  readonly disconnectedSince: ClusterMemory['disconnectedSince'];
  /** EC2 instance ids of drains that were given up. */
  readonly abandoned: readonly string[];
  readonly neverRegistered: readonly LaunchFailure[];
  readonly unstartedSince: ClusterMemory['unstartedSince'];
}

/** In observe mode nothing is done: what was seen is remembered, what was decided is not. */
export const memoryAfter = (view: View, states: readonly GroupState[], plan: Remembering): ClusterMemory => ({
  intents: intentsAfter(view, states, acts(view) ? plan.sizes : []),
  emptySince: plan.leaving.emptySince,
  unregisteredSince: unregisteredSinceAfter(view, states),
  resized: resizedAfter(view, plan.sizes),
  sizes: groupSizesAfter(view, states, plan.sizes),
  bootTimes: bootTimesAfter(view, unregisteredSinceAfter(view, states)),
  shapes: learned(view, states),
  facts: factsOf(view),
  peaks: peaksAfter(view),
  swings: swingsAfter(view),
  ...stoppingAfter(view),
  moves: acts(view) ? plan.leaving.moves : view.memory.moves,
  retiring: plan.retiring.retiring,
  leftAloneUntil: leftAloneUntilAfter(view, plan),
  disconnectedSince: plan.disconnectedSince,
  launches: launchesAfter(view, plan.sizes),
  launchFailures: [...launchFailuresAfter(view), ...(acts(view) ? plan.neverRegistered : [])],
  unstartedSince: plan.unstartedSince,
  grownAt: { ...grownAtAfter(view, plan.sizes), ...(acts(view) ? restoredAt(view, plan.restored) : {}) },
  consolidatedAt: plan.leaving.consolidatedAt,
});

const unregisteredSinceAfter = (view: View, states: readonly GroupState[]): ClusterMemory['unregisteredSince'] => ({
  ...(hasGap(view, 'groups') ? view.memory.unregisteredSince : {}),
  ...Object.fromEntries(states.flatMap((it) => Object.entries(it.unregisteredSince))),
});

const acts = (view: View): boolean => view.settings.mode === 'act';

/** A drain that is taken back for its room is growth as much as a launch is: what else may leave is looked at later. */
const restoredAt = (view: View, restored: ReadonlySet<string>): ClusterMemory['grownAt'] =>
  Object.fromEntries(
    [...restored].flatMap((id) => {
      const group = view.membershipByEc2Id.get(id)?.group.name;
      return group === undefined ? [] : [[group, view.now] as const];
    }),
  );

const intentsAfter = (
  view: View,
  states: readonly GroupState[],
  sizes: readonly SizeStep[],
): readonly LaunchIntent[] => [
  ...states.flatMap((it) => it.intents),
  ...unseen(view, view.memory.intents),
  ...[...sizesAfter(sizes)].map(([group, desiredCapacity]) => ({ group, desiredCapacity, at: view.now })),
];

/** Launches of groups that a partial look did not show are not forgotten. */
const unseen = (view: View, intents: readonly LaunchIntent[]): readonly LaunchIntent[] =>
  hasGap(view, 'groups')
    ? intents.filter((it) => !view.observation.groups.some((group) => group.name === it.group))
    : [];

const factsOf = ({
  observation: { cluster, capacityProviders, surroundings, factsReadAt },
}: View): ClusterMemory['facts'] =>
  cluster === undefined || factsReadAt === undefined
    ? undefined
    : { cluster, capacityProviders, surroundings, readAt: factsReadAt };

const leftAloneUntilAfter = (view: View, { abandoned, retiring }: Remembering): ClusterMemory['leftAloneUntil'] => {
  const until = (ids: readonly string[], ms: number): readonly (readonly [string, EpochMs])[] =>
    ids.map((id) => [id, view.now + ms] as const);
  return Object.fromEntries([
    ...Object.entries(view.memory.leftAloneUntil).filter(([, at]) => at > view.now),
    ...until(abandoned, leftAloneAfterDrainMs),
    ...until(retiring.givenUp, leftAloneAfterRetiringMs),
  ]);
};
