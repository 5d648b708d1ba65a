/** Milliseconds since 1970-01-01T00:00:00Z, an integer. */
export type EpochMs = number;

export const secondMs = 1_000;
export const minuteMs = 60_000;
