import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { type Outcome, runBerthIn } from '../support/berth-command.ts';
import { type LocalBerth, localBerth } from '../support/local-berth.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const folder = mkdtempSync(join(tmpdir(), 'berth-cli-'));
const settings = join(folder, 'berth.yml');
writeFileSync(
  settings,
  'defaults: { mode: act }\nclusters: { shop: { groups: { workers: { pricePerHour: 0.096 } } } }\n',
);

let local: LocalBerth;

beforeAll(async () => {
  local = await localBerth(['shop']);
  const scenario = scenarioOf({
    cluster: 'shop',
    groups: { workers: largeGroup(1, 6, 3) },
    services: { web: packedService(512, 1_024, { count: 10 }) },
  });
  stageScenario(local.aws.world, local.aws.clock, scenario, berthSetup);
  await local.pass(30);
});

afterAll(async () => {
  await local[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Nothing of the machine's own configuration gets in. */
const environment = (over: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL: local.aws.endpoint.url,
  COLUMNS: '80',
  ...over,
});

const without = (...names: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment()).filter(([name]) => !names.includes(name)));

const bare = (...args: readonly string[]): Promise<Outcome> => runBerthIn(environment(), ...args);

/** With the local deployment. */
const berth = (...args: readonly string[]): Promise<Outcome> => {
  const deployment = [
    '--table',
    'berth',
    '--decide-queue-url',
    local.deployed.queueUrls.decide,
    '--settings',
    settings,
  ];
  return bare(...args, '--cluster', 'shop', ...deployment);
};

const done = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await berth(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

/** What the tests read of `plan --json`. */
const planned = z.object({
  mode: z.string(),
  table: z.string().nullable(),
  plan: z.object({
    steps: z.array(z.object({ kind: z.string() })),
    instances: z.array(z.object({ ec2InstanceId: z.string(), verdict: z.object({ kind: z.string() }) })),
    groups: z.array(z.object({ group: z.string(), desiredCapacity: z.number(), planned: z.number() })),
  }),
  costs: z.array(z.object({ group: z.string(), now: z.number() })),
});

const planNow = async (): Promise<z.output<typeof planned>> => planned.parse(JSON.parse(await done('plan', '--json')));

const someInstance = async (): Promise<string> => {
  const { plan } = await planNow();
  const found = plan.instances.find((it) => it.verdict.kind === 'keep');
  if (found === undefined) throw new Error('no instance is kept');
  return found.ec2InstanceId;
};

const widest = (text: string): number => Math.max(...text.split('\n').map((it) => it.length));

describe('berth, against the local AWS', () => {
  it('plan shows groups, costs and every instance with its verdict, and changes nothing', async () => {
    const shown = await done('plan');
    const data = await planNow();

    expect(shown).toMatch(/^shop in eu-west-1 at 2026-01-05 04:30:\d\dZ: act mode, 3 instances, 1 group\n/);
    expect(shown).toContain('memory: table berth, last decision');
    expect(shown).toMatch(/workers +3 +3 +1 to 6 +0\.288 +0\.288/);
    for (const { ec2InstanceId } of data.plan.instances) expect(shown).toContain(ec2InstanceId);
    expect(widest(shown)).toBeLessThanOrEqual(80);
    expect(shown).not.toContain('\u001B');
    expect(data).toMatchObject({ mode: 'act', table: 'berth', costs: [{ group: 'workers', now: 0.288 }] });
  });

  it('plan without a deployment says that it goes by what is seen alone', async () => {
    const { code, stdout } = await bare('plan', '--cluster', 'shop', '--settings', settings);

    expect(code).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('nothing is remembered: planned from what is seen alone');
    expect(stdout).toMatch(/note: (no deployment of Berth was found|whether Berth is deployed could not be asked)/);
  });

  it('history says in words how far back it looks', async () => {
    expect((await bare('history', '--help')).stdout).toMatch(/--since <duration> .*\(default:\s+1d\)/);
  });

  it('plan leaves out what was not asked for, and counts it', async () => {
    const some = await done('plan', '--limit', '1');
    const none = await done('plan', '--verdict', 'terminate');

    expect(some).toMatch(/^2 more \(.+\); --all shows them$/m);
    expect(none).toContain('3 instances left out by --group or --verdict');
  });

  it('what-if plans for more tasks, a lost instance and another type', async () => {
    const id = await someInstance();

    const [more, lost, larger] = await Promise.all([
      done('what-if', '--add', '8', '--service', 'web'),
      done('what-if', '--remove-instance', id),
      done('what-if', '--type', 'm5.2xlarge', '--group', 'workers', '--add', '8', '--service', 'web'),
    ]);

    expect(more).toContain('supposed: service web wants 18 tasks instead of 10');
    expect(more).toContain('  workers is wanted with 5 instances instead of 3');
    expect(lost).toContain(`supposed: ${id} is gone, and workers wants 2 instances instead of 3`);
    expect(lost).toContain('set the desired capacity of workers from 2 to 3');
    expect(larger).toContain('m5.2xlarge: 8192 CPU units');
    expect(larger).toContain('  workers is wanted with 4 instances instead of 3');
  });

  it('capacity is asked for, launched by Berth, listed, extended and ended; history and explain tell of it', async () => {
    const { clock } = local.aws;

    const asked = await done(
      'capacity',
      'request',
      '--service',
      'web',
      '--tasks',
      '8',
      '--until',
      '2h',
      '--id',
      'sale',
    );
    await local.pass(4);
    const listed = await done('capacity', 'list');
    const extended = await done('capacity', 'extend', 'sale', '--until', '4h');
    const history = await done('history', '--since', '10m');
    const service = await done('explain', 'web');
    const group = await done('explain', 'workers');
    await done('capacity', 'end', 'sale');

    expect(asked).toMatch(
      /^sale: room for 8 more of service web, until 2026-01-05 06:30:\d\dZ\nA decision was asked for/,
    );
    expect(listed).toMatch(/^sale: room for 8 more of service web/);
    expect(extended).toContain('until 2026-01-05 08:3');
    expect(history).toMatch(/2026-01-05 04:3\d:\d\dZ +size +done +workers: 3 to 5/);
    expect(service).toContain('10 wanted: 10 run');
    expect(service).toContain('room for 8 more asked for by sale');
    expect(group).toContain('workers: 3 to 5');
    expect(await done('capacity', 'list')).toBe('No room is asked for.\n');
    expect(new Date(clock.now()).toISOString()).toMatch(/^2026-01-05T04:34/);
  });

  it('drain and restore are seen to by Berth, and explained', async () => {
    const id = await someInstance();

    const drained = await done('drain', id);
    await local.pass(0.1);
    const explained = await done('explain', id);
    const restored = await done('restore', id);
    await local.pass(0.5);

    expect(drained).toMatch(`to be drained: ${id}`);
    expect(explained).toContain('draining: byHand');
    expect(explained).toMatch(/drain +done/);
    expect(restored).toContain(`to be ACTIVE again: ${id}`);
    expect(await done('explain', id)).toMatch(/ACTIVE, agent connected/);
    expect(await done('history', '--since', '10m')).toMatch(/restore +done +.*\s/);
  });

  it('explain finds tasks by their id', async () => {
    const { stdout } = await berth('explain', 'workers', '--json');
    const arns = local.aws.world.call('ecs', 'ListTasks', { cluster: 'shop' })['taskArns'];
    const [arn = ''] = Array.isArray(arns) ? arns.map(String) : [];

    const text = await done('explain', arn.replace(/^.*\//, ''));

    expect(JSON.parse(stdout)).toMatchObject({ explained: [{ explanation: { kind: 'group' } }] });
    expect(text).toMatch(/Task [0-9a-f]{32} of service:web\n {2}RUNNING .*\n {2}on i-[0-9a-f]+ of workers/);
  });

  it('pause and resume', async () => {
    const paused = await done('pause', '--until', '2h');
    const plan = await done('plan');
    const resumed = await done('resume');

    expect(paused).toMatch(/^paused: everything, until 2026-01-05 06:3/);
    expect(plan.replaceAll(/\s+/g, ' ')).toMatch(/act mode, paused until 2026-01-05 06:3/);
    expect(resumed).toMatch(/^resumed\nA decision was asked for/);
    expect((await done('plan')).split('\n', 1)[0]).toMatch(/: act mode, \d instances/);
  });
});

/** As much of Lambda as finds a deployment: its environment, and what it answers to a manual invocation. */
const lambda = async (answers: Readonly<Record<string, (input: string) => unknown>>) => {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = decodeURIComponent((request.url ?? '').split('?', 1)[0] ?? '');
      const answer = answers[path.replace('/2015-03-31/functions/', '')]?.(body);
      response.writeHead(answer === undefined ? 404 : 200, {
        'content-type': 'application/json',
        ...(answer === undefined ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {}),
      });
      response.end(JSON.stringify(answer ?? { Message: 'Function not found' }));
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

describe('berth, with a deployment', () => {
  const variables = () => ({
    Environment: {
      Variables: { CLUSTERS: 'shop, other', TABLE: 'berth', DECIDE_QUEUE_URL: local.deployed.queueUrls.decide },
    },
  });

  it('finds table, queue and settings by the stage', async () => {
    await using functions = await lambda({
      'berth-prod-capacityRun/configuration': variables,
      'berth-prod-capacityRun/invocations': () => ({
        action: 'settings',
        settings: { mode: 'act', quietTimeMs: 7_000 },
      }),
    });
    const env = environment({ AWS_ENDPOINT_URL_LAMBDA: functions.url });

    const [plan, missing, none] = await Promise.all([
      runBerthIn(env, 'plan', '--cluster', 'shop', '--stage', 'prod'),
      runBerthIn(env, 'plan', '--cluster', 'shop', '--stage', 'beta'),
      runBerthIn(env, 'plan', '--cluster', 'shop', '--settings', settings),
    ]);

    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout).toContain('act mode');
    expect(plan.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'settings: those of berth-prod-capacityRun; memory: table berth, last decision',
    );
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toContain('there is no deployment of Berth with the stage beta in eu-west-1');
    expect(none).toMatchObject({ code: 0 });
    expect(none.stdout).toContain('no deployment of Berth was found in eu-west-1 (stage dev)');
  });

  it('goes by the settings at hand where the deployment does not tell its own, and says so', async () => {
    await using functions = await lambda({ 'berth-dev-capacityRun/configuration': variables });

    const { code, stdout } = await runBerthIn(
      environment({ AWS_ENDPOINT_URL_LAMBDA: functions.url }),
      ...['plan', '--cluster', 'shop', '--json'],
    );

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      table: 'berth',
      settingsFrom: 'berth.yml',
      notes: [expect.stringContaining('the settings of the deployment could not be read (Function not found)')],
    });
  });

  it('refuses a cluster that the deployment does not look after', async () => {
    await using functions = await lambda({
      'berth-dev-capacityRun/configuration': () => ({
        Environment: { Variables: { ...variables().Environment.Variables, CLUSTERS: 'other' } },
      }),
    });

    const { code, stderr } = await runBerthIn(
      environment({ AWS_ENDPOINT_URL_LAMBDA: functions.url }),
      ...['resume', '--cluster', 'shop', '--settings', settings],
    );

    expect(code).toBe(2);
    expect(stderr).toContain("cluster shop is not one of this deployment's (other)");
  });
});

describe('berth, told something wrong', () => {
  it.each([
    [
      'an unknown cluster',
      ['plan', '--cluster', 'shopp'],
      2,
      'there is no active cluster shopp in eu-west-1; there are: shop;',
    ],
    ['no cluster', ['plan'], 2, "required option '--cluster <name>' not specified"],
    ['an unknown table', ['plan', '--cluster', 'shop', '--table', 'nope'], 3, 'check --table'],
    [
      'a stage, of an AWS that knows no functions',
      ['plan', '--cluster', 'shop', '--stage', 'prod'],
      3,
      'AWS answered otherwise',
    ],
    ['settings that are not there', ['plan', '--cluster', 'shop', '--settings', '/none.yml'], 2, 'check --settings'],
    [
      'an unreachable endpoint',
      ['plan', '--cluster', 'shop', '--endpoint-url', 'http://127.0.0.1:1'],
      3,
      'AWS cannot be reached',
    ],
    [
      'a profile that is not there',
      ['plan', '--cluster', 'shop', '--profile', 'nobody'],
      2,
      'profile nobody gives no credentials',
    ],
    ['a write without a deployment', ['drain', 'i-1', '--cluster', 'shop'], 2, 'needs a deployment'],
    ['half of a wish', ['what-if', '--add', '3', '--cluster', 'shop'], 2, '--add and --service go together'],
    ['no wish', ['what-if', '--cluster', 'shop'], 2, 'say what is to be supposed'],
  ])('%s', async (_, args, exitCode, message) => {
    const { code, stdout, stderr } = await bare(...args);

    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it.each([
    ['an instance that is not there', ['explain', 'i-0'], 'cluster shop has no instance'],
    [
      'an instance of another cluster',
      ['drain', 'i-0123456789abcdef0'],
      'i-0123456789abcdef0 is no container instance of cluster shop',
    ],
    ['a drain that is none', ['restore', 'i-0123456789abcdef0'], 'Berth is not draining i-0123456789abcdef0'],
    [
      'a time that has passed',
      ['pause', '--until', '2020-01-01T00:00:00Z'],
      'is not in the future: it is 2026-01-05T04:',
    ],
    [
      'a service that is not there',
      ['what-if', '--add', '1', '--service', 'wbe'],
      'has no active service wbe; it has: web',
    ],
    ['a request that is over', ['capacity', 'end', 'nope'], 'no open request of cluster shop has the id nope'],
    ['an instance to lose that is not there', ['what-if', '--remove-instance', 'i-0'], 'i-0 is no container instance'],
    ['a type that is not there', ['what-if', '--type', 'm5.gigantic', '--group', 'workers'], 'm5.gigantic'],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await berth(...args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('no credentials, and no region', async () => {
    const args = ['plan', '--cluster', 'shop'];
    const [credentials, region] = await Promise.all([
      runBerthIn(without('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'), ...args),
      runBerthIn(without('AWS_DEFAULT_REGION'), ...args),
    ]);

    expect(credentials).toMatchObject({ code: 3, stdout: '' });
    expect(credentials.stderr).toMatch(/^berth: there are no AWS credentials .*--profile NAME/);
    expect(region).toMatchObject({ code: 3, stdout: '' });
    expect(region.stderr).toBe(
      'berth: no AWS region is known: give --region, set AWS_REGION, or write a region into the profile\n',
    );
  });

  it('settings with mistakes, all of them at once', async () => {
    const file = join(folder, 'wrong.yml');
    writeFileSync(file, 'defaults:\n  mode: acting\n  quiteTime: 2m\n');

    const { code, stderr } = await bare('plan', '--cluster', 'shop', '--settings', file);

    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:2:`);
    expect(stderr).toContain(`${file}:3:`);
  });

  it('a queue that does not take the request: it is stored, said, and the exit code is not 0', async () => {
    const { code, stdout, stderr } = await bare(
      'resume',
      '--cluster',
      'shop',
      '--table',
      'berth',
      '--settings',
      settings,
    );

    expect(code).toBe(1);
    expect(stderr).toContain('the decide queue is not known');
    expect(stdout).toContain('No decision could be asked for');
  });
});
