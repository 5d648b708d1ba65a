import { describe, expect, it } from '@jest/globals';
import {
  countBy,
  groupNamed,
  membersOf,
  minute,
  ofKind,
  only,
  refusal,
  second,
  textAt,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { desiredOf, failuresOf, idOf, idsOf, setDesired, withMixedGroup } from './auto-scaling-under-test.ts';

const protectedMore = { NewInstancesProtectedFromScaleIn: true };

/** Three instances launched one after the other, oldest first. */
const oneByOne = async (more = {}) => {
  const under = worldUnderTest();
  withGroup(under, { size: 1, more });
  await under.pass(5 * minute);
  for (const size of [2, 3]) {
    setDesired(under, size);
    await under.pass(5 * minute);
  }
  return { under, ids: idsOf(under) };
};

const leftAfterOneWent = async (more = {}, wait = 0): Promise<number> => {
  const { under, ids } = await oneByOne(more);
  await under.pass(wait);
  setDesired(under, 2);
  await under.pass(3 * minute);
  const left = idsOf(under);
  return ids.findIndex((id) => !left.includes(id));
};

describe('scale-in', () => {
  it.each([
    ['OldestInstance', 0],
    ['NewestInstance', 2],
  ])('Auto Scaling user guide, termination policies: %s takes instance %i of three', async (policy, victim) => {
    expect(await leftAfterOneWent({ TerminationPolicies: [policy] })).toBe(victim);
  });

  it('Auto Scaling user guide, termination policies: the default takes the one closest to the next billing hour', async () => {
    // at 15, 10 and 5 minutes of age the oldest is closest; 47 minutes later it has just begun another hour
    expect(await leftAfterOneWent()).toBe(0);
    expect(await leftAfterOneWent({}, 47 * minute)).toBe(1);
  });

  it('Auto Scaling user guide, termination policies: the default takes instances of the oldest launch template first', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    await under.pass(5 * minute);
    setDesired(under, 2);
    await under.pass(57 * minute); // now the second is closer to its next hour
    under.call('ec2', 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'g-template',
      LaunchTemplateData: { InstanceType: 'm5.large', UserData: '' },
    });
    setDesired(under, 3);
    await under.pass(3 * minute);
    const newest = idsOf(under)[2];
    setDesired(under, 1);
    await under.pass(3 * minute);

    expect(idsOf(under)).toEqual([newest]);
  });

  it('Auto Scaling user guide, termination policies: keeps the zones balanced before anything else', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 7, zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });
    await under.pass(3 * minute);

    setDesired(under, 3);
    await under.pass(3 * minute);

    expect(Object.values(countBy(membersOf(under), 'AvailabilityZone'))).toEqual([1, 1, 1]);
  });

  it('Auto Scaling user guide, default termination policy and mixed instances groups: takes the market it has too many of, and its lower-priority types', async () => {
    const under = worldUnderTest();
    const end = under.world.setCapacityError({
      instanceTypes: ['m6i.large'],
      availabilityZones: [],
      market: undefined,
    });
    withMixedGroup(under, {
      types: ['m6i.large', 'm5.large'],
      distribution: { OnDemandBaseCapacity: 2, OnDemandPercentageAboveBaseCapacity: 50 },
      more: { DesiredCapacity: 1 },
    });
    await under.pass(3 * minute);
    end();
    setDesired(under, 6, 'm');
    await under.pass(3 * minute);
    const before = under.world.view.groups.get('m')?.tally;
    const was = { total: before?.total, spot: before?.spot };
    setDesired(under, 3, 'm');
    await under.pass(3 * minute);

    expect(was).toEqual({ total: 6, spot: 2 }); // 2 and half of 4 are On-Demand
    expect(under.world.view.groups.get('m')?.tally).toMatchObject({ total: 3, spot: 0 }); // 2 and half of 1, rounded up
    expect(countBy(membersOf(under, 'm'), 'InstanceType')).toEqual({ 'm6i.large': 3 });
  });

  it('Auto Scaling user guide, instance scale-in protection: skips protected instances', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 3 });
    await under.pass(3 * minute);
    const [, second] = idsOf(under);
    under.autoScaling('SetInstanceProtection', {
      AutoScalingGroupName: 'g',
      InstanceIds: [second],
      ProtectedFromScaleIn: true,
    });

    setDesired(under, 1);
    await under.pass(3 * minute);

    expect(idsOf(under)).toEqual([second]);
  });

  it('Auto Scaling user guide, instance scale-in protection: with all protected, desired is decremented, nothing terminates, and the activity says why', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 3, more: protectedMore });
    await under.pass(3 * minute);

    setDesired(under, 1);
    await under.pass(30 * minute);

    expect(groupNamed(under)).toMatchObject({ DesiredCapacity: 1 });
    expect(membersOf(under)).toHaveLength(3);
    expect(only(failuresOf(under))).toBe(
      'Could not scale to desired capacity because all remaining instances are protected from scale-in.',
    );
  });

  it('Auto Scaling user guide, instance scale-in protection: starts only when the instance is InService', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1, more: protectedMore });
    await under.pass(3 * minute);
    const [first] = idsOf(under);
    setDesired(under, 2);
    await under.pass(9 * second);
    const pending = membersOf(under).find((it) => textAt(it, 'LifecycleState') === 'Pending');
    const set = refusal(() =>
      under.autoScaling('SetInstanceProtection', {
        AutoScalingGroupName: 'g',
        InstanceIds: [idOf(pending)],
        ProtectedFromScaleIn: true,
      }),
    );

    setDesired(under, 1);
    await under.pass(3 * minute);

    expect(set).toContain('is not in InService or EnteringStandby or Standby');
    expect(idsOf(under)).toEqual([first]);
  });

  it('Auto Scaling user guide, instance scale-in protection: is lost on detach', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1, more: protectedMore });
    await under.pass(3 * minute);
    const it = under.world.view.groups.get('g')?.instances.get(idsOf(under)[0] ?? '');

    under.autoScaling('DetachInstances', {
      AutoScalingGroupName: 'g',
      InstanceIds: idsOf(under),
      ShouldDecrementDesiredCapacity: true,
    });

    expect(it).toMatchObject({ state: 'Detached', isProtected: false });
    expect(under.world.view.groups.get('g')?.tally.total).toBe(0);
  });
});

describe('TerminateInstanceInAutoScalingGroup', () => {
  it('Auto Scaling user guide, instance scale-in protection: is not stopped by it, nor are EC2 and health replacement', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 3, more: protectedMore });
    await under.pass(3 * minute);
    const [a, b, c] = idsOf(under);

    under.autoScaling('TerminateInstanceInAutoScalingGroup', { InstanceId: a, ShouldDecrementDesiredCapacity: true });
    under.call('ec2', 'TerminateInstances', { InstanceIds: [b] });
    under.autoScaling('SetInstanceHealth', { InstanceId: c, HealthStatus: 'Unhealthy' });
    await under.pass(5 * minute);

    expect(
      ofKind(under, 'instanceTerminated')
        .map((it) => it.ec2InstanceId)
        .sort(),
    ).toEqual([a, b, c].sort());
    expect(groupNamed(under)).toMatchObject({ DesiredCapacity: 2 });
    expect(membersOf(under)).toHaveLength(2);
  });

  it('Auto Scaling API, TerminateInstanceInAutoScalingGroup: takes up to 100 ids of one group', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 101, max: 200 });
    await under.pass(3 * minute);
    const ids = [...(under.world.view.groups.get('g')?.instances.keys() ?? [])];
    const terminate = (InstanceIds: readonly string[]) =>
      under.autoScaling('TerminateInstanceInAutoScalingGroup', {
        AutoScalingGroupName: 'g',
        InstanceIds,
        ShouldDecrementDesiredCapacity: true,
      });

    const tooMany = refusal(() => terminate(ids));
    const answer = terminate(ids.slice(0, 100));
    await under.pass(3 * minute);

    expect(tooMany).toContain('up to 100 instances');
    expect(answer['Activities']).toHaveLength(100);
    expect(idsOf(under)).toEqual([ids[100]]);
  });

  it('Auto Scaling API, TerminateInstanceInAutoScalingGroup: refuses to go below the minimum size', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 3, min: 2 });
    await under.pass(3 * minute);

    const answer = refusal(() =>
      under.autoScaling('TerminateInstanceInAutoScalingGroup', {
        AutoScalingGroupName: 'g',
        InstanceIds: idsOf(under).slice(0, 2),
        ShouldDecrementDesiredCapacity: true,
      }),
    );
    await under.pass(2 * minute);

    expect(answer).toContain("violate group's min size constraint");
    expect(desiredOf(under)).toBe(3);
    expect(ofKind(under, 'instanceTerminated')).toEqual([]);
  });

  it('Auto Scaling API, UpdateAutoScalingGroup: a refused update changes nothing', () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2 });

    const answer = refusal(() =>
      under.autoScaling('UpdateAutoScalingGroup', { AutoScalingGroupName: 'g', MaxSize: 5, DesiredCapacity: 9 }),
    );

    expect(answer).toContain('above max value 5');
    expect(groupNamed(under)).toMatchObject({ MaxSize: 20 });
  });
});
