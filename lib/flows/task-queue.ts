import { parseTaskMessage, type TaskAsked } from '../events/task-message.ts';
import { ownTokenPrefix } from '../model/asked-for.ts';
import { type Settings, settingsOf, type TaskQueueSettings } from '../model/settings.ts';
import type { TaskDefinition } from '../model/task-definition.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  ClusterReader,
  ClusterWriter,
  RunTaskOutcome,
  RunTaskRequest,
  TaskDefinitionNow,
} from '../ports/cluster-api.ts';
import type { DeadLetters } from '../ports/queues.ts';
import type { Reading } from '../ports/reading.ts';
import type { QueuedRun, Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { askForDecisions, type IngestDependencies, type Message } from './ingest.ts';

export interface TaskQueueDependencies extends IngestDependencies {
  readonly cluster: Pick<ClusterReader, 'taskDefinitionNow'>;
  readonly settings: Settings;
  readonly clock: Clock;
}

const source = 'tasks';

type Taken =
  | { readonly kind: 'kept'; readonly cluster: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** What is needed to judge it could not be read. */
  | { readonly kind: 'later'; readonly reason: string };

/** Why a task may not be queued, as far as settings say. */
const refusalOf = (
  { cluster, family, roles }: TaskAsked,
  { clusters, settings }: TaskQueueDependencies,
): string | undefined => {
  if (!clusters.includes(cluster)) return `cluster ${cluster} is not one of this deployment's`;
  const { taskQueue, mode } = settingsOf(settings, cluster);
  if (taskQueue === undefined) return `cluster ${cluster} has no task queue: set taskQueue in berth.yml`;
  if (mode === 'observe') return `cluster ${cluster} is in observe mode, in which Berth runs nothing`;
  if (!taskQueue.taskDefinitionFamilies.includes(family))
    return `family ${family} is not one of taskQueue.taskDefinitionFamilies of cluster ${cluster}`;
  const role = roles.find((it) => !taskQueue.roles.includes(it));
  return role === undefined ? undefined : `role ${role} is not one of taskQueue.roles of cluster ${cluster}`;
};

/** The task definition, or why nothing can be run from it. */
const usable = (name: string, { items, gaps }: Reading<TaskDefinitionNow>): TaskDefinition | Taken => {
  const [found] = items;
  if (found?.isInactive === false) return found.definition;
  const detail = found?.isInactive === true ? 'it was deregistered' : (gaps[0]?.detail ?? 'ECS does not know it');
  const isCertain = gaps.every((it) => it.cause === 'notFound');
  return { kind: isCertain ? 'refused' : 'later', reason: `task definition ${name}: ${detail}` };
};

/** What a batch has read already: each task definition once. */
type Definitions = Map<string, Promise<Reading<TaskDefinitionNow>>>;

const take = async ({ id, body }: Message, read: Definitions, deps: TaskQueueDependencies): Promise<Taken> => {
  const message = parseTaskMessage(body);
  if (message.kind === 'unreadable') return { kind: 'refused', reason: message.problem };
  const reason = refusalOf(message, deps);
  if (reason !== undefined) return { kind: 'refused', reason };
  const { cluster, count, request } = message;
  const { taskDefinition: name } = request;
  const reading = read.get(name) ?? deps.cluster.taskDefinitionNow(name);
  read.set(name, reading);
  const definition = usable(name, await reading);
  if ('kind' in definition) return definition;
  const now = deps.clock.now();
  const asked = requestOf(request);
  await deps.store.openQueued(cluster, {
    task: {
      id,
      taskDefinitionArn: definition.arn,
      group: request.group,
      capacityProvider: request.capacityProvider,
      tasks: count,
      queuedAt: now,
      placementConstraints: request.placementConstraints,
      placementStrategy: asked.placementStrategy,
    },
    request: asked,
    tries: 0,
    nextTryAt: now,
  });
  return { kind: 'kept', cluster };
};

/** A strategy without a field says so. */
const requestOf = ({ placementStrategy, ...it }: TaskAsked['request']): QueuedRun['request'] => ({
  ...it,
  placementStrategy: placementStrategy?.map(({ type, field }) => ({ type, field })),
});

/**
 * Takes messages into the table, where they are kept from then on, and asks for decisions. What may never be run goes to
 * the dead letters with the reason. A message that comes twice is kept once: by its id. Returns the ids of the messages
 * to be handed out again.
 */
export const handleTaskMessages = async (
  messages: readonly Message[],
  deps: TaskQueueDependencies,
): Promise<readonly string[]> => {
  const again = new Set<string>();
  const cluster = new Map<string, string>();
  const read: Definitions = new Map();
  for (const message of messages) {
    try {
      const taken = await take(message, read, deps);
      if (taken.kind === 'kept') cluster.set(message.id, taken.cluster);
      else if (taken.kind === 'refused') await bury(message.body, taken.reason, deps);
      else {
        again.add(message.id);
        deps.telemetry.warn('a queued task cannot be judged yet', { messageId: message.id, reason: taken.reason });
      }
    } catch (error) {
      again.add(message.id);
      deps.telemetry.error('a queued task was not taken', { messageId: message.id, error: String(error) });
    }
  }
  const reasons = new Map([...cluster.values()].map((it) => [it, 'tasks were queued']));
  const failed = await askForDecisions(reasons, deps);
  const notAsked = [...cluster].flatMap(([id, it]) => (failed.has(it) ? [id] : []));
  return [...again, ...notAsked];
};

export interface RunQueuedDependencies {
  readonly clusterWriter: Pick<ClusterWriter, 'runTask'>;
  readonly store: Pick<Store, 'keepQueued' | 'endQueued'>;
  readonly deadLetters: DeadLetters;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const firstPauseMs = 5 * secondMs;
const longestPauseMs = minuteMs;

/** How long to wait after so many answered tries: twofold each time, up to a minute. */
const pauseAfter = (tries: number): number => Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 10));

/** One decision has a minute; a call takes some hundred milliseconds, and ECS answers forty a second in all. */
const callsPerDecision = 50;

/**
 * ECS knows a client token for 24 hours, or until an hour after its tasks have ended (ECS API reference, idempotency).
 * A call whose answer was lost is repeated with the same token within minutes. After an answer the next call has another:
 * it is not documented whether ECS would run the rest under the old one, or only repeat its answer.
 */
const requestOfTry = ({ task, request, tries }: QueuedRun): RunTaskRequest => ({
  ...request,
  clientToken: `${ownTokenPrefix}${task.id}-${tries}`,
  count: task.tasks,
});

/** Equal: where the one finds no room, the other finds none either. */
const placeKey = ({ request }: QueuedRun): string =>
  JSON.stringify([
    request.taskDefinition,
    request.group,
    request.capacityProvider,
    request.placementConstraints,
    request.placementStrategy,
    request.networkConfiguration,
  ]);

/** When a cluster's queued tasks are next to be tried, if those that are due now find no room. */
export const nextTryOf = (runs: readonly QueuedRun[], now: EpochMs): EpochMs | undefined => {
  const times = runs.map((it) => (it.nextTryAt > now ? it.nextTryAt : now + pauseAfter(it.tries)));
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
};

/**
 * Runs the queued tasks of a cluster that are due, the oldest first, and forgets those that were started. What finds no
 * room stays; what has waited for too long, or what ECS will never run, goes to the dead letters. Killed between any two
 * calls, it repeats the last one with the same client token: nothing runs twice, and nothing is lost.
 */
export const runQueued = async (
  cluster: string,
  runs: readonly QueuedRun[],
  deps: RunQueuedDependencies,
  hasRoom: (run: QueuedRun) => boolean = () => false,
): Promise<void> => {
  const full = new Set<string>();
  let calls = 0;
  for (const run of runs) {
    if (calls >= callsPerDecision) return;
    if ((run.nextTryAt > deps.clock.now() && !hasRoom(run)) || full.has(placeKey(run))) continue;
    calls += 1;
    try {
      if (!(await runOne(cluster, run, deps))) full.add(placeKey(run));
    } catch (error) {
      deps.telemetry.error('a queued task could not be looked after', {
        cluster,
        id: run.task.id,
        error: String(error),
      });
      deps.telemetry.count('StepFailures', 1);
    }
  }
};

/** False where there was not room for all of it. */
const runOne = async (cluster: string, run: QueuedRun, deps: RunQueuedDependencies): Promise<boolean> => {
  const queue = settingsOf(deps.settings, cluster).taskQueue;
  if (queue === undefined) {
    await giveUp(cluster, run, 'the task queue was turned off in berth.yml', deps);
    return true;
  }
  const outcome = await deps.clusterWriter.runTask(cluster, requestOfTry(run));
  if (outcome.kind === 'started' && outcome.taskArns.length >= run.task.tasks) {
    await deps.store.endQueued(cluster, run.task.id, deps.clock.now());
    deps.telemetry.info('queued tasks were started', { cluster, id: run.task.id, taskArns: outcome.taskArns });
    return true;
  }
  if (outcome.kind === 'rejected') {
    await giveUp(cluster, run, outcome.detail, deps);
    return true;
  }
  const left = leftOf(run, outcome, deps.clock.now());
  if (isTooLate(left, queue, deps.clock.now())) await giveUp(cluster, left, reasonOf(outcome, queue), deps);
  else await deps.store.keepQueued(cluster, left);
  return outcome.kind === 'failed';
};

/** What is left to do after an answer that did not end it. A call that failed may have been heard: its token stays. */
const leftOf = (run: QueuedRun, outcome: RunTaskOutcome, now: EpochMs): QueuedRun => {
  if (outcome.kind === 'failed') return { ...run, nextTryAt: now + firstPauseMs };
  const started = outcome.kind === 'started' ? outcome.taskArns.length : 0;
  return {
    ...run,
    task: { ...run.task, tasks: run.task.tasks - started },
    tries: run.tries + 1,
    nextTryAt: now + pauseAfter(started > 0 ? 0 : run.tries),
  };
};

const isTooLate = ({ task }: QueuedRun, { giveUpAfterMs }: TaskQueueSettings, now: EpochMs): boolean =>
  now - task.queuedAt >= giveUpAfterMs;

const reasonOf = (outcome: RunTaskOutcome, { giveUpAfterMs }: TaskQueueSettings): string => {
  const why =
    outcome.kind === 'failed'
      ? `it may have been started all the same: ${outcome.detail}`
      : outcome.kind === 'started'
        ? (outcome.missing ?? 'no room')
        : outcome.detail;
  return `not run within ${Math.round(giveUpAfterMs / minuteMs)} minutes: ${why}`;
};

/** Buried first, forgotten second: killed in between, it is buried twice, which is seen, rather than lost. */
const giveUp = async (
  cluster: string,
  { task, request }: QueuedRun,
  reason: string,
  deps: RunQueuedDependencies,
): Promise<void> => {
  deps.telemetry.error('a queued task was given up', { cluster, id: task.id, tasks: task.tasks, reason });
  await bury(JSON.stringify({ cluster, count: task.tasks, ...request }), reason, deps);
  await deps.store.endQueued(cluster, task.id, deps.clock.now());
};

const bury = async (
  body: string,
  reason: string,
  { deadLetters, telemetry }: Pick<RunQueuedDependencies, 'deadLetters' | 'telemetry'>,
): Promise<void> => {
  await deadLetters.bury(body, reason, source);
  telemetry.count('BuriedMessages', 1);
};
