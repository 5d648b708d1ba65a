import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { ECS } from '@aws-sdk/client-ecs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { violationText } from '../../cli/simulate-texts.ts';
import { type RunningBerth, runBerth, startBerth } from '../support/berth-command.ts';
import { describeWith } from '../support/external-tools.ts';
import { sdkOptions } from '../support/sdk-options.ts';

const halfHour = 'test/cli/half-hour.yml';
const folder = mkdtempSync(join(tmpdir(), 'berth-simulate-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What the tests read of `--json`. */
const result = z.object({
  command: z.string(),
  simulations: z.array(
    z.object({
      controller: z.string(),
      seed: z.number(),
      ranMs: z.number(),
      score: z.object({
        wait: z.object({ ran: z.number(), waitingAtEnd: z.number() }),
        churn: z.object({ launches: z.number(), terminations: z.number() }),
        safety: z.object({
          terminationsWithLiveTask: z.number(),
          violationsByLaw: z.record(z.string(), z.number()),
        }),
      }),
    }),
  ),
});

const resultOf = (stdout: string): z.output<typeof result> => result.parse(JSON.parse(stdout));

describe('berth simulate', () => {
  it('prints a table with a column for each controller, and writes a page', async () => {
    const page = join(folder, 'page.html');
    const { code, stdout } = await runBerth(
      ...['simulate', halfHour, '--controller', 'static-peak', '--controller', 'none', '--report', page],
    );

    expect(stdout).toBe(readFileSync('test/cli/half-hour.txt', 'utf8'));
    expect(readFileSync(page, 'utf8')).toContain('two tasks, then nine for eight minutes');
    expect(code).toBe(0);
  });

  it('gives the same result byte for byte for the same seed, and another for another', async () => {
    const args = ['simulate', halfHour, '--json', '--controller', 'berth'];
    const [one, two, other] = await Promise.all([
      runBerth(...args, '--seed', '7'),
      runBerth(...args, '--seed', '7'),
      runBerth(...args, '--seed', '8'),
    ]);

    expect(one).toEqual({ code: 0, stdout: two.stdout, stderr: '' });
    expect(resultOf(one.stdout)).toMatchObject({
      command: `npx berth simulate ${halfHour} --controller berth --seed 7`,
      simulations: [{ controller: 'berth', seed: 7, ranMs: 30 * 60_000 }],
    });
    expect(other.stdout).not.toBe(one.stdout);
  });

  it('plays further seeds, and shows the median with lowest and highest', async () => {
    const { stdout } = await runBerth('simulate', halfHour, '--controller', 'none', '--seeds', '3');

    expect(stdout).toMatch(/│ task wait p50, s +│ +\d+\.\d \(\d+\.\d–\d+\.\d\) │/);
  });
});

describe('bad input to berth simulate', () => {
  it('is told all at once, with file, line and path, and leaves no page behind', async () => {
    const path = join(folder, 'bad.yml');
    const page = join(folder, 'never.html');
    writeFileSync(join(folder, 'late.csv'), 'timestamp,value\n2026-01-01 00:05:00,1\n2026-01-01 00:00:00,2\n');
    writeFileSync(
      path,
      [
        'name: bad',
        'description: nearly everything is wrong',
        'duration: 1h',
        'colour: red',
        'groups:',
        '  web:',
        '    types: [{ instanceType: m5.large, pricePerHour: 0.096 }]',
        '    minSize: 9',
        '    maxSize: 5',
        '  small:',
        '    types: [{ instanceType: m5.large, pricePerHour: 0.096 }]',
        '    maxSize: 5',
        'services:',
        '  huge: { cpuUnits: 65536, memoryMiB: 1024, demand: { count: 2 }, groups: [small] }',
        '  lost: { cpuUnits: 512, memoryMiB: 1024, demand: { series: { file: nowhere.csv }, perTask: 1 } }',
        '  late: { cpuUnits: 512, memoryMiB: 1024, demand: { series: { file: late.csv }, perTask: 1 } }',
        '  back: { cpuUnits: 512, memoryMiB: 1024, demand: { steps: [{ at: 0s, value: 1 }, { at: 0s, value: 2 }] } }',
        'settings:',
        '  defaults: { mode: perhaps }',
      ].join('\n'),
    );

    const { code, stdout, stderr } = await runBerth('simulate', path, '--report', page);

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(existsSync(page)).toBe(false);
    expect(stderr.replaceAll(`${folder}/`, '').trimEnd().split('\n')).toEqual([
      'berth: 7 problems in bad.yml',
      expect.stringMatching(/^bad\.yml:4:1 colour: found an unknown key/),
      'bad.yml:8:5 groups.web.minSize: found 9; write at most maxSize, 5',
      expect.stringMatching(/^bad\.yml:14:3 services\.huge: found a task of 65536 CPU units/),
      expect.stringMatching(/^bad\.yml:15:\d+ services\.lost\.demand\.series\.file: found "nowhere\.csv"/),
      expect.stringMatching(/^bad\.yml:17:\d+ services\.back\.demand\.steps\[1\]\.at: found "0s"; write a later time/),
      expect.stringMatching(/^bad\.yml:19:15 settings\.defaults\.mode: found "perhaps"/),
      'late.csv:3 not after line 2; expected rising times',
    ]);
  });

  it.each([
    [['--controller', 'bert'], /there is no controller bert; there are berth, managed-scaling, /],
    [['--seeds', '0'], /Expected a whole number of 1 or more/],
    [['--sede', '1'], /unknown option '--sede'/],
    [['--serve', '--host', '0.0.0.0'], /--host 0\.0\.0\.0: .* listens on 127\.0\.0\.1 only/],
    [['--serve', '--seeds', '2'], /--serve plays one run/],
    [['--report', '/nowhere/page.html'], /--report cannot be written: ENOENT/],
  ])('%j ends with code 2 before anything runs', async (args, message) => {
    const { code, stdout, stderr } = await runBerth('simulate', halfHour, ...args);

    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ {4}at |seed 1/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('Ctrl-C', () => {
  it('ends a long run, prints what there is and says so', async () => {
    using berth = startBerth(
      ...['simulate', 'examples/scenarios/daily-curve.yml', '--controller', 'none', '--controller', 'berth'],
    );
    await berth.says(/seed 1, none/);
    berth.child.kill('SIGINT');
    const { code, stdout } = await berth.ended;

    expect(code).toBe(130);
    expect(stdout).toMatch(/│ instance-hours, h +│ +[1-9][\d.,]* │/);
    expect(stdout).toMatch(/\nberth, seed 1: ended after [\d.]+ of 24 hours\n$/);
  });

  it('ends a served run too', async () => {
    using berth = startBerth('simulate', halfHour, '--serve');
    const { control } = await addressesOf(berth);
    await post(`${control}/advance`, { seconds: 900 });
    berth.child.kill('SIGINT');
    const { code, stdout } = await berth.ended;

    expect(code).toBe(130);
    expect(stdout).toMatch(/\nserved, seed 1: ended after 0\.3 of 0\.5 hours\n$/);
  });
});

const addressesOf = async (berth: RunningBerth): Promise<{ readonly endpoint: string; readonly control: string }> => {
  const [, endpoint = '', control = ''] = await berth.says(/AWS_ENDPOINT_URL=(\S+)\nBERTH_CONTROL_URL=(\S+)\n/);
  return { endpoint, control };
};

const post = async (url: string, body: unknown): Promise<unknown> =>
  await (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).json();

describe('berth simulate --serve', () => {
  it('lets a program in another process be the autoscaler', async () => {
    using berth = startBerth('simulate', halfHour, '--serve', '--json', '--controller', 'mine');
    const { endpoint, control } = await addressesOf(berth);
    const autoScaling = new AutoScaling(sdkOptions(endpoint));
    const { AutoScalingGroups: groups = [] } = await autoScaling.describeAutoScalingGroups({});
    await autoScaling.setDesiredCapacity({
      AutoScalingGroupName: groups[0]?.AutoScalingGroupName,
      DesiredCapacity: 3,
    });
    const first = await post(`${control}/advance`, { until: 'nextEvent', seconds: 60 });
    const later = await post(`${control}/advance`, { seconds: 600 });
    const ecs = new ECS(sdkOptions(endpoint));
    const { clusterArns: [cluster] = [] } = await ecs.listClusters({});
    const { containerInstanceArns: instances } = await ecs.listContainerInstances({ cluster });
    const last = await post(`${control}/advance`, { seconds: 3600 });
    await post(`${control}/end`, {});
    const { code, stdout } = await berth.ended;

    expect(first).toMatchObject({
      over: false,
      events: [expect.objectContaining({ 'detail-type': expect.anything() })],
    });
    expect(later).toMatchObject({ over: false });
    expect(instances).toHaveLength(3);
    expect(last).toMatchObject({ over: true });
    expect(resultOf(stdout)).toMatchObject({
      command: `npx berth simulate ${halfHour} --controller mine --serve`,
      simulations: [
        { controller: 'mine', ranMs: 30 * 60_000, score: { wait: { waitingAtEnd: 0 }, churn: { launches: 3 } } },
      ],
    });
    expect(code).toBe(0);
  });

  it('prints the laws that such a program breaks', async () => {
    using berth = startBerth('simulate', halfHour, '--serve', '--json');
    const { endpoint, control } = await addressesOf(berth);
    const autoScaling = new AutoScaling(sdkOptions(endpoint));
    await post(`${control}/advance`, { seconds: 300 });
    const { AutoScalingInstances: [victim] = [] } = await autoScaling.describeAutoScalingInstances({});
    await autoScaling.terminateInstanceInAutoScalingGroup({
      InstanceId: victim?.InstanceId,
      ShouldDecrementDesiredCapacity: false,
    });
    await post(`${control}/advance`, { seconds: 300 });
    await post(`${control}/end`, {});
    const { stdout, stderr } = await berth.ended;

    expect(stderr).toContain('Law 2 is broken: No instance is terminated with a live task');
    expect(stderr).toContain(victim?.InstanceId);
    expect(resultOf(stdout).simulations[0]?.score.safety).toEqual({
      terminationsWithLiveTask: 1,
      violationsByLaw: { '2': 1 },
    });
  });
});

describeWith('boto3', 'a program in Python with boto3', () => {
  it('is hosted by --serve', async () => {
    using berth = startBerth('simulate', halfHour, '--serve', '--json', '--controller', 'backlog.py');
    const { endpoint, control } = await addressesOf(berth);
    await promisify(execFile)('python3', ['examples/controllers/backlog.py', control], {
      env: { ...process.env, AWS_ENDPOINT_URL: endpoint },
    });
    const { code, stdout } = await berth.ended;

    expect(code).toBe(0);
    expect(resultOf(stdout).simulations).toMatchObject([
      {
        controller: 'backlog.py',
        ranMs: 30 * 60_000,
        score: { wait: { ran: 9, waitingAtEnd: 0 }, churn: { launches: 3, terminations: 2 } },
      },
    ]);
  });
});

describe('a broken law as a text', () => {
  it('ends with what it is and how to see it again', () => {
    const text = violationText({ law: '1', atMs: Date.UTC(2026, 0, 5, 4), detail: 'web 0 → 9' }, undefined, {
      ...{ path: 'day.yml', scenario: 'day', controller: 'berth', seed: 3 },
    });

    expect(text.split('\n')).toEqual([
      'Law 1 is broken: No call goes below a group’s minimum or above its maximum.',
      '  web 0 → 9',
      '  at 2026-01-05T04:00:00.000Z, step 0, scenario day, controller berth, seed 3',
      '  again: npx berth simulate day.yml --controller berth --seed 3',
    ]);
  });
});
