import { alarmResources } from './alarms.ts';
import type { Value } from './cloudformation.ts';
import { dashboardResources } from './dashboard.ts';
import { forecastFunction } from './forecast.ts';
import { hasMirrors, keepMirrorsFunction, mirrorFunction, mirrorResources } from './mirror.ts';
import type { Asked } from './permissions.ts';
import { queryResources } from './queries.ts';
import { queueMapping, queueResources } from './queues.ts';
import { roleResources } from './roles.ts';
import { ruleResources } from './rules.ts';
import { hasTaskQueue, taskQueueFunction, taskQueueOutputs, taskQueueResources } from './task-queue.ts';
import { clusterSeparator, functionWiring, type OptionalFunctionName } from './wiring.ts';

/** What the person who deploys has given as parameters. */
export interface Given {
  readonly clusters: readonly string[];
  /** Empty: alarms tell nobody. */
  readonly alarmTopicArn: string;
  /** What the settings ask permissions for. */
  readonly asked: Asked;
}

/** The functions that the settings ask for besides those that are always there. */
const optionalOf = (asked: Asked): readonly OptionalFunctionName[] => [
  ...(hasTaskQueue(asked) ? (['taskQueue'] as const) : []),
  ...(asked.forecasts ? (['forecast'] as const) : []),
  ...(hasMirrors(asked) ? (['mirror', 'keepMirrors'] as const) : []),
];

/** What `${berth:address}` stands for in `serverless.yml`; a new variable is one line here. */
const variables: Readonly<Record<string, (given: Given) => unknown>> = {
  clusters: ({ clusters }) => clusters.join(clusterSeparator),
  ...Object.fromEntries(
    Object.entries(functionWiring).flatMap(([name, it]) => [
      [`timeout.${name}`, () => it.timeoutSeconds],
      [`memory.${name}`, () => it.memoryMiB],
    ]),
  ),
  'queue.state': () => queueMapping('state'),
  'queue.urgent': () => queueMapping('urgent'),
  'queue.decide': () => queueMapping('decide'),
  'function.taskQueue': ({ asked }) => taskQueueFunction(asked),
  'function.forecast': ({ asked }) => forecastFunction(asked),
  'function.mirror': ({ asked }) => mirrorFunction(asked),
  'function.keepMirrors': ({ asked }) => keepMirrorsFunction(asked),
  'outputs.taskQueue': ({ asked }) => taskQueueOutputs(asked),
  'resources.taskQueue': ({ asked }) => taskQueueResources(asked),
  'resources.mirror': ({ asked }) => mirrorResources(asked),
  'resources.queues': queueResources,
  'resources.rules': ({ clusters, asked }) => ruleResources(clusters, asked),
  'resources.roles': ({ clusters, asked }) => roleResources(clusters, asked),
  'resources.alarms': ({ alarmTopicArn, asked }) => alarmResources(alarmTopicArn, optionalOf(asked)),
  'resources.dashboard': ({ asked }) => dashboardResources(optionalOf(asked)),
  'resources.queries': queryResources,
};

/** Undefined where there is no such variable. */
export const variableAt = (address: string, given: Given): Value | undefined =>
  variables[address]?.(given) as Value | undefined;
