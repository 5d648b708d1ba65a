/**
 * What a search may still spend, in elementary operations: counted, never timed, so that the same input gives the
 * same plan on a fast machine and on a slow one.
 */
export interface Work {
  left: number;
}

/** Spends operations; false once there are none left, and whoever asked should come to an end. */
export const spend = (work: Work, operations: number): boolean => {
  work.left -= operations;
  return work.left >= 0;
};
