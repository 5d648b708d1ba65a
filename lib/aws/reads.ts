import type { Subject } from '../model/observation.ts';
import type { Reading } from '../ports/reading.ts';
import { gapOf } from './aws-error.ts';

/** How many calls of one read run at once: a large cluster is read fast, and no bucket of AWS is emptied at once. */
const concurrentCalls = 8;

export const inBatches = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

/**
 * Does `work` for every input, `bound` at a time, and gives the results in the order of the inputs. It ends only when
 * every call has ended, failed ones included: a call left behind would run on in a frozen Lambda.
 */
export const settleAll = async <I, O>(
  inputs: readonly I[],
  work: (input: I) => Promise<O>,
  bound = concurrentCalls,
): Promise<readonly PromiseSettledResult<O>[]> => {
  const results: PromiseSettledResult<O>[] = [];
  const queue = inputs.entries();
  const worker = async (): Promise<void> => {
    for (const [at, input] of queue) [results[at]] = await Promise.allSettled([work(input)]);
  };
  await Promise.all(Array.from({ length: Math.min(bound, inputs.length) }, worker));
  return results;
};

export const joined = <T>(readings: readonly Reading<T>[]): Reading<T> => ({
  items: readings.flatMap((it) => it.items),
  gaps: readings.flatMap((it) => it.gaps),
});

export interface Page<T> {
  readonly items: readonly T[] | undefined;
  readonly next: string | undefined;
}

/** Reads page after page. A page that fails ends the read with a gap; the pages before it are kept. */
export const readPages = async <T>(
  subject: Subject,
  doing: string,
  page: (token: string | undefined) => Promise<Page<T>>,
): Promise<Reading<T>> => {
  const items: T[] = [];
  let token: string | undefined;
  try {
    do {
      const { items: more, next } = await page(token);
      items.push(...(more ?? []));
      token = next;
    } while (token !== undefined && token !== '');
    return { items, gaps: [] };
  } catch (error) {
    return { items, gaps: [gapOf(subject, doing, error)] };
  }
};

/** Reads batch by batch, several at once. A batch that fails is a gap; the others are kept. */
export const readBatches = async <I, T>(
  subject: Subject,
  doing: string,
  batches: readonly I[],
  read: (batch: I) => Promise<Reading<T>>,
): Promise<Reading<T>> => {
  const settled = await settleAll(batches, read);
  return joined(
    settled.map((it) =>
      it.status === 'fulfilled' ? it.value : { items: [], gaps: [gapOf(subject, doing, it.reason)] },
    ),
  );
};
