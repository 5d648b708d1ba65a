import { describe, expect, it } from '@jest/globals';
import { type Course, cluster, courseOf, minute, person, second } from '../support/course.ts';
import { packedService } from '../support/scenarios.ts';
import { halves, web } from './leaving-course.ts';

const terminate = (course: Course, InstanceId: string): void => {
  course.person('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
    InstanceId,
    ShouldDecrementDesiredCapacity: false,
  });
};

const drainByHand = (course: Course, ids: readonly string[]): void => {
  const containerInstances = course.instances().flatMap((it) => (ids.includes(it.id) ? [it.arn] : []));
  course.person('ecs', 'UpdateContainerInstancesState', { cluster, containerInstances, status: 'DRAINING' });
};

const firstId = (course: Course): string => course.instances()[0]?.id ?? '';

/** Calls of Berth's, which a simulation logs by operation, while `what` is done. */
const calls = async (course: Course, operation: string, what: () => Promise<void>): Promise<number> => {
  let count = 0;
  const stop = course.world.log.subscribe(
    (it) => {
      if (it.kind === 'api' && it.operation === operation && it.caller !== person) count++;
    },
    ['api'],
  );
  await what();
  stop();
  return count;
};

describe('an instance that its group terminates', () => {
  it('is let go once it is empty, although Berth was draining it already', async () => {
    const course = await halves(3, { api: { loadBalancer: true } });
    course.setCount('fill', 1);
    await course.until(() => course.instances().some((it) => it.status === 'DRAINING'), 10);
    const id = course.instances().find((it) => it.status === 'DRAINING')?.id ?? '';
    const at = course.now();
    await course.pass(1);
    terminate(course, id);
    await course.pass(12);

    const gone = course.ended(id);
    expect(gone).toMatchObject({ liveTasks: 0 });
    expect((gone?.at ?? 0) - at).toBeGreaterThan(5 * minute); // of the load balancer
    expect((gone?.at ?? 0) - at).toBeLessThan(8 * minute); // and not of the hook
    expect(course.running('api')).toBe(3);
    expect(course.broken()).toEqual([]);
  });

  it('is let go once it is empty, although a person was draining it', async () => {
    const course = await halves(3);
    const id = firstId(course);
    drainByHand(course, [id]);
    terminate(course, id);
    const at = course.now();
    await course.pass(12);

    expect(course.ended(id)).toMatchObject({ liveTasks: 0 });
    expect((course.ended(id)?.at ?? 0) - at).toBeLessThan(8 * minute);
    expect([course.running('api'), course.running('fill')]).toEqual([3, 3]);
    expect(course.broken()).toEqual([]);
  });

  it('is found and let go though every event of its group is lost', async () => {
    const course = await halves(3);
    course.world.setEventLoss(1);
    const id = firstId(course);
    terminate(course, id);
    const at = course.now();
    await course.pass(12);

    expect(course.ended(id)).toMatchObject({ liveTasks: 0 });
    expect((course.ended(id)?.at ?? 0) - at).toBeLessThan(8 * minute); // of itself the hook waits for 15
    expect([course.running('api'), course.running('fill')]).toEqual([3, 3]);
    expect(course.broken()).toEqual([]);
  });

  it('holds what takes six hours to stop, by heartbeats, and is let go then', async () => {
    const course = await halves(2, { api: { stop: { low: '6h', high: '6h' } } });
    const id = firstId(course);
    const at = course.now();
    const heartbeats = await calls(course, 'RecordLifecycleActionHeartbeat', async () => {
      terminate(course, id);
      await course.pass(6 * 60 + 10);
    });

    expect(course.ended(id)).toMatchObject({ liveTasks: 0 });
    expect((course.ended(id)?.at ?? 0) - at).toBeGreaterThan(6 * 60 * minute);
    expect(heartbeats).toBeGreaterThanOrEqual(6 * 4); // a timeout of 15 minutes
    expect(heartbeats).toBeLessThanOrEqual(6 * 8); // told half-way, and not more often
    expect(course.broken()).toEqual([]);
  });

  it('leaves with live tasks only where the hook runs out, which is nobody’s doing', async () => {
    const course = await halves(2, {
      api: { stop: { low: '24h', high: '24h' } },
      settings: { drain: { endingDeadline: '1h' } },
    });
    const id = firstId(course);
    const at = course.now();
    terminate(course, id);
    await course.pass(120);

    expect(course.ended(id)?.liveTasks).toBe(1);
    expect((course.ended(id)?.at ?? 0) - at).toBeGreaterThan(60 * minute);
    expect((course.ended(id)?.at ?? 0) - at).toBeLessThan(76 * minute);
    expect(course.broken()).toEqual([]);
  });

  it('leaves with live tasks past the deadline where the settings say so, and not before', async () => {
    const drain = { endingDeadline: '1h', onEndingDeadline: 'proceed' };
    const course = await halves(2, { api: { stop: { low: '24h', high: '24h' } }, settings: { drain } });
    const id = firstId(course);
    const at = course.now();
    terminate(course, id);
    await course.pass(120);

    expect(course.ended(id)?.liveTasks).toBe(1);
    expect((course.ended(id)?.at ?? 0) - at).toBeGreaterThan(60 * minute);
    expect((course.ended(id)?.at ?? 0) - at).toBeLessThan(62 * minute);
    expect(course.broken()).toEqual([]);
  });
});

describe('instances that an instance refresh replaces', () => {
  it('are each held until really empty, and let go at once then', async () => {
    const course = await halves(3, { api: { stop: { low: '20m', high: '20m' } } });
    const before = course.instances().map((it) => it.id);
    const at = course.now();
    let fewest = 3;
    const heartbeats = await calls(course, 'RecordLifecycleActionHeartbeat', async () => {
      course.person('autoscaling', 'StartInstanceRefresh', {
        AutoScalingGroupName: 'web',
        Preferences: { MinHealthyPercentage: 90, ScaleInProtectedInstances: 'Refresh', InstanceWarmup: 30 },
      });
      await course.until(() => {
        fewest = Math.min(fewest, course.running('api'));
        return course.now() - at > 150 * minute;
      }, 200);
    });

    for (const id of before) {
      const drainedAt = course.changes(id, 'DRAINING')[0]?.at ?? 0;
      const gone = course.ended(id);
      expect(gone).toMatchObject({ liveTasks: 0 });
      expect((gone?.at ?? 0) - drainedAt).toBeGreaterThan(20 * minute); // the hook alone would hold it for 15
      expect((gone?.at ?? 0) - drainedAt).toBeLessThan(24 * minute);
    }
    expect(heartbeats).toBeGreaterThanOrEqual(3);
    expect(fewest).toBe(3);
    expect(course.size()).toBe(3);
    expect(course.broken()).toEqual([]);
  });
});

describe('an instance that a person drains', () => {
  it('stays as it is, empty or not, while Berth takes away what is too much', async () => {
    const course = await courseOf(
      { groups: web(1, 10, 4), services: { api: packedService(1_200, 1_024, { count: 4 }) } },
      { defaults: { peakWindow: '0s' } },
    );
    await course.until(() => course.running('api') === 4, 10);
    await course.pass(3);
    const ids = course
      .instances()
      .map((it) => it.id)
      .slice(0, 2);
    drainByHand(course, ids);
    await course.pass(30);
    course.setCount('api', 1);
    await course.pass(120);

    const left = course.instances().filter((it) => ids.includes(it.id));
    expect(left.map((it) => it.status)).toEqual(['DRAINING', 'DRAINING']);
    for (const id of ids) {
      expect(course.changes(id, 'ACTIVE')).toEqual([]);
      expect(course.verdict(id)).toMatchObject({ kind: 'keep', reason: 'foreignDrain' });
    }
    expect(course.size()).toBe(3);
    expect(course.running('api')).toBe(1);
    expect(course.broken()).toEqual([]);
  });
});

describe('a spot warning', () => {
  it('moves what runs there in time, and what does not stop in time goes with EC2', async () => {
    const types = [{ instanceType: 'm5.large', pricePerHour: 0.03 }];
    const spot = { types, market: 'spot', minSize: 0, maxSize: 10, desiredCapacity: 2 };
    const course = await courseOf({
      groups: { web: spot },
      services: {
        quick: { ...packedService(1_200, 1_024, { count: 2 }), stop: { low: '5s', high: '10s' } },
        slow: { ...packedService(256, 512, { count: 2 }), stop: { low: '10m', high: '10m' } },
      },
    });
    await course.until(() => course.running('quick') === 2 && course.running('slow') === 2, 10);
    await course.pass(5);
    const slow = course.instances().find((it) => it.holds.includes('slow'))?.id ?? '';
    const at = course.now();
    course.world.interruptSpot(slow);
    await course.pass(10);

    const gone = course.ended(slow);
    expect((gone?.at ?? 0) - at).toBeGreaterThanOrEqual(90 * second);
    expect((gone?.at ?? 0) - at).toBeLessThanOrEqual(120 * second);
    expect([course.running('quick'), course.running('slow')]).toEqual([2, 2]);
    expect(course.broken()).toEqual([]);
  });
});
