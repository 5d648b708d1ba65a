/**
 * What hangs on what, as data: the deployment makes queues, functions and mappings of it, and the simulator's host
 * plays the same ones. Whoever changes a number here changes both.
 */

/** The functions, by the names that `serverless.yml` gives them. */
export type FunctionName = 'clusterEvents' | 'urgentEvents' | 'decide' | 'metricCheck' | 'capacityRun';

/** Deployed only where the settings of a cluster ask for a queue of tasks or a mirror, or of a service for a forecast. */
export type OptionalFunctionName = 'taskQueue' | 'forecast' | 'mirror' | 'keepMirrors';

/** The queues that feed a function. Dead letters feed none. */
export type QueueName = 'state' | 'urgent' | 'decide';

/** Deployed with the function that it feeds. */
export type OptionalQueueName = 'tasks' | 'mirror';

export interface FunctionWiring {
  /** `functions/<file>.ts`, whose export `handler` is called. */
  readonly file: string;
  readonly timeoutSeconds: number;
  /** Lambda gives one vCPU for 1,769 MiB and shares of it below, so this is speed more than room. */
  readonly memoryMiB: number;
  /**
   * Whether its messages can come back to it (decide → urgent → urgentEvents → decide). Lambda would stop such a loop
   * after 16 hops. A cluster has one timer under way at a time, and none where nothing is due within a minute; a second
   * look after a placement failure or a dropped step leads to no further one.
   */
  readonly inLoop: boolean;
}

export interface QueueWiring<Consumer = FunctionName> {
  readonly fifo: boolean;
  /** The function that the queue feeds. */
  readonly consumer: Consumer;
  readonly batchSize: number;
  /** 0: no window. With any window Lambda may wait up to 20 s for messages of a quiet queue. */
  readonly batchWindowSeconds: number;
  /** How many batches are handled at a time. Lambda allows no less than 2. */
  readonly maximumConcurrency: number;
  /** Lambda advises six times the function's time-out; it must not be less than once. */
  readonly visibilityTimeoutSeconds: number;
  /** How often a message is handed out before it goes to the dead letters. */
  readonly maxReceiveCount: number;
  /** How long each message is kept back; a single message may ask for more on a standard queue, not on a FIFO one. */
  readonly delaySeconds: number;
  /** Whether the function answers with the messages it failed on (`batchItemFailures`), the rest being done. */
  readonly reportsBatchItemFailures: boolean;
}

/** How often `metricCheck`, and `keepMirrors`, are called: a scheduled rule can do no less than a minute. */
export const metricCheckPeriodSeconds = 60;

export const functionWiring: Readonly<Record<FunctionName, FunctionWiring>> = {
  // Reads up to 1,000 small messages and asks for a decision per cluster: seconds at most.
  clusterEvents: { file: 'cluster-events', timeoutSeconds: 30, memoryMiB: 512, inLoop: false },
  // Ten events and a handful of calls; the spot warning leaves two minutes, so a hung call must end early.
  urgentEvents: { file: 'urgent-events', timeoutSeconds: 30, memoryMiB: 512, inLoop: true },
  // Reads a whole cluster. A decision older than a minute is overtaken by the next minute check.
  decide: { file: 'decide', timeoutSeconds: 60, memoryMiB: 1024, inLoop: true },
  // Ends before it is called again.
  metricCheck: { file: 'metric-check', timeoutSeconds: 55, memoryMiB: 512, inLoop: false },
  // A person waits for the answer, and reads what decide reads.
  capacityRun: { file: 'capacity-run', timeoutSeconds: 60, memoryMiB: 1024, inLoop: false },
};

export const optionalFunctions: Readonly<Record<OptionalFunctionName, FunctionWiring>> = {
  // Takes ten messages into the table, some of them after a look at their task definition.
  taskQueue: { file: 'task-queue', timeoutSeconds: 30, memoryMiB: 512, inLoop: false },
  // A whole vCPU, on which a service takes some 120 ms: 500 of them with their reads take about a minute.
  forecast: { file: 'forecast', timeoutSeconds: 300, memoryMiB: 1769, inLoop: false },
  // Up to 1,000 events of 2 to 10 KB become one write a cluster.
  mirror: { file: 'mirror', timeoutSeconds: 30, memoryMiB: 512, inLoop: false },
  // Reads slowly, so as to leave ECS's answers to others: the first full description of 50,000 tasks takes minutes.
  keepMirrors: { file: 'keep-mirrors', timeoutSeconds: 300, memoryMiB: 1024, inLoop: false },
};

/** When forecasts are made (UTC): once a day, in most places by night, and not at a time that everybody takes. */
export const forecastSchedule = 'cron(17 2 * * ? *)';

const visibilityTimeout = (consumer: FunctionName, batchWindowSeconds: number): number =>
  6 * functionWiring[consumer].timeoutSeconds + batchWindowSeconds;

/**
 * No more than the function's time-out and a margin, where a message that failed must come back soon: a spot warning
 * leaves two minutes, and a FIFO group, hence a cluster, stands still while its message is invisible.
 */
const shortVisibility = (consumer: FunctionName): number => functionWiring[consumer].timeoutSeconds + 5;

/** The concurrencies add up to 8: a fresh account has 10 in all, and two are left for the check and for a person. */
export const queueWiring: Readonly<Record<QueueName, QueueWiring>> = {
  state: {
    fifo: false,
    consumer: 'clusterEvents',
    batchSize: 1000, // a deployment of a large service is thousands of events and one decision
    batchWindowSeconds: 10, // what comes here only frees room: later, and fewer decisions
    maximumConcurrency: 2,
    visibilityTimeoutSeconds: visibilityTimeout('clusterEvents', 10),
    maxReceiveCount: 3,
    delaySeconds: 0,
    reportsBatchItemFailures: true,
  },
  urgent: {
    fifo: false,
    consumer: 'urgentEvents',
    batchSize: 10, // the most that needs no window
    batchWindowSeconds: 0,
    maximumConcurrency: 2,
    visibilityTimeoutSeconds: shortVisibility('urgentEvents'),
    maxReceiveCount: 5,
    delaySeconds: 0,
    reportsBatchItemFailures: true,
  },
  decide: {
    fifo: true, // one message group a cluster: one decision at a time for each
    consumer: 'decide',
    batchSize: 1,
    batchWindowSeconds: 0,
    maximumConcurrency: 4, // so many clusters at a time
    visibilityTimeoutSeconds: shortVisibility('decide'),
    maxReceiveCount: 3,
    delaySeconds: 0,
    reportsBatchItemFailures: false, // a batch of one fails or succeeds as a whole
  },
};

/** With either the concurrencies add up to 10: a fresh account asks AWS for more before it uses them in earnest. */
export const optionalQueues: Readonly<Record<OptionalQueueName, QueueWiring<OptionalFunctionName>>> = {
  tasks: {
    fifo: false,
    consumer: 'taskQueue',
    batchSize: 10,
    batchWindowSeconds: 0, // a task waits for its instance, not for a batch
    maximumConcurrency: 2,
    visibilityTimeoutSeconds: optionalFunctions.taskQueue.timeoutSeconds + 5, // what was throttled comes back soon,
    maxReceiveCount: 25, // and is not lost to a quarter of an hour in which AWS refuses
    delaySeconds: 0,
    reportsBatchItemFailures: true,
  },
  mirror: {
    fifo: false,
    consumer: 'mirror',
    batchSize: 1000, // a batch is one write
    batchWindowSeconds: 2, // what a decision finds in the mirror is no older than that, while there is much to tell
    maximumConcurrency: 2,
    visibilityTimeoutSeconds: 6 * optionalFunctions.mirror.timeoutSeconds + 2,
    maxReceiveCount: 3, // what is lost the next comparison finds
    delaySeconds: 0,
    reportsBatchItemFailures: true,
  },
};

/** The environment variables every function is given: the clusters it may touch, and what it works on. */
export const environmentNames = [
  'CLUSTERS',
  'TABLE',
  'DECIDE_QUEUE_URL',
  'URGENT_QUEUE_URL',
  'DEAD_LETTER_QUEUE_URL',
] as const;

/** Between the names in CLUSTERS: `production,staging`. A cluster's name has no comma. */
export const clusterSeparator = ',';

/** Where Berth's own metrics are published, and the one dimension they have, as `lib/telemetry` publishes them. */
export const metricsNamespace = 'Berth';
export const metricsDimension = ['service', 'berth'] as const;
