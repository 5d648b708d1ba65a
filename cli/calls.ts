import type { InstrumentableClient } from '../lib/compose-cli.ts';

/** How many calls were made of AWS, told meanwhile where somebody watches. */
export interface Calls {
  readonly count: () => number;
  readonly watch: (client: InstrumentableClient) => void;
  /** Takes the line away: what was waited for is there. */
  readonly end: () => void;
}

/** A quick answer needs no progress. */
const quietMs = 500;
const everyMs = 100;

/** A line on a terminal that is written over; nothing elsewhere. */
export const countCalls = (stream: NodeJS.WriteStream = process.stderr): Calls => {
  let count = 0;
  let shownAt = 0;
  const startedAt = performance.now();
  const show = (): void => {
    const now = performance.now();
    if (!stream.isTTY || now - startedAt < quietMs || now - shownAt < everyMs) return;
    shownAt = now;
    stream.write(`\r${count} calls of AWS, ${Math.round((now - startedAt) / 1000)} s\x1b[K`);
  };
  return {
    count: () => count,
    watch: ({ middlewareStack }) => {
      middlewareStack.add(
        (next) => (args) => {
          count++;
          show();
          return next(args);
        },
        { step: 'initialize', name: 'countCalls' },
      );
    },
    end: () => {
      if (shownAt > 0) stream.write('\r\x1b[K');
      shownAt = 0;
    },
  };
};
