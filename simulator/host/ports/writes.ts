import { outcomeOf } from '../../../lib/aws/aws-error.ts';
import type { ItemOutcome } from '../../../lib/ports/reading.ts';
import { AwsApiError } from '../../world/api.ts';

/** A refusal of the world as the SDK would throw it: the code is the error's name. */
const asSdkError = (error: unknown): unknown =>
  error instanceof AwsApiError ? Object.assign(new Error(error.message), { name: error.code }) : error;

/** What became of one resource of a call that was refused. */
export const refusedItem = (id: string, doing: string, error: unknown): ItemOutcome =>
  outcomeOf(id, doing, asSdkError(error));

/** As `lib/aws/writes.ts` needs it: throws what the SDK would. */
export const throwingSdkErrors = async <T>(write: () => Promise<T>): Promise<T> => {
  try {
    return await write();
  } catch (error) {
    throw asSdkError(error);
  }
};
