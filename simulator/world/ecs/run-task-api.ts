import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, number, object, objects, requiredText, text } from '../json.ts';
import { activeDefinition, clusterOf, invalid, launchOf, rulesOf, tagsOf } from './lookup.ts';
import { type PlacementRequest, refusals, type Search, searchFor } from './placement.ts';
import { definitionRules } from './requests.ts';
import { overriddenNeed } from './resources.ts';
import { queuesTasks } from './starting.ts';
import type {
  Cluster,
  ContainerInstance,
  EcsState,
  PlacementRule,
  StrategyItem,
  Task,
  TaskDefinition,
} from './state.ts';
import { taskJson } from './task-json.ts';
import type { Tasks } from './tasks.ts';
import type { Visibility } from './visibility.ts';
import { chooseProvider, type Wants, type Wisher } from './wants.ts';

export interface RunTaskParts {
  readonly ground: Ground;
  readonly state: EcsState;
  readonly tasks: Tasks;
  readonly wants: Wants;
  readonly visibility: Visibility;
}

/** What all tasks of one RunTask call share. */
interface Order {
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly wisher: Wisher;
  readonly input: JsonObject;
  readonly place: Omit<PlacementRequest, 'capacityProvider'>;
  /** Those of the call alone. */
  readonly constraints: readonly PlacementRule[];
  readonly launchType: string | undefined;
  readonly strategy: readonly StrategyItem[];
}

type Outcome =
  | { readonly kind: 'started'; readonly task: Task }
  | { readonly kind: 'failed'; readonly failures: readonly JsonObject[] }
  /** The quota of tasks in PROVISIONING is used up. */
  | { readonly kind: 'overQuota' };

interface Answered {
  readonly asked: string;
  readonly answer: JsonObject;
  readonly untilMs: number;
}

const tokenKeptMs = 24 * 3_600_000; // ECS API reference, ensuring idempotency

const maximumFailures = 10;
const overQuota = 'Tasks provisioning capacity limit exceeded.';

export const runTaskApi = ({ ground, state, tasks, wants, visibility }: RunTaskParts): Api => {
  const orderOf = (input: JsonObject): Order => {
    const cluster = clusterOf(state, input);
    const definition = activeDefinition(state, requiredText(input, 'taskDefinition', 'InvalidParameterException'));
    const group = text(input, 'group') ?? `family:${definition.family}`;
    if (group.startsWith('service:')) throw invalid('Group name cannot start with service:');
    const constraints = rulesOf(input, 'placementConstraints') ?? [];
    return {
      cluster,
      definition,
      wisher: { cluster: cluster.name, service: undefined, definition },
      input,
      constraints,
      place: {
        need: overriddenNeed(definition.json, definition.need, object(input, 'overrides') ?? {}),
        group,
        requiredAttributes: definition.requiredAttributes,
        platform: definition.platform,
        constraints: [...definitionRules(definition), ...constraints],
        strategy: rulesOf(input, 'placementStrategy') ?? [], // none: at random (ECS developer guide, placement strategies)
      },
      ...launchOf(state, cluster, input),
    };
  };

  const create = (order: Order, capacityProvider: string | undefined): Task => {
    const task = tasks.create({
      cluster: order.cluster,
      definition: order.definition,
      need: order.place.need,
      want: wants.ask('STANDALONE', order.wisher, capacityProvider),
      service: undefined,
      deployment: undefined,
      group: order.place.group,
      startedBy: text(order.input, 'startedBy'),
      launchType: order.launchType,
      overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...object(order.input, 'overrides') },
      tags: tagsOf(order.input),
      constraints: order.constraints,
      strategy: order.place.strategy,
    });
    task.visibleAt = visibility.visibleAt();
    return task;
  };

  /** Nobody will try again: the want is told, and ends with the call. */
  const refuse = (order: Order, capacityProvider: string | undefined): void => {
    wants.withdraw(wants.ask('STANDALONE', order.wisher, capacityProvider), order.wisher, 'noRoom');
  };

  /** The task; queued where its provider lets it wait; or why there is none. */
  const runOne = (order: Order, capacityProvider: string | undefined, search: Search<ContainerInstance>): Outcome => {
    const place = search.next(ground.luck);
    if (place !== undefined) {
      const task = create(order, capacityProvider);
      tasks.place(task, place);
      return { kind: 'started', task };
    }
    if (!queuesTasks(state, capacityProvider)) {
      refuse(order, capacityProvider);
      const refused = refusals(order.cluster.fleet, { ...order.place, capacityProvider });
      return { kind: 'failed', failures: refused.map((it) => ({ arn: it.instance.arn, reason: it.reason })) };
    }
    if (order.cluster.queued.size >= ground.constants.provisioningTasksPerCluster) {
      refuse(order, capacityProvider);
      return { kind: 'overQuota' };
    }
    const task = create(order, capacityProvider);
    tasks.queue(task);
    return { kind: 'started', task };
  };

  const runAll = (order: Order, count: number): readonly Outcome[] => {
    const searches = new Map<string | undefined, Search<ContainerInstance>>();
    const held = new Map<string | undefined, number>();
    return Array.from({ length: count }, () => {
      const provider = chooseProvider(order.strategy, (name) => held.get(name) ?? 0);
      const request = { ...order.place, capacityProvider: provider };
      const search = searches.get(provider) ?? searchFor(order.cluster.fleet, request);
      searches.set(provider, search);
      const outcome = runOne(order, provider, search);
      if (outcome.kind === 'started') held.set(provider, (held.get(provider) ?? 0) + 1);
      return outcome;
    });
  };

  const answers = new Map<string, Answered>();

  const run = (input: JsonObject): JsonObject => {
    const count = number(input, 'count') ?? 1;
    if (count < 1 || count > 10) throw invalid('Task count must be between 1 and 10.');
    const order = orderOf(input);
    const queues = order.strategy.some((it) => queuesTasks(state, it.capacityProvider));
    if (order.cluster.instances.size === 0 && !queues) {
      for (let i = 0; i < count; i++) refuse(order, order.strategy[0]?.capacityProvider);
      throw invalid('No Container Instances were found in your cluster.');
    }
    const outcomes = runAll(order, count);
    const started = outcomes.flatMap((it) => (it.kind === 'started' ? [it.task] : []));
    // Over the quota the call is refused (aws/aws-sdk-ruby issue 3047); that those before it may start is assumed.
    if (started.length === 0 && outcomes.some((it) => it.kind === 'overQuota')) {
      throw new AwsApiError('ClientException', overQuota);
    }
    const failures = outcomes.flatMap((it) => {
      if (it.kind === 'started') return [];
      return it.kind === 'failed' ? it.failures : [{ arn: order.cluster.arn, reason: overQuota }];
    });
    return {
      tasks: started.map((it) => taskJson(it, epochSeconds, true)),
      failures: failures.slice(0, maximumFailures),
    };
  };

  /**
   * What the record of a call that was refused says of it; that of one that was not nobody listens to here. Its members are
   * those of the request and the answer (CloudTrail user guide, record contents).
   */
  const trail = (input: JsonObject, answer: JsonObject | undefined, error: AwsApiError | undefined): void => {
    const at = ground.now();
    const detail = (): JsonObject => ({
      eventVersion: '1.08',
      eventTime: `${new Date(at).toISOString().slice(0, 19)}Z`, // whole seconds
      eventSource: 'ecs.amazonaws.com',
      eventName: 'RunTask',
      eventID: ground.uuid(),
      eventType: 'AwsApiCall',
      managementEvent: true,
      ...(error === undefined ? {} : { errorCode: error.code, errorMessage: error.message }),
      requestParameters: input,
      responseElements: answer ?? null,
    });
    ground.afterMs(ground.constants.trailEventMs, () => {
      ground.emit({ source: 'aws.ecs', detailType: 'AWS API Call via CloudTrail', resources: [], detail });
    });
  };

  const runOnTrail = (input: JsonObject): JsonObject => {
    try {
      const answer = run(input);
      if ((objects(answer, 'failures') ?? []).length > 0) trail(input, answer, undefined);
      return answer;
    } catch (error) {
      if (error instanceof AwsApiError) trail(input, undefined, error);
      throw error;
    }
  };

  return {
    /** A token that tasks were started under stands for them; that one under which none was does not, is assumed. */
    RunTask: (input) => {
      const token = text(input, 'clientToken');
      if (token === undefined) return runOnTrail(input);
      const asked = JSON.stringify(input);
      const before = answers.get(token);
      if (before !== undefined && ground.now() < before.untilMs) {
        if (before.asked === asked) return before.answer;
        throw new AwsApiError('ConflictException', 'The clientToken that was used is in use for a different task.');
      }
      const answer = runOnTrail(input);
      if ((objects(answer, 'tasks') ?? []).length > 0)
        answers.set(token, { asked, answer, untilMs: ground.now() + tokenKeptMs });
      return answer;
    },
  };
};
