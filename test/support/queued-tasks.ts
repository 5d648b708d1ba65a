import type { Decision } from '../../lib/flows/decide.ts';
import type { InvocationListener, InvocationRecord } from '../../simulator/host/lambda.ts';
import {
  type BerthController,
  type BuriedMessage,
  berthController,
} from '../../simulator/host/ports/berth-controller.ts';
import { simulate } from '../../simulator/host/simulate.ts';
import type { Simulation } from '../../simulator/score/simulation.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { text } from '../../simulator/world/json.ts';
import type { WorldRecord } from '../../simulator/world/log.ts';
import type { World } from '../../simulator/world/world.ts';

/** What the runs of these tests cost at least is another's test. */
const bounds = { freeMigrationDollars: 1, noMigrationDollars: 1, freeMigrationInstances: [{ atMs: 0, instances: 1 }] };

export interface Played {
  readonly result: Simulation;
  readonly buried: readonly BuriedMessage[];
  readonly invocations: readonly InvocationRecord[];
  readonly decisions: readonly Decision[];
  /** Changes of tasks' statuses and of groups' sizes. */
  readonly records: readonly WorldRecord[];
  /** Invocations that asked ECS to run tasks. */
  readonly runTaskCallers: ReadonlySet<string>;
}

export interface PlayOptions {
  readonly seed?: number;
  /** Off where the run is so large that looking at each plan again takes longest. */
  readonly laws?: boolean;
  readonly kills?: Pick<InvocationListener, 'killAt' | 'killAfter'>;
  /** What people do besides, once everything stands. */
  readonly people?: (world: World, at: (atMs: number, happen: () => void) => void) => void;
}

/** Plays a scenario with Berth over the ports. */
export const playQueued = async (
  scenario: Scenario,
  { seed = 1, laws = true, kills = {}, people = () => undefined }: PlayOptions = {},
): Promise<Played> => {
  const buried: BuriedMessage[] = [];
  const invocations: InvocationRecord[] = [];
  const decisions: Decision[] = [];
  const records: WorldRecord[] = [];
  const runTaskCallers = new Set<string>();
  const berth = berthController(scenario.settings);
  const controller: BerthController = {
    ...berth,
    listenedTo: (listener) => {
      const heard = berth.listenedTo(listener);
      return {
        ...heard,
        start: async (stage) => {
          stage.world.log.subscribe((it) => records.push(it), ['taskStatus', 'groupCapacity']);
          stage.world.log.subscribe(
            (it) => {
              if (it.kind === 'api' && it.operation === 'RunTask') runTaskCallers.add(it.caller);
            },
            ['api'],
          );
          const stop = await heard.start(stage);
          people(stage.world, (atMs, happen) => {
            stage.clock.at(scenario.startMs + atMs, happen);
          });
          return stop;
        },
      };
    },
  };
  const result = await simulate({
    scenario,
    controller,
    seed,
    bounds,
    laws,
    onPlan: (it) => decisions.push(it),
    onInvocation: (it) => invocations.push(it),
    onBuried: (it) => buried.push(it),
    kills,
  });
  return { result, buried, invocations, decisions, records, runTaskCallers };
};

/** Sends a message to Berth's own queue, as `aws sqs send-message` does. */
export const sendTask = (world: World, message: object): void => {
  const QueueUrl = text(world.call('sqs', 'GetQueueUrl', { QueueName: 'berth-tasks' }), 'QueueUrl');
  world.call('sqs', 'SendMessage', { QueueUrl, MessageBody: JSON.stringify(message) }, 'workload');
};

/** A task definition with one container. */
export const registerTask = (world: World, family: string, cpu: number, memory: number): void => {
  const containerDefinitions = [{ name: 'main', image: 'example', essential: true, cpu, memory }];
  world.call('ecs', 'RegisterTaskDefinition', { family, containerDefinitions }, 'workload');
};

/** ARNs of the standalone tasks that were RUNNING. */
export const ranTasks = ({ records }: Pick<Played, 'records'>): ReadonlySet<string> =>
  new Set(
    records.flatMap((it) =>
      it.kind === 'taskStatus' && it.want === 'STANDALONE' && it.lastStatus === 'RUNNING' ? [it.taskArn] : [],
    ),
  );
