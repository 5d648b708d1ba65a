import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { alarmResources } from '../../deployment/alarms.ts';
import { dashboardResources } from '../../deployment/dashboard.ts';
import {
  functionWiring,
  metricsDimension,
  metricsNamespace,
  type OptionalFunctionName,
  optionalFunctions,
} from '../../deployment/wiring.ts';
import { metricNames } from '../../lib/ports/telemetry.ts';

const optional = Object.keys(optionalFunctions) as OptionalFunctionName[];
const alarms = alarmResources('', optional);
const document = readFileSync('docs/metrics.md', 'utf8');

interface Widget {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly title: string; readonly metrics: readonly (readonly string[])[] };
}

const widgetsOf = (having: readonly OptionalFunctionName[]): readonly Widget[] => {
  const body = dashboardResources(having)['Dashboard']?.Properties['DashboardBody'] as { readonly 'Fn::Sub': string };
  return (JSON.parse(body['Fn::Sub']) as { readonly widgets: readonly Widget[] }).widgets;
};

/** What the sources publish, whatever is said of it elsewhere. */
const published = new Set(
  readdirSync('lib/flows', { recursive: true, encoding: 'utf8' })
    .filter((it) => it.endsWith('.ts'))
    .flatMap((it) => [...readFileSync(`lib/flows/${it}`, 'utf8').matchAll(/telemetry\.count\('(\w+)'/g)])
    .map((it) => it[1]),
);

describe('metrics', () => {
  it('are those that are published, and no others', () => {
    expect([...published].sort()).toEqual([...metricNames].sort());
  });

  it('are told of in docs/metrics.md, each in a line of its own', () => {
    expect(metricNames.filter((it) => !document.includes(`\n| \`${it}\` |`))).toEqual([]);
  });

  it('are all on the dashboard, in the namespace and dimension that Berth publishes', () => {
    const shown = widgetsOf(optional)
      .flatMap((it) => it.properties.metrics)
      .filter(([namespace]) => namespace === metricsNamespace);

    expect(shown.map((it) => it[1]).sort()).toEqual([...metricNames].sort());
    for (const it of shown) expect(it.slice(2)).toEqual([...metricsDimension]);
  });
});

describe('the dashboard', () => {
  it.each([[[]], [optional]])('lays no widget over another, with %j', (having) => {
    const places = widgetsOf(having).map(({ x, y }) => `${x} ${y}`);

    expect(new Set(places).size).toBe(places.length);
    for (const { x, width } of widgetsOf(having)) expect(x + width).toBeLessThanOrEqual(24);
  });

  it('shows the errors of each function that is deployed', () => {
    const errors = widgetsOf(optional).find((it) => it.properties.title === 'Errors')?.properties.metrics ?? [];

    expect(errors.map((it) => it[3])).toEqual(
      [...Object.keys(functionWiring), ...optional].map((it) => `\${AWS::StackName}-${it}`),
    );
  });
});

describe('alarms', () => {
  const properties = Object.values(alarms).map((it) => it.Properties);

  it('watch what Berth publishes', () => {
    const ours = properties.filter((it) => it['Namespace'] === metricsNamespace);

    expect(ours.length).toBeGreaterThanOrEqual(5);
    expect(ours.filter((it) => !metricNames.some((name) => name === it['MetricName']))).toEqual([]);
  });

  it('ring for each metric that wants a person; dead letters ring by themselves', () => {
    const watched = new Set(properties.map((it) => it['MetricName']));

    expect(metricNames.filter((it) => !watched.has(it)).sort()).toEqual(['BuriedMessages', 'ForecastError']);
  });

  it('say what has happened and what to do, within 1024 characters', () => {
    for (const { AlarmDescription } of properties) {
      expect(AlarmDescription).toMatch(/^\S.{30,1022}\.$/s);
    }
  });

  it('need no more periods to ring than they look at, and look at no more than a day', () => {
    for (const { DatapointsToAlarm, EvaluationPeriods, Period } of properties) {
      expect(Number(DatapointsToAlarm)).toBeLessThanOrEqual(Number(EvaluationPeriods));
      expect(Number(EvaluationPeriods) * Number(Period)).toBeLessThanOrEqual(86_400);
    }
  });

  it('are told of in docs/metrics.md, each by its id', () => {
    const ids = Object.values(alarms).map((it) =>
      (it.Properties['AlarmName'] as { readonly 'Fn::Sub': string })['Fn::Sub'].replace('${AWS::StackName}-', ''),
    );

    const [, section = ''] = /## Alarms([\s\S]*?)\n## /.exec(document) ?? [];
    const told = [...section.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((it) => it[1]);

    expect(told.sort()).toEqual(ids.sort());
  });
});
