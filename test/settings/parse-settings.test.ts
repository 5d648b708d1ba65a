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
  peakWindowMs: undefined,
  consolidation: { enabled: true, threshold: 0.5, settleTimeMs: 120_000 },
  budgets: [
    {
      causes: ['consolidation', 'rotation', 'rebalance'],
      instances: undefined,
      share: 0.2,
      atLeast: 1,
      windows: [],
    },
  ],
  circuitBreakerShare: 0.2,
  drain: {
    deadlineMs: undefined,
    onDeadline: 'abandon',
    endingDeadlineMs: undefined,
    onEndingDeadline: 'abandon',
    daemonGraceMs: 10_000,
  },
  rotation: { maximumAgeMs: undefined, outdatedLaunchTemplate: false },
  repair: { agentDisconnectedMs: 1_800_000, neverRegistered: true },
  rebalanceRecommendations: false,
  headroom: [],
  caps: { instances: undefined, vcpus: undefined, memoryGiB: undefined, dollarsPerHour: undefined },
  launchesPerHour: 100,
  taskQueue: undefined,
  mirror: false,
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
          groups: {
            'gpu group': { registers, pricePerHour: 0.752, hold: true, priority: -2, launchInstances: true },
            plain: null,
          },
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
        'gpu group': { registers, pricePerHour: 0.752, hold: true, priority: -2, launchInstances: true },
        plain: { registers: undefined, pricePerHour: undefined, hold: false, priority: 0, launchInstances: false },
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
      'a group that pays',
      { groups: { g: { pricePerHour: -0.1 } } },
      'groups.g.pricePerHour',
      '-0.1',
      'dollars per hour',
    ],
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

  it('compiles what instances leave by', () => {
    const settings = settingsFrom({
      defaults: {
        drain: { deadline: '2h', daemonGrace: '0s' },
        rotation: { maximumAge: '30d' },
        circuitBreaker: '7.5%',
      },
      clusters: {
        production: {
          consolidation: { threshold: 2 },
          drain: { deadline: 'automatic', onDeadline: 'stopTasks', endingDeadline: '45m', onEndingDeadline: 'proceed' },
          rotation: { outdatedLaunchTemplate: true },
          repair: { agentDisconnected: 'off', neverRegistered: false },
          rebalanceRecommendations: true,
          peakWindow: '0s',
          launchesPerHour: 7,
        },
      },
    });

    expect(settings.defaults).toMatchObject({ drain: { deadlineMs: 7_200_000 }, circuitBreakerShare: 0.075 });
    expect(settings.clusters['production']).toEqual({
      ...shipped,
      peakWindowMs: 0,
      consolidation: { enabled: true, threshold: 2, settleTimeMs: 120_000 },
      circuitBreakerShare: 0.075,
      drain: {
        deadlineMs: undefined,
        onDeadline: 'stopTasks',
        endingDeadlineMs: 2_700_000,
        onEndingDeadline: 'proceed',
        daemonGraceMs: 0,
      },
      rotation: { maximumAgeMs: 2_592_000_000, outdatedLaunchTemplate: true },
      repair: { agentDisconnectedMs: undefined, neverRegistered: false },
      rebalanceRecommendations: true,
      launchesPerHour: 7,
    });
  });

  it('compiles budgets with their windows', () => {
    const window = { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' };
    const settings = settingsFrom({
      defaults: {
        budgets: [
          { share: '10%', atLeast: 2, windows: [{ ...window, days: 'fri-mon' }] },
          {
            causes: ['empty'],
            instances: 0,
            windows: [{ days: ['sun', 'tue-wed', 'sun'], from: '00:00', to: '24:00', timeZone: 'UTC' }, window],
          },
        ],
      },
      clusters: { free: { budgets: [] } },
    });

    expect(settings.defaults.budgets).toEqual([
      {
        causes: ['consolidation', 'rotation', 'rebalance'],
        instances: undefined,
        share: 0.1,
        atLeast: 2,
        windows: [{ days: [0, 1, 5, 6], fromMinute: 1_320, toMinute: 360, timeZone: 'Europe/Berlin' }],
      },
      {
        causes: ['empty'],
        instances: 0,
        share: undefined,
        atLeast: 0,
        windows: [
          { days: [0, 2, 3], fromMinute: 0, toMinute: 1_440, timeZone: 'UTC' },
          { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 1_320, toMinute: 360, timeZone: 'Europe/Berlin' },
        ],
      },
    ]);
    expect(settings.clusters['free']?.budgets).toEqual([]);
  });

  it('compiles what room there is to be, and how much at most', () => {
    const settings = settingsFrom({
      defaults: {
        headroom: [
          { share: '10%' },
          { service: 'api', copies: 2 },
          { service: 'web', share: '150%' },
          { taskDefinition: 'job:3', copies: 1 },
        ],
        caps: { instances: 0, dollarsPerHour: 1.5 },
      },
      clusters: { free: { caps: { instances: 'none', vcpus: 64, memoryGiB: 256 } } },
    });

    expect(settings.defaults).toMatchObject({
      headroom: [
        { kind: 'cluster', share: 0.1 },
        { kind: 'service', service: 'api', copies: 2, share: undefined },
        { kind: 'service', service: 'web', copies: undefined, share: 1.5 },
        { kind: 'taskDefinition', taskDefinition: 'job:3', copies: 1 },
      ],
      caps: { instances: 0, vcpus: undefined, memoryGiB: undefined, dollarsPerHour: 1.5 },
    });
    expect(settings.clusters['free']?.caps).toEqual({
      instances: undefined,
      vcpus: 64,
      memoryGiB: 256,
      dollarsPerHour: 1.5,
    });
  });

  it('makes room for tasks that were refused as long as it is asked to', () => {
    const settings = settingsFrom({
      defaults: { refusedTasks: '10m' },
      clusters: { none: { refusedTasks: 'off' }, short: { refusedTasks: '90s' } },
    });

    expect(settingsFrom({}).defaults.refusedTasksMs).toBeUndefined();
    expect(settings.defaults.refusedTasksMs).toBe(600_000);
    expect(settings.clusters['none']?.refusedTasksMs).toBeUndefined();
    expect(settings.clusters['short']?.refusedTasksMs).toBe(90_000);
  });

  it('has a queue of tasks where it is asked for', () => {
    const roles = ['arn:aws:iam::123456789012:role/path/job'];
    const settings = settingsFrom({
      defaults: { taskQueue: { taskDefinitionFamilies: ['job'], roles } },
      clusters: {
        none: { taskQueue: 'off' },
        short: { taskQueue: { taskDefinitionFamilies: ['a', 'b'], giveUpAfter: '90s' } },
      },
    });

    expect(settings.defaults.taskQueue).toEqual({ taskDefinitionFamilies: ['job'], roles, giveUpAfterMs: 21_600_000 });
    expect(settings.clusters['none']?.taskQueue).toBeUndefined();
    expect(settings.clusters['short']?.taskQueue).toEqual({
      taskDefinitionFamilies: ['a', 'b'],
      roles: [],
      giveUpAfterMs: 90_000,
    });
  });

  const window = { from: '22:00', to: '06:00', timeZone: 'UTC' };

  it.each<readonly [string, object, string, string, string]>([
    [
      'a budget without a number',
      { budgets: [{ atLeast: 1 }] },
      'budgets[0]',
      'a section',
      'write instances, such as 2, or share',
    ],
    [
      'a budget of two numbers',
      { budgets: [{ instances: 1, share: '5%' }] },
      'budgets[0].share',
      '"5%"',
      'either instances or share',
    ],
    [
      'a least number of a number',
      { budgets: [{ instances: 1, atLeast: 1 }] },
      'budgets[0].atLeast',
      '1',
      'only a share',
    ],
    [
      'a budget of no cause',
      { budgets: [{ instances: 1, causes: [] }] },
      'budgets[0].causes',
      'a list',
      'at least one of empty',
    ],
    [
      'an unknown cause',
      { budgets: [{ instances: 1, causes: ['spot'] }] },
      'budgets[0].causes[0]',
      '"spot"',
      'any of empty, consolidation',
    ],
    ['one budget for a list', { budgets: { instances: 1 } }, 'budgets', 'a section', 'each begun by a dash'],
    [
      'a window in no zone',
      { budgets: [{ instances: 1, windows: [{ ...window, timeZone: 'Europe/Berln' }] }] },
      'budgets[0].windows[0].timeZone',
      '"Europe/Berln"',
      'IANA time zone',
    ],
    [
      'a window in an offset',
      { budgets: [{ instances: 1, windows: [{ ...window, timeZone: '+01:00' }] }] },
      'budgets[0].windows[0].timeZone',
      '"+01:00"',
      'IANA time zone',
    ],
    [
      'a window that never opens',
      { budgets: [{ instances: 1, windows: [{ ...window, to: '22:00' }] }] },
      'budgets[0].windows[0].to',
      '"22:00"',
      'never opens',
    ],
    [
      'a window on no day',
      { budgets: [{ instances: 1, windows: [{ ...window, days: [] }] }] },
      'budgets[0].windows[0].days',
      'a list',
      'leave days out for every day',
    ],
    [
      'a window on a day in full',
      { budgets: [{ instances: 1, windows: [{ ...window, days: 'Monday' }] }] },
      'budgets[0].windows[0].days',
      '"Monday"',
      'mon-fri',
    ],
    [
      'a time of day without a zero',
      { budgets: [{ instances: 1, windows: [{ ...window, from: '9:00' }] }] },
      'budgets[0].windows[0].from',
      '"9:00"',
      'when it begins',
    ],
    [
      'a time after midnight’s end',
      { budgets: [{ instances: 1, windows: [{ ...window, to: '24:01' }] }] },
      'budgets[0].windows[0].to',
      '"24:01"',
      'when it ends',
    ],
    ['a share as a fraction', { circuitBreaker: 0.2 }, 'circuitBreaker', '0.2', 'such as 20%'],
    ['more than everything', { circuitBreaker: '101%' }, 'circuitBreaker', '"101%"', 'from 0% to 100%'],
    ['a threshold below nothing', { consolidation: { threshold: -1 } }, 'consolidation.threshold', '-1', 'such as 0.5'],
    [
      'an unknown deadline policy',
      { drain: { onDeadline: 'kill' } },
      'drain.onDeadline',
      '"kill"',
      'abandon, stopTasks or proceed',
    ],
    [
      'a hook that waits longer than hooks can',
      { drain: { endingDeadline: '3d' } },
      'drain.endingDeadline',
      '"3d"',
      'write automatic, or a duration from 1m to 2d',
    ],
    [
      'an age of two years',
      { rotation: { maximumAge: '730d' } },
      'rotation.maximumAge',
      '"730d"',
      'write off, or a duration from 1h to 8760h',
    ],
    [
      'an agent given up at once',
      { repair: { agentDisconnected: '1m' } },
      'repair.agentDisconnected',
      '"1m"',
      'from 5m to 24h',
    ],
    ['room for nothing', { headroom: [{}] }, 'headroom[0]', 'a section', 'service or taskDefinition with copies'],
    [
      'room for a service without a number',
      { headroom: [{ service: 'api' }] },
      'headroom[0].service',
      '"api"',
      'write copies',
    ],
    [
      'room for a service and a job',
      { headroom: [{ service: 'api', taskDefinition: 'a', copies: 1 }] },
      'headroom[0].taskDefinition',
      '"a"',
      'either service or',
    ],
    [
      'room in two measures',
      { headroom: [{ service: 'api', copies: 1, share: '1%' }] },
      'headroom[0].share',
      '"1%"',
      'either copies or share',
    ],
    [
      'a share of a task definition',
      { headroom: [{ taskDefinition: 'a', share: '1%' }] },
      'headroom[0].taskDefinition',
      '"a"',
      'write copies beside it',
    ],
    ['a negative cap', { caps: { instances: -1 } }, 'caps.instances', '-1', 'write none, or a number from 0 to 5000'],
    ['a cap that is no number', { caps: { dollarsPerHour: Number.NaN } }, 'caps.dollarsPerHour', 'NaN', 'dollars'],
    ['a cap as a word', { caps: { vcpus: 'many' } }, 'caps.vcpus', '"many"', 'write none'],
    [
      'room for refused tasks for ever',
      { refusedTasks: '2h' },
      'refusedTasks',
      '"2h"',
      'write off, or a duration from 1m',
    ],
    ['no launch at all', { launchesPerHour: 0 }, 'launchesPerHour', '0', 'from 1 to 10000'],
    [
      'a queue for anything',
      { taskQueue: {} },
      'taskQueue.taskDefinitionFamilies',
      'nothing',
      'a list of the families',
    ],
    [
      'a queue for a word',
      { taskQueue: 'on' },
      'taskQueue',
      '"on"',
      'write off, or a section with taskDefinitionFamilies',
    ],
    [
      'a family with a revision',
      { taskQueue: { taskDefinitionFamilies: ['a:1'] } },
      'taskQueue.taskDefinitionFamilies[0]',
      '"a:1"',
      'write a family',
    ],
    [
      'a family twice',
      { taskQueue: { taskDefinitionFamilies: ['a', 'a'] } },
      'taskQueue.taskDefinitionFamilies[1]',
      '"a"',
      'it stands above already',
    ],
    [
      'a role by its name',
      { taskQueue: { taskDefinitionFamilies: ['a'], roles: ['job'] } },
      'taskQueue.roles[0]',
      '"job"',
      'the ARN of an IAM role',
    ],
    [
      'a task that waits for longer than ECS knows its token',
      { taskQueue: { taskDefinitionFamilies: ['a'], giveUpAfter: '25h' } },
      'taskQueue.giveUpAfter',
      '"25h"',
      'from 1m to 12h',
    ],
    ['half a priority', { groups: { g: { priority: 0.5 } } }, 'groups.g.priority', '0.5', 'from -100 to 100'],
    [
      'a price that is no number',
      { groups: { g: { pricePerHour: Number.NaN } } },
      'groups.g.pricePerHour',
      'NaN',
      'dollars',
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
    expect(problems[2]?.remedy).toBe(
      'remove it or correct its spelling; known here: registers, pricePerHour, hold, priority, launchInstances',
    );
  });

  it('lists all that is wrong in a queue of tasks', () => {
    const problems = problemsWith({ taskQueue: { taskDefinitionFamilies: [''], giveUp: '1h', giveUpAfter: 1 } });

    expect(problems.map((it) => pathText(it.path)).sort()).toEqual([
      'clusters.p.taskQueue.giveUp',
      'clusters.p.taskQueue.giveUpAfter',
      'clusters.p.taskQueue.taskDefinitionFamilies[0]',
    ]);
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
