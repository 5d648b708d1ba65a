import { describe, expect, it } from '@jest/globals';
import { number, objects, text } from '../../simulator/world/json.ts';
import {
  instancesOf,
  membersOf,
  minute,
  ofKind,
  only,
  second,
  userDataFor,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { setDesired } from './auto-scaling-under-test.ts';

const registeredMemory = (instance: ReturnType<typeof instancesOf>[number]): number | undefined =>
  number((objects(instance, 'registeredResources') ?? []).find((it) => it['name'] === 'MEMORY') ?? {}, 'integerValue');

const attribute = (instance: ReturnType<typeof instancesOf>[number], name: string): string | undefined =>
  text((objects(instance, 'attributes') ?? []).find((it) => it['name'] === name) ?? {}, 'value');

describe('the ECS agent of an instance', () => {
  it('starts as long after the launch as the boot time of its group says', async () => {
    const under = worldUnderTest();
    under.world.setBootTime('slow', { low: 240 * second, high: 300 * second });
    withGroup(under, { size: 5 });
    withGroup(under, { size: 5, name: 'slow' });
    await under.pass(6 * minute);

    const times = (group: string): readonly number[] => {
      const of = ofKind(under, 'instance').filter((it) => it.group === group);
      return of
        .filter((it) => it.change === 'booted')
        .map(
          (it) =>
            it.at - (of.find((one) => one.ec2InstanceId === it.ec2InstanceId && one.change === 'launched')?.at ?? 0),
        );
    };
    expect(times('slow')).toHaveLength(5);
    expect(Math.min(...times('slow'))).toBeGreaterThanOrEqual(240 * second);
    expect(Math.max(...times('slow'))).toBeLessThanOrEqual(300 * second);
    expect(Math.max(...times('g'))).toBeLessThanOrEqual(under.world.constants.instanceBootMs.high);
  });

  it('never registers in a share of what is launched meanwhile; Auto Scaling does not notice', async () => {
    const under = worldUnderTest();
    const end = under.world.setRegistrationFailures(0.5);
    withGroup(under, { size: 40, max: 50 });
    await under.pass(10 * minute);
    const during = instancesOf(under).length;
    end();
    setDesired(under, 50);
    await under.pass(10 * minute);

    expect(membersOf(under).every((it) => it['LifecycleState'] === 'InService')).toBe(true);
    expect(during).toBeGreaterThan(10);
    expect(during).toBeLessThan(30);
    expect(instancesOf(under)).toHaveLength(during + 10);
  });

  it('never registers at a share of one', async () => {
    const under = worldUnderTest();
    under.world.setRegistrationFailures(1);
    withGroup(under, { size: 3 });
    await under.pass(10 * minute);

    expect(membersOf(under)).toHaveLength(3);
    expect(instancesOf(under)).toEqual([]);
  });

  it('ECS developer guide, container agent configuration: takes cluster, attributes and reserved memory from user data', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    const userData = userDataFor(
      'c',
      `echo 'ECS_INSTANCE_ATTRIBUTES={"stack":"blue","rack":"7"}' >> /etc/ecs/ecs.config
cat <<'EOF' >> /etc/ecs/ecs.config
ECS_RESERVED_MEMORY=512
EOF`,
    );
    withGroup(under, { size: 1, name: 'own', userData });
    await under.pass(3 * minute);

    const [first, other] = instancesOf(under).toSorted(
      (a, b) => (registeredMemory(b) ?? 0) - (registeredMemory(a) ?? 0),
    );
    expect((registeredMemory(first ?? {}) ?? 0) - (registeredMemory(other ?? {}) ?? 0)).toBe(512);
    expect(attribute(other ?? {}, 'stack')).toBe('blue');
    expect(attribute(other ?? {}, 'rack')).toBe('7');
    expect(attribute(first ?? {}, 'stack')).toBeUndefined();
  });

  it.each([
    [
      'as echo "..." escapes them',
      String.raw`echo "ECS_INSTANCE_ATTRIBUTES={\"stack\":\"blue\"}" >> /etc/ecs/ecs.config`,
    ],
    ['in quotes of their own', `echo ECS_INSTANCE_ATTRIBUTES='{"stack":"blue"}' >> /etc/ecs/ecs.config`],
  ])('reads attributes %s', async (_, line) => {
    const under = worldUnderTest();
    withGroup(under, { size: 1, userData: userDataFor('c', line) });
    await under.pass(3 * minute);

    expect(attribute(only(instancesOf(under)), 'stack')).toBe('blue');
  });

  it('ECS developer guide, container agent configuration: ECS_CLUSTER is default unless given', async () => {
    const under = worldUnderTest();
    under.ecs('CreateCluster', { clusterName: 'default' });
    withGroup(under, { size: 1, userData: Buffer.from('#!/bin/bash\n').toString('base64') });
    await under.pass(3 * minute);

    expect(under.ecs('ListContainerInstances', { cluster: 'default' })['containerInstanceArns']).toHaveLength(1);
    expect(instancesOf(under)).toEqual([]);
  });

  it('does not start with attributes it cannot read', async () => {
    const under = worldUnderTest();
    withGroup(under, {
      size: 1,
      userData: userDataFor('c', 'echo ECS_INSTANCE_ATTRIBUTES={stack:blue} >> /etc/ecs/ecs.config'),
    });
    await under.pass(10 * minute);

    expect(membersOf(under)).toHaveLength(1);
    expect(instancesOf(under)).toEqual([]);
  });
});
