import { describe, expect, it } from '@jest/globals';
import { type Course, cluster, courseOf, minute } from '../support/course.ts';
import { largeGroup, packedService } from '../support/scenarios.ts';

const perInstance = 4;

/** So many instances of a group that may have 1 to 10, each full with four tasks of `api`, at rest. */
const full = async (
  instances: number,
  {
    defaults = {},
    minSize = 1,
  }: { readonly defaults?: Readonly<Record<string, unknown>>; readonly minSize?: number } = {},
): Promise<Course> => {
  const count = instances * perInstance;
  const course = await courseOf(
    {
      groups: { web: largeGroup(minSize, 10, instances) },
      services: { api: packedService(512, 1_024, { count }), extra: packedService(512, 1_024, { count: 0 }) },
    },
    { defaults: { peakWindow: '0s', ...defaults } },
  );
  await course.until(() => course.running('api') === count, 10);
  await course.pass(10);
  expect(course.size()).toBe(instances);
  return course;
};

const setStatus = ({ person }: Course, arn: string, status: 'ACTIVE' | 'DRAINING'): void => {
  person('ecs', 'UpdateContainerInstancesState', { cluster, containerInstances: [arn], status });
};

const setSize = ({ person }: Course, DesiredCapacity: number): void => {
  person('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'web', DesiredCapacity });
};

/** What Berth called since, each call once. */
const calledSince = (course: Course, at: number): readonly string[] =>
  [...new Set(course.writes().flatMap((it) => (it.at >= at ? [it.operation] : [])))].sort();

const naming = (course: Course, ...ids: readonly string[]): readonly string[] =>
  course.writes().flatMap((it) => (ids.some((id) => JSON.stringify(it.input).includes(id)) ? [it.operation] : []));

/** What every group was said to need people’s eyes for since. */
const notesSince = (course: Course, at: number): readonly string[] => [
  ...new Set(
    course.decisions
      .filter((it) => it.plan.observedAt >= at)
      .flatMap(({ plan }) => [...plan.groups.flatMap((it) => it.note ?? []), ...plan.notices]),
  ),
];

const firstOf = (course: Course) => {
  const [first] = course.instances();
  if (first === undefined) throw new Error('no instance');
  return first;
};

describe('an instance that a person drains', () => {
  it('is never touched; what it runs is demand elsewhere, and it is no supply', async () => {
    const course = await full(3);
    const { id, arn } = firstOf(course);
    setStatus(course, arn, 'DRAINING');
    await course.pass(60);

    expect(course.instances().find((it) => it.id === id)).toMatchObject({ status: 'DRAINING', holds: [] });
    expect(naming(course, id, arn)).toEqual([]);
    expect(course.verdict(id)).toMatchObject({ kind: 'keep', reason: 'foreignDrain' });
    expect(course.size()).toBe(4);
    expect(course.running('api')).toBe(12);
    expect(course.broken()).toEqual([]);
  });

  it('is Berth’s again once the person makes it ACTIVE: there is one too many, and one leaves', async () => {
    const course = await full(3);
    const { id, arn } = firstOf(course);
    setStatus(course, arn, 'DRAINING');
    await course.pass(20);
    setStatus(course, arn, 'ACTIVE');
    await course.pass(15);

    expect(course.verdict(id) ?? {}).not.toMatchObject({ reason: 'foreignDrain' }); // it may be the one that left
    expect(course.size()).toBe(3);
    expect(course.broken()).toEqual([]);
  });
});

describe('a drain of Berth’s that a person takes back', () => {
  const drainedByBerth = (course: Course, id: string) =>
    course.records('containerInstance').filter((it) => it.change === 'DRAINING' && it.ec2InstanceId === id);

  /** ECS can neither stop nor start a task of such a service, so its tasks stay on an instance that drains. */
  const whole = { minimumHealthyPercent: 100, maximumPercent: 100 };

  it('of an empty instance is given up, said, and the instance left alone for half an hour', async () => {
    const course = await full(2);
    course.setCount('extra', 4);
    await course.until(() => course.running('extra') === 4, 5);
    await course.pass(3);
    course.setCount('extra', 0);
    await course.until(() => course.decisions.at(-1)?.plan.drains[0]?.state === 'emptied', 20);
    const { ec2InstanceId: id = '', containerInstanceArn: arn = '' } = course.decisions.at(-1)?.plan.drains[0] ?? {};
    const at = course.now();
    setStatus(course, arn, 'ACTIVE');
    await course.pass(25);

    expect(course.verdict(id)).toMatchObject({ kind: 'keep', reason: 'recentlyAbandoned' });
    expect(drainedByBerth(course, id).filter((it) => it.at >= at)).toEqual([]);
    await course.pass(15);
    expect(course.size()).toBe(2);
    expect(course.broken()).toEqual([]);
  });

  it('of an instance that still runs tasks is given up, whoever asked for the drain', async () => {
    const course = await full(3);
    const { id, arn } = firstOf(course);
    course.person('ecs', 'UpdateService', { cluster, service: 'api', deploymentConfiguration: whole });
    await course.pass(1);
    course.byHand({ action: 'drain', instances: [id] });
    await course.until(() => drainedByBerth(course, id).length > 0, 1);
    setStatus(course, arn, 'ACTIVE');
    await course.pass(30);
    const before = drainedByBerth(course, id).length;
    await course.pass(10);

    expect(drainedByBerth(course, id)).toHaveLength(before);
    expect(before).toBeLessThan(4);
    expect(course.instances().find((it) => it.id === id)).toMatchObject({ status: 'ACTIVE' });
    expect(course.broken()).toEqual([]);
  });
});

describe('scale-in protection', () => {
  it('that a person sets, in a group that does not protect new instances, keeps an instance, empty or not', async () => {
    const course = await full(3);
    course.person('autoscaling', 'UpdateAutoScalingGroup', {
      AutoScalingGroupName: 'web',
      NewInstancesProtectedFromScaleIn: false,
    });
    const ids = course.instances().map((it) => it.id);
    const protect = (InstanceIds: readonly string[], ProtectedFromScaleIn: boolean): void => {
      course.person('autoscaling', 'SetInstanceProtection', {
        AutoScalingGroupName: 'web',
        InstanceIds,
        ProtectedFromScaleIn,
      });
    };
    protect(ids.slice(1), false);
    const [id = ''] = ids;
    course.setCount('api', 0);
    await course.pass(30);

    expect(course.instances().map((it) => it.id)).toEqual([id]);
    expect(naming(course, id)).toEqual([]);
    expect(course.broken()).toEqual([]);
  });

  it('holds an instance that is empty, however long, while others leave', async () => {
    const course = await full(3, { minSize: 0 });
    course.person('autoscaling', 'UpdateAutoScalingGroup', {
      AutoScalingGroupName: 'web',
      NewInstancesProtectedFromScaleIn: false,
    });
    course.setCount('api', 0);
    await course.pass(60);

    expect(course.size()).toBe(3);
    for (const { id } of course.instances())
      expect(course.verdict(id)).toMatchObject({ kind: 'keep', reason: 'scaleInProtected' });
    expect(course.broken()).toEqual([]);
  });
});

describe('a desired capacity', () => {
  it('that a person raises is kept for an hour, and says so; so many instances leave then, once, as are not needed', async () => {
    const course = await full(3);
    const at = course.now();
    setSize(course, 5);
    await course.pass(55);

    expect(course.size()).toBe(5);
    expect(
      course
        .instances()
        .filter((it) => it.holds.length === 0)
        .map((it) => course.verdict(it.id)),
    ).toEqual(
      Array.from({ length: 2 }, () =>
        expect.objectContaining({
          reason: 'groupMinimum',
          detail: expect.stringContaining('somebody else raised its desired capacity to 5'),
        }),
      ),
    );
    await course.pass(35);

    expect(calledSince(course, at)).not.toContain('SetDesiredCapacity');
    expect(course.records('instance').filter((it) => it.at >= at && it.change === 'requested')).toHaveLength(2);
    expect(course.records('instanceTerminated').filter((it) => it.at >= at)).toHaveLength(2);
    expect(course.size()).toBe(3);
    expect(course.running('api')).toBe(12);
    expect(course.broken()).toEqual([]);
  });

  it('that a person raises by the minimum is kept', async () => {
    const course = await full(3);
    course.person('autoscaling', 'UpdateAutoScalingGroup', { AutoScalingGroupName: 'web', MinSize: 5 });
    await course.pass(60);

    expect(course.size()).toBe(5);
    expect(
      course
        .instances()
        .filter((it) => it.holds.length === 0)
        .map((it) => course.verdict(it.id)),
    ).toEqual([
      expect.objectContaining({ reason: 'groupMinimum' }),
      expect.objectContaining({ reason: 'groupMinimum' }),
    ]);
    expect(course.broken()).toEqual([]);
  });

  it('that a person lowers is not raised again, as long as no task lacks a place; no task is stopped', async () => {
    const course = await full(3);
    const at = course.now();
    setSize(course, 1);
    await course.pass(60);

    expect(calledSince(course, at)).toEqual([]);
    expect(notesSince(course, at)).toEqual([
      expect.stringContaining('desired capacity is 1, fewer than its 3 instances'),
    ]);
    expect(course.size()).toBe(1);
    expect(course.instances()).toHaveLength(3);
    expect(course.running('api')).toBe(12);
    expect(course.broken()).toEqual([]);
  });

  it('that a person lowers below what Berth has just asked for is followed, said, and asked for again for tasks alone', async () => {
    const course = await full(3);
    course.setCount('api', 20);
    await course.until(() => course.size() === 5, 3);
    const at = course.now();
    setSize(course, 4);
    await course.pass(15);

    expect(notesSince(course, at)).toContainEqual(expect.stringContaining('by somebody else'));
    expect(course.running('api')).toBe(20);
    expect(course.size()).toBe(5);
    expect(course.broken()).toEqual([]);
  });
});

describe('Standby', () => {
  it('of an instance is left to the person, who ends it', async () => {
    const course = await full(3);
    const { id, arn } = firstOf(course);
    setStatus(course, arn, 'DRAINING');
    await course.pass(10);
    course.person('autoscaling', 'EnterStandby', {
      AutoScalingGroupName: 'web',
      InstanceIds: [id],
      ShouldDecrementDesiredCapacity: true,
    });
    await course.pass(60);

    expect(naming(course, id, arn)).toEqual([]);
    expect(course.verdict(id)).toMatchObject({ kind: 'keep' });
    expect(course.instances().map((it) => it.id)).toContain(id);
    expect(course.running('api')).toBe(12);
    expect(course.broken()).toEqual([]);
  });

  it('of an empty ACTIVE instance keeps it, and its room is used where ECS uses it', async () => {
    const course = await full(3);
    const { id, arn } = firstOf(course);
    course.person('autoscaling', 'EnterStandby', {
      AutoScalingGroupName: 'web',
      InstanceIds: [id],
      ShouldDecrementDesiredCapacity: true,
    });
    course.setCount('api', 4);
    await course.pass(60);

    expect(naming(course, id, arn)).toEqual([]);
    expect(course.verdict(id)).toMatchObject({ kind: 'keep', reason: 'standby' });
    expect(course.broken()).toEqual([]);
  });
});

describe('a pause', () => {
  it('of scale-in keeps what is empty, lets groups grow, and is over with resume', async () => {
    const course = await full(3);
    course.byHand({ action: 'pause', what: 'scaleIn' });
    course.setCount('api', 8);
    await course.pass(30);
    expect(course.size()).toBe(3);
    expect(course.instances().map((it) => course.verdict(it.id))).toContainEqual(
      expect.objectContaining({ kind: 'keep', reason: 'paused' }),
    );
    course.setCount('api', 16);
    await course.pass(5);
    expect(course.running('api')).toBe(16);
    course.setCount('api', 4);
    await course.pass(10);
    expect(course.size()).toBe(4);

    course.byHand({ action: 'resume' });
    await course.pass(10);
    expect(course.size()).toBe(1);
    expect(course.broken()).toEqual([]);
  });

  it('of everything changes nothing at all until it is over, and then at once what is due', async () => {
    const course = await full(3);
    course.byHand({ action: 'pause', what: 'all', until: '30m' });
    await course.pass(1);
    const at = course.now();
    course.setCount('api', 16);
    await course.pass(25);
    expect(calledSince(course, at)).toEqual([]);
    expect(course.decisions.at(-1)?.plan.demand).toMatchObject([{ tasks: 4 }]);

    await course.pass(8);
    expect(course.running('api')).toBe(16);
    expect(course.size()).toBe(4);
    expect(course.broken()).toEqual([]);
  });
});

describe('a service', () => {
  it('is never written to: Berth makes room, what a service wants is people’s', async () => {
    const course = await full(3);
    course.setCount('api', 20);
    await course.pass(10);
    course.setCount('api', 2);
    await course.pass(30);

    expect(course.size()).toBe(1);
    expect(calledSince(course, 0)).toEqual([
      'CompleteLifecycleAction',
      'SetDesiredCapacity',
      'TagResource',
      'TerminateInstanceInAutoScalingGroup',
      'UpdateContainerInstancesState',
    ]);
    expect(course.broken()).toEqual([]);
  });
});

describe('observe mode', () => {
  /** Growth, a deployment, surplus, a spot warning and a termination by hand: all that Berth would act on. */
  const lively = (course: Course): void => {
    course.at(2 * minute, () => {
      course.setCount('api', 16);
    });
    course.at(15 * minute, () => {
      course.person('ecs', 'UpdateService', { cluster, service: 'api', forceNewDeployment: true });
    });
    course.at(20 * minute, () => {
      course.setCount('api', 5);
    });
    course.at(30 * minute, () => {
      const [InstanceId = ''] = course.instances().map((it) => it.id);
      course.person('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
        InstanceId,
        ShouldDecrementDesiredCapacity: false,
      });
    });
    course.at(33 * minute, () => {
      course.world.interruptSpot(course.instances().at(-1)?.id ?? '');
    });
  };
  const rotating = { rotation: { outdatedLaunchTemplate: true, maximumAge: '1h' } };

  const decisionsOf = ({ invocations }: Course): number =>
    invocations.filter((it) => it.functionName === 'decide').length;

  it('calls nothing that changes anything, wakes itself no more than in act mode, and acts at once when told to', async () => {
    const acting = await full(3, { defaults: rotating });
    lively(acting);
    await acting.pass(90);
    const course = await courseOf(
      { groups: { web: largeGroup(1, 10, 3) }, services: { api: packedService(512, 1_024, { count: 12 }) } },
      { defaults: { peakWindow: '0s', mode: 'observe', ...rotating } },
    );
    await course.until(() => course.running('api') === 12, 10);
    await course.pass(10);
    lively(course);
    await course.pass(90);

    expect(acting.writes().length).toBeGreaterThan(10);
    expect(course.writes()).toEqual([]);
    expect(course.decisions.some((it) => it.plan.steps.length > 0)).toBe(true);
    const last = course.decisions.at(-1);
    expect(last?.input.drains).toEqual([]);
    expect(last?.input.memory).toMatchObject({ intents: [], launches: [], grownAt: {}, retiring: {}, moves: [] });
    expect(decisionsOf(course)).toBeLessThanOrEqual(decisionsOf(acting));
    expect(course.broken()).toEqual([]);

    course.deployAgain({ peakWindow: '0s', mode: 'act' });
    const at = course.now();
    await course.pass(2);
    expect(calledSince(course, at)).toContain('UpdateContainerInstancesState');
    await course.pass(60);
    expect(course.size()).toBe(2);
    expect(course.running('api')).toBe(5);
    expect(course.broken()).toEqual([]);
  });

  it('has used up nothing by what it would have launched: in act mode it is launched at once', async () => {
    const course = await full(2, { defaults: { mode: 'observe' } });
    course.setCount('api', 16);
    await course.pass(90);
    expect(course.writes()).toEqual([]);

    course.deployAgain({ peakWindow: '0s', mode: 'act' });
    await course.pass(2);
    expect(course.size()).toBe(4);
    expect(course.broken()).toEqual([]);
  });
});
