import type { ClusterMemory, Head, LearnedShape } from '../model/memory.ts';
import type { Store } from '../ports/store.ts';

type Decision = Parameters<Store['remember']>[2];

/** What was seen on an instance replaces what is there; what EC2's figures say only fills a gap. */
const assignment = ({ from }: LearnedShape, at: number): string =>
  from === 'instance' ? `shapes.#g${at} = :g${at}` : `shapes.#g${at} = if_not_exists(shapes.#g${at}, :g${at})`;

/**
 * The one update by which a decision leaves its memory. Shapes are set one by one, never as a map: `keepShape` may
 * have written others since the head was read, and they stay.
 */
export const rememberUpdate = (head: Head, memory: ClusterMemory, decision: Decision) => {
  const shapes = Object.entries(memory.shapes);
  const sets = [
    'intents = :intents',
    'emptySince = :emptySince',
    'unregisteredSince = :unregisteredSince',
    'lastDecisionAt = :at',
    ...(decision.nextTimerAt === undefined ? [] : ['nextTimerAt = :nextTimerAt']),
    ...(decision.wakeAt === undefined ? [] : ['wakeAt = :wakeAt']),
    ...(memory.facts === undefined ? [] : ['facts = :facts']),
    ...shapes.map(([, shape], at) => assignment(shape, at)),
  ];
  const removals = [
    ...(decision.nextTimerAt === undefined ? ['nextTimerAt'] : []),
    ...(decision.wakeAt === undefined ? ['wakeAt'] : []),
    ...(memory.facts === undefined ? ['facts'] : []),
  ];
  return {
    expression: `SET ${sets.join(', ')}${removals.length === 0 ? '' : ` REMOVE ${removals.join(', ')}`}`,
    condition: 'generation = :generation AND epoch = :epoch',
    ...(shapes.length === 0 ? {} : { names: Object.fromEntries(shapes.map(([group], at) => [`#g${at}`, group])) }),
    values: {
      ':intents': memory.intents,
      ':emptySince': memory.emptySince,
      ':unregisteredSince': memory.unregisteredSince,
      ':at': decision.at,
      ':nextTimerAt': decision.nextTimerAt, // left out by the marshaller when undefined
      ':wakeAt': decision.wakeAt, // so are these two
      ':facts': memory.facts,
      ':generation': head.generation,
      ':epoch': head.epoch,
      ...Object.fromEntries(shapes.map(([, shape], at) => [`:g${at}`, shape])),
    },
  };
};
