import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { InvocationTelemetry } from '../../lib/ports/telemetry.ts';
import { type PowertoolsTelemetryOptions, powertoolsTelemetry } from '../../lib/telemetry/powertools-telemetry.ts';

type Line = Readonly<Record<string, unknown>>;

/** What was written while `use` ran, line by line. */
const written = (
  use: (telemetry: InvocationTelemetry) => void,
  options: Omit<PowertoolsTelemetryOptions, 'output'> = {},
): readonly Line[] => {
  const lines: Line[] = [];
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n').filter(Boolean)) lines.push(JSON.parse(line) as Line);
      done();
    },
  });
  use(powertoolsTelemetry({ ...options, output }));
  return lines;
};

describe('powertoolsTelemetry', () => {
  it('writes a structured line with the fields, the invocation and the time of Date', () => {
    const before = Date.now();

    const [line] = written((telemetry) => {
      telemetry.begin({ functionName: 'decide', awsRequestId: 'r-1' });
      telemetry.info('decision', { cluster: 'prod', steps: [] });
    });

    expect(line).toMatchObject({
      level: 'INFO',
      message: 'decision',
      service: 'berth',
      cluster: 'prod',
      steps: [],
      function_name: 'decide',
      function_request_id: 'r-1',
    });
    expect(Date.parse(String(line?.['timestamp']))).toBeGreaterThanOrEqual(before);
  });

  it('keeps nothing of the fields of one line for the next', () => {
    const lines = written((telemetry) => {
      telemetry.warn('first', { cluster: 'prod' });
      telemetry.error('second');
    });

    expect(lines).toMatchObject([{ level: 'WARN', cluster: 'prod' }, { level: 'ERROR' }]);
    expect(lines[1]).not.toHaveProperty('cluster');
  });

  it('publishes what was counted once an invocation, summed up', () => {
    const lines = written((telemetry) => {
      telemetry.count('StepFailures', 1);
      telemetry.count('StepFailures', 2);
      telemetry.count('ObservationGaps', 0);
      telemetry.flush();
      telemetry.count('StepFailures', 5);
      telemetry.flush();
      telemetry.flush();
    });

    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      service: 'berth',
      StepFailures: 3,
      ObservationGaps: 0,
      _aws: { CloudWatchMetrics: [{ Namespace: 'Berth', Dimensions: [['service']] }] },
    });
    expect(lines[1]).toMatchObject({ StepFailures: 5 });
    expect(lines[1]).not.toHaveProperty('ObservationGaps');
  });

  it('publishes by cluster where it is told one', () => {
    const [line] = written(
      (telemetry) => {
        telemetry.count('StepFailures', 1);
        telemetry.flush();
      },
      { cluster: 'prod' },
    );

    expect(line).toMatchObject({
      cluster: 'prod',
      _aws: { CloudWatchMetrics: [{ Dimensions: [['service', 'cluster']] }] },
    });
  });
});
