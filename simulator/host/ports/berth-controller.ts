import { AsyncLocalStorage } from 'node:async_hooks';
import { eventRules } from '../../../deployment/event-rules.ts';
import {
  type FunctionName,
  functionWiring,
  metricCheckPeriodSeconds,
  queueWiring,
} from '../../../deployment/wiring.ts';
import { parseDecisionMessage } from '../../../lib/events/decision-message.ts';
import { handleClusterEvents } from '../../../lib/flows/cluster-events.ts';
import { type Decision, decide } from '../../../lib/flows/decide.ts';
import type { Message } from '../../../lib/flows/ingest.ts';
import { checkClusters } from '../../../lib/flows/metric-check.ts';
import { handleUrgentEvents } from '../../../lib/flows/urgent-events.ts';
import type { Settings } from '../../../lib/model/settings.ts';
import { FencedError } from '../../../lib/ports/store.ts';
import type { Telemetry } from '../../../lib/ports/telemetry.ts';
import { parseSettings } from '../../../lib/settings/parse-settings.ts';
import type { Controller, Stage } from '../../baselines/controller.ts';
import type { PathOf } from '../../score/waits.ts';
import { berthSetup, heldSetup } from '../../workloads/setup.ts';
import type { World } from '../../world/world.ts';
import { type InvocationRecord, LambdaHost } from '../lambda.ts';
import { LaunchPaths } from '../launch-paths.ts';
import type { Meter } from '../sdk.ts';
import { recordOf } from './decision-record.ts';
import { leanBody } from './event-bodies.ts';
import { type HostQueues, hostQueues, put } from './host-queues.ts';
import { portsOver } from './ports.ts';
import { FailedMessages, MessageBatch, mapQueue } from './queue-mapping.ts';
import { createRequests } from './requests.ts';

/** Who wants to know what Berth does in a simulation. */
export interface BerthListener {
  readonly onDecision: (decision: Decision) => void;
  readonly onInvocation: (record: InvocationRecord) => void;
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

const caller = 'deployment';

const queueArn = (world: World, name: string): string => `arn:aws:sqs:${world.region}:${world.accountId}:berth-${name}`;

/** The rules of the deployment, their targets being the queues at hand. */
const putRules = (world: World, cluster: string, queues: HostQueues): void => {
  for (const name of ['state', 'urgent'] as const)
    world.takeEvents(queueArn(world, name), (event) => {
      put(queues[name], leanBody(event));
    });
  const account = { partition: 'aws', region: world.region, accountId: world.accountId };
  for (const rule of eventRules([cluster], account)) {
    world.call('events', 'PutRule', { Name: rule.name, EventPattern: JSON.stringify(rule.pattern) }, caller);
    const Targets = [{ Id: 'queue', Arn: queueArn(world, rule.queue) }];
    world.call('events', 'PutTargets', { Rule: rule.name, Targets }, caller);
  }
};

const schedule = (world: World, metricCheck: LambdaHost): void => {
  const Arn = `arn:aws:lambda:${world.region}:${world.accountId}:function:berth-metricCheck`;
  world.takeEvents(Arn, () => {
    metricCheck.invoke(undefined);
  });
  const ScheduleExpression = `rate(${metricCheckPeriodSeconds / 60} minute)`;
  world.call('events', 'PutRule', { Name: 'metric-check', ScheduleExpression }, caller);
  world.call('events', 'PutTargets', { Rule: 'metric-check', Targets: [{ Id: 'function', Arn }] }, caller);
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
  const requests = createRequests({ world, clock, dice: dice.fork('calls'), meters, onCall: paths.onCall });
  const queues = hostQueues(clock);
  const ports = portsOver(world, requests, queues);
  const deps = { ...ports, clusters, settings, clock, telemetry: silent };

  const decideOne = async (body: string): Promise<void> => {
    const message = parseDecisionMessage(body, clusters);
    if (message.kind === 'unreadable') return ports.deadLetters.bury(body, message.problem, 'decide');
    try {
      listener.onDecision(await decide(message.cluster, message.reason, { ...deps, act: ports }));
    } catch (error) {
      if (!(error instanceof FencedError)) throw error; // overtaken: the other decision sees all this one saw
    }
  };

  const hostOf = (name: FunctionName, handler: (event: unknown) => Promise<unknown>): LambdaHost => {
    const { timeoutSeconds, memoryMiB } = functionWiring[name];
    const of = { name, timeoutMs: timeoutSeconds * 1000, memoryMiB, handler };
    const metered = <T>(meter: Meter, work: () => Promise<T>): Promise<T> => meters.run(meter, work);
    return new LambdaHost(
      of,
      clock,
      dice.fork(name),
      { metered },
      {
        onStart: ({ invocationId, event, invokedAt, startedAt }) => {
          paths.begin(invocationId, { sentAt: sentAt(event, invokedAt, startedAt), startedAt });
        },
        onEnd: listener.onInvocation,
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
  putRules(world, scenario.cluster, queues);
  schedule(
    world,
    hostOf('metricCheck', () => checkClusters(deps)),
  );
};

const deaf: BerthListener = { onDecision: () => undefined, onInvocation: () => undefined };

/** A cluster one of whose groups is held is set up so that ECS queues tasks and leaves the sizes to Berth. */
const setupFor = ({ defaults, clusters }: Settings): Controller['setup'] =>
  [defaults, ...Object.values(clusters)].some((it) => Object.values(it.groups).some(({ hold }) => hold))
    ? heldSetup
    : berthSetup;

/**
 * Berth over the ports: the same flows as in production, on Lambda and SQS played in the small. An invocation that fails
 * is told as a decision, for nothing of that kind is expected.
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
      });
      return Promise.resolve(() => Promise.resolve());
    },
  });
  return { ...controller(deaf), listenedTo: controller, pathOf: paths.pathOf };
};
