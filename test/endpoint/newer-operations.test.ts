import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeWarmPoolCommand,
  LaunchInstancesCommand,
  PutWarmPoolCommand,
} from '@aws-sdk/client-auto-scaling';
import { ECSClient, ListAccountSettingsCommand, PutAccountSettingCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { listen } from '../../simulator/endpoint/server.ts';
import { sdkOptions } from '../support/sdk-options.ts';
import { smallWorld } from '../support/small-world.ts';

describe('operations of the simulated AWS that most clients never call, through the SDK', () => {
  it('PutAccountSetting and ListAccountSettings', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const ecs = new ECSClient(sdkOptions(endpoint.url));

    const { setting } = await ecs.send(new PutAccountSettingCommand({ name: 'awsvpcTrunking', value: 'enabled' }));
    const { settings } = await ecs.send(
      new ListAccountSettingsCommand({ name: 'awsvpcTrunking', effectiveSettings: true }),
    );

    expect(setting).toMatchObject({ name: 'awsvpcTrunking', value: 'enabled' });
    expect(settings).toEqual([expect.objectContaining({ name: 'awsvpcTrunking', value: 'enabled' })]);
  });

  it('PutWarmPool and DescribeWarmPool', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const autoScaling = new AutoScalingClient(sdkOptions(endpoint.url));
    const AutoScalingGroupName = 'shop-workers';

    await autoScaling.send(new PutWarmPoolCommand({ AutoScalingGroupName, MinSize: 1, PoolState: 'Stopped' }));
    await clock.runUntil(clock.now() + 10 * 60_000);
    const pool = await autoScaling.send(new DescribeWarmPoolCommand({ AutoScalingGroupName }));

    expect(pool.WarmPoolConfiguration).toMatchObject({ MinSize: 1, PoolState: 'Stopped' });
    expect(pool.Instances?.map((it) => it.LifecycleState)).toContain('Warmed:Stopped');
  });

  it('LaunchInstances', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const autoScaling = new AutoScalingClient(sdkOptions(endpoint.url));
    await autoScaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'fast',
        MinSize: 0,
        MaxSize: 5,
        DesiredCapacity: 0,
        AvailabilityZones: ['eu-west-1a'],
        LaunchTemplate: { LaunchTemplateName: 'shop-workers', Version: '$Latest' },
      }),
    );

    const launched = await autoScaling.send(
      new LaunchInstancesCommand({ AutoScalingGroupName: 'fast', RequestedCapacity: 2, ClientToken: 'once' }),
    );

    expect(launched.Instances?.flatMap((it) => it.InstanceIds ?? [])).toHaveLength(2);
    expect(launched.Instances?.[0]).toMatchObject({ InstanceType: 'm5.large', AvailabilityZone: 'eu-west-1a' });
  });
});
