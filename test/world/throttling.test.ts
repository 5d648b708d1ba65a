import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededDice } from '../../simulator/kernel/dice.ts';
import type { ServiceName } from '../../simulator/world/api.ts';
import { defaultConstants } from '../../simulator/world/constants.ts';
import { bucketOf } from '../../simulator/world/throttling/buckets.ts';
import { createThrottle, exemptCallers } from '../../simulator/world/throttling/throttling.ts';
import { ofKind, refusal, second, type UnderTest, worldUnderTest } from './world-under-test.ts';

const alone = { apiThrottling: true, otherTenantShare: 0 };

/** How many calls of one operation are let through at once. */
const admitted = (under: UnderTest, service: ServiceName, operation: string, calls: number): number =>
  under.world.charge(service, operation, calls, 'somebody');

describe('API throttling', () => {
  it('Amazon ECS API reference, request throttling: cluster resource reads share a burst of 100 and refill 20 a second', async () => {
    const under = worldUnderTest(1, alone);
    const first = admitted(under, 'ecs', 'ListTasks', 60) + admitted(under, 'ecs', 'DescribeContainerInstances', 60);
    await under.pass(second);
    const after = admitted(under, 'ecs', 'DescribeTasks', 60);
    await under.pass(60 * second);

    expect([first, after]).toEqual([100, 20]);
    expect(admitted(under, 'ecs', 'ListTasks', 500)).toBe(100);
  });

  it.each<[string, ServiceName, string, number, number]>([
    ['Amazon ECS API: cluster modify', 'ecs', 'PutClusterCapacityProviders', 20, 1],
    ['Amazon ECS API: cluster read', 'ecs', 'DescribeClusters', 50, 20],
    ['Amazon ECS API: task definition modify', 'ecs', 'RegisterTaskDefinition', 20, 1],
    ['Amazon ECS API: task definition read', 'ecs', 'DescribeTaskDefinition', 50, 20],
    ['Amazon ECS API: capacity provider modify', 'ecs', 'UpdateCapacityProvider', 10, 1],
    ['Amazon ECS API: capacity provider read', 'ecs', 'DescribeCapacityProviders', 50, 20],
    ['Amazon ECS API: tag read', 'ecs', 'ListTagsForResource', 50, 20],
    ['Amazon ECS API: setting modify', 'ecs', 'PutAccountSettingDefault', 10, 1],
    ['Amazon ECS API: cluster resource modify', 'ecs', 'UpdateContainerInstancesState', 100, 40],
    ['Amazon ECS API: service modify', 'ecs', 'UpdateService', 50, 5],
    ['Amazon ECS API: service read', 'ecs', 'ListServices', 100, 20],
    ['Amazon ECS API: service deployments', 'ecs', 'DescribeServiceDeployments', 50, 20],
    ['Amazon ECS API: task protection', 'ecs', 'GetTaskProtection', 200, 80],
    ['Amazon ECS API: services by namespace', 'ecs', 'ListServicesByNamespace', 10, 1],
    ['Amazon EC2 API: a non-mutating action', 'ec2', 'DescribeInstanceTypes', 100, 20],
    ['Amazon EC2 API: a mutating action', 'ec2', 'CreateLaunchTemplate', 50, 5],
    ['Amazon EC2 API: RunInstances', 'ec2', 'RunInstances', 5, 2],
    ['assumed: Auto Scaling', 'autoscaling', 'DescribeAutoScalingGroups', 100, 10],
  ])('%s has its burst and its refill', async (_, service, operation, burst, refill) => {
    const under = worldUnderTest(1, alone);
    const first = admitted(under, service, operation, 1_000);
    await under.pass(second);

    expect([first, admitted(under, service, operation, 1_000)]).toEqual([burst, refill]);
  });

  it('Amazon EC2 API reference, request throttling: each action has a bucket of its own; Auto Scaling’s all have one', () => {
    const under = worldUnderTest(1, alone);
    const calls = (service: ServiceName, operation: string): number => admitted(under, service, operation, 100);

    expect([calls('ec2', 'DescribeInstances'), calls('ec2', 'DescribeSubnets')]).toEqual([100, 100]);
    expect([calls('autoscaling', 'DescribeTags'), calls('autoscaling', 'SetDesiredCapacity')]).toEqual([100, 0]);
  });

  it('answers ThrottlingException, Throttling and RequestLimitExceeded in the words of ECS, Auto Scaling and EC2', () => {
    const under = worldUnderTest(1, alone);
    for (const [service, operation] of [
      ['ecs', 'ListClusters'],
      ['autoscaling', 'DescribeAutoScalingGroups'],
      ['ec2', 'DescribeInstances'],
    ] as const)
      admitted(under, service, operation, 200);

    expect(refusal(() => under.ecs('ListClusters'))).toBe('ThrottlingException: Rate exceeded');
    expect(refusal(() => under.autoScaling('DescribeAutoScalingGroups'))).toBe('Throttling: Rate exceeded');
    expect(refusal(() => under.call('ec2', 'DescribeInstances'))).toBe('RequestLimitExceeded: Request limit exceeded.');
  });

  it('is in the log, for a throttled call changes nothing', () => {
    const under = worldUnderTest(1, alone);
    admitted(under, 'ecs', 'CreateCluster', 20);
    const refused = refusal(() => under.ecs('CreateCluster', { clusterName: 'late' }));

    expect(refused).toBe('ThrottlingException: Rate exceeded');
    expect(ofKind(under, 'api').at(-1)).toMatchObject({ operation: 'CreateCluster', error: 'ThrottlingException' });
    expect(under.world.call('ecs', 'ListClusters', {})).toEqual({ clusterArns: [] });
  });

  it('logs each charged call with the error it would have had', () => {
    const under = worldUnderTest(1, alone);
    const through = admitted(under, 'ecs', 'ListClusters', 53);
    const errors = ofKind(under, 'api').map((it) => it.error);

    expect(through).toBe(50);
    expect(errors.filter((it) => it === undefined)).toHaveLength(50);
    expect(errors.filter((it) => it === 'ThrottlingException')).toHaveLength(3);
  });

  it.each([...exemptCallers])('does not count what %s calls', (caller) => {
    const under = worldUnderTest(1, alone);

    expect(under.world.charge('ecs', 'ListClusters', 1_000, caller)).toBe(1_000);
    expect(admitted(under, 'ecs', 'ListClusters', 50)).toBe(50);
  });

  it('can be switched off', () => {
    const under = worldUnderTest(1, { apiThrottling: false });

    expect(admitted(under, 'ecs', 'ListClusters', 1_000)).toBe(1_000);
  });

  it('lets another tenant use up his share of the refill, the same with the same seed', async () => {
    const sustained = async (seed: number): Promise<number> => {
      const under = worldUnderTest(seed, { apiThrottling: true, otherTenantShare: 0.3 });
      admitted(under, 'ecs', 'ListTasks', 100);
      let through = 0;
      for (let n = 0; n < 100; n++) {
        await under.pass(second);
        through += admitted(under, 'ecs', 'ListTasks', 100);
      }
      return through / 100;
    };
    const rate = await sustained(1);

    expect(rate).toBeGreaterThan(13);
    expect(rate).toBeLessThan(15); // 70 % of 20
    expect(await sustained(1)).toBe(rate);
    expect(await sustained(2)).not.toBe(rate);
  });

  it('counts for a program off the clock the time that its calls would have taken', () => {
    const at = (share: number): number => {
      const under = worldUnderTest(1, { apiThrottling: true, otherTenantShare: share });
      let calls = 0;
      while (calls < 10_000 && under.world.charge('ecs', 'ListTasks', 1, 'external') === 1) calls++;
      return calls;
    };

    expect(at(0)).toBeGreaterThan(900); // 100 at once, and 0.9 more with each call of 45 ms
    expect(at(0.3)).toBeLessThan(400);
  });

  it('never lets through more than the burst and what has come in since', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), calls: fc.integer({ min: 1, max: 150 }) })),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (steps, otherTenantShare) => {
          let now = 0;
          const constants = { ...defaultConstants, otherTenantShare };
          const throttle = createThrottle({ now: () => now, dice: seededDice(1), constants });
          const { burst, refillPerSecond } = bucketOf('ecs', 'ListTasks')?.size ?? { burst: 0, refillPerSecond: 0 };
          let through = 0;
          for (const { afterMs, calls } of steps) {
            now += afterMs;
            const taken = throttle.take('ecs', 'ListTasks', 'me', calls);
            expect(taken).toBeLessThanOrEqual(calls);
            through += taken;
            expect(through).toBeLessThanOrEqual(burst + (now / 1_000) * refillPerSecond + 1e-6);
          }
        },
      ),
    );
  });
});
