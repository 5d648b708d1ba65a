import type { ItemOutcome } from '../ports/reading.ts';
import { meaningOf } from './aws-error.ts';

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
