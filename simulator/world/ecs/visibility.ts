import type { JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import type { Before } from './state.ts';

/**
 * The ECS API is eventually consistent: a read shortly after a write may show the state before it (ECS API, RunTask;
 * AWS advises to back off for up to five minutes). A write's own answer, events and the schedulers see the present.
 */
export interface Visibility {
  /** Called before a write changes the resource: until when reads show it as `snapshot` has it now. */
  hide(resource: { before: Before | undefined }, snapshot: () => JsonObject): void;
  /** When what is made now can be found. */
  visibleAt(): number;
}

export const createVisibility = (ground: Ground): Visibility => {
  const delays = ground.constants.ecsWriteVisibleAfterMs;
  const visibleAt = (): number => (delays.high === 0 ? ground.now() : ground.now() + ground.draw(delays));
  return {
    visibleAt,
    hide: (resource, snapshot) => {
      const until = visibleAt();
      resource.before = until > ground.now() ? { until, json: snapshot() } : undefined;
    },
  };
};

/** What a read shows instead of the present, if anything. A write made meanwhile shows what had come before itself. */
export const seenBefore = (resource: { readonly before: Before | undefined }, now: number): JsonObject | undefined =>
  resource.before !== undefined && now < resource.before.until ? resource.before.json : undefined;
