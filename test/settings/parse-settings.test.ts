import { describe, expect, it } from '@jest/globals';
import { settingsOf } from '../../lib/model/settings.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { pathText, type SettingsProblem } from '../../lib/settings/problems.ts';

const shipped = {
  mode: 'observe',
  quietTimeMs: 120_000,
  bootDeadlineMs: 600_000,
  maximumOverdue: 2,
  lifecycleHookName: 'berth-drain',
  groups: {},
  services: {},
};

const settingsFrom = (document: unknown) => {
  const parsed = parseSettings(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
};

const problemsOf = (document: unknown): readonly SettingsProblem[] => {
  const parsed = parseSettings(document);
  return parsed.ok ? [] : parsed.problems;
};

/** The problems of a document in which one cluster `p` has these settings. */
const problemsWith = (cluster: object): readonly SettingsProblem[] => problemsOf({ clusters: { p: cluster } });

const metric = { name: 'backlog', namespace: 'AWS/SQS', metricName: 'Age', statistic: 'Maximum', period: '1m' };

describe('parseSettings', () => {
  it.each([
    ['an empty file', undefined],
    ['a file of comments', null],
    ['empty sections', { defaults: null, clusters: null }],
  ])('reads %s as the shipped defaults', (_, document) => {
    expect(settingsFrom(document)).toEqual({ defaults: shipped, clusters: {} });
  });

  it('lets a cluster overrule the file’s defaults, and those the shipped ones', () => {
    const settings = settingsFrom({
      defaults: { quietTime: '90s', maximumOverdue: 5 },
      clusters: { production: { mode: 'act', quietTime: '1h' }, staging: null },
    });

    expect(settings.defaults).toEqual({ ...shipped, quietTimeMs: 90_000, maximumOverdue: 5 });
    expect(settingsOf(settings, 'production')).toEqual({
      ...shipped,
      mode: 'act',
      quietTimeMs: 3_600_000,
      maximumOverdue: 5,
    });
    expect(settingsOf(settings, 'staging')).toEqual(settings.defaults);
    expect(settingsOf(settings, 'elsewhere')).toEqual(settings.defaults);
  });

  it('compiles groups and services', () => {
    const registers = { cpuUnits: 8192, memoryMiB: 31_000 };
    const settings = settingsFrom({
      clusters: {
        production: {
          groups: { 'gpu group': { registers, pricePerHour: 0.752, hold: true }, plain: null },
          services: {
            worker: { metrics: [metric, { ...metric, name: 'slow', statistic: 'p99.9', dimensions: { Queue: 'a' } }] },
            idle: null,
          },
        },
      },
    });

    expect(settings.clusters['production']).toEqual({
      ...shipped,
      groups: {
        'gpu group': { registers, pricePerHour: 0.752, hold: true },
        plain: { registers: undefined, pricePerHour: undefined, hold: false },
      },
      services: {
        worker: {
          metrics: [
            {
              name: 'backlog',
              namespace: 'AWS/SQS',
              metricName: 'Age',
              statistic: 'Maximum',
              periodMs: 60_000,
              dimensions: {},
            },
            {
              name: 'slow',
              namespace: 'AWS/SQS',
              metricName: 'Age',
              statistic: 'p99.9',
              periodMs: 60_000,
              dimensions: { Queue: 'a' },
            },
          ],
        },
        idle: { metrics: [] },
      },
    });
  });

  it.each([
    ['0s', 0],
    ['90s', 90_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
  ])('reads the duration %s', (text, ms) => {
    expect(settingsFrom({ defaults: { quietTime: text } }).defaults.quietTimeMs).toBe(ms);
  });

  it.each(['90', 90, '1.5h', '-1m', '2 m', '1h30m', '010s', '25h', '1441m', null, ['2m'], ''])(
    'refuses the quiet time %j',
    (quietTime) => {
      expect(problemsOf({ defaults: { quietTime } })).toMatchObject([
        { path: ['defaults', 'quietTime'], remedy: 'write a duration from 0s to 24h, such as 2m or 1h' },
      ]);
    },
  );

  it.each<readonly [string, object, string, string, string]>([
    ['a boot deadline no instance can meet', { bootDeadline: '59s' }, 'bootDeadline', '"59s"', 'from 1m to 2h'],
    ['a boot deadline of three hours', { bootDeadline: '3h' }, 'bootDeadline', '"3h"', 'from 1m to 2h'],
    ['no overdue instance at all', { maximumOverdue: 0 }, 'maximumOverdue', '0', 'a whole number from 1 to 100'],
    ['half an instance', { maximumOverdue: 1.5 }, 'maximumOverdue', '1.5', 'a whole number'],
    ['a number in quotes', { maximumOverdue: '2' }, 'maximumOverdue', '"2"', 'a whole number'],
    ['an unknown mode', { mode: 'on' }, 'mode', '"on"', 'observe or act'],
    ['a hook name with a blank', { lifecycleHook: 'my hook' }, 'lifecycleHook', '"my hook"', 'hook name'],
    ['a list of groups', { groups: [] }, 'groups', 'a list', 'one entry for each Auto Scaling group'],
    ['a free group', { groups: { g: { pricePerHour: 0 } } }, 'groups.g.pricePerHour', '0', 'dollars per hour'],
    [
      'an infinite price',
      { groups: { g: { pricePerHour: Infinity } } },
      'groups.g.pricePerHour',
      'Infinity',
      'dollars',
    ],
    ['hold as a word', { groups: { g: { hold: 'yes' } } }, 'groups.g.hold', '"yes"', 'true or false'],
    [
      'CPU without memory',
      { groups: { g: { registers: { cpuUnits: 2048 } } } },
      'groups.g.registers.memoryMiB',
      'nothing',
      'a whole number',
    ],
    [
      'vCPU for CPU units',
      { groups: { g: { registers: { cpuUnits: 2, memoryMiB: 3800 } } } },
      'groups.g.registers.cpuUnits',
      '2',
      'from 128',
    ],
    ['a group without a name', { groups: { '': {} } }, 'groups.""', 'the name ""', 'name of an Auto Scaling group'],
    ['a service’s ARN for its name', { services: { 'a:b': {} } }, 'services."a:b"', 'the name "a:b"', 'as ECS has it'],
    [
      'metrics by name',
      { services: { s: { metrics: { a: metric } } } },
      'services.s.metrics',
      'a section',
      'each begun by a dash',
    ],
    [
      'half a minute',
      { services: { s: { metrics: [{ ...metric, period: '90s' }] } } },
      'services.s.metrics[0].period',
      '"90s"',
      'whole minutes',
    ],
    [
      'an unknown statistic',
      { services: { s: { metrics: [{ ...metric, statistic: 'avg' }] } } },
      'services.s.metrics[0].statistic',
      '"avg"',
      'Average, Sum',
    ],
    [
      'a number as dimension',
      { services: { s: { metrics: [{ ...metric, dimensions: { Id: 7 } }] } } },
      'services.s.metrics[0].dimensions.Id',
      '7',
      'in quotes if a number',
    ],
    [
      'two metrics of one name',
      { services: { s: { metrics: [metric, metric] } } },
      'services.s.metrics[1].name',
      '"backlog"',
      'another name',
    ],
  ])('refuses %s', (_, cluster, path, found, remedy) => {
    const problems = problemsWith(cluster);

    expect(problems.map((it) => pathText(it.path))).toEqual([`clusters.p.${path}`]);
    expect(problems[0]?.found).toBe(found);
    expect(problems[0]?.remedy).toContain(remedy);
  });

  it('refuses more dimensions than CloudWatch has', () => {
    const dimensions = Object.fromEntries(Array.from({ length: 31 }, (_, n) => [`d${n}`, 'x']));

    const problems = problemsWith({ services: { s: { metrics: [{ ...metric, dimensions }] } } });

    expect(problems.map((it) => it.remedy)).toEqual(['write at most 30 dimensions: CloudWatch has no more']);
  });

  it('names every unknown key, on every level', () => {
    const problems = problemsOf({
      default: {},
      defaults: { quitTime: '1m', Mode: 'act' },
      clusters: { p: { groups: { g: { price: 1 } } } },
    });

    expect(problems.map((it) => [pathText(it.path), it.found])).toEqual([
      ['defaults.quitTime', 'an unknown key'],
      ['defaults.Mode', 'an unknown key'],
      ['clusters.p.groups.g.price', 'an unknown key'],
      ['default', 'an unknown key'],
    ]);
    expect(problems[2]?.remedy).toBe('remove it or correct its spelling; known here: registers, pricePerHour, hold');
  });

  it('lists what is wrong inside a section whose name is wrong too', () => {
    expect(problemsOf({ clusters: { 'a b': { mode: 'no' } } }).map((it) => it.found)).toEqual([
      '"no"',
      'the name "a b"',
    ]);
  });

  it('finds a name taken twice beside another mistake', () => {
    const metrics = [metric, { ...metric, period: '1s' }];

    expect(problemsWith({ services: { s: { metrics } } }).map((it) => pathText(it.path))).toEqual([
      'clusters.p.services.s.metrics[1].period',
      'clusters.p.services.s.metrics[1].name',
    ]);
  });

  it('cuts what is too long to be shown', () => {
    expect(problemsOf({ defaults: { mode: 'x'.repeat(200) } })[0]?.found).toBe(`"${'x'.repeat(58)}…`);
  });

  it.each([
    ['a list', []],
    ['a word', 'act'],
    ['a number', 3],
  ])('refuses %s as the whole file', (_, document) => {
    expect(problemsOf(document)).toMatchObject([{ path: [] }]);
  });
});
