import type { Gap } from '../model/observation.ts';

/** What a read brought, with what it could not bring. A reader never throws for what AWS answers. */
export interface Reading<T> {
  readonly items: readonly T[];
  readonly gaps: readonly Gap[];
}

/** What became of one resource of a write. `gone`: it no longer exists, so there is nothing left to do. */
export interface ItemOutcome {
  readonly id: string;
  readonly result: 'done' | 'gone' | 'busy' | 'failed';
  readonly detail: string | undefined;
}
