import type { Api, JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, number, object, requiredText, text } from '../json.ts';
import { activeDefinition, clusterOf, invalid, launchOf, rulesOf, tagsOf } from './lookup.ts';
import { findPlace, type PlacementRequest, refusals } from './placement.ts';
import { overriddenNeed } from './resources.ts';
import { queuesTasks } from './starting.ts';
import type { Cluster, EcsState, StrategyItem, Task } from './state.ts';
import { taskJson } from './task-json.ts';
import type { Tasks } from './tasks.ts';
import { chooseProvider, type Wants, type Wisher } from './wants.ts';

export interface RunTaskParts {
  readonly ground: Ground;
  readonly state: EcsState;
  readonly tasks: Tasks;
  readonly wants: Wants;
}

/** What all tasks of one RunTask call share. */
interface Order {
  readonly cluster: Cluster;
  readonly wisher: Wisher;
  readonly input: JsonObject;
  readonly place: Omit<PlacementRequest, 'capacityProvider'>;
  readonly launchType: string | undefined;
  readonly strategy: readonly StrategyItem[];
}

const maximumFailures = 10;

export const runTaskApi = ({ ground, state, tasks, wants }: RunTaskParts): Api => {
  const orderOf = (input: JsonObject): Order => {
    const cluster = clusterOf(state, input);
    const definition = activeDefinition(state, requiredText(input, 'taskDefinition', 'InvalidParameterException'));
    const group = text(input, 'group') ?? `family:${definition.family}`;
    if (group.startsWith('service:')) throw invalid('Group name cannot start with service:');
    return {
      cluster,
      wisher: { cluster: cluster.name, service: undefined, definition },
      input,
      place: {
        cluster,
        definition,
        need: overriddenNeed(definition.json, definition.need, object(input, 'overrides') ?? {}),
        group,
        constraints: rulesOf(input, 'placementConstraints') ?? [],
        strategy: rulesOf(input, 'placementStrategy') ?? [], // none: at random (ECS developer guide, placement strategies)
      },
      ...launchOf(state, cluster, input),
    };
  };

  const create = (order: Order, capacityProvider: string | undefined): Task =>
    tasks.create({
      cluster: order.cluster,
      definition: order.place.definition,
      need: order.place.need,
      want: wants.ask('STANDALONE', order.wisher, capacityProvider),
      service: undefined,
      deployment: undefined,
      group: order.place.group,
      startedBy: text(order.input, 'startedBy'),
      launchType: order.launchType,
      overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...object(order.input, 'overrides') },
      tags: tagsOf(order.input),
      constraints: order.place.constraints,
      strategy: order.place.strategy,
    });

  /** The task; queued where its provider lets it wait; or why there is none. */
  const runOne = (order: Order, capacityProvider: string | undefined): Task | readonly JsonObject[] => {
    const request: PlacementRequest = { ...order.place, capacityProvider };
    const place = findPlace(request, ground.luck);
    if (place !== undefined) {
      const task = create(order, capacityProvider);
      tasks.place(task, place);
      return task;
    }
    const mayQueue = order.cluster.queued.size < ground.constants.provisioningTasksPerCluster;
    if (queuesTasks(state, capacityProvider) && mayQueue) {
      const task = create(order, capacityProvider);
      tasks.queue(task);
      return task;
    }
    wants.withdraw(wants.ask('STANDALONE', order.wisher, capacityProvider), order.wisher, 'noRoom');
    return refusals(request).map((it) => ({ arn: it.instance.arn, reason: it.reason }));
  };

  return {
    RunTask: (input) => {
      const count = number(input, 'count') ?? 1;
      if (count < 1 || count > 10) throw invalid('Task count must be between 1 and 10.');
      const order = orderOf(input);
      const queues = order.strategy.some((it) => queuesTasks(state, it.capacityProvider));
      if (order.cluster.instances.size === 0 && !queues)
        throw invalid('No Container Instances were found in your cluster.');
      const started: Task[] = [];
      const failures: JsonObject[] = [];
      for (let i = 0; i < count; i++) {
        const held = (name: string): number => started.filter((it) => it.want.capacityProvider === name).length;
        const outcome = runOne(order, chooseProvider(order.strategy, held));
        if ('arn' in outcome) started.push(outcome);
        else failures.push(...outcome);
      }
      return {
        tasks: started.map((it) => taskJson(it, epochSeconds, true)),
        failures: failures.slice(0, maximumFailures),
      };
    },
  };
};
