import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { asksNothing } from '../../deployment/permissions.ts';
import { askedBy, readSettings } from '../../deployment/settings-file.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';

const problemsOf = (text: string): readonly string[] => {
  const file = readSettings(text, 'berth.yml');
  return file.ok ? [] : file.problems;
};

const fiveMistakes = `defaults:
  mode: acts
  quitTime: 1m

clusters:
  production:
    bootDeadline: 30s
    groups:
      web:
        registers: { cpuUnits: 2048 }
    services:
      worker:
        metrics:
          - name: backlog
            namespace: AWS/SQS
            metricName: ApproximateNumberOfMessagesVisible
            statistic: Maximum
            period: 90s
`;

describe('readSettings', () => {
  it('lists the five mistakes of a file, each with its place, what was found and the remedy', () => {
    expect(problemsOf(fiveMistakes).join('\n')).toBe(
      [
        'berth.yml:2:3 defaults.mode: found "acts"; write observe or act',
        'berth.yml:3:3 defaults.quitTime: found an unknown key; remove it or correct its spelling; ' +
          'known here: mode, quietTime, bootDeadline, maximumOverdue, lifecycleHook, peakWindow, consolidation, ' +
          'budgets, circuitBreaker, drain, rotation, repair, rebalanceRecommendations, serviceTags, headroom, caps, ' +
          'launchesPerHour, refusedTasks, taskQueue',
        'berth.yml:7:5 clusters.production.bootDeadline: found "30s"; ' +
          'write a duration from 1m to 2h, such as 2m or 1h',
        'berth.yml:10:9 clusters.production.groups.web.registers.memoryMiB: found nothing; ' +
          'write a whole number from 128 to 33554432',
        'berth.yml:18:13 clusters.production.services.worker.metrics[0].period: found "90s"; ' +
          'write whole minutes from 1m to 24h, such as 2m or 1h',
      ].join('\n'),
    );
  });

  it('names the line of all that is wrong with how a service is scaled', () => {
    const text = `clusters:
  shop:
    services:
      api:
        scaling:
          minimum: 9
          maximum: 4
          signals:
            - { kind: cpu, target: 0 }
            - { kind: cpu, target: 60 }
            - { kind: metric, metric: nowhere, measures: total, target: 5 }
          calendar:
            - { cron: 0 0 31 2 *, for: 1h, timeZone: UTC, minimum: 2 }
          scaleIn: { policies: [{ tasks: 4, share: 10%, period: 1m }] }
      worker:
        scaling: { maximum: 3 }
      worker:
        scaling: { maximum: 4 }
`;

    expect(problemsOf(text)).toEqual([expect.stringMatching(/^berth\.yml:17:7 is not YAML: .*unique/)]);
    const once = text.split('\n').slice(0, 16).join('\n');
    expect(problemsOf(once).map((it) => it.replace('clusters.shop.services.', ''))).toEqual([
      'berth.yml:6:11 api.scaling.minimum: found 9; write at most 4, the maximum',
      'berth.yml:9:28 api.scaling.signals[0].target: found 0; write a number above 0',
      'berth.yml:10:15 api.scaling.signals[1]: found a section; remove it: a signal above is of the same',
      'berth.yml:11:31 api.scaling.signals[2].metric: found "nowhere"; write the name of a metric of this service, ' +
        'under metrics or metricMath',
      'berth.yml:13:17 api.scaling.calendar[0].cron: found "0 0 31 2 *"; ' +
        'write a day that comes: no month it names has that day',
      'berth.yml:14:33 api.scaling.scaleIn.policies[0]: found a section; ' +
        'write either tasks, such as 4, or share, such as 100%',
      'berth.yml:16:9 worker.scaling: found a section; write signals or a calendar: by what it is to be scaled',
    ]);
  });

  it('points at what is not YAML at all', () => {
    expect(problemsOf('defaults:\n  mode: act\n mode: act\n')[0]).toMatch(/^berth\.yml:3:\d+ is not YAML: /);
  });

  it('refuses a key written twice: one of the two would be lost', () => {
    expect(problemsOf('defaults:\n  mode: act\n  mode: observe\n')).toEqual([
      expect.stringMatching(/^berth\.yml:3:3 is not YAML: .*unique/),
    ]);
  });

  it('refuses a file that is no mapping', () => {
    expect(problemsOf('- act\n')).toEqual([
      'berth.yml:1:1 the file: found a list; write a section with any of defaults, clusters',
    ]);
  });

  it('follows anchors', () => {
    const file = readSettings('clusters:\n  a: &it { mode: act }\n  b: *it\n', 'berth.yml');

    expect(file.ok && file.settings.clusters['b']?.mode).toBe('act');
  });
});

describe('berth.yml as shipped', () => {
  const shipped = readFileSync('berth.yml', 'utf8');

  it('says what holds without it', () => {
    expect(readSettings(shipped, 'berth.yml')).toEqual(parseSettings({}));
  });

  it('is checked by editors against the schema beside it', () => {
    expect(shipped.split('\n')[0]).toBe('# yaml-language-server: $schema=./berth.schema.json');
  });

  it('has an example that is right', () => {
    const example = shipped.slice(shipped.indexOf('# clusters:')).replaceAll(/^# ?/gm, '');

    const file = readSettings(example, 'berth.yml');

    expect(file.ok && Object.keys(file.settings.clusters)).toEqual(['production']);
  });
});

describe('askedBy', () => {
  const parsed = parseSettings({
    clusters: {
      production: { groups: { web: { launchInstances: true } } },
      staging: {
        refusedTasks: '5m',
        taskQueue: { taskDefinitionFamilies: ['nightly', 'hourly'], roles: ['arn:aws:iam::123456789012:role/r'] },
      },
    },
  });
  const asked = (...clusters: readonly string[]) => (parsed.ok ? askedBy(parsed.settings, clusters) : parsed.problems);

  it('asks for what the settings of the clusters deployed need, and no more', () => {
    expect(asked('production')).toEqual({ ...asksNothing, launchesInstances: true });
    expect(asked('other')).toEqual(asksNothing);
    expect(asked('staging', 'other')).toEqual({
      launchesInstances: false,
      queuedTasks: {
        clusters: ['staging'],
        families: ['hourly', 'nightly'],
        roles: ['arn:aws:iam::123456789012:role/r'],
      },
      forecasts: false,
      mirrored: [],
      hearsRefusedTasks: true,
    });
  });
});
