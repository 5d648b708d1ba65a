import { readFileSync } from 'node:fs';
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstanceAttributeCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { wantedHook } from '../../lib/contract/attach.ts';
import type { Finding } from '../../lib/doctor/finding.ts';
import { runBerthIn } from '../support/berth-command.ts';
import { deployTemplate } from '../support/cloud-formation.ts';
import { describeWith } from '../support/external-tools.ts';
import { type MotoServer, motoServer } from '../support/moto-server.ts';
import { sdkOptions } from '../support/sdk-options.ts';

/** What moto does not keep of a service and a group stands in the template. */
describe('the template of examples/cluster', () => {
  const tag = (name: string) => ({ tag: name, resolve: String });
  const { Resources } = z
    .object({ Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.json() })) })
    .parse(
      parse(readFileSync('examples/cluster/template.yml', 'utf8'), {
        customTags: [tag('!Ref'), tag('!Sub'), tag('!GetAtt')],
      }),
    );

  it('has a service that ECS can move, and a daemon', () => {
    expect(Resources['WebService']?.Properties).toMatchObject({
      DeploymentConfiguration: { MinimumHealthyPercent: 50, MaximumPercent: 200 },
    });
    expect(Resources['MonitorService']?.Properties).toMatchObject({ SchedulingStrategy: 'DAEMON' });
  });

  it('has the termination hook that attach would add', () => {
    const hook = wantedHook('berth-drain');
    for (const group of ['OnDemandGroup', 'SpotGroup'])
      expect(Resources[group]?.Properties).toMatchObject({
        LifecycleHookSpecificationList: [
          {
            LifecycleHookName: hook.name,
            LifecycleTransition: hook.transition,
            HeartbeatTimeout: hook.heartbeatSeconds,
            DefaultResult: hook.defaultResult,
          },
        ],
      });
  });

  it('uses no anchors, which CloudFormation does not read', () => {
    expect(readFileSync('examples/cluster/template.yml', 'utf8')).not.toMatch(/: [&*]\w/);
  });
});

describeWith('aws', 'examples/cluster', () => {
  describeWith('moto_server', 'on moto', () => {
    let moto: MotoServer;
    let autoScaling: AutoScalingClient;
    let env: Record<string, string>;

    const groups = async () => (await autoScaling.send(new DescribeAutoScalingGroupsCommand())).AutoScalingGroups ?? [];

    const berth = (...args: readonly string[]) => runBerthIn({ ...process.env, ...env }, ...args);

    const findings = async (): Promise<readonly Finding[]> => {
      const { stdout } = await berth('doctor', '--cluster', 'berth-example', '--json');
      return (JSON.parse(stdout) as { readonly findings: readonly Finding[] }).findings;
    };

    beforeAll(async () => {
      moto = await motoServer();
      const options = sdkOptions(moto.endpoint);
      autoScaling = new AutoScalingClient(options);
      env = {
        AWS_ENDPOINT_URL: moto.endpoint,
        AWS_REGION: options.region,
        AWS_DEFAULT_REGION: options.region,
        AWS_ACCESS_KEY_ID: 'testing',
        AWS_SECRET_ACCESS_KEY: 'testing',
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      };
      const { Subnets = [] } = await new EC2Client(options).send(new DescribeSubnetsCommand());
      const SubnetIds = Subnets.slice(0, 2).map((it) => it.SubnetId);
      const parameters = { VpcId: Subnets[0]?.VpcId ?? '', SubnetIds: SubnetIds.join(',') };
      const { code, output } = await deployTemplate('examples/cluster/template.yml', 'berth-example', parameters, env);
      if (code !== 0) throw new Error(output);
    }, 120_000);

    afterAll(async () => {
      await moto[Symbol.asyncDispose]();
    });

    it('makes two groups that are opted in and protect new instances', async () => {
      expect(await groups()).toMatchObject([
        { MinSize: 1, MaxSize: 10, DesiredCapacity: 1, NewInstancesProtectedFromScaleIn: true },
        { MinSize: 0, MaxSize: 10, DesiredCapacity: 0, NewInstancesProtectedFromScaleIn: true },
      ]);
      for (const { Tags } of await groups())
        expect(Tags).toContainEqual(expect.objectContaining({ Key: 'berth:cluster', Value: 'berth-example' }));
    });

    it('tells the agent what is worth telling it', async () => {
      const [group] = await groups();
      const { UserData } = await new EC2Client(sdkOptions(moto.endpoint)).send(
        new DescribeInstanceAttributeCommand({ InstanceId: group?.Instances?.[0]?.InstanceId, Attribute: 'userData' }),
      );

      const script = Buffer.from(UserData?.Value ?? '', 'base64').toString('utf8');

      expect(script).toMatch(/^ECS_CLUSTER=berth-example$/m);
      expect(script).toMatch(/^ECS_ENABLE_SPOT_INSTANCE_DRAINING=true$/m);
      expect(script).toMatch(/^ECS_RESERVED_MEMORY=256$/m);
      expect(script).toMatch(/^ECS_WARM_POOLS_CHECK=true$/m);
    });

    it('makes two services', async () => {
      const { services } = await new ECSClient(sdkOptions(moto.endpoint)).send(
        new DescribeServicesCommand({ cluster: 'berth-example', services: ['web', 'monitor'] }),
      );

      expect(services?.map((it) => [it.serviceName, it.launchType])).toEqual([
        ['web', 'EC2'],
        ['monitor', 'EC2'],
      ]);
    });

    it('is attached, looked at, and detached as a user would', async () => {
      const before = await groups();
      const group = before[0]?.AutoScalingGroupName ?? '';
      const of = ['--cluster', 'berth-example', '--group', group];

      const attached = await berth('attach', ...of, '--yes');
      expect({ code: attached.code, stderr: attached.stderr }).toEqual({ code: 0, stderr: '' });
      const hooks = await autoScaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group }));
      expect(hooks.LifecycleHooks).toMatchObject([{ LifecycleHookName: 'berth-drain', HeartbeatTimeout: 900 }]);
      expect((await findings()).map((it) => it.kind)).toContain('notDeployed');
      expect((await berth('detach', ...of, '--yes')).code).toBe(0);

      expect(await groups()).toEqual(before);
    }, 60_000);
  });
});
