import type { Decision } from '../../lib/flows/decide.ts';
import type { InstanceVerdict } from '../../lib/model/plan.ts';
import { berthController } from '../../simulator/host/ports/berth-controller.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { promisesOnly, VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import { forcedOut } from '../../simulator/laws/plan/proven-empty.ts';
import { checkPlan } from '../../simulator/laws/plan-laws.ts';
import { watchWorldLaws } from '../../simulator/laws/world-laws.ts';
import { isAnybodyElse } from '../../simulator/score/meter.ts';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import type { JsonObject, ServiceName } from '../../simulator/world/api.ts';
import type { ContainerInstanceRecord, InstanceTerminatedRecord, WorldRecord } from '../../simulator/world/log.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

export const second = 1_000;
export const minute = 60 * second;
export const cluster = 'main';

/** Who calls what a person calls. */
export const person = 'somebody';

/** One group named `web` of m5.large, 2,048 CPU units each. */
export const web = (minSize: number, maxSize: number, desiredCapacity = minSize) => ({
  web: largeGroup(minSize, maxSize, desiredCapacity),
});

/**
 * As many instances as asked for, each with one `api` task of 768 CPU units and one of `fill`, of 1,200: no two of `fill`
 * fit on an instance, and no second `api` beside a `fill`. With fewer of `fill` there is room to consolidate.
 */
export const halves = async (
  count: number,
  {
    api = {},
    settings = {},
    groups = {},
  }: {
    readonly api?: Readonly<Record<string, unknown>>;
    readonly settings?: Readonly<Record<string, unknown>>;
    readonly groups?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<Course> => {
  const course = await courseOf(
    {
      groups: web(1, 20, count),
      services: {
        fill: { ...packedService(1_200, 1_024, { count }), stop: { low: '1s', high: '1s' } },
        api: { ...packedService(768, 1_024, { count: 0 }), ...api },
      },
    },
    { peakWindow: '0s', ...settings },
    groups,
  );
  await course.until(() => course.running('fill') === count, 10);
  course.setCount('api', count);
  await course.until(() => course.running('api') === count, 10);
  await course.pass(3);
  return course;
};

/** An instance of the world, as it is. */
interface Seen {
  readonly id: string;
  readonly arn: string;
  readonly status: string;
  /** Names of the services whose tasks hold a place there, stopping ones included. */
  readonly holds: readonly string[];
}

/** Berth over the ports on a scenario, with what happened kept for assertions, and a person's hands. */
export interface Course {
  readonly world: World;
  readonly records: readonly WorldRecord[];
  readonly decisions: readonly Decision[];
  readonly now: () => number;
  /** Lets so many minutes of virtual time pass. */
  pass(minutes: number): Promise<void>;
  /** Lets time pass until it is so, in steps of a second; fails after so many minutes. */
  until(isSo: () => boolean, minutes: number): Promise<void>;
  at(afterMs: number, what: () => void): void;
  /** What a person calls. */
  person(service: ServiceName, operation: string, input: JsonObject): JsonObject;
  /** Registered instances in the order of their ids. */
  instances(): readonly Seen[];
  /** Instances that its group counts. */
  size(group?: string): number;
  running(service: string): number;
  changes(id: string, change: ContainerInstanceRecord['change']): readonly ContainerInstanceRecord[];
  ended(id: string): InstanceTerminatedRecord | undefined;
  terminations(): readonly InstanceTerminatedRecord[];
  /** The last verdict on an instance. */
  verdict(id: string): InstanceVerdict | undefined;
  setCount(service: string, desiredCount: number): void;
  /** Of all laws, on each plan and in the world. */
  broken(): readonly string[];
}

/**
 * Plays `document` as a scenario, without throttling, and with one second from a write to its being read at most.
 * @param defaults of `berth.yml`, besides act mode
 * @param groups what `berth.yml` says of the cluster's groups
 */
export const courseOf = async (
  document: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>> = {},
  groups: Readonly<Record<string, unknown>> = {},
): Promise<Course> => {
  const settings = { defaults: { mode: 'act', ...defaults }, clusters: { [cluster]: { groups } } };
  const scenario = scenarioOf({ cluster, duration: '3d', ...document, settings });
  const clock = new VirtualClock(scenario.startMs, undefined, promisesOnly);
  const dice = seededDice(1);
  const constants = { apiThrottling: false, bestEffortLostShare: 0, eventLateShare: 0, ...scenario.world };
  const world = createWorld({ kernel: clock, dice: dice.fork('world'), constants });
  const records: WorldRecord[] = [];
  const decisions: Decision[] = [];
  const violations: string[] = [];
  const forced = new Set<string>();
  world.log.subscribe(
    (it) => {
      records.push(it);
    },
    ['containerInstance', 'instance', 'instanceTerminated', 'taskPlaced', 'taskStatus', 'groupCapacity'],
  );
  const inWorld = watchWorldLaws(
    world,
    (caller) => caller !== person && isAnybodyElse(caller),
    (id) => forced.has(id),
  );
  const controller = berthController(settings).listenedTo({
    onDecision: (decision) => {
      decisions.push(decision);
      for (const { law, detail } of checkPlan(decision)) violations.push(`${law}: ${detail}`);
      for (const id of forcedOut(decision)) forced.add(id);
    },
    onInvocation: ({ error, functionName }) => {
      if (error !== undefined) violations.push(`${functionName} failed: ${error}`);
    },
  });
  stageScenario(world, clock, scenario, berthSetup);
  await controller.start({ world, clock, dice: dice.fork('controller'), scenario, onDecision: () => undefined });

  const { ecs } = world.view;
  const pass = (minutes: number): Promise<void> => clock.runUntil(clock.now() + minutes * minute);
  return {
    world,
    records,
    decisions,
    now: () => clock.now(),
    pass,
    until: async (isSo, minutes) => {
      const end = clock.now() + minutes * minute;
      while (!isSo()) {
        if (clock.now() >= end) throw new Error(`not so after ${minutes} minutes`);
        await clock.runUntil(clock.now() + second);
      }
    },
    at: (afterMs, what) => {
      clock.at(clock.now() + afterMs, what);
    },
    person: (service, operation, input) => world.call(service, operation, input, person),
    instances: () =>
      [...(ecs.clusters.get(cluster)?.instances.values() ?? [])]
        .map((it) => ({
          id: it.ec2InstanceId,
          arn: it.arn,
          status: it.status,
          holds: [...it.tasks].map((task) => task.service?.name ?? 'standalone'),
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    size: (group = 'web') => world.view.groups.get(group)?.desired ?? 0,
    running: (service) =>
      [...(ecs.clusters.get(cluster)?.services.get(service)?.tasks ?? [])].filter(
        (it) => it.lastStatus === 'RUNNING' && it.desiredStatus === 'RUNNING',
      ).length,
    setCount: (service, desiredCount) => {
      world.call('ecs', 'UpdateService', { cluster, service, desiredCount }, person);
    },
    changes: (id, change) =>
      records.filter(
        (it): it is ContainerInstanceRecord =>
          it.kind === 'containerInstance' && it.change === change && it.ec2InstanceId === id,
      ),
    ended: (id) =>
      records.find((it): it is InstanceTerminatedRecord => it.kind === 'instanceTerminated' && it.ec2InstanceId === id),
    terminations: () => records.filter((it): it is InstanceTerminatedRecord => it.kind === 'instanceTerminated'),
    verdict: (id) => decisions.at(-1)?.plan.instances.find((it) => it.ec2InstanceId === id)?.verdict,
    broken: () => [...violations, ...inWorld().map(({ law, detail }) => `${law}: ${detail}`)],
  };
};
