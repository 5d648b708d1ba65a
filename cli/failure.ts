/** A mistake of the user's: one sentence that says what to do, no stack trace, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What a port answers that is taken, or that only root may have. */
const portCodes: readonly unknown[] = ['EADDRINUSE', 'EACCES'];

const isMistake = (error: unknown): error is Error =>
  error instanceof UsageError || (error instanceof Error && 'code' in error && portCodes.includes(error.code));

/** Prints what went wrong as a sentence and sets the exit code: 2 for the user's mistakes, 1 for ours. */
export const reportFailure = (error: unknown): void => {
  const mistake = isMistake(error);
  if (mistake) console.error(`berth: ${error.message}`);
  else console.error(error);
  process.exitCode = mistake ? 2 : 1;
};
