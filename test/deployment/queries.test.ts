import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { queries, queryResources } from '../../deployment/queries.ts';
import type { Decision } from '../../lib/flows/decide.ts';
import { report } from '../../lib/flows/report.ts';
import type { Telemetry } from '../../lib/ports/telemetry.ts';
import { powertoolsTelemetry } from '../../lib/telemetry/powertools-telemetry.ts';
import { run } from '../../simulator/host/run.ts';
import { asked, fieldsOf, type InsightsLine } from '../support/insights.ts';
import { actingSettings } from '../support/local-run.ts';
import { largeGroup, scenarioOf } from '../support/scenarios.ts';

/** Launches that fail, tasks that have no place, an instance that leaves, and a service with a signal that is silent. */
const troubled = scenarioOf({
  duration: '40m',
  groups: { web: largeGroup(1, 2) },
  services: {
    api: {
      cpuUnits: 512,
      memoryMiB: 1024,
      demand: {
        steps: [
          { at: '0s', value: 2 },
          { at: '10m', value: 9 },
          { at: '18m', value: 1 },
        ],
      },
    },
    worker: { cpuUnits: 128, memoryMiB: 256, demand: { count: 1 } },
  },
  faults: [{ kind: 'capacityError', at: ['9m'], for: '4m' }],
});

const settings = actingSettings(
  {},
  {
    scenario: {
      services: {
        worker: {
          metrics: [
            {
              name: 'silent',
              namespace: 'Nobody',
              metricName: 'Publishes',
              dimensions: { Of: 'this' },
              statistic: 'Average',
              period: '1m',
            },
          ],
          scaling: {
            minimum: 2,
            maximum: 4,
            signals: [{ kind: 'metric', metric: 'silent', measures: 'total', target: 10 }],
          },
        },
      },
    },
  },
);

interface Spoken {
  readonly time: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly function: string;
  readonly message: string;
}

/** A line as it stands in the log of its function in Lambda. */
const inLambda = (of: string, at: number, speak: (telemetry: Telemetry) => void): InsightsLine => {
  const written: string[] = [];
  const output = new PassThrough().on('data', (it: Buffer) => written.push(it.toString()));
  const telemetry = powertoolsTelemetry({ output });
  telemetry.begin({ functionName: of, awsRequestId: 'r' });
  speak(telemetry);
  return fieldsOf(written.join(''), at);
};

/** What the functions say in the run, and one decision of it told again as if its step had failed. */
const linesOf = async (): Promise<ReadonlyMap<string, readonly InsightsLine[]>> => {
  const spoken: string[] = [];
  const log = new PassThrough().on('data', (it: Buffer) => spoken.push(it.toString()));
  const decisions: Decision[] = [];
  await run({ scenario: troubled, settings, seed: 1, log, onDecision: (it) => decisions.push(it) });
  const lines = new Map<string, InsightsLine[]>();
  const add = (of: string, line: InsightsLine): void => void lines.set(of, [...(lines.get(of) ?? []), line]);
  for (const text of spoken.join('').split('\n').filter(Boolean)) {
    const { time, level, function: of, message, ...fields } = JSON.parse(text) as Spoken;
    add(
      of,
      inLambda(of, Date.parse(time), (telemetry) => {
        telemetry[level](message, fields);
      }),
    );
  }
  for (const { plan, outcomes } of decisions.filter((it) => it.outcomes.length > 0).slice(0, 1))
    add(
      'decide',
      inLambda('decide', 0, (telemetry) => {
        const failed = outcomes.map((it) => ({ ...it, result: 'failed', detail: 'Rate exceeded' }) as const);
        report(plan, failed, 'act', telemetry);
      }),
    );
  return lines;
};

/** What Lambda itself writes at the end of an invocation, as it is discovered. */
const platformLine: InsightsLine = {
  '@timestamp': 0,
  '@message': 'REPORT RequestId: r Duration: 370.12 ms',
  '@type': 'REPORT',
  '@duration': 370.12,
  '@maxMemoryUsed': 1.1e8,
};

describe('saved queries', () => {
  let lines: ReadonlyMap<string, readonly InsightsLine[]>;

  beforeAll(async () => {
    lines = await linesOf();
  });

  it.each(Object.entries(queries))('%s finds lines, with every field that it names', (_, { of, commands }) => {
    const said = JSON.stringify([...lines.values()].flat().map((it) => it['@message']));
    const drained = /i-[0-9a-f]{17}/.exec(said)?.[0];
    const query = commands.join('\n| ').replaceAll('i-0123456789abcdef0', drained ?? 'none was drained');

    const answer = asked(query, [...of.flatMap((it) => lines.get(it) ?? []), platformLine]);

    expect(answer.lines.length).toBeGreaterThan(0);
    expect(answer.named.filter((it) => !answer.lines.some((line) => it in line))).toEqual([]);
  });

  it('are told of in docs/metrics.md, each by its name', () => {
    const document = readFileSync('docs/metrics.md', 'utf8');

    expect(Object.keys(queries).filter((it) => !document.includes(`| \`${it}\` |`))).toEqual([]);
  });

  it('stand in the stack’s own folder and ask the logs of its functions', () => {
    const { Properties } = queryResources()['WhatWasDoneQuery'] ?? { Properties: {} };

    expect(Properties).toMatchObject({
      Name: { 'Fn::Sub': '${AWS::StackName}/what-was-done' },
      LogGroupNames: [{ 'Fn::Sub': '/aws/lambda/${AWS::StackName}-decide' }],
    });
  });
});
