import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import { decideHandler } from '../functions/decide.ts';
import { urgentEventsHandler } from '../functions/urgent-events.ts';
import { autoScalingClient, sqsClient } from '../lib/aws/clients.ts';
import { type ClientOptions, composeDecide, composeUrgentEvents, type Surroundings } from '../lib/compose.ts';
import { parseSettings } from '../lib/settings/parse-settings.ts';
import { spokenTelemetry } from '../simulator/host/telemetry.ts';
import { distributionOf } from '../simulator/score/quantiles.ts';
import type { Figures, Suite } from './suite.ts';

/** What the process of the local AWS says once it serves. */
interface Served {
  readonly url: string;
  readonly queueUrls: { readonly urgent: string; readonly decide: string; readonly deadLetters: string };
  readonly group: string;
  readonly desired: number;
}

const rounds = 120;
const warmUp = 20;

const clusterArn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/bench';
const placementFailure = JSON.stringify({
  version: '0',
  id: '1',
  source: 'aws.ecs',
  'detail-type': 'ECS Service Action',
  account: '123456789012',
  region: 'eu-west-1',
  resources: ['arn:aws:ecs:eu-west-1:123456789012:service/bench/service-0'],
  detail: { eventType: 'ERROR', eventName: 'SERVICE_TASK_PLACEMENT_FAILURE', clusterArn, reason: 'RESOURCE:CPU' },
});

const sqsEvent = (body: string): SQSEvent => ({
  Records: [
    {
      messageId: '1',
      receiptHandle: '1',
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: 'bench',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: 'eu-west-1',
    },
  ],
});

/** The handlers read two of its members. */
const context = { functionName: 'bench', awsRequestId: 'bench' } as Context;

const serve = async (): Promise<{ readonly served: Served; readonly end: () => void }> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support', 'reaction-world.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout }))
    return { served: JSON.parse(line) as Served, end: () => child.stdin.end() };
  throw new Error('the local AWS ended before it served');
};

const actingSettings = (): Surroundings['settings'] => {
  const parsed = parseSettings({ defaults: { mode: 'act' } });
  if (!parsed.ok) throw new Error('the shipped defaults are wrong');
  return parsed.settings;
};

const surroundings = ({ queueUrls }: Served, clients: ClientOptions): Surroundings => ({
  clusters: ['bench'],
  table: 'berth',
  decideQueueUrl: queueUrls.decide,
  urgentQueueUrl: queueUrls.urgent,
  deadLetterQueueUrl: queueUrls.deadLetters,
  settings: actingSettings(),
  clock: { now: () => Date.now(), sleep: () => Promise.reject(new Error('nothing here sleeps')) },
  telemetry: spokenTelemetry(() => Date.now()).of('bench'),
  clients,
});

/** Both hops, the queue between them apart: the urgent function on the event, the decider on the ask it sent. */
const measure = async (served: Served): Promise<Figures> => {
  const config = {
    endpoint: served.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  };
  let awsCalls = 0;
  let storeCalls = 0;
  const counting: ClientOptions = {
    config,
    instrument: (client) => {
      client.middlewareStack.add(
        (next, it) => (args) => {
          if (it.clientName === 'DynamoDBClient') storeCalls++;
          else awsCalls++;
          return next(args);
        },
        { step: 'initialize', name: 'count' },
      );
    },
  };
  const urgent = urgentEventsHandler(composeUrgentEvents(surroundings(served, { config })));
  const decide = decideHandler(composeDecide(surroundings(served, counting)));
  const sqs = sqsClient({ config });
  const autoScaling = autoScalingClient({ config });

  const round = async (): Promise<number> => {
    const before = performance.now();
    await urgent(sqsEvent(placementFailure), context);
    const asked = performance.now();
    const { Messages: [message] = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: served.queueUrls.decide }),
    );
    if (message?.Body === undefined) throw new Error('the urgent function did not ask for a decision');
    await sqs.send(
      new DeleteMessageCommand({ QueueUrl: served.queueUrls.decide, ReceiptHandle: message.ReceiptHandle }),
    );
    awsCalls = 0;
    storeCalls = 0;
    const deciding = performance.now();
    await decide(sqsEvent(message.Body), context);
    const after = performance.now();
    const reset = new SetDesiredCapacityCommand({
      AutoScalingGroupName: served.group,
      DesiredCapacity: served.desired,
    });
    await autoScaling.send(reset);
    return asked - before + (after - deciding);
  };
  for (let n = 0; n < warmUp; n++) await round();
  const times: number[] = [];
  for (let n = 0; n < rounds; n++) times.push(await round());
  const { p50, p99 } = distributionOf(times) ?? { p50: Number.NaN, p99: Number.NaN };
  return {
    event_to_set_desired_ms_p50: Math.round(p50 * 10) / 10,
    event_to_set_desired_ms_p99: Math.round(p99 * 10) / 10,
    aws_calls_per_reconcile_100: awsCalls,
    store_calls_per_reconcile_100: storeCalls,
  };
};

export const suite: Suite = {
  about: `Two handlers over loopback, from a placement failure to SetDesiredCapacity: 100 instances, 200 tasks, 20 services, ${rounds} rounds`,
  run: async () => {
    const { served, end } = await serve();
    try {
      return await measure(served);
    } finally {
      end();
    }
  },
};
