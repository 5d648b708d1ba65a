import type { Decision } from '../../lib/flows/decide.ts';
import type { InstanceVerdict } from '../../lib/model/plan.ts';
import type { InvocationRecord } from '../../simulator/host/lambda.ts';
import type { BerthListener } from '../../simulator/host/ports/berth-controller.ts';
import { isBerth, person, watchedBerth } from '../../simulator/host/ports/watched-berth.ts';
import type { JsonObject, ServiceName } from '../../simulator/world/api.ts';
import type { ContainerInstanceRecord, InstanceTerminatedRecord, WorldRecord } from '../../simulator/world/log.ts';
import type { World } from '../../simulator/world/world.ts';
import { scenarioOf } from './scenarios.ts';

export { person };

export const second = 1_000;
export const minute = 60 * second;
export const cluster = 'main';

type RecordOf<K extends WorldRecord['kind']> = Extract<WorldRecord, { readonly kind: K }>;

/** A registered instance of the world, as it is. */
interface Seen {
  readonly id: string;
  readonly arn: string;
  readonly status: string;
  readonly group: string | undefined;
  /** Names of the services whose tasks hold a place there, stopping ones included. */
  readonly holds: readonly string[];
}

/** Berth over the ports on a scenario, with everything that happened kept, and a person's hands. */
export interface Course {
  readonly world: World;
  readonly decisions: readonly Decision[];
  readonly invocations: readonly InvocationRecord[];
  readonly startMs: number;
  readonly now: () => number;
  /** Lets so many minutes of virtual time pass. */
  readonly pass: (minutes: number) => Promise<void>;
  /** Lets time pass until it is so, in steps of a second; fails after so many minutes. */
  readonly until: (isSo: () => boolean, minutes: number) => Promise<void>;
  readonly at: (afterMs: number, what: () => void) => void;
  /** What a person asks of Berth by its function, without waiting for the answer. */
  readonly byHand: (request: JsonObject) => void;
  /** Berth is deployed again with other `defaults`. */
  readonly deployAgain: (defaults: Readonly<Record<string, unknown>>) => void;
  /** What a person calls. */
  readonly person: (service: ServiceName, operation: string, input: JsonObject) => JsonObject;
  /** In the order of their ids. */
  readonly instances: () => readonly Seen[];
  readonly size: (group?: string) => number;
  readonly running: (service: string) => number;
  readonly records: <K extends WorldRecord['kind']>(kind: K) => readonly RecordOf<K>[];
  readonly changes: (
    ec2InstanceId: string,
    change: ContainerInstanceRecord['change'],
  ) => readonly ContainerInstanceRecord[];
  readonly terminations: () => readonly InstanceTerminatedRecord[];
  readonly ended: (ec2InstanceId: string) => InstanceTerminatedRecord | undefined;
  /** Calls of Berth's that change something, in ECS, EC2 or Auto Scaling. */
  readonly writes: () => readonly RecordOf<'api'>[];
  /** The last verdict on an instance. */
  readonly verdict: (ec2InstanceId: string) => InstanceVerdict | undefined;
  readonly setCount: (service: string, desiredCount: number) => void;
  /** Of all laws, on each plan and in the world; invocations that failed; messages that were buried. */
  readonly broken: () => readonly string[];
}

interface CourseOptions extends Pick<BerthListener, 'killAt' | 'killAfter'> {
  /** `defaults` of `berth.yml`; act mode unless they say otherwise. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** What `berth.yml` says of the cluster. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
}

const isRead = /^(Describe|List|Get)/;
const changed: readonly ServiceName[] = ['ecs', 'ec2', 'autoscaling'];

/** Unless a test says otherwise. */
const kind = { apiThrottling: false, bestEffortLostShare: 0, eventLateShare: 0 };

/** Plays `document` as a scenario. Events are neither lost nor very late and calls are not throttled, unless it says so. */
export const courseOf = async (
  document: Readonly<Record<string, unknown>>,
  { defaults = {}, settings: ofCluster = {}, seed = 1, ...killing }: CourseOptions = {},
): Promise<Course> => {
  const settingsWith = (own: Readonly<Record<string, unknown>>) => ({
    defaults: { mode: 'act', ...own },
    clusters: { [cluster]: ofCluster },
  });
  const settings = settingsWith(defaults);
  const scenario = scenarioOf({ cluster, duration: '3d', ...document, settings });
  const log: WorldRecord[] = [];
  const { world, clock, decisions, invocations, deployment, broken } = await watchedBerth({
    scenario: { ...scenario, world: { ...kind, ...scenario.world } },
    seed,
    onWorld: (it) => {
      it.log.subscribe(
        (record) => {
          log.push(record);
        },
        ['api', 'containerInstance', 'instance', 'instanceTerminated', 'taskPlaced', 'taskStatus', 'groupCapacity'],
      );
    },
    ...killing,
  });

  const { ecs, groups } = world.view;
  const groupOf = (id: string): string | undefined => [...groups.values()].find((it) => it.instances.has(id))?.name;
  const records = <K extends WorldRecord['kind']>(kind: K): readonly RecordOf<K>[] =>
    log.filter((it): it is RecordOf<K> => it.kind === kind);
  return {
    world,
    decisions,
    invocations,
    startMs: scenario.startMs,
    now: () => clock.now(),
    pass: (minutes) => clock.runUntil(clock.now() + minutes * minute),
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
    byHand: (request) => deployment()?.capacityRun.invoke({ cluster, ...request }),
    deployAgain: (own) => deployment()?.deployAgain(settingsWith(own)),
    person: (service, operation, input) => world.call(service, operation, input, person),
    instances: () =>
      [...(ecs.clusters.get(cluster)?.instances.values() ?? [])]
        .map((it) => ({
          id: it.ec2InstanceId,
          arn: it.arn,
          status: it.status,
          group: groupOf(it.ec2InstanceId),
          holds: [...it.tasks].map((task) => task.service?.name ?? 'standalone'),
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    size: (group = 'web') => groups.get(group)?.desired ?? 0,
    running: (service) =>
      [...(ecs.clusters.get(cluster)?.services.get(service)?.tasks ?? [])].filter(
        (it) => it.lastStatus === 'RUNNING' && it.desiredStatus === 'RUNNING',
      ).length,
    records,
    changes: (id, change) =>
      records('containerInstance').filter((it) => it.change === change && it.ec2InstanceId === id),
    terminations: () => records('instanceTerminated'),
    ended: (id) => records('instanceTerminated').find((it) => it.ec2InstanceId === id),
    writes: () =>
      records('api').filter(
        ({ caller, service, operation }) => isBerth(caller) && changed.includes(service) && !isRead.test(operation),
      ),
    verdict: (id) => decisions.at(-1)?.plan.instances.find((it) => it.ec2InstanceId === id)?.verdict,
    setCount: (service, desiredCount) => {
      world.call('ecs', 'UpdateService', { cluster, service, desiredCount }, person);
    },
    broken,
  };
};
