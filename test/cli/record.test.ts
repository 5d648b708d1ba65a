import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bounds } from '../../simulator/baselines/bounds/bounds.ts';
import { type Endpoint, listen } from '../../simulator/endpoint/server.ts';
import { berthController } from '../../simulator/host/ports/berth-controller.ts';
import { simulate } from '../../simulator/host/simulate.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { promisesOnly, VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import { scoreMeter } from '../../simulator/score/meter.ts';
import type { InstanceLife } from '../../simulator/score/simulation.ts';
import { loadScenario } from '../../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { createWorld } from '../../simulator/world/world.ts';
import { type Outcome, runBerthIn, startBerthIn } from '../support/berth-command.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const hourMs = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'berth-record-'));
const scenario = scenarioOf({
  cluster: 'shop',
  duration: '2d',
  groups: {
    workers: { ...largeGroup(1, 30, 4), attributes: { disk: 'ssd' } },
    spare: { ...largeGroup(0, 6, 0), market: 'spot' },
  },
  services: {
    web: packedService(512, 1_024, {
      calendar: { low: 3, high: 26, noise: 0.05 },
      flashCrowds: [{ at: '9h', for: '30m', factor: 1.5 }],
    }),
    api: {
      ...packedService(256, 512, { calendar: { low: 2, high: 14 }, perTask: 1 }),
      loadBalancer: true,
      groups: ['workers'],
    },
    nightly: packedService(1_024, 2_048, {
      steps: [
        { at: '0s', value: 0 },
        { at: '16h', value: 4 },
        { at: '19h', value: 0 },
      ],
    }),
    pinned: {
      ...packedService(128, 256, { count: 2 }),
      minimumHealthyPercent: 50,
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:disk == ssd' }, { type: 'distinctInstance' }],
    },
    agent: { schedulingStrategy: 'DAEMON', cpuUnits: 64, memoryMiB: 128 },
  },
  tasks: [
    {
      bursts: { at: '1h', every: '2h', tasks: 3, cpuUnits: 512, memoryMiB: 1_024, duration: { low: '2h', high: '2h' } },
    },
  ],
});

let endpoint: Endpoint;
let lives: readonly InstanceLife[];

const dayMs = 24 * hourMs;

beforeAll(async () => {
  const clock = new VirtualClock(scenario.startMs, undefined, promisesOnly);
  const dice = seededDice(1);
  const world = createWorld({ kernel: clock, dice: dice.fork('world') });
  const readScore = scoreMeter({ world, scenario, bounds: bounds(scenario) });
  stageScenario(world, clock, scenario, berthSetup, { recorded: true });
  const berth = berthController(undefined);
  const stop = await berth.start({
    world,
    clock,
    dice: dice.fork('controller'),
    scenario,
    onDecision: () => undefined,
  });
  await clock.runUntil(scenario.startMs + dayMs);
  await stop();
  lives = readScore(clock.now()).instances;
  world.call('ecs', 'CreateCluster', { clusterName: 'bare' });
  const young = scenarioOf({
    cluster: 'young',
    groups: { fresh: largeGroup(1, 3) },
    services: { first: packedService(256, 512, { count: 1 }) },
  });
  stageScenario(world, clock, { ...young, startMs: clock.now() }, berthSetup, { recorded: true });
  await clock.runUntil(clock.now() + 15 * 60_000);
  endpoint = await listen({ world, now: () => clock.now() });
}, 300_000);

afterAll(async () => {
  await endpoint.close();
  rmSync(folder, { recursive: true });
});

const environment = (url: string): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL: url,
  COLUMNS: '100',
});

/** The same AWS, but for CloudWatch. */
const inFrontOf = async (url: string, cloudWatch: (response: ServerResponse) => void) => {
  const server = createServer((request, response) => {
    void buffer(request).then(async (body) => {
      const target = request.headers['x-amz-target'];
      if (typeof target === 'string' && target.startsWith('GraniteServiceVersion')) {
        cloudWatch(response);
        return;
      }
      const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name) ? [[name, value]] : [],
      );
      const answer = await fetch(url + (request.url ?? ''), {
        method: request.method ?? 'POST',
        headers,
        ...(request.method === 'GET' ? {} : { body }),
      });
      const text = await answer.text();
      const given = ['content-type', 'date'].flatMap((name) => [[name, answer.headers.get(name) ?? ''] as const]);
      response.writeHead(answer.status, Object.fromEntries(given)).end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((closed) => {
        server.close(() => {
          closed();
        });
        server.closeAllConnections();
      }),
  };
};

const record = (...args: readonly string[]): Promise<Outcome> =>
  runBerthIn(environment(endpoint.url), 'record', ...args);

const read = (file: string): Scenario => {
  const result = loadScenario(file);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.scenario;
};

/** Within a window, whoever was billed for them. */
const hoursWithin = (all: readonly InstanceLife[], fromMs: number, toMs: number): number =>
  all.reduce((sum, it) => {
    const from = Math.max(fromMs, it.launchedAtMs);
    const to = Math.min(toMs, it.terminatedAtMs === undefined ? toMs : it.terminatedAtMs);
    return sum + Math.max(0, to - from) / hourMs;
  }, 0);

describe('berth record, against the local AWS after a day', () => {
  it('writes a scenario that takes as many instance-hours as the world it was recorded from, within 5 %', async () => {
    const file = join(folder, 'shop.yml');
    const { code, stdout, stderr } = await record('--cluster', 'shop', '--out', file);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'CloudWatch is asked for 6 metrics of 14 days: less than 1 cent\n',
    });
    expect(stdout).toContain('with the counts of 4 services');

    const recorded = read(file);
    const { startMs, durationMs } = recorded;
    const there = hoursWithin(lives, startMs, startMs + durationMs);
    const { instances } = await simulate({
      scenario: recorded,
      controller: berthController(recorded.settings),
      seed: 1,
    });
    const here = hoursWithin(instances, startMs, startMs + durationMs);

    expect(durationMs).toBeGreaterThan(23 * hourMs);
    expect(Math.abs(here / there - 1)).toBeLessThan(0.05);
  }, 300_000);

  it('names what it cannot know, on the screen and at the head of the file', async () => {
    const file = join(folder, 'head.yml');
    const { stdout } = await record('--cluster', 'shop', '--out', file);
    const head = readFileSync(file, 'utf8').split('\nname:')[0] ?? '';
    for (const text of [stdout, head]) {
      const line = text.replaceAll(/\s+#?\s*/g, ' ');
      expect(line).toContain('when the 3 standalone tasks came and how long each runs is not known');
      expect(line).toContain('which tasks waited for room, and how long, nobody keeps');
    }
    expect(stdout).toMatch(/its groups had 1\d\d(\.\d)? instance-hours/);
  });

  it('gives no name away with --anonymous, and is the same cluster', async () => {
    const [plain, file] = [join(folder, 'plain.yml'), join(folder, 'anonymous.yml')];
    await record('--cluster', 'shop', '--out', plain);
    const { code } = await record('--cluster', 'shop', '--out', file, '--anonymous');
    expect(code).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/shop|workers|spare|web|api|nightly|pinned|agent\b|ssd|arn:/);
    const [named, anonymous] = [read(plain), read(file)];
    expect(anonymous.services.map((it) => it.counts)).toEqual(named.services.map((it) => it.counts));
    expect(anonymous.groups[1]?.attributes).toEqual({ 'attribute-1': 'value-1' });
    expect(text).toContain('attribute:attribute-1 == value-1');
  });

  it('records what there is now with --days 0, and asks CloudWatch for nothing', async () => {
    const file = join(folder, 'now.yml');
    const { code, stdout, stderr } = await record('--cluster', 'young', '--out', file, '--days', '0', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ file, cluster: 'young', span: null, withPast: 0, instanceHours: null });
    expect(read(file)).toMatchObject({
      durationMs: dayMs,
      services: [{ name: 'first', counts: [{ atMs: 0, count: 1 }] }],
    });
  });

  const refused: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    [
      'a cluster without history',
      ['--cluster', 'young'],
      2,
      /no half hour of task counts of young.*record it again tomorrow, or now with --days 0/s,
    ],
    ['a cluster without groups', ['--cluster', 'bare'], 2, /bare has no instances of Auto Scaling groups/],
    [
      'a cluster that is not there',
      ['--cluster', 'shopp'],
      2,
      /no active cluster shopp .*there are: bare, shop, young/,
    ],
    [
      'more days than are kept',
      ['--cluster', 'shop', '--days', '64'],
      2,
      /keeps task counts for 63 days; give at most that/,
    ],
  ];
  for (const [what, args, exitCode, says] of refused)
    it(`says what to do about ${what}, and writes nothing`, async () => {
      const file = join(folder, 'refused.yml');
      const { code, stderr } = await record(...args, '--out', file);
      expect(code).toBe(exitCode);
      expect(stderr).toMatch(says);
      expect(existsSync(file)).toBe(false);
    });

  it('leaves a file alone that is there already', async () => {
    const file = join(folder, 'mine.yml');
    writeFileSync(file, 'mine');
    const { code, stderr } = await record('--cluster', 'shop', '--out', file);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `berth: ${file} is there already: give another --out, or remove it\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('says where it may not write', async () => {
    const { code, stderr } = await record('--cluster', 'young', '--days', '0', '--out', join(folder, 'no', 'such.yml'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/such\.yml cannot be written: ENOENT/);
  });

  it('says which permission lacks where CloudWatch refuses', async () => {
    await using aws = await inFrontOf(endpoint.url, (response) => {
      response.writeHead(403, {
        'content-type': 'application/x-amz-json-1.0',
        'x-amzn-errortype': 'AccessDeniedException',
      });
      response.end(JSON.stringify({ message: 'not authorized to perform: cloudwatch:GetMetricData' }));
    });
    const file = join(folder, 'denied.yml');
    const { code, stderr } = await runBerthIn(environment(aws.url), 'record', '--cluster', 'shop', '--out', file);
    expect(code).toBe(3);
    expect(stderr).toMatch(/cloudwatch:GetMetricData.*docs\/record\.md lists the actions to allow; --days 0 records/s);
    expect(existsSync(file)).toBe(false);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    await using aws = await inFrontOf(endpoint.url, () => undefined);
    const own = mkdtempSync(join(folder, 'interrupted-'));
    using running = startBerthIn(environment(aws.url), 'record', '--cluster', 'shop', '--out', join(own, 'shop.yml'));
    await running.says(/CloudWatch is asked for/);
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(readdirSync(own)).toEqual([]);
  });
});
