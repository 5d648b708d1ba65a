import { describe, expect, it } from '@jest/globals';
import { type Course, cluster, courseOf, minute, second } from '../support/course.ts';
import { packedService } from '../support/scenarios.ts';
import { halves, web } from './leaving-course.ts';

/** EC2 instance ids that were ever DRAINING, in the order in which they were drained. */
const drained = ({ records }: Course): readonly string[] =>
  records('containerInstance').flatMap((it) => (it.change === 'DRAINING' ? [it.ec2InstanceId] : []));

const launchedSince = ({ records }: Course, at: number): number =>
  records('instance').filter((it) => it.change === 'requested' && it.at >= at).length;

/** Lets time pass until an instance is drained, and says which. */
const untilDrained = async (course: Course, minutes: number): Promise<string> => {
  const before = drained(course).length;
  await course.until(() => drained(course).length > before, minutes);
  return drained(course)[before] ?? '';
};

/** The fewest tasks of a service that ran at any second of the time that passes. */
const fewestRunning = async (course: Course, service: string, minutes: number): Promise<number> => {
  const end = course.now() + minutes * minute;
  let fewest = course.running(service);
  await course.until(() => {
    fewest = Math.min(fewest, course.running(service));
    return course.now() >= end;
  }, minutes + 1);
  return fewest;
};

describe('instances that empty', () => {
  const emptied = async (settings: Readonly<Record<string, unknown>>): Promise<{ course: Course; at: number }> => {
    const course = await courseOf(
      { groups: web(2, 30, 26), services: { api: packedService(1_000, 1_024, { count: 52 }) } },
      { defaults: settings },
    );
    await course.until(() => course.running('api') === 52, 10);
    await course.pass(10);
    expect(course.instances()).toHaveLength(26);
    course.setCount('api', 0);
    return { course, at: course.now() };
  };

  it('go down to the floor, 26 at once, within the quiet time, the stopping and 90 seconds', async () => {
    const { course, at } = await emptied({});
    await course.pass(10);

    expect(course.size()).toBe(2);
    expect(course.terminations()).toHaveLength(24);
    const last = Math.max(...course.terminations().map((it) => it.at));
    expect(last - at).toBeLessThan(2 * minute + 31 * second + 90 * second);
    expect(course.broken()).toEqual([]);
  });

  it('are kept for what ran a moment ago, and go once that is over', async () => {
    const { course, at } = await emptied({ peakWindow: '5m' });
    await course.pass(5);
    expect(course.terminations()).toEqual([]);
    await course.pass(4);

    expect(course.size()).toBe(2);
    expect(Math.max(...course.terminations().map((it) => it.at)) - at).toBeLessThan(5 * minute + 2 * minute);
    expect(course.broken()).toEqual([]);
  });

  it('wait for tasks that a load balancer still holds, whether they are drained by then or not', async () => {
    const api = { ...packedService(512, 1_024, { count: 8 }), loadBalancer: true };
    const course = await courseOf({ groups: web(0, 10, 2), services: { api } }, { defaults: { peakWindow: '0s' } });
    await course.until(() => course.running('api') === 8, 10);
    await course.pass(5);
    const at = course.now();
    course.setCount('api', 0);
    await course.pass(15);

    expect(course.terminations()).toHaveLength(2);
    for (const it of course.terminations()) {
      expect(it.at - at).toBeGreaterThan(5 * minute);
      expect(it.liveTasks).toBe(0);
    }
    expect(course.broken()).toEqual([]);
  });

  it('go although daemons run there, which run to the end', async () => {
    const course = await courseOf(
      {
        groups: web(1, 10, 2),
        services: {
          api: packedService(512, 1_024, { count: 6 }),
          agent: { schedulingStrategy: 'DAEMON', cpuUnits: 32, memoryMiB: 64 },
        },
      },
      { defaults: { peakWindow: '0s' } },
    );
    await course.until(() => course.running('api') === 6, 10);
    await course.pass(3);
    course.setCount('api', 1);
    await course.pass(10);

    const [gone] = course.terminations();
    expect(course.terminations()).toHaveLength(1);
    expect(course.size()).toBe(1);
    const daemonEnded = course
      .records('taskStatus')
      .find(
        (it) =>
          it.want === 'DAEMON' &&
          it.containerInstanceArn === gone?.containerInstanceArn &&
          it.desiredStatus === 'STOPPED',
      );
    const [drainedAt] = course.changes(gone?.ec2InstanceId ?? '', 'DRAINING').map((it) => it.at);
    expect(daemonEnded?.at ?? 0).toBeGreaterThanOrEqual(drainedAt ?? Number.POSITIVE_INFINITY);
    expect(course.broken()).toEqual([]);
  });

  it('stay when work lands on them, whenever that is between the decision and the drain', async () => {
    const play = async (jobAt: number | undefined): Promise<Course> => {
      const course = await courseOf(
        { groups: web(1, 10, 2), services: { api: packedService(1_200, 1_024, { count: 2 }) } },
        { defaults: { peakWindow: '0s', consolidation: { enabled: false } } },
      );
      await course.until(() => course.running('api') === 2, 10);
      course.person('ecs', 'RegisterTaskDefinition', {
        family: 'job',
        containerDefinitions: [{ name: 'main', image: 'example', cpu: 2_000, memory: 64 }],
      });
      await course.pass(3);
      course.setCount('api', 1);
      if (jobAt !== undefined)
        course.at(jobAt - course.now(), () => {
          course.person('ecs', 'RunTask', { cluster, taskDefinition: 'job', count: 1, launchType: 'EC2' });
        });
      await course.pass(8);
      return course;
    };
    const without = await play(undefined);
    const drainedAt = without.changes(drained(without)[0] ?? '', 'DRAINING')[0]?.at ?? 0;
    expect(without.terminations()).toHaveLength(1);

    let landed = 0;
    for (const offset of [-1_000, -200, -100, -60, -30, -10, 0, 50]) {
      const course = await play(drainedAt + offset);
      const job = course.records('taskStatus').findLast((it) => it.want === 'STANDALONE');
      if (job !== undefined) {
        landed++;
        expect(job.lastStatus).toBe('RUNNING');
        expect(course.terminations()).toEqual([]);
        expect(course.instances().map((it) => it.status)).toEqual(['ACTIVE', 'ACTIVE']);
      }
      expect(course.broken()).toEqual([]);
    }
    expect(landed).toBeGreaterThan(4);
  });
});

describe('consolidation', () => {
  it('lets one of two go that can each be spared, and never both', async () => {
    const course = await halves(3, { settings: { budgets: [{ causes: ['consolidation'], instances: 5 }] } });
    const at = course.now();
    course.setCount('fill', 1);
    const fewest = await fewestRunning(course, 'api', 40);

    expect(fewest).toBe(3);
    expect(course.terminations()).toHaveLength(1);
    expect(course.size()).toBe(2);
    expect(launchedSince(course, at)).toBe(0);
    expect(course.broken()).toEqual([]);
  });

  it('waits for the load balancer to let the last task go', async () => {
    const course = await halves(3, { api: { loadBalancer: true } });
    course.setCount('fill', 1);
    const id = await untilDrained(course, 10);
    const at = course.now();
    await course.pass(12);

    const gone = course.ended(id);
    expect(gone).toMatchObject({ liveTasks: 0 });
    expect((gone?.at ?? 0) - at).toBeGreaterThan(5 * minute);
    expect(course.running('api')).toBe(3);
    expect(course.broken()).toEqual([]);
  });

  it('is taken back before anything is launched when the room is wanted again', async () => {
    const course = await halves(4, { api: { loadBalancer: true } });
    course.setCount('fill', 0);
    const id = await untilDrained(course, 10);
    await course.pass(1);
    const at = course.now();
    course.setCount('fill', 3);
    await course.until(() => course.running('fill') === 3, 2);

    expect(course.changes(id, 'ACTIVE')).toHaveLength(1);
    expect(course.terminations()).toEqual([]);
    expect(launchedSince(course, at)).toBe(0);
    expect(course.broken()).toEqual([]);
  });

  it('is given up at its deadline where the replacements do not start, and the instance is left alone', async () => {
    const course = await halves(3);
    course.setCount('fill', 1);
    course.world.setTaskBehaviour('api', { activatingMs: { low: 60 * minute, high: 60 * minute } });
    const id = await untilDrained(course, 10);
    const at = course.now();
    const fewest = await fewestRunning(course, 'api', 9);
    await course.pass(26);

    const [back, ...others] = course.changes(id, 'ACTIVE');
    expect(others).toEqual([]);
    expect((back?.at ?? 0) - at).toBeGreaterThan(10 * minute - second); // of the decision, a little before
    expect((back?.at ?? 0) - at).toBeLessThan(12 * minute);
    expect(course.changes(id, 'DRAINING')).toHaveLength(1);
    expect(course.verdict(id)).toMatchObject({ kind: 'keep' });
    expect(fewest).toBe(3);
    expect(course.terminations()).toEqual([]);
    expect(course.broken()).toEqual([]);
  });

  it('is tried on one host alone where the replacements crash, which then is left alone', async () => {
    const course = await halves(3);
    course.setCount('fill', 1);
    course.world.setTaskBehaviour('api', { failingStarts: 1 });
    const id = await untilDrained(course, 10);
    const fewest = await fewestRunning(course, 'api', 28);

    expect(course.changes(id, 'ACTIVE')).toHaveLength(1);
    expect(drained(course)).toEqual([id]);
    expect(fewest).toBe(3);
    expect(course.terminations()).toEqual([]);
    expect(course.broken()).toEqual([]);
  });

  it('never drains the host of a service that ECS can neither stop nor start a task of, and says so', async () => {
    const course = await halves(3, { api: { minimumHealthyPercent: 100, maximumPercent: 100 } });
    course.setCount('fill', 0);
    await course.pass(60);

    expect(drained(course)).toEqual([]);
    expect(course.instances()).toHaveLength(3);
    for (const { id } of course.instances())
      expect(course.verdict(id)).toMatchObject({ kind: 'keep', reason: 'serviceCannotMove' });
    expect(course.broken()).toEqual([]);
  });

  it('leaves a task that is protected after its drain began, and what it runs on', async () => {
    const course = await halves(3);
    course.setCount('fill', 1);
    const id = await untilDrained(course, 10);
    const [arn = ''] = [...(course.world.view.ecs.clusters.get(cluster)?.services.get('api')?.tasks ?? [])]
      .filter((it) => it.instance?.ec2InstanceId === id && it.desiredStatus === 'RUNNING')
      .map((it) => it.arn);
    const protect = (protectionEnabled: boolean): void => {
      const expires = protectionEnabled ? { expiresInMinutes: 600 } : {};
      course.person('ecs', 'UpdateTaskProtection', { cluster, tasks: [arn], protectionEnabled, ...expires });
    };
    protect(true);
    await course.pass(100);
    const [hosts] = [course.instances().map((it) => it.id)];
    expect(hosts).toContain(id);
    expect(course.changes(id, 'ACTIVE')).toHaveLength(1);
    expect(course.changes(id, 'DRAINING')).toHaveLength(1);
    const ofTask = course.records('taskStatus').filter((it) => it.taskArn === arn);
    expect(ofTask.every((it) => it.desiredStatus === 'RUNNING')).toBe(true);

    protect(false);
    await course.pass(60);
    expect(course.size()).toBe(2);
    expect(course.broken()).toEqual([]);
  });

  it('waits for a task whose stop takes six hours, far beyond any usual deadline', async () => {
    const course = await halves(3, { api: { stop: { low: '6h', high: '6h' } } });
    course.setCount('fill', 1);
    const id = await untilDrained(course, 10);
    const at = course.now();
    await course.pass(6 * 60 + 10);

    expect(course.changes(id, 'ACTIVE')).toEqual([]);
    expect(course.ended(id)).toMatchObject({ liveTasks: 0 });
    expect((course.ended(id)?.at ?? 0) - at).toBeGreaterThan(6 * 60 * minute);
    expect(course.broken()).toEqual([]);
  });
});

const joins = (name: string): string =>
  Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${name} >> /etc/ecs/ecs.config\n`).toString('base64');

/** What a person does to bring a new image into service, whose instances join `name`. */
const useNewTemplate = (course: Course, name = cluster): void => {
  course.person('ec2', 'CreateLaunchTemplateVersion', {
    LaunchTemplateName: 'web',
    LaunchTemplateData: { InstanceType: 'm5.large', UserData: joins(name) },
  });
  course.person('autoscaling', 'UpdateAutoScalingGroup', {
    AutoScalingGroupName: 'web',
    LaunchTemplate: { LaunchTemplateName: 'web', Version: '2' },
  });
};

describe('a new launch template version', () => {
  it('does not keep its group from growing, although none of its instances was ever seen', async () => {
    const course = await halves(2);
    useNewTemplate(course);
    await course.pass(3);
    course.setCount('fill', 4);
    await course.pass(5);

    expect(course.running('fill')).toBe(4);
    expect(course.broken()).toEqual([]);
  });
});

/** What an instance registers is given, so that nothing need be found out first. */
const rotating = {
  settings: { rotation: { outdatedLaunchTemplate: true } },
  groups: { web: { registers: { cpuUnits: 2_048, memoryMiB: 7_000 } } },
};

describe('rotation', () => {
  it('takes nothing away, and launches little, where new instances never register', async () => {
    const course = await halves(4, rotating);
    const before = course.instances().map((it) => it.id);
    useNewTemplate(course, 'misspelt');
    const at = course.now();
    const fewest = await fewestRunning(course, 'api', 90);

    expect(course.instances().map((it) => it.id)).toEqual(before);
    expect(drained(course)).toEqual([]);
    expect(fewest).toBe(4);
    expect(launchedSince(course, at)).toBeLessThanOrEqual(12); // one each eight minutes or so
    expect(course.broken()).toEqual([]);
  });

  it('launches first, and moves each task once, off everything of the launch template before', async () => {
    const course = await halves(4, rotating);
    const before = course.instances().map((it) => it.id);
    useNewTemplate(course);
    const at = course.now();
    const fewest = await fewestRunning(course, 'api', 120);

    const after = course.instances().map((it) => it.id);
    expect(before.filter((it) => after.includes(it))).toEqual([]);
    expect(fewest).toBe(4);
    const placed = course.records('taskPlaced').filter((it) => it.at >= at && it.want === 'REPLICA');
    expect(placed).toHaveLength(8); // four of api and four of fill, once each
    expect(launchedSince(course, at)).toBe(4);
    const [first] = before.map((id) => course.changes(id, 'DRAINING')[0]?.at ?? 0).toSorted((a, b) => a - b);
    const registered = course.records('containerInstance').find((it) => it.change === 'registered' && it.at >= at);
    expect(registered?.at ?? Number.POSITIVE_INFINITY).toBeLessThan(first ?? 0);
    expect(course.size()).toBe(4);
    expect(course.broken()).toEqual([]);
  });
});

describe('an instance whose agent is gone', () => {
  it('is taken out of service after its time, what it ran elsewhere', async () => {
    const course = await halves(5);
    const lost = course.instances()[2]?.id ?? '';
    course.world.disconnectAgent(lost);
    const at = course.now();
    await course.pass(29);
    expect(course.ended(lost)).toBeUndefined();
    expect(course.instances().map((it) => it.id)).toContain(lost);
    await course.pass(20);

    expect((course.ended(lost)?.at ?? 0) - at).toBeGreaterThanOrEqual(30 * minute);
    expect(course.instances().map((it) => it.id)).not.toContain(lost);
    expect([course.running('api'), course.running('fill')]).toEqual([5, 5]);
    expect(course.size()).toBe(5);
    expect(course.broken()).toEqual([]);
  });

  it('is left alone while it comes back now and then', async () => {
    const course = await halves(5);
    const flapping = course.instances()[2]?.id ?? '';
    for (let n = 0; n < 8; n++) {
      course.world.disconnectAgent(flapping);
      await course.pass(25);
      course.world.reconnectAgent(flapping);
      await course.pass(2);
    }

    expect(course.changes(flapping, 'DRAINING')).toEqual([]);
    expect(course.terminations()).toEqual([]);
    expect(course.size()).toBe(5);
    expect(course.broken()).toEqual([]);
  });
});
