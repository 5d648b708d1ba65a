import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attachPlan, type SetUpPlan, type Wanted } from '../../lib/contract/attach.ts';
import { detachPlan } from '../../lib/contract/detach.ts';
import { contractLacks } from '../../lib/model/group-contract.ts';
import type { GroupSetUp, SetUpChange } from '../../lib/model/group-set-up.ts';
import { after, instance, setUp } from './set-ups.ts';

const wanted: Wanted = { cluster: 'shop', lifecycleHookName: 'berth-drain', capacityProviders: [] };

const changesOf = (plan: SetUpPlan): readonly SetUpChange[] => {
  if (plan.kind === 'refused') throw new Error(plan.reason);
  return plan.changes;
};

const attach = (group: GroupSetUp): readonly SetUpChange[] => changesOf(attachPlan(group, wanted));
const detach = (group: GroupSetUp): readonly SetUpChange[] => changesOf(detachPlan(group, 'shop'));
const refusal = (plan: SetUpPlan): string => (plan.kind === 'refused' ? plan.reason : 'not refused');

const hook = (over: object = {}) => ({
  name: 'berth-drain',
  transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
  heartbeatSeconds: 120,
  defaultResult: 'ABANDON',
  ...over,
});

describe('attachPlan', () => {
  it('writes down how the group was before anything else, and opts it in last', () => {
    expect(attach(setUp()).map((change) => change.kind)).toEqual([
      'writeRecord',
      'putTerminationHook',
      'protectNewInstances',
      'protectInstances',
      'suspendProcess',
      'optIn',
    ]);
  });

  it('leaves nothing lacking', () => {
    const group = attach(setUp()).reduce(after, setUp());

    const terminationHooks = group.hooks.map((one) => one.name);
    expect(contractLacks(group, { terminationHooks, scalingPolicies: [] }, 'berth-drain')).toEqual([]);
  });

  it('has nothing to do for a group that is attached', () => {
    expect(attach(attach(setUp()).reduce(after, setUp()))).toEqual([]);
  });

  it('leaves a hook of the same name as it is', () => {
    const plan = attachPlan(setUp({ hooks: [hook()] }), wanted);

    expect(changesOf(plan).map((change) => change.kind)).not.toContain('putTerminationHook');
    expect(plan).toMatchObject({ kept: ['hook berth-drain: yours (120 s, then ABANDON)'] });
  });

  it('leaves AZRebalance alone in a group of one zone', () => {
    const kinds = attach(setUp({ availabilityZones: ['eu-west-1a'] })).map((change) => change.kind);
    expect(kinds).not.toContain('suspendProcess');
  });

  it('keeps the record in tags of at most 256 characters', () => {
    const ids = Array.from({ length: 60 }, (_, at) => `i-${String(at).padStart(17, '0')}`);
    const [record] = attach(
      setUp({ newInstancesProtectedFromScaleIn: true, instances: ids.map((id) => instance(id)) }),
    );

    const tags = record?.kind === 'writeRecord' ? record.tags : {};
    expect(Object.keys(tags)).toEqual([
      'berth:attached:hook',
      'berth:attached:01',
      'berth:attached:02',
      'berth:attached:03',
      'berth:attached:04',
      'berth:attached:05',
      'berth:attached',
    ]);
    expect(Math.max(...Object.values(tags).map((value) => value.length))).toBeLessThanOrEqual(256);
  });

  it.each<[string, Partial<GroupSetUp>, RegExp]>([
    [
      'a group of another cluster',
      { tags: { 'berth:cluster': 'bank' } },
      /berth detach --cluster bank --group workers/,
    ],
    ['a group of an operator', { conflicts: ['operator'] }, /operator/],
    ['a group that is being deleted', { conflicts: ['beingDeleted'] }, /being deleted/],
    [
      'a launch hook of the same name',
      { hooks: [hook({ transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' })] },
      /lifecycleHook/,
    ],
    ['a record of another version', { tags: { 'berth:attached': '9 tag' } }, /the version that wrote it/],
    [
      'a record with another hook',
      { tags: { 'berth:attached': '1 hook', 'berth:attached:hook': 'old-name' } },
      /detach it, then attach it again/,
    ],
    [
      'more differing instances than its tags can hold',
      {
        newInstancesProtectedFromScaleIn: true,
        instances: Array.from({ length: 700 }, (_, at) => instance(`i-${String(at).padStart(17, '0')}`)),
      },
      /700 instances/,
    ],
  ])('refuses %s and says what to do', (_, over, reason) => {
    expect(refusal(attachPlan(setUp(over), wanted))).toMatch(reason);
  });

  it('says what it cannot mend', () => {
    const plan = attachPlan(
      setUp({
        conflicts: ['weightedCapacity', 'launchSuspended'],
        scalingPolicies: ['cpu-40'],
        instances: [instance('i-1', false, 'Pending')],
      }),
      {
        ...wanted,
        capacityProviders: [
          {
            name: 'workers-provider',
            autoScalingGroupName: 'workers',
            managedScaling: true,
            managedTerminationProtection: false,
            managedDraining: true,
          },
        ],
      },
    );

    expect(plan).toMatchObject({
      left: [
        'its instance types have weights: its size is no count of instances',
        'another scaling policy also sizes it: cpu-40',
        'its process Launch is suspended: it cannot grow; resume it',
        expect.stringMatching(/workers-provider has managed scaling ENABLED/),
        expect.stringMatching(/^1 instance is still starting/),
      ],
    });
  });

  it('names the agent settings that fit the group', () => {
    const adviceOf = (over: Partial<GroupSetUp>): string => {
      const plan = attachPlan(setUp(over), wanted);
      return plan.kind === 'planned' ? plan.advice.join('\n') : '';
    };

    expect(adviceOf({})).not.toMatch(/SPOT|WARM/);
    expect(adviceOf({ hasSpot: true })).toMatch(/ECS_ENABLE_SPOT_INSTANCE_DRAINING=true/);
    expect(adviceOf({ hasWarmPool: true })).toMatch(/ECS_WARM_POOLS_CHECK=true/);
  });
});

describe('detachPlan', () => {
  it('opts the group out first, and forgets how it was last', () => {
    expect(detach(attach(setUp()).reduce(after, setUp())).map((change) => change.kind)).toEqual([
      'optOut',
      'deleteTerminationHook',
      'unprotectNewInstances',
      'unprotectInstances',
      'resumeProcess',
      'deleteRecord',
    ]);
  });

  it('has nothing to do for a group that is not attached', () => {
    expect(detach(setUp())).toEqual([]);
  });

  it('refuses a group that somebody else opted in', () => {
    expect(refusal(detachPlan(setUp({ tags: { 'berth:cluster': 'shop' } }), 'shop'))).toMatch(/nobody knows/);
  });

  it('refuses a group of another cluster', () => {
    const group = attach(setUp()).reduce(after, setUp());
    expect(refusal(detachPlan(group, 'bank'))).toMatch(/opts it in to cluster shop, not bank/);
  });

  it('removes the hook that was put, whatever berth.yml calls it by now', () => {
    const changes = attachPlan(setUp(), { ...wanted, lifecycleHookName: 'older' });
    const group = changesOf(changes).reduce(after, setUp());
    expect(detach(group)).toContainEqual({ kind: 'deleteTerminationHook', name: 'older' });
  });

  it('says that a tag that was there before stays', () => {
    const before = setUp({ tags: { 'berth:cluster': 'shop' } });
    const plan = detachPlan(attach(before).reduce(after, before), 'shop');
    expect(plan).toMatchObject({ kept: [expect.stringMatching(/^tag berth:cluster.*Berth sizes/)] });
  });

  it('says that instances wait for the hook it removes', () => {
    const attached = attach(setUp()).reduce(after, setUp());
    const plan = detachPlan({ ...attached, instances: [instance('i-1', true, 'Terminating:Wait')] }, 'shop');
    expect(plan).toMatchObject({ left: [expect.stringMatching(/end at once when it goes: i-1$/)] });
  });

  it('leaves instances as new ones were, those launched meanwhile too', () => {
    const attached = attach(setUp()).reduce(after, setUp());
    const grown = { ...attached, instances: [...attached.instances, instance('i-3', true)] };
    expect(detach(grown)).toContainEqual({ kind: 'unprotectInstances', ec2InstanceIds: ['i-1', 'i-2', 'i-3'] });
  });
});

/** As `detach`; of a group that only the user's own tag opts in there is nothing to take back. */
const takeBack = (group: GroupSetUp): readonly SetUpChange[] => {
  const plan = detachPlan(group, 'shop');
  return plan.kind === 'refused' && group.tags['berth:attached'] === undefined ? [] : changesOf(plan);
};

const groups: fc.Arbitrary<GroupSetUp> = fc
  .record({
    protectedOnes: fc.array(fc.boolean(), { maxLength: 30 }),
    newInstancesProtectedFromScaleIn: fc.boolean(),
    zones: fc.constantFrom(['a'], ['a', 'b']),
    suspendedProcesses: fc.subarray(['AZRebalance', 'HealthCheck', 'ReplaceUnhealthy']),
    hooks: fc.subarray([hook(), hook({ name: 'others' })]),
    isTagged: fc.boolean(),
  })
  .map((it) =>
    setUp({
      newInstancesProtectedFromScaleIn: it.newInstancesProtectedFromScaleIn,
      availabilityZones: it.zones,
      suspendedProcesses: it.suspendedProcesses,
      hooks: it.hooks,
      tags: it.isTagged ? { team: 'core', 'berth:cluster': 'shop' } : { team: 'core' },
      instances: it.protectedOnes.map((isProtected, at) => instance(`i-${String(at).padStart(17, '0')}`, isProtected)),
    }),
  );

describe('attach, then detach', () => {
  it('leaves a group as it was, wherever both were broken off and begun again', () => {
    fc.assert(
      fc.property(
        groups,
        fc.array(fc.nat(6), { maxLength: 3 }),
        fc.array(fc.nat(6), { maxLength: 3 }),
        (before, a, d) => {
          const brokenOff = (plan: typeof attach) => (group: GroupSetUp, at: number) =>
            plan(group).slice(0, at).reduce(after, group);
          const begun = a.reduce(brokenOff(attach), before);
          const attached = attach(begun).reduce(after, begun);
          const ending = d.reduce(brokenOff(takeBack), attached);

          const detached = takeBack(ending).reduce(after, ending);

          expect(detached).toEqual(before);
        },
      ),
    );
  });

  it('ends the same when an attach that was broken off is taken back', () => {
    fc.assert(
      fc.property(groups, fc.nat(7), (before, at) => {
        const begun = attach(before).slice(0, at).reduce(after, before);

        expect(takeBack(begun).reduce(after, begun)).toEqual(before);
      }),
    );
  });

  it('ends the same when a group is attached anew in the middle of a detach', () => {
    fc.assert(
      fc.property(groups, fc.nat(7), (before, at) => {
        const attached = attach(before).reduce(after, before);
        const half = takeBack(attached).slice(0, at).reduce(after, attached);

        const again = attach(half).reduce(after, half);

        expect(takeBack(again).reduce(after, again)).toEqual(before);
      }),
    );
  });
});
