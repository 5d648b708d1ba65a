import type { Gap, Subject } from '../../../lib/model/observation.ts';
import type { Reading } from '../../../lib/ports/reading.ts';

/** How many calls of one read the adapters have under way at once (`lib/aws/reads.ts`). */
export const concurrentCalls = 8;

/** How many calls of so many resources each it takes. */
export const callsFor = (resources: number, perCall: number): number => Math.ceil(resources / perCall);

/** A listing takes one call even where there is nothing to list. */
export const pagesFor = (resources: number, perPage: number): number => Math.max(1, callsFor(resources, perPage));

export const gap = (subject: Subject, cause: Gap['cause'], detail: string): Gap => ({ subject, cause, detail });

/** What a read brought of which some calls were refused to the last: so many of its pages or batches are missing. */
export const readingWithout = <T>(
  subject: Subject,
  items: readonly T[],
  refused: number,
  { operation, perCall }: { readonly operation: string; readonly perCall: number },
): Reading<T> => {
  if (refused === 0) return { items, gaps: [] };
  const kept = Math.max(0, callsFor(items.length, perCall) - refused) * perCall;
  return {
    items: items.slice(0, kept),
    gaps: [gap(subject, 'throttled', `${operation}: ThrottlingException: Rate exceeded`)],
  };
};
