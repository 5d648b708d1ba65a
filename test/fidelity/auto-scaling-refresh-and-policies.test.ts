import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { objects } from '../../simulator/world/json.ts';
import {
  detailsOf,
  membersOf,
  minute,
  only,
  refusal,
  type UnderTest,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { idsOf } from './auto-scaling-under-test.ts';

const start = (it: UnderTest, Preferences: JsonObject = {}, more: JsonObject = {}): JsonObject =>
  it.autoScaling('StartInstanceRefresh', { AutoScalingGroupName: 'g', Preferences, ...more });

const refreshOf = (it: UnderTest): JsonObject | undefined =>
  objects(it.autoScaling('DescribeInstanceRefreshes', { AutoScalingGroupName: 'g' }), 'InstanceRefreshes')?.[0];

const settled = async (size: number, more: JsonObject = {}) => {
  const under = worldUnderTest();
  withGroup(under, { size, more });
  await under.pass(3 * minute);
  return { under, before: idsOf(under) };
};

/** The fewest InService instances seen until the refresh has ended. */
const fewestDuring = async (it: UnderTest): Promise<number> => {
  let fewest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 600 && refreshOf(it)?.['Status'] === 'InProgress'; i++) {
    await it.pass(5_000);
    const group = it.world.view.groups.get('g');
    fewest = Math.min(
      fewest,
      [...(group?.instances.values() ?? [])].filter(({ state }) => state === 'InService').length,
    );
  }
  return fewest;
};

describe('an instance refresh', () => {
  it.each([
    [undefined, 9],
    [100, 9],
    [50, 5],
    [0, 0],
  ])(
    'Auto Scaling user guide, instance refresh: a minimum healthy percentage of %s of 10 keeps %i in service',
    async (MinHealthyPercentage, kept) => {
      const under = worldUnderTest(1, { apiThrottling: false });
      withGroup(under, { size: 10 });
      await under.pass(3 * minute);
      const before = idsOf(under);

      start(under, { MinHealthyPercentage });
      const fewest = await fewestDuring(under);

      expect(fewest).toBe(kept);
      expect(refreshOf(under)).toMatchObject({ Status: 'Successful', PercentageComplete: 100, InstancesToUpdate: 0 });
      await under.pass(2 * minute); // the last ones shut down
      expect(idsOf(under)).toHaveLength(10);
      expect(idsOf(under).filter((id) => before.includes(id))).toEqual([]);
      expect(detailsOf(under, 'EC2 Auto Scaling Instance Refresh Started')).toHaveLength(1);
      expect(detailsOf(under, 'EC2 Auto Scaling Instance Refresh Succeeded')).toHaveLength(1);
    },
  );

  it('Auto Scaling API, RefreshPreferences: by default waits an hour for protected instances, then fails', async () => {
    const { under, before } = await settled(2, { NewInstancesProtectedFromScaleIn: true });

    start(under);
    await under.pass(50 * minute);
    const during = refreshOf(under)?.['Status'];
    await under.pass(15 * minute);

    expect(during).toBe('InProgress');
    expect(refreshOf(under)).toMatchObject({ Status: 'Failed' });
    expect(idsOf(under)).toEqual(before);
  });

  it.each([
    ['Refresh', 0],
    ['Ignore', 2],
  ])('Auto Scaling API, RefreshPreferences: ScaleInProtectedInstances %s leaves %i of 2', async (policy, left) => {
    const { under, before } = await settled(2, { NewInstancesProtectedFromScaleIn: true });

    start(under, { ScaleInProtectedInstances: policy });
    await under.pass(15 * minute);

    expect(refreshOf(under)).toMatchObject({ Status: 'Successful' });
    expect(idsOf(under).filter((id) => before.includes(id))).toHaveLength(left);
  });

  it('Auto Scaling user guide, instance refresh: brings the desired configuration; with skip matching it then has nothing to do', async () => {
    const { under } = await settled(2);
    under.call('ec2', 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'g-template',
      LaunchTemplateData: { InstanceType: 'c5.large' },
    });

    start(under, {}, { DesiredConfiguration: { LaunchTemplate: { LaunchTemplateName: 'g-template', Version: '2' } } });
    await under.pass(15 * minute);
    const after = membersOf(under);
    start(under, { SkipMatching: true });
    await under.pass(minute);

    expect(after).toMatchObject([
      { InstanceType: 'c5.large', LaunchTemplate: { Version: '2' } },
      { InstanceType: 'c5.large', LaunchTemplate: { Version: '2' } },
    ]);
    expect(refreshOf(under)).toMatchObject({ Status: 'Successful' });
    expect(idsOf(under)).toEqual(after.map((it) => it['InstanceId']));
  });

  it('Auto Scaling API, StartInstanceRefresh: there is one at a time, and it can be cancelled', async () => {
    const { under } = await settled(5);
    start(under);
    const again = refusal(() => start(under));
    await under.pass(30_000);

    under.autoScaling('CancelInstanceRefresh', { AutoScalingGroupName: 'g' });
    await under.pass(15 * minute);

    expect(again).toContain('InstanceRefreshInProgress');
    expect(refreshOf(under)).toMatchObject({ Status: 'Cancelled' });
    expect(refusal(() => under.autoScaling('CancelInstanceRefresh', { AutoScalingGroupName: 'g' }))).toContain(
      'ActiveInstanceRefreshNotFound',
    );
    expect(idsOf(under)).toHaveLength(5);
  });
});

describe('scaling policies', () => {
  it('Auto Scaling API, PutScalingPolicy: are described until deleted, and do nothing', async () => {
    const { under } = await settled(1);
    const policy = {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingConfiguration: { TargetValue: 60, PredefinedMetricSpecification: { PredefinedMetricType: 'x' } },
    };
    const describePolicies = (more: JsonObject = {}) =>
      objects(under.autoScaling('DescribePolicies', { AutoScalingGroupName: 'g', ...more }), 'ScalingPolicies') ?? [];

    const { PolicyARN } = under.autoScaling('PutScalingPolicy', {
      AutoScalingGroupName: 'g',
      PolicyName: 'p',
      ...policy,
    });
    const found = only(describePolicies());
    const others = describePolicies({ PolicyTypes: ['StepScaling'] });
    under.autoScaling('DeletePolicy', { PolicyName: PolicyARN });

    expect(found).toMatchObject({ PolicyName: 'p', PolicyARN, Enabled: true, ...policy });
    expect(others).toEqual([]);
    expect(describePolicies()).toEqual([]);
    expect(refusal(() => under.autoScaling('DeletePolicy', { PolicyName: 'p' }))).toContain('ValidationError');
  });
});
