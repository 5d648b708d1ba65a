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
          'budgets, circuitBreaker, drain, rotation, repair, rebalanceRecommendations, headroom, caps, ' +
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
      hearsRefusedTasks: true,
    });
  });
});
