import type { EpochMs } from '../model/time.ts';

/** The only source of time outside the core. */
export interface Clock {
  now(): EpochMs;
  sleep(ms: number): Promise<void>;
}
