import { describe, expect, it } from '@jest/globals';
import type { AutoScalingGroup } from '../../lib/model/auto-scaling-group.ts';
import { type ClusterMemory, type GroupSurroundings, noMemory } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { group, input, instance, member, now, service, settings } from '../support/builders.ts';

const open = { protectedFromScaleIn: false };
const zones = ['eu-west-1a', 'eu-west-1b'];
const surroundings: GroupSurroundings = { group: 'web', hooks: [], scalingPolicies: [], isRefreshing: false };
const attach = 'npx berth attach --cluster main --group web';

const longEmpty: ClusterMemory = {
  ...noMemory,
  emptySince: Object.fromEntries([1, 2, 3].map((n) => [`i-${n}`, now - 60 * minuteMs])),
};

/** Three empty instances, of which nothing needs any, in act mode. */
const emptied = (over: Partial<AutoScalingGroup>, unprotected: readonly number[] = [], around = surroundings) => {
  const members = [1, 2, 3].map((n) => member(n, unprotected.includes(n) ? open : {}));
  const containerInstances = [1, 2, 3].map((n) => instance(n, { registeredAt: now - 90 * minuteMs }));
  const observation: Partial<Observation> = {
    containerInstances,
    groups: [group(members, over)],
    surroundings: [around],
  };
  const plan = planCluster(
    input(observation, { memory: longEmpty, settings: settings({ mode: 'act', quietTimeMs: minuteMs }) }),
  );
  return {
    notices: plan.notices,
    drained: plan.steps.flatMap((it) => (it.kind === 'drainInstances' ? it.instances : [])).length,
    reasons: plan.instances.flatMap(({ verdict }) => (verdict.kind === 'keep' ? verdict.reason : [])),
    details: plan.instances.flatMap(({ verdict }) => (verdict.kind === 'keep' ? verdict.detail : [])),
  };
};

/** Tasks without room, in act mode. */
const lacking = (over: Partial<AutoScalingGroup>, around = surroundings) => {
  const containerInstances = [instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 })];
  const plan = planCluster(
    input(
      { containerInstances, services: [service(4)], groups: [group([member(1)], over)], surroundings: [around] },
      { settings: settings({ mode: 'act' }) },
    ),
  );
  return { notices: plan.notices, sized: plan.steps.filter((it) => it.kind === 'setGroupDesiredCapacity') };
};

describe('a group in act mode that does not keep its contract', () => {
  it('loses empty instances where it does', () => {
    expect(emptied({ availabilityZones: zones }).drained).toBeGreaterThan(0);
  });

  it('loses none where it would even out its zones by ending an instance that nobody chose', () => {
    const { drained, reasons, details, notices } = emptied({ availabilityZones: zones }, [2]);

    expect(drained).toBe(0);
    expect(new Set(reasons)).toEqual(new Set(['groupConflict']));
    expect(details[0]).toContain('AZRebalance is not suspended');
    expect(details[0]).toContain(attach);
    expect(notices.filter((it) => it.includes(attach)).length).toBeGreaterThan(0);
  });

  it.each<[string, Partial<AutoScalingGroup>]>([
    ['AZRebalance is suspended', { availabilityZones: zones, suspendedProcesses: ['AZRebalance'] }],
    ['it has one zone', {}],
  ])('loses the others where one is unprotected and %s', (_, over) => {
    expect(emptied(over, [2]).drained).toBeGreaterThan(0);
  });

  it('loses none, and is not made larger, beside another scaling policy', () => {
    const others = { ...surroundings, scalingPolicies: ['cpu'] };

    expect(emptied({}, [], others)).toMatchObject({ drained: 0 });
    const { sized, notices } = lacking({}, others);
    expect(sized).toEqual([]);
    expect(notices.join()).toContain('cpu; delete or disable the policy');
  });

  it.each<[string, Partial<AutoScalingGroup>, string]>([
    [
      'gives new instances no protection',
      { newInstancesProtectedFromScaleIn: false },
      'new instances are not protected',
    ],
    ['has an unprotected instance', { instances: [member(1, open)] }, '1 of its instances is not protected'],
    ['has no termination hook', {}, 'it has no termination hook berth-drain'],
    ['evens out its zones', { instances: [member(1, open)], availabilityZones: zones }, 'AZRebalance is not suspended'],
  ])('is made larger where it %s, and says so with the remedy', (_, over, text) => {
    const { sized, notices } = lacking(over);

    expect(sized).toHaveLength(1);
    expect(notices.find((it) => it.includes(text))).toContain(attach);
  });
});
