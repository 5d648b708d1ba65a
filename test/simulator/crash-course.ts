import type { InvocationRecord } from '../../simulator/host/lambda.ts';
import type { BerthListener } from '../../simulator/host/ports/berth-controller.ts';
import { type Course, cluster, courseOf, minute } from '../support/course.ts';
import { largeGroup, packedService } from '../support/scenarios.ts';

/** Minutes until all that is asked has been answered, more or less. */
export const eventful = 42;
const quiet = 28;

const joining = Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${cluster} >> /etc/ecs/ecs.config\n`).toString('base64');

const firstOf = ({ instances }: Course): string =>
  instances().find((it) => it.group === 'web' && it.status === 'ACTIVE')?.id ?? '';

/** What is asked of the cluster, by the minute; the same whatever happens to Berth. */
const asked = (): readonly (readonly [atMinute: number, what: (course: Course) => void])[] => {
  let drained = '';
  return [
    // Scale-out from two instances to four: no two of `fill` fit on one.
    [
      5,
      (course) => {
        course.setCount('fill', 4);
        course.setCount('api', 4);
      },
    ],
    [
      11,
      ({ person }) => {
        person('ecs', 'UpdateService', { cluster, service: 'api', forceNewDeployment: true });
      },
    ],
    // Room to consolidate: three instances, then two hold what is left.
    [
      15,
      (course) => {
        course.setCount('fill', 2);
      },
    ],
    // The one instance of `side` is to be replaced.
    [
      16,
      ({ person }) => {
        person('ec2', 'CreateLaunchTemplateVersion', {
          LaunchTemplateName: 'side',
          LaunchTemplateData: { InstanceType: 'm5.large', UserData: joining },
        });
        person('autoscaling', 'UpdateAutoScalingGroup', {
          AutoScalingGroupName: 'side',
          LaunchTemplate: { LaunchTemplateName: 'side', Version: '2' },
        });
      },
    ],
    // The group ends an instance, and replaces it.
    [
      30,
      (course) => {
        course.person('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
          InstanceId: firstOf(course),
          ShouldDecrementDesiredCapacity: false,
        });
      },
    ],
    // Instances empty.
    [
      34,
      (course) => {
        course.setCount('api', 2);
        course.setCount('fill', 1);
      },
    ],
    // A person has Berth drain the busier of two instances, and thinks better of it.
    [
      39,
      (course) => {
        drained = course.instances().find((it) => it.holds.includes('fill'))?.id ?? '';
        course.byHand({ action: 'drain', instances: [drained] });
      },
    ],
    [
      39.2,
      (course) => {
        course.byHand({ action: 'restore', instances: [drained] });
      },
    ],
  ];
};

/** Plays the same three quarters of an hour and lets the cluster come to rest. */
export const played = async (
  {
    world = {},
    seed = 1,
    ...killing
  }: Pick<BerthListener, 'killAt' | 'killAfter'> & {
    /** Overrides of the world's constants. */
    readonly world?: Readonly<Record<string, unknown>>;
    readonly seed?: number;
  } = {},
  prepare: (course: Course) => void = () => undefined,
): Promise<Course> => {
  const course = await courseOf(
    {
      groups: { web: largeGroup(1, 10, 2), side: largeGroup(1, 3, 1) },
      services: {
        api: { ...packedService(768, 1_024, { count: 2 }), groups: ['web'] },
        fill: { ...packedService(1_200, 1_024, { count: 2 }), groups: ['web'] },
        aside: { ...packedService(512, 512, { count: 1 }), groups: ['side'] },
      },
      world,
    },
    {
      // It grows and shrinks within minutes: what leaves saves little before it is needed again.
      defaults: { peakWindow: '0s', consolidation: { threshold: 0.05 }, rotation: { outdatedLaunchTemplate: true } },
      // What an instance registers is given, so that nothing need be found out first.
      settings: { groups: { side: { registers: { cpuUnits: 2_048, memoryMiB: 7_000 } } } },
      seed,
      ...killing,
    },
  );
  prepare(course);
  for (const [atMinute, what] of asked())
    course.at(atMinute * minute, () => {
      what(course);
    });
  await course.pass(eventful + quiet);
  return course;
};

/** Where an invocation was killed. */
export interface Kill {
  readonly invocationId: string;
  readonly call: number;
}

/** Every call of the invocations of these functions that began while something was going on. */
export const callsOf = (course: Course, functions: readonly string[]): readonly Kill[] =>
  course.invocations
    .filter((it) => functions.includes(it.functionName) && it.startedAt - course.startMs < eventful * minute)
    .flatMap(({ invocationId, calls }: InvocationRecord) =>
      Array.from({ length: calls }, (_, n) => ({ invocationId, call: n + 1 })),
    );

/** So many of the list, at even distances. */
export const evenly = <T>(list: readonly T[], count: number): readonly T[] =>
  count >= list.length
    ? list
    : list.filter((_, n) => Math.floor((n * count) / list.length) !== Math.floor(((n - 1) * count) / list.length));

/** How a cluster came to rest, up to which of equal instances it kept. */
export const endOf = (course: Course) => {
  const { world, decisions, now } = course;
  const { ecs, groups } = world.view;
  const last = decisions.at(-1);
  const of = ecs.clusters.get(cluster);
  return {
    sizes: Object.fromEntries([...groups].map(([name, it]) => [name, it.desired])),
    members: Object.fromEntries(
      [...groups].map(([name, it]) => [name, [...it.instances.values()].map((one) => one.state)]),
    ),
    marked: [...(of?.instances.values() ?? [])].filter((it) => it.tags.has('berth:drain')).map((it) => it.status),
    instances: course
      .instances()
      .map((it) => `${it.group ?? 'no group'} ${it.status}`)
      .sort(),
    services: Object.fromEntries([...(of?.services.values() ?? [])].map((it) => [it.name, course.running(it.name)])),
    remembered: {
      drains: last?.input.drains,
      intents: last?.plan.memory.intents,
      retiring: last?.plan.memory.retiring,
      queued: last?.input.asked.queued,
    },
    plan: { steps: last?.plan.steps, drains: last?.plan.drains, demand: last?.plan.demand },
    hasLookedLately: last !== undefined && now() - last.plan.observedAt <= 11 * minute,
    liveTasksTerminated: course.records('instanceTerminated').filter((it) => it.liveTasks > 0).length,
    broken: course.broken(),
  };
};
