import type { Reading } from './reading.ts';

/** A service that Application Auto Scaling changes the count of. */
export interface ScalableTarget {
  readonly cluster: string;
  readonly service: string;
}

/** Application Auto Scaling's scalable targets among ECS services, those left out whose scaling is wholly suspended. */
export interface ScalableTargetReader {
  scalableTargets(services: readonly ScalableTarget[]): Promise<Reading<ScalableTarget>>;
}
