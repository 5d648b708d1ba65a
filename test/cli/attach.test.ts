import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { listen } from '../../simulator/endpoint/server.ts';
import { AwsApiError, type JsonObject } from '../../simulator/world/api.ts';
import type { World } from '../../simulator/world/world.ts';
import { type Outcome, runBerthIn, startBerthIn } from '../support/berth-command.ts';
import { smallWorld } from '../support/small-world.ts';

const group = 'shop-workers';
const of = ['--cluster', 'shop', '--group', group];

const described = z.object({ AutoScalingGroups: z.array(z.object({ Tags: z.array(z.object({ Key: z.string() })) })) });

/** What comes between the command and the local AWS: it may refuse a call, or do something meanwhile. */
type Meddler = (operation: string) => void;

/** A local AWS with a group that knows nothing of Berth, and the command line in front of it. */
const local = async () => {
  const { world, clock } = await smallWorld();
  const AutoScalingGroupName = group;
  const ask = (operation: string, input: JsonObject) => world.call('autoscaling', operation, input);
  ask('DeleteTags', { Tags: [{ ResourceId: group, Key: 'berth:cluster' }] });
  ask('DeleteLifecycleHook', { AutoScalingGroupName, LifecycleHookName: 'berth-drain' });
  ask('ResumeProcesses', { AutoScalingGroupName, ScalingProcesses: ['AZRebalance'] });
  let meddle: Meddler = () => undefined;
  const call: World['call'] = (service, operation, input, caller) => {
    meddle(operation);
    return world.call(service, operation, input, caller);
  };
  const endpoint = await listen({ world: { call }, now: () => clock.now() });
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: endpoint.url,
  };
  const tags = (): readonly string[] => {
    const { AutoScalingGroups } = described.parse(ask('DescribeAutoScalingGroups', {}));
    return AutoScalingGroups.flatMap((it) => it.Tags.map((tag) => tag.Key)).sort();
  };
  return {
    tags,
    berth: (...args: readonly string[]): Promise<Outcome> => runBerthIn(env, ...args),
    start: (...args: readonly string[]) => startBerthIn(env, ...args),
    during: (it: Meddler) => {
      meddle = it;
    },
    [Symbol.asyncDispose]: () => endpoint.close(),
  };
};

describe('berth attach and detach', () => {
  it('show what would change, and change it when told to', async () => {
    await using aws = await local();

    const shown = await aws.berth('attach', ...of, '--dry-run');
    expect({ code: shown.code, tags: aws.tags() }).toEqual({ code: 0, tags: [] });
    expect(shown.stdout).toMatch(/^\+ {2}hook berth-drain .* on termination; waits 900 s, then CONTINUE$/m);
    expect(Math.max(...shown.stdout.split('\n').map((it) => it.length))).toBeLessThanOrEqual(110);
    const attached = await aws.berth('attach', ...of, '--yes');
    expect(attached).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/shop-workers is attached/) });
    expect(aws.tags()).toEqual(['berth:attached', 'berth:attached:hook', 'berth:cluster']);
    expect((await aws.berth('attach', ...of)).stdout).toMatch(/Nothing to change/);
    expect(await aws.berth('detach', ...of, '--yes')).toMatchObject({ code: 0, stderr: '' });
    expect(aws.tags()).toEqual([]);
  }, 120_000);

  it('change nothing where nobody can be asked', async () => {
    await using aws = await local();

    const { code, stderr } = await aws.berth('attach', ...of);

    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'berth: nothing was changed, for nobody is there to be asked: give --yes, or --dry-run to look only\n',
    });
    expect(aws.tags()).toEqual([]);
  }, 60_000);

  it('go on where Ctrl-C broke them off', async () => {
    await using aws = await local();
    using running = aws.start('attach', ...of, '--yes');
    aws.during((operation) => {
      if (operation === 'PutLifecycleHook') running.child.kill('SIGINT');
    });

    const { code, stderr } = await running.ended;

    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^berth: interrupted; done: tag berth:attached: .*; hook berth-drain: .* left: .*berth:cluster/,
    );
    expect(stderr).toMatch(/To go on: npx berth attach .*; to take it back: npx berth detach/);
    expect(aws.tags()).not.toContain('berth:cluster');
    expect((await aws.berth('attach', ...of, '--yes')).code).toBe(0);
    expect(aws.tags()).toContain('berth:cluster');
  }, 60_000);

  it('say which permission one call lacks, and go on once it is there', async () => {
    await using aws = await local();
    aws.during((operation) => {
      if (operation === 'SuspendProcesses') throw new AwsApiError('AccessDenied', 'You may not.', 403);
    });

    const { code, stderr } = await aws.berth('attach', ...of, '--yes');
    aws.during(() => undefined);

    expect(code).toBe(3);
    expect(stderr).toMatch(
      /AccessDenied: You may not \(it takes autoscaling:SuspendProcesses\); done: .*; 2 changes left/,
    );
    expect((await aws.berth('attach', ...of, '--yes')).code).toBe(0);
  }, 60_000);

  it('say which read is refused', async () => {
    await using aws = await local();
    aws.during((operation) => {
      if (operation === 'DescribeLifecycleHooks') throw new AwsApiError('AccessDenied', 'You may not.', 403);
    });

    const { code, stderr } = await aws.berth('attach', ...of, '--yes');

    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /could not be read, and nothing was changed: DescribeLifecycleHooks .* You may not/,
      ) as unknown,
    });
  }, 60_000);

  it.each<[string, readonly string[], RegExp]>([
    [
      'a group that is not there',
      ['attach', '--cluster', 'shop', '--group', 'shpo'],
      /no Auto Scaling group shpo in eu-west-1/,
    ],
    ['a cluster that is not there', ['attach', '--cluster', 'shpo', '--group', group], /no active cluster shpo.*shop/],
    ['a language it does not speak', ['attach', ...of, '--format', 'pulumi'], /cloudformation, terraform/],
  ])(
    'refuse %s with a sentence',
    async (_, args, sentence) => {
      await using aws = await local();

      const { code, stderr } = await aws.berth(...args);

      expect(code).toBe(2);
      expect(stderr).toMatch(sentence);
    },
    60_000,
  );

  it('print snippets and change nothing', async () => {
    await using aws = await local();

    const terraform = await aws.berth('attach', ...of, '--format', 'terraform');
    const cloudFormation = await aws.berth('detach', ...of, '--format', 'cloudformation');

    expect(terraform.stdout).toMatch(/^resource "aws_autoscaling_lifecycle_hook"/m);
    expect(cloudFormation.stdout).toMatch(/^ {4}Type: AWS::AutoScaling::LifecycleHook$/m);
    expect(aws.tags()).toEqual([]);
  }, 60_000);
});

describe('berth doctor', () => {
  it('tells by its exit code whether something is to be done', async () => {
    await using aws = await local();

    const { code, stdout } = await aws.berth('doctor', '--cluster', 'shop');

    expect(code).toBe(1);
    expect(stdout).toMatch(/no Auto Scaling group of this region carries berth:cluster=shop/);
  }, 60_000);
});
