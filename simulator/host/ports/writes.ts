import { AwsApiError } from '../../world/api.ts';

/** A refusal of the world as the SDK would throw it: the code is the error's name. */
const asSdkError = (error: unknown): unknown =>
  error instanceof AwsApiError ? Object.assign(new Error(error.message), { name: error.code }) : error;

/** As `lib/aws` needs it: throws what the SDK would. */
export const throwingSdkErrors = async <T>(write: () => Promise<T>): Promise<T> => {
  try {
    return await write();
  } catch (error) {
    throw asSdkError(error);
  }
};
