import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  functionWiring,
  metricCheckPeriodSeconds,
  optionalFunctions,
  optionalQueues,
  queueWiring,
} from '../../deployment/wiring.ts';

const allFunctions = { ...functionWiring, ...optionalFunctions };
const allQueues = { ...queueWiring, ...optionalQueues };

describe('queueWiring', () => {
  it.each(Object.entries(allQueues))('gives %s what SQS and Lambda ask for', (_, queue) => {
    const consumer = allFunctions[queue.consumer];

    // A failed spot warning must come back before the instance is gone, and a FIFO group stands still meanwhile.
    const timeouts = queue.batchWindowSeconds > 0 ? 6 : 1;
    expect(queue.visibilityTimeoutSeconds).toBeGreaterThanOrEqual(
      timeouts * consumer.timeoutSeconds + queue.batchWindowSeconds,
    );
    expect(queue.batchWindowSeconds > 0).toBe(queue.batchSize > 10); // a window is required above ten, and costs time
    expect(queue.maximumConcurrency).toBeGreaterThanOrEqual(2);
    expect(queue.reportsBatchItemFailures).toBe(queue.batchSize > 1);
    if (queue.fifo) expect(queue.batchSize).toBeLessThanOrEqual(10);
  });

  it('leaves room in the ten concurrent executions of a fresh account', () => {
    const concurrent = Object.values(queueWiring).reduce((sum, it) => sum + it.maximumConcurrency, 0);

    expect(concurrent).toBeLessThanOrEqual(8);
  });
});

describe('functionWiring', () => {
  it.each(Object.values(allFunctions))('names a file that there is: $file', ({ file }) => {
    expect(existsSync(`functions/${file}.ts`)).toBe(true);
  });

  it('ends a minute check before the next begins', () => {
    expect(functionWiring.metricCheck.timeoutSeconds).toBeLessThan(metricCheckPeriodSeconds);
  });
});
