import type { InvocationTelemetry, LogFields, MetricName } from '../../lib/ports/telemetry.ts';

export interface MemoryTelemetry extends InvocationTelemetry {
  readonly lines: { readonly level: 'info' | 'warn' | 'error'; readonly message: string; readonly fields: LogFields }[];
  readonly counts: Map<MetricName, number>;
}

/** Telemetry that says nothing and remembers all. */
export const memoryTelemetry = (): MemoryTelemetry => {
  const lines: MemoryTelemetry['lines'] = [];
  const counts: MemoryTelemetry['counts'] = new Map();
  return {
    lines,
    counts,
    info: (message, fields = {}) => void lines.push({ level: 'info', message, fields }),
    warn: (message, fields = {}) => void lines.push({ level: 'warn', message, fields }),
    error: (message, fields = {}) => void lines.push({ level: 'error', message, fields }),
    count: (name, value) => void counts.set(name, (counts.get(name) ?? 0) + value),
    begin: () => undefined,
    flush: () => undefined,
  };
};
