import { AsyncLocalStorage } from 'node:async_hooks';
import { eventRules } from '../../../deployment/event-rules.ts';
import {
  type FunctionName,
  forecastSchedule,
  functionWiring,
  metricCheckPeriodSeconds,
  type OptionalFunctionName,
  optionalFunctions,
  optionalQueues,
  queueWiring,
} from '../../../deployment/wiring.ts';
import { asBatchResponse, messagesOf } from '../../../functions/sqs.ts';
import { parseDecisionMessage } from '../../../lib/events/decision-message.ts';
import { runByHand } from '../../../lib/flows/capacity-run.ts';
import { handleClusterEvents } from '../../../lib/flows/cluster-events.ts';
import { type Decision, decideInTurn } from '../../../lib/flows/decide.ts';
import { makeForecasts } from '../../../lib/flows/forecast.ts';
import type { Message } from '../../../lib/flows/ingest.ts';
import { checkClusters } from '../../../lib/flows/metric-check.ts';
import { handleTaskMessages } from '../../../lib/flows/task-queue.ts';
import { handleUrgentEvents } from '../../../lib/flows/urgent-events.ts';
import type { Settings } from '../../../lib/model/settings.ts';
import { FencedError } from '../../../lib/ports/store.ts';
import type { Telemetry } from '../../../lib/ports/telemetry.ts';
import { parseSettings } from '../../../lib/settings/parse-settings.ts';
import type { Controller, Stage } from '../../baselines/controller.ts';
import type { Dice } from '../../kernel/dice.ts';
import type { VirtualClock } from '../../kernel/virtual-clock.ts';
import type { PathOf } from '../../score/waits.ts';
import type { World } from '../../world/world.ts';
import {
  hasForecasts,
  hasTaskQueue,
  hearsRefusedTasks,
  scheduleCapacityRuns,
  setupFor,
  tasksQueue,
} from '../asked-of-berth.ts';
import { createFeedingQueue, createQueue, deployer } from '../deployed-queues.ts';
import { type InvocationListener, type InvocationRecord, LambdaHost } from '../lambda.ts';
import { isSqsEvent, LaunchPaths } from '../launch-paths.ts';
import type { Meter } from '../sdk.ts';
import { SqsMapping } from '../sqs-mapping.ts';
import { recordOf } from './decision-record.ts';
import { leanBody } from './event-bodies.ts';
import { type HostQueues, hostQueues, put } from './host-queues.ts';
import { type Ports, portsOver } from './ports.ts';
import { FailedMessages, MessageBatch, mapQueue } from './queue-mapping.ts';
import { createRequests, type RequestFaults } from './requests.ts';

/** Who wants to know what Berth does in a simulation, and which of its invocations are killed. */
export interface BerthListener extends Pick<InvocationListener, 'killAt' | 'killAfter'> {
  readonly onDecision: (decision: Decision) => void;
  readonly onInvocation: (record: InvocationRecord) => void;
  readonly onBuried?: (message: BuriedMessage) => void;
  /** What happens to Berth's calls on their way; nothing unless given. */
  readonly faultOf?: RequestFaults;
  /** Told once the functions stand. */
  readonly onDeployed?: (deployment: Deployment) => void;
}

/** What a person can do with a deployment. */
export interface Deployment {
  /** The function that people invoke. */
  readonly capacityRun: LambdaHost;
  /** Deploys it again with other settings, as `berth.yml` has them: the table and the queues stay. */
  readonly deployAgain: (document: unknown) => void;
}

/** A message that Berth could not handle, and put with the dead letters. */
export interface BuriedMessage {
  readonly atMs: number;
  readonly body: string;
  readonly reason: string;
  /** The queue it came by. */
  readonly source: string;
}

/** Berth as a controller, which can say more of itself than others: its plans, and how its launches came about. */
export interface BerthController extends Controller {
  readonly listenedTo: (listener: BerthListener) => Controller;
  readonly pathOf: PathOf;
}

/** The settings of a scenario do not hold; the message says what and where. */
class ScenarioSettingsError extends Error {
  override readonly name = 'ScenarioSettingsError';
}

/** As shipped, but acting: a simulation of what Berth would do shows little. */
const shippedButActing = { defaults: { mode: 'act' } };

const settingsFrom = (document: unknown): Settings => {
  const parsed = parseSettings(document ?? shippedButActing);
  if (parsed.ok) return parsed.settings;
  throw new ScenarioSettingsError(parsed.problems.map((it) => JSON.stringify(it)).join('; '));
};

/** What the flows say is in their decisions too; a run of weeks has no use for the lines. */
const silent: Telemetry = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  count: () => undefined,
};

const queueArn = (world: World, name: string): string => `arn:aws:sqs:${world.region}:${world.accountId}:berth-${name}`;

/** The rules of the deployment, their targets being the queues at hand. */
const putRules = (world: World, cluster: string, queues: HostQueues, settings: Settings): void => {
  for (const name of ['state', 'urgent'] as const)
    world.takeEvents(queueArn(world, name), (event) => {
      put(queues[name], leanBody(event));
    });
  const account = { partition: 'aws', region: world.region, accountId: world.accountId };
  for (const rule of eventRules([cluster], account, hearsRefusedTasks(settings))) {
    world.call('events', 'PutRule', { Name: rule.name, EventPattern: JSON.stringify(rule.pattern) }, deployer);
    const Targets = [{ Id: 'queue', Arn: queueArn(world, rule.queue) }];
    world.call('events', 'PutTargets', { Rule: rule.name, Targets }, deployer);
  }
};

const schedule = (world: World, metricCheck: LambdaHost): void => {
  const Arn = `arn:aws:lambda:${world.region}:${world.accountId}:function:berth-metricCheck`;
  world.takeEvents(Arn, () => {
    metricCheck.invoke(undefined);
  });
  const ScheduleExpression = `rate(${metricCheckPeriodSeconds / 60} minute)`;
  world.call('events', 'PutRule', { Name: 'metric-check', ScheduleExpression }, deployer);
  world.call('events', 'PutTargets', { Rule: 'metric-check', Targets: [{ Id: 'function', Arn }] }, deployer);
};

const scheduleForecasts = (world: World, forecast: LambdaHost): void => {
  const Arn = `arn:aws:lambda:${world.region}:${world.accountId}:function:berth-forecast`;
  world.takeEvents(Arn, () => {
    forecast.invoke(undefined);
  });
  world.call('events', 'PutRule', { Name: 'forecast', ScheduleExpression: forecastSchedule }, deployer);
  world.call('events', 'PutTargets', { Rule: 'forecast', Targets: [{ Id: 'function', Arn }] }, deployer);
};

/** A queue of the world's own, since the scenario's people send to it. */
const mapTasksQueue = (world: World, clock: VirtualClock, dice: Dice, taskQueue: LambdaHost): void => {
  const deadLetters = 'berth-dead-letters';
  createQueue(world, deadLetters, {});
  const url = createFeedingQueue(world, tasksQueue, optionalQueues.tasks, deadLetters);
  new SqsMapping(world, clock, dice, { url, wiring: optionalQueues.tasks }, taskQueue).start();
};

const messagesIn = (event: unknown): MessageBatch['messages'] => (event instanceof MessageBatch ? event.messages : []);

/** Messages that say the same are handed over once; where that one fails, all of them do. */
const ingesting =
  (flow: (messages: readonly Message[]) => Promise<readonly string[]>) =>
  async (event: unknown): Promise<FailedMessages> => {
    const byBody = Map.groupBy(messagesIn(event), (it) => it.body);
    const failed = await flow([...byBody.keys()].map((body) => ({ id: body, body })));
    return new FailedMessages(new Set(failed.flatMap((body) => (byBody.get(body) ?? []).map((it) => it.id))));
  };

/** When the oldest message that an invocation was given was sent; a wake-up's delay is nobody's queue. */
const sentAt = (event: unknown, invokedAt: number, startedAt: number): number => {
  const messages = messagesIn(event);
  if (messages.length === 0) return invokedAt;
  return Math.min(...messages.map((it) => (it.body.startsWith('{"source":"berth"') ? startedAt : it.sentAt)));
};

/** Deploys Berth's flows over the ports: queues, rules, schedule and functions as `deployment/wiring.ts` has them. */
const deploy = (
  { world, clock, dice, scenario }: Stage,
  settings: Settings,
  paths: LaunchPaths,
  listener: BerthListener,
): void => {
  const clusters = [scenario.cluster];
  const meters = new AsyncLocalStorage<Meter>();
  const requests = createRequests({
    world,
    clock,
    dice: dice.fork('calls'),
    meters,
    onCall: paths.onCall,
    faultOf: listener.faultOf,
  });
  const queues = hostQueues(clock);
  const silentPorts = portsOver(world, requests, queues);
  const ports: Ports = {
    ...silentPorts,
    deadLetters: {
      bury: async (body, reason, source) => {
        await silentPorts.deadLetters.bury(body, reason, source);
        listener.onBuried?.({ atMs: clock.now(), body, reason, source });
      },
    },
  };
  let current = settings;
  const deps = {
    ...ports,
    clusters,
    clock,
    telemetry: silent,
    get settings() {
      return current;
    },
  };

  const decideOne = async (body: string): Promise<void> => {
    const message = parseDecisionMessage(body, clusters);
    if (message.kind === 'unreadable') return ports.deadLetters.bury(body, message.problem, 'decide');
    try {
      const decision = await decideInTurn(message.cluster, message.reason, { ...deps, act: ports });
      if (decision !== undefined) listener.onDecision(decision);
    } catch (error) {
      if (!(error instanceof FencedError)) throw error; // overtaken: the other decision sees all this one saw
    }
  };

  const hostOf = (
    name: FunctionName | OptionalFunctionName,
    handler: (event: unknown) => Promise<unknown>,
  ): LambdaHost => {
    const { timeoutSeconds, memoryMiB } = { ...functionWiring, ...optionalFunctions }[name];
    const of = { name, timeoutMs: timeoutSeconds * 1000, memoryMiB, handler };
    const metered = <T>(meter: Meter, work: () => Promise<T>): Promise<T> => meters.run(meter, work);
    return new LambdaHost(
      of,
      clock,
      dice.fork(name),
      { metered },
      {
        onStart: (start) => {
          const { invocationId, event, invokedAt, startedAt } = start;
          if (isSqsEvent(event)) paths.onStart(start);
          else paths.begin(invocationId, { sentAt: sentAt(event, invokedAt, startedAt), startedAt });
        },
        onEnd: listener.onInvocation,
        ...(listener.killAt === undefined ? {} : { killAt: listener.killAt }),
        ...(listener.killAfter === undefined ? {} : { killAfter: listener.killAfter }),
      },
    );
  };

  const consumers = {
    state: hostOf(
      'clusterEvents',
      ingesting((messages) => handleClusterEvents(messages, deps)),
    ),
    urgent: hostOf(
      'urgentEvents',
      ingesting((messages) => handleUrgentEvents(messages, deps)),
    ),
    decide: hostOf('decide', async (event) => {
      for (const { body } of messagesIn(event)) await decideOne(body);
    }),
  };
  for (const name of ['state', 'urgent', 'decide'] as const)
    queues.onVisible(
      name,
      mapQueue({
        queue: queues[name],
        wiring: queueWiring[name],
        clock,
        dice: dice.fork(`poll ${name}`),
        target: consumers[name],
      }),
    );
  const taskQueue = hostOf('taskQueue', async (event) =>
    isSqsEvent(event) ? asBatchResponse(await handleTaskMessages(messagesOf(event), deps)) : undefined,
  );
  if (hasTaskQueue(settings)) mapTasksQueue(world, clock, dice.fork('poll tasks'), taskQueue);
  const read = { cluster: ports.cluster, groups: ports.groups };
  const capacityRun = hostOf('capacityRun', (event) => runByHand(event, { ...deps, read }));
  scheduleCapacityRuns(clock, scenario, capacityRun);
  putRules(world, scenario.cluster, queues, settings);
  schedule(
    world,
    hostOf('metricCheck', () => checkClusters(deps)),
  );
  if (hasForecasts(settings))
    scheduleForecasts(
      world,
      hostOf('forecast', () => makeForecasts({ ...deps, metrics: ports.metricHistory, store: ports.counts })),
    );
  listener.onDeployed?.({
    capacityRun,
    deployAgain: (document) => {
      current = settingsFrom(document);
    },
  });
};

const deaf: BerthListener = { onDecision: () => undefined, onInvocation: () => undefined };

/**
 * Berth over the ports: the same flows as in production, on Lambda and SQS played in the small. An invocation that fails
 * is told as a decision, for nothing of that kind is expected, and so is a message that is buried.
 * @param document of the scenario's settings, as `berth.yml` holds them
 */
export const berthController = (document: unknown): BerthController => {
  const settings = settingsFrom(document);
  const paths = new LaunchPaths();
  const controller = (listener: BerthListener): Controller => ({
    name: 'berth',
    setting: undefined,
    setup: setupFor(settings),
    start: (stage) => {
      deploy(stage, settings, paths, {
        ...listener,
        onDecision: (decision) => {
          const record = recordOf(decision);
          if (record !== undefined) stage.onDecision(record);
          listener.onDecision(decision);
        },
        onInvocation: (record) => {
          if (record.error !== undefined)
            stage.onDecision({ atMs: record.endedAt, text: `${record.functionName} failed`, reasons: [record.error] });
          listener.onInvocation(record);
        },
        onBuried: (message) => {
          const { atMs, reason, source } = message;
          stage.onDecision({ atMs, text: `a message of the queue ${source} was buried`, reasons: [reason] });
          listener.onBuried?.(message);
        },
      });
      return Promise.resolve(() => Promise.resolve());
    },
  });
  return { ...controller(deaf), listenedTo: controller, pathOf: paths.pathOf };
};
