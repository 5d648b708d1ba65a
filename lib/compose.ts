import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { autoScalingGroupReader } from './aws/auto-scaling-group-reader.ts';
import { autoScalingGroupWriter } from './aws/auto-scaling-group-writer.ts';
import {
  autoScalingClient,
  type ClientOptions,
  cloudWatchClient,
  dynamoDbClient,
  ecsClient,
  sqsClient,
} from './aws/clients.ts';
import { cloudWatchHistoryReader } from './aws/cloud-watch-history-reader.ts';
import { cloudWatchMetricReader } from './aws/cloud-watch-metric-reader.ts';
import { ec2Client } from './aws/ec2-client.ts';
import { ec2ShapeReader } from './aws/ec2-shape-reader.ts';
import { ecsClusterReader } from './aws/ecs-cluster-reader.ts';
import { ecsClusterWriter } from './aws/ecs-cluster-writer.ts';
import { ecsEventDetails } from './aws/ecs-event-details.ts';
import { paced } from './aws/paced.ts';
import { applicationAutoScalingClient, scalableTargetsReader } from './aws/scalable-targets-reader.ts';
import { sqsDeadLetters, sqsDecisionQueue, sqsWakeUps } from './aws/sqs-queues.ts';
import type { Settings } from './model/settings.ts';
import type { Clock } from './ports/clock.ts';
import type { InvocationTelemetry } from './ports/telemetry.ts';
import { dynamoDbCountStore } from './store/counts.ts';
import { dynamoDbStore } from './store/dynamo-db-store.ts';
import { dynamoDbMirrorStore } from './store/mirror.ts';
import { powertoolsTelemetry } from './telemetry/powertools-telemetry.ts';

/** What a function is made from: its surroundings, and by what it reaches them. */
export interface Surroundings {
  readonly clusters: readonly string[];
  readonly table: string;
  readonly decideQueueUrl: string;
  readonly urgentQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly telemetry: InvocationTelemetry;
  readonly clients: ClientOptions;
}

/** The deployment did not give a function what it needs; deploying again with `osls deploy` does. */
class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms) => {
    await pause(ms);
  },
};

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new ConfigurationError(`environment variable ${name} is not set: deploy again, serverless.yml sets it`);
  return value;
};

/** Settings are compiled when the service is built and lie beside the function's code. */
const compiledSettings = (): Settings => {
  const file = new URL('./settings.json', import.meta.url);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Settings;
  } catch (cause) {
    throw new ConfigurationError(`${file.pathname} cannot be read: build the service again`, { cause });
  }
};

export type { ClientOptions, InstrumentableClient } from './aws/clients.ts';
export { createTable } from './store/table.ts';

/** In Lambda: names from the environment, the real clock, the SDK's own rules for region and credentials. */
export const fromEnvironment = (): Surroundings => ({
  clusters: variable('CLUSTERS')
    .split(',')
    .map((it) => it.trim())
    .filter((it) => it !== ''),
  table: variable('TABLE'),
  decideQueueUrl: variable('DECIDE_QUEUE_URL'),
  urgentQueueUrl: variable('URGENT_QUEUE_URL'),
  deadLetterQueueUrl: variable('DEAD_LETTER_QUEUE_URL'),
  settings: compiledSettings(),
  clock: wallClock,
  telemetry: powertoolsTelemetry(),
  clients: {},
});

const ingest = (it: Surroundings) => {
  const sqs = sqsClient(it.clients);
  return {
    clusters: it.clusters,
    settings: it.settings,
    clock: it.clock,
    telemetry: it.telemetry,
    store: dynamoDbStore(dynamoDbClient(it.clients), it.table),
    decisions: sqsDecisionQueue(sqs, it.decideQueueUrl),
    wakeUps: sqsWakeUps(sqs, it.urgentQueueUrl),
    deadLetters: sqsDeadLetters(sqs, it.deadLetterQueueUrl),
  };
};

const mirrorsOf = (it: Surroundings) => dynamoDbMirrorStore(dynamoDbClient(it.clients), it.table);

const mirroringOf = (it: Surroundings) => ({
  mirrors: mirrorsOf(it),
  changes: ecsEventDetails,
  settings: it.settings,
  clock: it.clock,
});

const mirroredOf = (it: Surroundings) => ({ mirrors: mirrorsOf(it), telemetry: it.telemetry });

export const composeClusterEvents = (it: Surroundings) => ({
  ...ingest(it),
  mirroring: mirroringOf(it),
  groups: autoScalingGroupReader(autoScalingClient(it.clients)),
});

export const composeUrgentEvents = (it: Surroundings) => {
  const ecs = ecsClient(it.clients);
  return {
    ...ingest(it),
    mirroring: mirroringOf(it),
    cluster: ecsClusterReader(ecs),
    clusterWriter: ecsClusterWriter(ecs),
    groups: autoScalingGroupReader(autoScalingClient(it.clients)),
    shapes: ec2ShapeReader(ec2Client(it.clients)),
  };
};

export const composeDecide = (it: Surroundings) => {
  const ecs = ecsClient(it.clients);
  const autoScaling = autoScalingClient(it.clients);
  return {
    ...ingest(it),
    mirrored: mirroredOf(it),
    act: {
      cluster: ecsClusterReader(ecs),
      groups: autoScalingGroupReader(autoScaling),
      clusterWriter: ecsClusterWriter(ecs),
      groupWriter: autoScalingGroupWriter(autoScaling),
    },
  };
};

export const composeMetricCheck = (it: Surroundings) => ({
  ...ingest(it),
  mirrors: mirrorsOf(it),
  cluster: ecsClusterReader(ecsClient(it.clients)),
  groups: autoScalingGroupReader(autoScalingClient(it.clients)),
  metrics: cloudWatchMetricReader(cloudWatchClient(it.clients)),
  counts: dynamoDbCountStore(dynamoDbClient(it.clients), it.table),
  scalableTargets: scalableTargetsReader(applicationAutoScalingClient(it.clients)),
  shapes: ec2ShapeReader(ec2Client(it.clients)),
});

export const composeForecast = (it: Surroundings) => ({
  clusters: it.clusters,
  settings: it.settings,
  clock: it.clock,
  telemetry: it.telemetry,
  metrics: cloudWatchHistoryReader(cloudWatchClient(it.clients)),
  store: dynamoDbCountStore(dynamoDbClient(it.clients), it.table),
});

export const composeTaskQueue = (it: Surroundings) => ({
  ...ingest(it),
  cluster: ecsClusterReader(ecsClient(it.clients)),
});

export const composeMirror = (it: Surroundings) => ({
  clusters: it.clusters,
  telemetry: it.telemetry,
  deadLetters: sqsDeadLetters(sqsClient(it.clients), it.deadLetterQueueUrl),
  mirroring: mirroringOf(it),
});

export const composeKeepMirrors = (it: Surroundings) => ({
  clusters: it.clusters,
  settings: it.settings,
  clock: it.clock,
  telemetry: it.telemetry,
  mirrors: mirrorsOf(it),
  cluster: ecsClusterReader(paced(ecsClient(it.clients), it.clock)),
});

export const composeCapacityRun = (it: Surroundings) => ({
  ...ingest(it),
  mirrored: mirroredOf(it),
  read: {
    cluster: ecsClusterReader(ecsClient(it.clients)),
    groups: autoScalingGroupReader(autoScalingClient(it.clients)),
  },
});
