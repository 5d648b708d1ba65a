import type { Writable } from 'node:stream';
import type { Surroundings } from '../../lib/compose.ts';

/** What the handlers said, summed up. */
export interface SpokenTelemetry {
  readonly warnings: Map<string, number>;
  readonly errors: Map<string, number>;
  readonly counts: Map<string, number>;
  /** The port, for one function. */
  of(name: string): Surroundings['telemetry'];
}

const count = (of: Map<string, number>, key: string, by = 1): void => {
  of.set(key, (of.get(key) ?? 0) + by);
};

/** Keeps a long run's terminal clean: lines go to `output` as JSON where given, warnings and errors are counted. */
export const spokenTelemetry = (now: () => number, output?: Writable): SpokenTelemetry => {
  const warnings = new Map<string, number>();
  const errors = new Map<string, number>();
  const counts = new Map<string, number>();
  const line = (level: string, name: string, message: string, fields: object | undefined): void => {
    output?.write(
      `${JSON.stringify({ time: new Date(now()).toISOString(), level, function: name, message, ...fields })}\n`,
    );
  };
  return {
    warnings,
    errors,
    counts,
    of: (name) => ({
      begin: () => undefined,
      info: (message, fields) => {
        line('info', name, message, fields);
      },
      warn: (message, fields) => {
        count(warnings, message);
        line('warn', name, message, fields);
      },
      error: (message, fields) => {
        count(errors, message);
        line('error', name, message, fields);
      },
      count: (metric, value) => {
        count(counts, metric, value);
      },
      flush: () => undefined,
    }),
  };
};
