import { jest } from '@jest/globals';

/** Keeps what is said on console.error from the test's output, and for the test to look at, until its scope ends. */
export const quietConsole = () => {
  const error = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  return {
    error,
    [Symbol.dispose]: () => {
      error.mockRestore();
    },
  };
};
