import { describe, expect, it } from '@jest/globals';
import { problemText } from '../../simulator/workloads/file/problem.ts';
import { tracedScenario } from '../../simulator/workloads/traced-scenario.ts';

const text = 'timestamp,value\n2014-04-10 00:04:00,600\n2014-04-10 00:09:00,30\n2014-04-10 00:14:00,1200\n';
const traced = (more: { perTask?: number; periodMs?: number; text?: string } = {}) =>
  tracedScenario({ file: 'traces/elb.csv', text, perTask: undefined, periodMs: undefined, ...more });

describe('a scenario made of a trace', () => {
  it('begins and ends with the trace, and has a task for each so many requests', () => {
    expect(traced({ perTask: 1 })).toMatchObject({
      ok: true,
      scenario: {
        startMs: Date.UTC(2014, 3, 10, 0, 4),
        durationMs: 900_000,
        cluster: 'local',
        services: [
          {
            counts: [
              { atMs: 0, count: 2 },
              { atMs: 300_000, count: 1 },
              { atMs: 600_000, count: 4 },
            ],
            rates: [
              { atMs: 0, rate: 2 },
              { atMs: 300_000, rate: 0.1 },
              { atMs: 600_000, rate: 4 },
            ],
          },
        ],
      },
    });
  });

  it('takes about forty tasks at its highest where nobody says what a task serves', () => {
    expect(traced()).toMatchObject({ scenario: { services: [{ perTask: 0.1, counts: { 2: { count: 40 } } }] } });
  });

  it('says which line of the trace is wrong', () => {
    const result = traced({ text: 'timestamp,value\n2014-04-10 00:04:00,many\n' });

    expect(result.ok ? [] : result.problems.map(problemText)).toEqual([
      'traces/elb.csv:2 "many" is no value; expected a number of zero or more',
    ]);
  });
});
