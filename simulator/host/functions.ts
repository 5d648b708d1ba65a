import type { Context } from 'aws-lambda';
import type { FunctionName, OptionalFunctionName } from '../../deployment/wiring.ts';
import { capacityRunHandler } from '../../functions/capacity-run.ts';
import { clusterEventsHandler } from '../../functions/cluster-events.ts';
import { decideHandler } from '../../functions/decide.ts';
import { forecastHandler } from '../../functions/forecast.ts';
import { keepMirrorsHandler } from '../../functions/keep-mirrors.ts';
import { metricCheckHandler } from '../../functions/metric-check.ts';
import { mirrorHandler } from '../../functions/mirror.ts';
import { taskQueueHandler } from '../../functions/task-queue.ts';
import { urgentEventsHandler } from '../../functions/urgent-events.ts';
import {
  composeCapacityRun,
  composeClusterEvents,
  composeDecide,
  composeForecast,
  composeKeepMirrors,
  composeMetricCheck,
  composeMirror,
  composeTaskQueue,
  composeUrgentEvents,
  type Surroundings,
} from '../../lib/compose.ts';
import type { Decision } from '../../lib/flows/decide.ts';
import type { Dice } from '../kernel/dice.ts';
import type { VirtualClock } from '../kernel/virtual-clock.ts';
import { type SdkCall, type VirtualSdk, virtualSdk } from './sdk.ts';

/** What the functions get in place of Lambda's environment variables. */
export interface FunctionEnvironment extends Pick<Surroundings, 'settings' | 'clusters' | 'table'> {
  /** One for each function: a function publishes its own metrics. */
  readonly telemetry: (name: FunctionName | OptionalFunctionName) => Surroundings['telemetry'];
  readonly queueUrls: { readonly decide: string; readonly urgent: string; readonly deadLetters: string };
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly endpoint: string;
  readonly onCall?: (call: SdkCall) => void;
  /** Told of each decision of the function `decide`. */
  readonly onDecision?: (decision: Decision) => void;
}

export interface HostedHandler {
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
  readonly sdk: VirtualSdk;
}

export type Handlers = Readonly<Record<FunctionName | OptionalFunctionName, HostedHandler>>;

/** The functions' own factories, composed as in Lambda but for clock, endpoint and telemetry. */
export const handlersOf = (it: FunctionEnvironment): Handlers => {
  const hosted = (
    name: FunctionName | OptionalFunctionName,
    make: (surroundings: Surroundings) => (event: never, context: Context) => Promise<unknown>,
  ): HostedHandler => {
    const sdk = virtualSdk(it.clock, it.dice.fork(name), it.endpoint, it.onCall);
    const handle = make({
      clusters: it.clusters,
      table: it.table,
      decideQueueUrl: it.queueUrls.decide,
      urgentQueueUrl: it.queueUrls.urgent,
      deadLetterQueueUrl: it.queueUrls.deadLetters,
      settings: it.settings,
      clock: it.clock,
      telemetry: it.telemetry(name),
      clients: sdk.clients,
    });
    // As in Lambda, what a function is handed is untyped: the wiring sees to it that it is the event it expects.
    return { handler: (event, context) => handle(event as never, context), sdk };
  };
  return {
    clusterEvents: hosted('clusterEvents', (s) => clusterEventsHandler(composeClusterEvents(s))),
    urgentEvents: hosted('urgentEvents', (s) => urgentEventsHandler(composeUrgentEvents(s))),
    decide: hosted('decide', (s) =>
      decideHandler({
        ...composeDecide(s),
        onDecision: (decision) => {
          if (decision !== undefined) it.onDecision?.(decision);
        },
      }),
    ),
    metricCheck: hosted('metricCheck', (s) => metricCheckHandler(composeMetricCheck(s))),
    capacityRun: hosted('capacityRun', (s) => capacityRunHandler(composeCapacityRun(s))),
    taskQueue: hosted('taskQueue', (s) => taskQueueHandler(composeTaskQueue(s))),
    forecast: hosted('forecast', (s) => forecastHandler(composeForecast(s))),
    mirror: hosted('mirror', (s) => mirrorHandler(composeMirror(s))),
    keepMirrors: hosted('keepMirrors', (s) => keepMirrorsHandler(composeKeepMirrors(s))),
  };
};
