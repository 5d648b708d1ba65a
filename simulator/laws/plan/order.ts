import { isDeepStrictEqual } from 'node:util';
import type { Observation } from '../../../lib/model/observation.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import { type Dice, seededDice } from '../../kernel/dice.ts';
import type { PlanLaw, Planner } from './plan-check.ts';

const shuffled = <T>(items: readonly T[], dice: Dice): readonly T[] =>
  items
    .map((item) => ({ item, at: dice.next() }))
    .sort((a, b) => a.at - b.at)
    .map((it) => it.item);

const shuffledRecord = <T>(record: Readonly<Record<string, T>>, dice: Dice): Readonly<Record<string, T>> =>
  Object.fromEntries(shuffled(Object.entries(record), dice));

/** The same cluster, as AWS might as well have listed it. */
const inAnotherOrder = (input: PlanningInput, dice: Dice): PlanningInput => {
  const { observation, drains, memory, asked } = input;
  const another: Observation = {
    ...observation,
    containerInstances: shuffled(observation.containerInstances, dice),
    tasks: shuffled(observation.tasks, dice),
    services: shuffled(observation.services, dice),
    capacityProviders: shuffled(observation.capacityProviders, dice),
    groups: shuffled(observation.groups, dice).map((it) => ({ ...it, instances: shuffled(it.instances, dice) })),
    surroundings: shuffled(observation.surroundings, dice),
    failedActivities: shuffled(observation.failedActivities, dice),
    taskDefinitions: shuffledRecord(observation.taskDefinitions, dice),
    taskProtection: shuffledRecord(observation.taskProtection, dice),
    tasksOnDraining: shuffledRecord(observation.tasksOnDraining, dice),
  };
  return {
    ...input,
    observation: another,
    drains: shuffled(drains, dice),
    asked: {
      ...asked,
      capacity: shuffled(asked.capacity, dice),
      queued: shuffled(asked.queued, dice),
      rebalance: shuffled(asked.rebalance, dice),
    },
    memory: {
      ...memory,
      intents: shuffled(memory.intents, dice),
      emptySince: shuffledRecord(memory.emptySince, dice),
      unregisteredSince: shuffledRecord(memory.unregisteredSince, dice),
      shapes: shuffledRecord(memory.shapes, dice),
      peaks: shuffledRecord(memory.peaks, dice),
      retiring: shuffledRecord(memory.retiring, dice),
      leftAloneUntil: shuffledRecord(memory.leftAloneUntil, dice),
      disconnectedSince: shuffledRecord(memory.disconnectedSince, dice),
      unstartedSince: shuffledRecord(memory.unstartedSince, dice),
      grownAt: shuffledRecord(memory.grownAt, dice),
    },
  };
};

/** Facts are remembered as they were read, in whatever order. */
const comparable = ({ memory, ...plan }: ReturnType<Planner>) => ({ ...plan, memory: { ...memory, facts: undefined } });

/** Law 5: the same plan from a shuffled input, and from the same once more. */
export const orderIsIrrelevant =
  (planner: Planner, seed: number): PlanLaw =>
  ({ input, plan }, report) => {
    const dice = seededDice(seed);
    const other = planner(inAnotherOrder(input, dice));
    const [was, is] = [comparable(plan), comparable(other)];
    const differing = (Object.keys(was) as (keyof typeof was)[]).filter((it) => !isDeepStrictEqual(was[it], is[it]));
    if (differing.length > 0) report(`another order of the input changes ${differing.join(', ')}`);
  };
