import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { isMapping } from '../../simulator/workloads/file/problem.ts';
import { scenarioOf } from '../support/scenarios.ts';

const text = readFileSync('docs/scenarios.md', 'utf8');
const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml);

const base = {
  groups: Object.fromEntries(
    ['general', 'spot', 'workers'].map((name) => [
      name,
      { types: [{ instanceType: 'm5.2xlarge', pricePerHour: 0.4 }], market: 'spot', maxSize: 9 },
    ]),
  ),
};

/** Two days of them. */
const fiveMinutes = Array.from({ length: 576 }, (_, n) => new Date(Date.UTC(2014, 3, 10, 0, 5 * n)).toISOString());

const files: Readonly<Record<string, string>> = {
  'requests.csv': ['timestamp,value', ...fiveMinutes.map((at) => `${at},94`)].join('\n'),
  'tasks.csv': 'arrival_s,duration_s,cpu_milli,memory_mib\n0,600,2000,4096\n90000,600,2000,4096\n',
};

const partsOf = (yaml: string): Readonly<Record<string, unknown>> => {
  const value: unknown = parse(yaml);
  return isMapping(value) ? value : {};
};

/** A part of a document as a whole one: a demand belongs to a service. */
const documentOf = (yaml: string): Record<string, unknown> => {
  const part = partsOf(yaml);
  return 'demand' in part
    ? { ...base, services: { api: { cpuUnits: 256, memoryMiB: 512, ...part } } }
    : { ...base, ...part };
};

describe('docs/scenarios.md', () => {
  it('has an example of every part', () => {
    const keys = examples.flatMap((it) => Object.keys(partsOf(it)));

    expect(keys).toEqual(
      expect.arrayContaining(['groups', 'services', 'demand', 'tasks', 'faults', 'world', 'settings', 'duration']),
    );
  });

  it.each(examples.map((it) => [it.split('\n').slice(0, 2).join(' '), it]))('is right about %s', (_, yaml) => {
    const readFile = (path: string): string => files[path] ?? '';

    expect(scenarioOf({ duration: '20d', ...documentOf(yaml) }, readFile)).toMatchObject({
      cluster: expect.any(String),
    });
  });
});
