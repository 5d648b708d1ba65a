import { DescribeInstancesCommand, DescribeInstanceTypesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';

import { listen } from '../../simulator/endpoint/server.ts';
import { AwsApiError } from '../../simulator/world/api.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { sdkOptions } from '../support/sdk-options.ts';

const now = (): number => Date.now();

describe('ec2Query, spoken by the SDK', () => {
  it('reads and writes under the names of the EC2 model', async () => {
    const world = fakeWorld({
      ec2: {
        DescribeInstances: () => ({
          Reservations: [
            {
              ReservationId: 'r-1',
              Instances: [
                {
                  InstanceId: 'i-1',
                  InstanceType: 'm5.xlarge',
                  LaunchTime: 1_795_400_000,
                  State: { Code: 16, Name: 'running' },
                  Tags: [{ Key: 'Name', Value: '<one>' }],
                },
              ],
            },
          ],
          NextToken: 'more',
        }),
      },
    });
    await using endpoint = await listen({ world, now });
    const input = {
      InstanceIds: ['i-1', 'i-2'],
      DryRun: false,
      MaxResults: 50,
      Filters: [{ Name: 'instance-state-name', Values: ['running', 'pending'] }],
    };

    const { InstanceIds, DryRun, MaxResults, Filters } = input;
    const answer = await new EC2Client(sdkOptions(endpoint.url)).send(
      new DescribeInstancesCommand({ InstanceIds, DryRun, MaxResults, Filters }),
    );

    expect(world.calls).toEqual([{ service: 'ec2', operation: 'DescribeInstances', input, caller: 'external' }]);
    expect(answer.NextToken).toBe('more');
    expect(answer.Reservations?.[0]?.Instances).toEqual([
      {
        InstanceId: 'i-1',
        InstanceType: 'm5.xlarge',
        LaunchTime: new Date(1_795_400_000_000),
        State: { Code: 16, Name: 'running' },
        Tags: [{ Key: 'Name', Value: '<one>' }],
      },
    ]);
  });

  it('describes instance types', async () => {
    const type = {
      InstanceType: 'm5.xlarge',
      VCpuInfo: { DefaultVCpus: 4 },
      MemoryInfo: { SizeInMiB: 16_384 },
      NetworkInfo: { MaximumNetworkInterfaces: 4 },
      GpuInfo: { Gpus: [] },
    };
    const world = fakeWorld({ ec2: { DescribeInstanceTypes: () => ({ InstanceTypes: [type] }) } });
    await using endpoint = await listen({ world, now });

    const answer = await new EC2Client(sdkOptions(endpoint.url)).send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ['m5.xlarge'] }),
    );

    expect(world.calls[0]?.input).toEqual({ InstanceTypes: ['m5.xlarge'] });
    expect(answer.InstanceTypes).toEqual([type]);
  });

  it('answers a refusal in the form EC2 has of its own', async () => {
    const world = fakeWorld({
      ec2: {
        DescribeInstances: () => {
          throw new AwsApiError('InvalidInstanceID.NotFound', "The instance ID 'i-1' does not exist");
        },
      },
    });
    await using endpoint = await listen({ world, now });

    const answer = new EC2Client(sdkOptions(endpoint.url)).send(new DescribeInstancesCommand({}));

    await expect(answer).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: "The instance ID 'i-1' does not exist",
    });
  });
});
