import type { Failure } from '@aws-sdk/client-ecs';
import type { Gap, Subject } from '../model/observation.ts';
import type { Reading } from '../ports/reading.ts';
import { decodeEach } from './decoding.ts';
import { joined } from './reads.ts';

/** The most a List operation of ECS gives at once (AWS API model). */
export const perPage = 100;

/** What a Describe operation answered to one batch. ECS says 200 and names in `failures` what it did not describe. */
interface Answer<I, T> {
  readonly subject: Subject;
  readonly described: readonly I[] | undefined;
  readonly failures: readonly Failure[] | undefined;
  readonly nameOf: (it: I) => string | undefined;
  readonly decode: (it: I) => T;
  /**
   * Whether one that is MISSING has merely gone since it was listed, as container instances and tasks do: no gap, for
   * the next look would not list it. A service or a cluster that is MISSING is a gap: somebody counts on it.
   */
  readonly comesAndGoes: boolean;
}

const gapOfFailure = (subject: Subject, { arn, reason, detail }: Failure): Gap => ({
  subject,
  cause: reason === 'MISSING' ? 'missing' : 'failed',
  detail: `${arn ?? 'unnamed'}: ${reason ?? 'no reason given'}${detail === undefined ? '' : ` (${detail})`}`,
});

export const readingFrom = <I, T>(answer: Answer<I, T>): Reading<T> => {
  const { subject, failures = [], comesAndGoes } = answer;
  const { items, gaps } = decodeEach(subject, answer.described, answer.nameOf, answer.decode);
  const failed = failures.filter((it) => !(comesAndGoes && it.reason === 'MISSING'));
  return { items, gaps: [...gaps, ...failed.map((it) => gapOfFailure(subject, it))] };
};

/** Describes what a listing brought, each once; the gaps of both count. */
export const describeListed = async <T>(
  listed: Reading<string>,
  describe: (arns: readonly string[]) => Promise<Reading<T>>,
): Promise<Reading<T>> => joined([{ items: [], gaps: listed.gaps }, await describe([...new Set(listed.items)])]);
