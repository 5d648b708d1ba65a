import type { ClusterMemory, Head, LearnedShape } from '../model/memory.ts';
import type { Store } from '../ports/store.ts';
import { withinItem } from './bounds.ts';

type Decision = Parameters<Store['remember']>[2];

/** What was seen on an instance replaces what is there; what EC2's figures say only fills a gap. */
const assignment = ({ from }: LearnedShape, at: number): string =>
  from === 'instance' ? `shapes.#g${at} = :g${at}` : `shapes.#g${at} = if_not_exists(shapes.#g${at}, :g${at})`;

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/**
 * The one update by which a decision leaves its memory. What is empty is removed. Shapes are set one by one, never as a
 * map: `keepShape` may have written others since the head was read, and they stay.
 */
export const rememberUpdate = (head: Head, decided: ClusterMemory, { at, nextTimerAt, wakeAt }: Decision) => {
  const { shapes: allShapes, ...memory } = withinItem(decided);
  const shapes = Object.entries(allShapes);
  const parts = Object.entries({ ...memory, nextTimerAt, wakeAt, lastDecisionAt: at });
  const kept = parts.filter(([, it]) => !isEmpty(it));
  const gone = parts.filter(([, it]) => isEmpty(it)).map(([name]) => name);
  const sets = [
    ...kept.map(([name]) => `${name} = :${name}`),
    ...shapes.map(([, shape], index) => assignment(shape, index)),
  ];
  return {
    expression: `SET ${sets.join(', ')}${gone.length === 0 ? '' : ` REMOVE ${gone.join(', ')}`}`,
    condition: 'generation = :generation AND epoch = :epoch',
    ...(shapes.length === 0
      ? {}
      : { names: Object.fromEntries(shapes.map(([group], index) => [`#g${index}`, group])) }),
    values: {
      ...Object.fromEntries(kept.map(([name, it]) => [`:${name}`, it])),
      ...Object.fromEntries(shapes.map(([, shape], index) => [`:g${index}`, shape])),
      ':generation': head.generation,
      ':epoch': head.epoch,
    },
  };
};
