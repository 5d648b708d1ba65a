import { describe, expect, it } from '@jest/globals';
import { describeViolation } from '../../simulator/laws/law.ts';
import { watchWorldLaws } from '../../simulator/laws/world-laws.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import type { WorldConstants } from '../../simulator/world/constants.ts';
import {
  type GroupOptions,
  instancesOf,
  membersOf,
  minute,
  refusal,
  start,
  textAt,
  type UnderTest,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from '../world/world-under-test.ts';

interface Watched extends UnderTest {
  readonly broken: () => readonly string[];
  as(caller: string, operation: string, input: JsonObject): JsonObject;
}

const watched = async (options: GroupOptions, constants: Partial<WorldConstants> = {}): Promise<Watched> => {
  const under = worldUnderTest(1, { apiThrottling: false, ...constants });
  const violations = watchWorldLaws(under.world, (caller) => caller === 'controller');
  withGroup(under, options);
  await under.pass(5 * minute);
  return {
    ...under,
    broken: () => violations().map((it) => `${it.law}: ${it.detail}`),
    as: (caller, operation, input) =>
      under.call(operation.startsWith('UpdateContainer') ? 'ecs' : 'autoscaling', operation, input, caller),
  };
};

const resize = (it: Watched, DesiredCapacity: number, caller = 'controller'): string =>
  refusal(() => it.as(caller, 'SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity }));

const idOf = (it: Watched, n = 0): string => textAt(membersOf(it)[n], 'InstanceId');

const terminate = (it: Watched, InstanceId: string, caller = 'controller'): string =>
  refusal(() =>
    it.as(caller, 'TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: true }),
  );

const setStatus = (it: Watched, ec2InstanceId: string, status: string, caller: string): void => {
  const instance = instancesOf(it).find((one) => one['ec2InstanceId'] === ec2InstanceId);
  const containerInstances = [textAt(instance, 'containerInstanceArn')];
  it.as(caller, 'UpdateContainerInstancesState', { cluster: 'c', containerInstances, status });
};

const withTask = async (it: Watched): Promise<void> => {
  withDefinition(it, 'api', { cpu: 1_024 });
  withService(it, 'api', 1);
  await it.pass(2 * minute);
};

describe('law 1, a group’s bounds', () => {
  it.each([
    ['above the maximum', 6, '1: SetDesiredCapacity (refused) takes group g to 6, which may have 1 to 5'],
    ['below the minimum', 0, '1: SetDesiredCapacity (refused) takes group g to 0, which may have 1 to 5'],
  ])('is broken by a call %s', async (_where, size, said) => {
    const it = await watched({ size: 2, min: 1, max: 5 });

    expect(resize(it, size)).toContain('ValidationError');
    expect(it.broken()).toEqual([said]);
  });

  it('is broken by a termination that would leave fewer than the minimum', async () => {
    const it = await watched({ size: 2, min: 2 });

    expect(terminate(it, idOf(it))).toContain('ValidationError');
    expect(it.broken()).toEqual([
      '1: TerminateInstanceInAutoScalingGroup (refused) takes group g to 1, which may have 2 to 20',
    ]);
  });

  it('is kept up to the bounds, and where somebody else goes beyond', async () => {
    const it = await watched({ size: 2, min: 1, max: 5 });
    resize(it, 5);
    await it.pass(5 * minute);
    terminate(it, idOf(it));
    resize(it, 1);
    resize(it, 9, 'somebody');
    await it.pass(5 * minute);

    expect(it.broken()).toEqual([]);
  });

  it('is not broken by a refusal that has nothing to do with sizes', async () => {
    const it = await watched({ size: 1, min: 1 });

    expect(terminate(it, 'i-0')).toContain('ValidationError');
    expect(it.broken()).toEqual([]);
  });
});

const holding = {
  LifecycleHookSpecificationList: [
    {
      LifecycleHookName: 'hook',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 900,
    },
  ],
};

describe('law 2, live tasks', () => {
  it('is broken by the termination of an instance that works', async () => {
    const it = await watched({ size: 1 });
    await withTask(it);
    terminate(it, idOf(it));

    expect(it.broken()).toEqual([expect.stringMatching(/^2: i-\w+ of g is terminated by Terminate.* live tasks: arn/)]);
  });

  it('is broken by a size that makes the group terminate one', async () => {
    const it = await watched({ size: 1 });
    await withTask(it);
    resize(it, 0);
    await it.pass(minute);

    expect(it.broken()).toEqual([expect.stringMatching(/^2: .* by SetDesiredCapacity/)]);
  });

  it('is broken by letting one go that somebody else terminates', async () => {
    const it = await watched({ size: 1, more: holding });
    await withTask(it);
    const InstanceId = idOf(it);
    terminate(it, InstanceId, 'somebody');
    it.as('controller', 'CompleteLifecycleAction', {
      AutoScalingGroupName: 'g',
      LifecycleHookName: 'hook',
      LifecycleActionResult: 'CONTINUE',
      InstanceId,
    });

    expect(it.broken()).toEqual([expect.stringMatching(/^2: i-\w+ of g is let go with live tasks/)]);
  });

  it('is kept where it is empty, holds daemons only, or the outside world ends it', async () => {
    const it = await watched({ size: 3 });
    withDefinition(it, 'daemon');
    withService(it, 'daemon', 0, { schedulingStrategy: 'DAEMON' });
    await it.pass(2 * minute);
    terminate(it, idOf(it));
    await it.pass(2 * minute);
    await withTask(it);
    const atWork = instancesOf(it).find((one) => one['runningTasksCount'] === 2);
    it.world.killInstance(textAt(atWork, 'ec2InstanceId'));
    await it.pass(5 * minute);
    terminate(it, idOf(it), 'somebody');

    expect(it.broken()).toEqual([]);
  });
});

describe('law 9, what people did', () => {
  it('is broken by restoring an instance that a person drained', async () => {
    const it = await watched({ size: 1 });
    setStatus(it, idOf(it), 'DRAINING', 'somebody');
    setStatus(it, idOf(it), 'ACTIVE', 'controller');

    expect(it.broken()).toEqual([expect.stringMatching(/^9: makes i-\w+ ACTIVE, drained by somebody/)]);
  });

  it('is broken by terminating an instance that a person drained', async () => {
    const it = await watched({ size: 1 });
    setStatus(it, idOf(it), 'DRAINING', 'somebody');
    terminate(it, idOf(it));

    expect(it.broken()).toEqual([expect.stringMatching(/^9: terminates i-\w+, drained by somebody/)]);
  });

  it('is kept with the controller’s own drains, and once the person has ended theirs', async () => {
    const it = await watched({ size: 3 });
    const [one, two, three] = [idOf(it, 0), idOf(it, 1), idOf(it, 2)];
    setStatus(it, one, 'DRAINING', 'controller');
    setStatus(it, one, 'ACTIVE', 'controller');
    setStatus(it, two, 'DRAINING', 'controller');
    terminate(it, two);
    setStatus(it, three, 'DRAINING', 'somebody');
    setStatus(it, three, 'ACTIVE', 'somebody');
    terminate(it, three);

    expect(it.broken()).toEqual([]);
  });

  const protect = (it: Watched, InstanceId: string, caller: string, ProtectedFromScaleIn = true): void => {
    const InstanceIds = [InstanceId];
    it.as(caller, 'SetInstanceProtection', { AutoScalingGroupName: 'g', InstanceIds, ProtectedFromScaleIn });
  };

  it('is broken by taking a person’s protection away, or terminating all the same', async () => {
    const it = await watched({ size: 1 });
    protect(it, idOf(it), 'somebody');
    protect(it, idOf(it), 'controller', false);
    terminate(it, idOf(it));

    expect(it.broken()).toEqual([
      expect.stringMatching(/^9: takes the protection of somebody from i-/),
      expect.stringMatching(/^9: terminates i-\w+, protected by somebody/),
    ]);
  });

  it('is kept where the person has taken it away, or the group protects every new instance', async () => {
    const it = await watched({ size: 2 });
    protect(it, idOf(it), 'somebody');
    protect(it, idOf(it), 'somebody', false);
    terminate(it, idOf(it));
    const other = await watched({ size: 2, more: { NewInstancesProtectedFromScaleIn: true } });
    protect(other, idOf(other), 'somebody');
    terminate(other, idOf(other));

    expect([...it.broken(), ...other.broken()]).toEqual([]);
  });
});

describe('law 9 where EC2 takes an instance back', () => {
  it('is kept by its end, and broken by that of another', async () => {
    const it = await watched({ size: 2 });
    const [one, two] = [idOf(it, 0), idOf(it, 1)];
    for (const id of [one, two]) setStatus(it, id, 'DRAINING', 'somebody');
    it.world.interruptSpot(one);
    terminate(it, one);
    terminate(it, two);

    expect(it.broken()).toEqual([`9: terminates ${two}, drained by somebody`]);
  });

  it('is broken by making it ACTIVE again', async () => {
    const it = await watched({ size: 1 });
    setStatus(it, idOf(it), 'DRAINING', 'somebody');
    it.world.interruptSpot(idOf(it));
    setStatus(it, idOf(it), 'ACTIVE', 'controller');

    expect(it.broken()).toEqual([expect.stringMatching(/^9: makes i-\w+ ACTIVE, drained by somebody/)]);
  });
});

describe('law 10, the launch budget', () => {
  it('is broken by launching again and again what leads to nothing', async () => {
    const it = await watched({ size: 0, max: 3 });
    for (let round = 0; round < 5; round++) {
      resize(it, 2);
      await it.pass(3 * minute);
      resize(it, 0);
      await it.pass(3 * minute);
    }

    expect(it.broken()).toEqual(['10: launches in g, where 4 launches of the last hour were in vain and 3 may be']);
  });

  it('is broken by launches that never register, however young they are when they end', async () => {
    const it = await watched({ size: 0, max: 1, userData: '' });
    for (let round = 0; round < 3; round++) {
      resize(it, 1);
      await it.pass(minute);
      resize(it, 0);
      await it.pass(minute);
    }

    expect(it.broken()).toHaveLength(1);
  });

  it('is kept by as many launches that have a task run on them', async () => {
    const it = await watched({ size: 0, max: 1 });
    withDefinition(it, 'api', { cpu: 2_048 });
    withService(it, 'api', 0);
    for (let round = 0; round < 4; round++) {
      it.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: 1 });
      resize(it, 1);
      await it.pass(5 * minute);
      it.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: 0 });
      await it.pass(2 * minute);
      resize(it, 0);
      await it.pass(3 * minute);
    }

    expect(it.broken()).toEqual([]);
  });

  it('is kept by one launch, however often Auto Scaling asks EC2 for it in vain', async () => {
    const it = await watched({ size: 0, max: 2 });
    const end = it.world.setCapacityError({ instanceTypes: [], availabilityZones: [], market: undefined });
    resize(it, 1);
    await it.pass(40 * minute);
    end();
    await it.pass(20 * minute);

    expect(membersOf(it)).toHaveLength(1);
    expect(it.broken()).toEqual([]);
  });

  it('is kept by others’ launches, and by as many in vain over some hours', async () => {
    const it = await watched({ size: 0, max: 1 });
    for (let round = 0; round < 4; round++) {
      resize(it, 1, 'somebody');
      await it.pass(3 * minute);
      resize(it, 0, 'somebody');
      resize(it, 1);
      await it.pass(40 * minute);
      resize(it, 0);
      await it.pass(20 * minute);
    }

    expect(it.broken()).toEqual([]);
  });
});

describe('a violation', () => {
  it('says which law, where, when and how to see it again', () => {
    const text = describeViolation(
      { law: '8', atMs: start, detail: 'drains i-1' },
      {
        scenario: 'daily',
        controller: 'berth',
        seed: 7,
        step: 12,
        replay: 'npx berth simulate daily.yml --seed 7',
        input: { a: 1 },
        plan: undefined,
      },
    );

    expect(text.split('\n')).toEqual([
      'observation: {"a":1}',
      'Law 8 is broken: A stale or partial view never scales in.',
      '  drains i-1',
      '  at 2026-01-01T00:00:00.000Z, step 12, scenario daily, controller berth, seed 7',
      '  again: npx berth simulate daily.yml --seed 7',
    ]);
  });
});
