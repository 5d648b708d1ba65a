import { type AccessProblem, accessProblemOf } from '../lib/compose-cli.ts';
import { RequestError } from '../lib/flows/by-hand/request.ts';

/** A mistake of the user's: one sentence that says what to do, no stack trace, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** AWS refused a part of what was asked, and a sentence says which: exit code 3. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** What a port answers that is taken, or that only root may have. */
const portCodes: readonly unknown[] = ['EADDRINUSE', 'EACCES'];

const isMistake = (error: unknown): error is Error =>
  error instanceof UsageError ||
  error instanceof RequestError ||
  (error instanceof Error && 'code' in error && portCodes.includes(error.code));

/** What went wrong before or beside the question, with what to do about it. */
const accessTexts: Readonly<Record<AccessProblem['kind'], (detail: string) => string>> = {
  noCredentials: (detail) =>
    `there are no AWS credentials (${detail}): give --profile NAME, set AWS_PROFILE, or sign in with "aws sso login"`,
  badCredentials: (detail) =>
    `AWS does not take these credentials (${detail}): sign in again, or give another --profile`,
  noRegion: () => 'no AWS region is known: give --region, set AWS_REGION, or write a region into the profile',
  denied: (detail) => `AWS refuses it to these credentials: ${detail}; docs/cli.md lists what each command needs`,
  notFound: (detail) => `AWS knows no such thing (${detail}): check --table, --region and --profile`,
  unreachable: (detail) =>
    `AWS cannot be reached (${detail}): check --region and --endpoint-url, and the network in between`,
  failed: (detail) => `AWS answered otherwise than expected (${detail}): check --endpoint-url, or try again`,
  throttled: (detail) => `AWS answers no more for now (${detail}): try again in a moment`,
};

/** The first line, without its full stop: it becomes a part of another sentence. */
const sentence = (detail: string): string => (detail.split('\n', 1)[0] ?? '').replace(/\.+$/, '');

/**
 * Prints what went wrong as a sentence and sets the exit code: 2 for the user's mistakes, 3 where AWS refused or could
 * not be reached, 1 for ours.
 */
export const reportFailure = (error: unknown): void => {
  const problem = accessProblemOf(error);
  if (isMistake(error) || error instanceof RefusedError) console.error(`berth: ${error.message}`);
  else if (problem !== undefined) console.error(`berth: ${accessTexts[problem.kind](sentence(problem.detail))}`);
  else console.error(error);
  if (isMistake(error)) process.exitCode = 2;
  else process.exitCode = problem === undefined && !(error instanceof RefusedError) ? 1 : 3;
};

/** An action whose failures are told as sentences. */
export const reporting =
  <A extends readonly unknown[]>(action: (...args: A) => Promise<void>) =>
  async (...args: A): Promise<void> => {
    try {
      await action(...args);
    } catch (error) {
      reportFailure(error);
    }
  };
