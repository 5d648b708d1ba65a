import { AwsApiError } from '../world/api.ts';

const codes: ReadonlySet<string> = new Set(['Throttling', 'ThrottlingException']);

/** What a call answers, or undefined where it was refused for being one too many: the caller tries again a minute later. */
export const unlessThrottled = <T>(run: () => T): T | undefined => {
  try {
    return run();
  } catch (error) {
    if (error instanceof AwsApiError && codes.has(error.code)) return undefined;
    throw error;
  }
};
