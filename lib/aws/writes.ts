import type { ItemOutcome } from '../ports/reading.ts';
import { meaningOf, outcomeOf } from './aws-error.ts';
import { settleAll } from './reads.ts';

export const done = (id: string): ItemOutcome => ({ id, result: 'done', detail: undefined });

/** One write; what AWS says of it becomes the outcome. Never throws. */
export const attempt = async (id: string, doing: string, write: () => Promise<unknown>): Promise<ItemOutcome> => {
  try {
    await write();
    return done(id);
  } catch (error) {
    return outcomeOf(id, doing, error);
  }
};

/** One call for each, `bound` at a time. Never throws. */
export const eachSingly = async (
  ids: readonly string[],
  doing: string,
  write: (id: string) => Promise<unknown>,
  bound?: number,
): Promise<readonly ItemOutcome[]> => {
  const settled = await settleAll(ids, (id) => attempt(id, doing, () => write(id)), bound);
  return settled.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
};

/**
 * Writes a batch. Where AWS refuses the whole of it because of what one of its members is (gone, or in a state that
 * forbids the change), each member is written alone, so that one does not stop the others. Never throws.
 */
export const batchThenSingly = async (
  ids: readonly string[],
  write: (ids: readonly string[]) => Promise<readonly ItemOutcome[]>,
  failed: (id: string, error: unknown) => ItemOutcome,
): Promise<readonly ItemOutcome[]> => {
  try {
    return await write(ids);
  } catch (error) {
    const oneMayBeToBlame = ids.length > 1 && ['gone', 'invalid'].includes(meaningOf(error));
    if (!oneMayBeToBlame) return ids.map((id) => failed(id, error));
    const outcomes: ItemOutcome[] = [];
    for (const id of ids) outcomes.push(...(await batchThenSingly([id], write, failed)));
    return outcomes;
  }
};
