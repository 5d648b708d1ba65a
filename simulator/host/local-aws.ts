import { once } from 'node:events';
import type { Server } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { install } from '@sinonjs/fake-timers';
import dynalite from 'dynalite';
import { eventRules } from '../../deployment/event-rules.ts';
import {
  type FunctionName,
  forecastSchedule,
  functionWiring,
  metricCheckPeriodSeconds,
  type OptionalFunctionName,
  type OptionalQueueName,
  optionalFunctions,
  optionalQueues,
  type QueueName,
  queueWiring,
} from '../../deployment/wiring.ts';
import { createTable } from '../../lib/compose.ts';
import { mirroredAmong } from '../../lib/flows/mirror/telling.ts';
import type { Settings } from '../../lib/model/settings.ts';
import { type Endpoint, listen } from '../endpoint/server.ts';
import { type Dice, seededDice } from '../kernel/dice.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { WorldConstants } from '../world/constants.ts';
import { createWorld, type World } from '../world/world.ts';
import { hasForecasts, hasTaskQueue, hearsRefusedTasks, tasksQueue } from './asked-of-berth.ts';
import { createFeedingQueue, createQueue, deployer, queueArn } from './deployed-queues.ts';
import { type FunctionEnvironment, type Handlers, handlersOf } from './functions.ts';
import { type InvocationListener, LambdaHost } from './lambda.ts';
import { SqsMapping } from './sqs-mapping.ts';

export interface LocalAwsOptions {
  /** Virtual time at the beginning, epoch milliseconds. */
  readonly start: number;
  readonly seed: number;
  readonly constants?: Partial<WorldConstants>;
  /** 0, the default: any free port of 127.0.0.1. */
  readonly port?: number;
}

/** A local AWS: the world, its clock, its address, and a place where Berth's functions can be deployed. */
export interface LocalAws extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly world: World;
  readonly endpoint: Endpoint;
  /** Makes queues, rules, table and schedule as `serverless.yml` does, and hooks the real handlers up to them. */
  deploy(deployment: Deployment): Promise<Deployed>;
}

export interface Deployment {
  readonly clusters: readonly string[];
  readonly environment: Pick<FunctionEnvironment, 'settings' | 'telemetry' | 'onDecision'>;
  readonly onInvocation: InvocationListener;
  readonly onCall?: FunctionEnvironment['onCall'];
}

export interface Deployed {
  /** `taskQueue` and `mirror`, with their queues, `keepMirrors` and `forecast`, where the settings ask for them. */
  readonly functions: Readonly<Record<FunctionName, LambdaHost> & Record<OptionalFunctionName, LambdaHost | undefined>>;
  readonly queueUrls: Readonly<
    Record<QueueName | 'deadLetters', string> & Record<OptionalQueueName, string | undefined>
  >;
}

const table = 'berth';

const listening = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('dynalite does not listen on a port');
  return `http://127.0.0.1:${address.port}`;
};

const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => {
      done();
    });
    server.closeAllConnections();
  });

/**
 * Starts a local AWS. `Date` is faked for the whole process while it lives, since the SDK, the logger and the handlers
 * read it; timers and sockets stay real. Use with `await using`: a server left open keeps the process alive.
 */
export const localAws = async ({ start, seed, constants = {}, port = 0 }: LocalAwsOptions): Promise<LocalAws> => {
  const date = install({ now: start, toFake: ['Date'] });
  const clock = new VirtualClock(start, (now) => {
    date.setSystemTime(now);
  });
  const dice = seededDice(seed);
  const world = createWorld({ kernel: clock, dice: dice.fork('world'), constants });
  const database: Server = dynalite({ createTableMs: 0 });
  const dynamoDbUrl = await listening(database);
  const abandon = async (error: unknown): Promise<never> => {
    await closed(database);
    date.uninstall();
    throw error;
  };
  const endpoint = await listen({ world, now: () => clock.now(), port, dynamoDbUrl }).catch(abandon);
  return {
    clock,
    dice,
    world,
    endpoint,
    deploy: (deployment) => deploy({ clock, dice, world, endpoint }, deployment),
    async [Symbol.asyncDispose]() {
      await endpoint.close();
      await closed(database);
      date.uninstall();
    },
  };
};

type Ground = Pick<LocalAws, 'clock' | 'dice' | 'world' | 'endpoint'>;

const queueFile = (name: QueueName): string => (queueWiring[name].fifo ? `berth-${name}.fifo` : `berth-${name}`);

const mirrorQueue = 'berth-mirror';

const createQueues = (world: World, clusters: readonly string[], settings: Settings): Deployed['queueUrls'] => {
  const deadLetters = createQueue(world, 'berth-dead-letters', {});
  createQueue(world, 'berth-decide-dead-letters.fifo', { FifoQueue: 'true' });
  const urlOf = (name: QueueName): string => {
    const wiring = queueWiring[name];
    const dropsInto = wiring.fifo ? 'berth-decide-dead-letters.fifo' : 'berth-dead-letters';
    return createFeedingQueue(world, queueFile(name), wiring, dropsInto);
  };
  return {
    deadLetters,
    state: urlOf('state'),
    urgent: urlOf('urgent'),
    decide: urlOf('decide'),
    tasks: hasTaskQueue(settings)
      ? createFeedingQueue(world, tasksQueue, optionalQueues.tasks, 'berth-dead-letters')
      : undefined,
    mirror:
      mirroredAmong(clusters, settings).length > 0
        ? createFeedingQueue(world, mirrorQueue, optionalQueues.mirror, 'berth-dead-letters')
        : undefined,
  };
};

const createRules = (world: World, clusters: readonly string[], settings: Settings): void => {
  const account = { partition: 'aws', region: world.region, accountId: world.accountId };
  const RetryPolicy = { MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 20 };
  const DeadLetterConfig = { Arn: queueArn(world, 'berth-dead-letters') };
  const mirrored = mirroredAmong(clusters, settings);
  for (const rule of eventRules(clusters, account, hearsRefusedTasks(settings), mirrored)) {
    world.call('events', 'PutRule', { Name: rule.name, EventPattern: JSON.stringify(rule.pattern) }, deployer);
    const Arn = queueArn(world, rule.queue === 'mirror' ? mirrorQueue : queueFile(rule.queue));
    const Targets = [{ Id: 'queue', Arn, RetryPolicy, DeadLetterConfig }];
    world.call('events', 'PutTargets', { Rule: rule.name, Targets }, deployer);
  }
};

/** Once a day, as `deployment/forecast.ts` has it. */
const scheduleForecasts = (world: World, host: LambdaHost): void => {
  const Arn = `arn:aws:lambda:${world.region}:${world.accountId}:function:berth-forecast`;
  world.registerFunction(Arn, (event) => {
    host.invokeAsync(event);
  });
  world.call('events', 'PutRule', { Name: 'forecast', ScheduleExpression: forecastSchedule }, deployer);
  world.call('events', 'PutTargets', { Rule: 'forecast', Targets: [{ Id: 'function', Arn }] }, deployer);
};

/** Each minute, as `serverless.yml` and `deployment/mirror.ts` have it. */
const schedule = (world: World, rule: string, name: string, host: LambdaHost): void => {
  const Arn = `arn:aws:lambda:${world.region}:${world.accountId}:function:berth-${name}`;
  world.registerFunction(Arn, (event) => {
    host.invokeAsync(event, { maximumRetryAttempts: 0, maximumEventAgeMs: 60_000 });
  });
  const ScheduleExpression = `rate(${metricCheckPeriodSeconds / 60} minute)`;
  const RetryPolicy = { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 };
  const DeadLetterConfig = { Arn: queueArn(world, 'berth-dead-letters') };
  world.call('events', 'PutRule', { Name: rule, ScheduleExpression }, deployer);
  world.call(
    'events',
    'PutTargets',
    { Rule: rule, Targets: [{ Id: 'function', Arn, RetryPolicy, DeadLetterConfig }] },
    deployer,
  );
};

const deploy = async (
  ground: Ground,
  { clusters, environment, onInvocation, onCall }: Deployment,
): Promise<Deployed> => {
  const { clock, dice, world, endpoint } = ground;
  const client = new DynamoDBClient({
    endpoint: endpoint.url,
    region: world.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await createTable(client, table);
  client.destroy();
  const queueUrls = createQueues(world, clusters, environment.settings);
  const handlers: Handlers = handlersOf({
    ...environment,
    clusters,
    table,
    queueUrls,
    clock,
    dice: dice.fork('sdk'),
    endpoint: endpoint.url,
    ...(onCall === undefined ? {} : { onCall }),
  });
  const hostOf = (name: FunctionName | OptionalFunctionName): LambdaHost => {
    const { timeoutSeconds, memoryMiB } = { ...functionWiring, ...optionalFunctions }[name];
    const { handler, sdk } = handlers[name];
    const of = { name, timeoutMs: timeoutSeconds * 1000, memoryMiB, handler };
    return new LambdaHost(of, clock, dice.fork(name), sdk, onInvocation);
  };
  const functions = {
    clusterEvents: hostOf('clusterEvents'),
    urgentEvents: hostOf('urgentEvents'),
    decide: hostOf('decide'),
    metricCheck: hostOf('metricCheck'),
    capacityRun: hostOf('capacityRun'),
    taskQueue: queueUrls.tasks === undefined ? undefined : hostOf('taskQueue'),
    forecast: hasForecasts(environment.settings) ? hostOf('forecast') : undefined,
    mirror: queueUrls.mirror === undefined ? undefined : hostOf('mirror'),
    keepMirrors: queueUrls.mirror === undefined ? undefined : hostOf('keepMirrors'),
  };
  for (const name of ['state', 'urgent', 'decide'] as const) {
    const queue = { url: queueUrls[name], wiring: queueWiring[name] };
    new SqsMapping(world, clock, dice.fork(`poll ${name}`), queue, functions[queueWiring[name].consumer]).start();
  }
  if (queueUrls.tasks !== undefined && functions.taskQueue !== undefined) {
    const queue = { url: queueUrls.tasks, wiring: optionalQueues.tasks };
    new SqsMapping(world, clock, dice.fork('poll tasks'), queue, functions.taskQueue).start();
  }
  if (queueUrls.mirror !== undefined && functions.mirror !== undefined) {
    const queue = { url: queueUrls.mirror, wiring: optionalQueues.mirror };
    new SqsMapping(world, clock, dice.fork('poll mirror'), queue, functions.mirror).start();
  }
  createRules(world, clusters, environment.settings);
  schedule(world, 'metric-check', 'metricCheck', functions.metricCheck);
  if (functions.keepMirrors !== undefined) schedule(world, 'keep-mirrors', 'keepMirrors', functions.keepMirrors);
  if (functions.forecast !== undefined) scheduleForecasts(world, functions.forecast);
  return { functions, queueUrls };
};
