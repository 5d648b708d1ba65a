import { describe, expect, it } from '@jest/globals';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { localBerth } from '../support/local-berth.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;
const events = 10_000;

const taskEvent = (n: number): string =>
  JSON.stringify({
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    resources: [],
    detail: { clusterArn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/busy', lastStatus: 'STOPPED', n },
  });

describe('10,000 events in a minute', () => {
  it('make few decisions, none overlapping another, the last event seen by one', async () => {
    await using berth = await localBerth(['busy']);
    const { aws, deployed } = berth;
    const scenario = scenarioOf({
      cluster: 'busy',
      groups: { busy: largeGroup(5, 50) },
      services: { api: packedService(512, 1024, { count: 40 }) },
    });
    stageScenario(aws.world, aws.clock, scenario, berthSetup);
    const from = aws.clock.now() + 10 * minutes;
    for (let n = 0; n < events; n++)
      aws.clock.at(from + Math.floor((n * minutes) / events), () => {
        aws.world.call('sqs', 'SendMessage', { QueueUrl: deployed.queueUrls.state, MessageBody: taskEvent(n) });
      });
    await berth.pass(13);

    const decisions = berth.invocations.filter((it) => it.functionName === 'decide' && it.startedAt >= from);
    const callers = berth.records.flatMap((it) =>
      it.kind === 'api' && it.at >= from && it.caller.startsWith('decide-') ? [it.caller] : [],
    );
    const last = from + Math.floor(((events - 1) * minutes) / events);
    const inBurst = decisions.filter((it) => it.startedAt <= last);
    const meanMs = inBurst.reduce((sum, it) => sum + it.endedAt - it.invokedAt, 0) / inBurst.length;
    expect(inBurst.length).toBeGreaterThan(0);
    expect(inBurst.length).toBeLessThanOrEqual(minutes / meanMs + 2);
    expect(inBurst.length).toBeLessThanOrEqual(40); // what it is: batches of two seconds

    const sorted = decisions.toSorted((a, b) => a.startedAt - b.startedAt);
    sorted.forEach((it, n) => {
      expect(it.startedAt).toBeGreaterThanOrEqual(sorted[n - 1]?.endedAt ?? 0);
    });
    // The calls of two decisions never interleave: each caller's calls are one unbroken run.
    const runs = callers.filter((caller, n) => caller !== callers[n - 1]);
    expect(new Set(runs).size).toBe(runs.length);

    expect(decisions.some((it) => it.startedAt >= last)).toBe(true);
    expect(berth.telemetry.errors.size).toBe(0);
  });
});
