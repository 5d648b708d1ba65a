import {
  type Asked,
  forecastStatements,
  keepMirrorsStatements,
  mirrorStatements,
  type Statement,
  statementsOf,
  taskQueueStatements,
} from '../../deployment/permissions.ts';
import { askedBy } from '../../deployment/settings-file.ts';
import type { Surroundings } from '../../lib/compose.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { setupFor } from '../../simulator/host/asked-of-berth.ts';
import type { InvocationListener } from '../../simulator/host/lambda.ts';
import { type Deployed, type LocalAws, localAws } from '../../simulator/host/local-aws.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import type { World } from '../../simulator/world/world.ts';
import { type Grant, grantsOf, type IamRequest } from '../support/iam/evaluate.ts';
import { type AnyFunction, type MadeCall, requestsOf } from '../support/iam/requests.ts';
import { resolved } from '../support/iam/resolved.ts';

/** A function of one deployment: its statements name the clusters, the table and the queues of that deployment. */
export interface Audited {
  readonly functionName: AnyFunction;
  readonly statements: readonly Statement[];
  readonly requests: readonly { readonly request: IamRequest; readonly grants: readonly Grant[] }[];
}

interface Stage {
  readonly aws: LocalAws;
  readonly deployed: Deployed;
  readonly scenario: Scenario;
  /** What somebody does, so many minutes after the beginning. */
  readonly at: (minute: number, what: () => void) => void;
}

export interface RecordedRun {
  readonly scenario: Scenario;
  /** `berth.yml`; the scenario's own unless given. */
  readonly settings?: object;
  readonly minutes: number;
  readonly telemetry?: (name: AnyFunction, now: () => number) => Surroundings['telemetry'];
  readonly kills?: Pick<InvocationListener, 'killAt' | 'killAfter'>;
  readonly people?: (stage: Stage) => void;
  /** Calls that the local AWS cannot be brought to be asked. */
  readonly besides?: readonly MadeCall[];
  /** Asked at the end, while all still stands. */
  readonly atEnd?: (stage: Stage) => Promise<void>;
}

const silent = (): Surroundings['telemetry'] => ({
  begin: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  count: () => undefined,
  flush: () => undefined,
});

const settingsOf = (document: unknown): Surroundings['settings'] => {
  const parsed = parseSettings(document ?? {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
};

const allStatements = (name: AnyFunction, clusters: readonly string[], asked: Asked): readonly Statement[] => {
  switch (name) {
    case 'taskQueue':
      return taskQueueStatements();
    case 'forecast':
      return forecastStatements();
    case 'mirror':
      return mirrorStatements();
    case 'keepMirrors':
      return keepMirrorsStatements(asked);
    default:
      return statementsOf(name, clusters, asked);
  }
};

const statementsIn = (
  name: AnyFunction,
  clusters: readonly string[],
  asked: Asked,
  world: World,
): readonly Statement[] => resolved(allStatements(name, clusters, asked), world);

const queueOf: Readonly<Partial<Record<AnyFunction, string>>> = {
  clusterEvents: 'berth-state',
  urgentEvents: 'berth-urgent',
  decide: 'berth-decide.fifo',
  taskQueue: 'berth-tasks',
  mirror: 'berth-mirror',
};

/**
 * What Lambda itself does by a function's role: it writes the log (Lambda developer guide, execution role) and polls the
 * queue (the same, permissions of an SQS event source).
 */
const byLambda = (name: AnyFunction, { region, accountId }: World): readonly IamRequest[] => {
  const stream = `arn:aws:logs:${region}:${accountId}:log-group:/aws/lambda/berth-${name}:log-stream:2026/01/05/[$LATEST]0`;
  const queue = queueOf[name];
  const polled = queue === undefined ? [] : ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];
  return [
    ...['CreateLogStream', 'PutLogEvents'].map((it) => ({ action: `logs:${it}`, resource: stream, context: {} })),
    ...polled.map((it) => ({
      action: `sqs:${it}`,
      resource: `arn:aws:sqs:${region}:${accountId}:${queue ?? ''}`,
      context: {},
    })),
  ];
};

interface Recorded {
  readonly functionName: AnyFunction;
  readonly requests: readonly IamRequest[];
}

/** Plays a scenario over the wire with the functions' own SDK clients; returns what IAM was asked and what grants it. */
export const recordedRun = async ({
  scenario,
  settings: document,
  minutes,
  telemetry = silent,
  kills = {},
  people = () => undefined,
  besides = [],
  atEnd = () => Promise.resolve(),
}: RecordedRun): Promise<readonly Audited[]> => {
  const settings = settingsOf(document ?? scenario.settings);
  const { cluster, startMs } = scenario;
  await using aws = await localAws({ start: startMs, seed: 1, constants: scenario.world });
  const { world, clock } = aws;
  const pending = new Map<string, Promise<Recorded>>();
  const invoked = new Set<AnyFunction>();

  const groupOf = (instance: unknown): string | undefined =>
    [...world.view.groups.values()].find((it) => typeof instance === 'string' && it.instances.has(instance))?.name;
  const deployed = await aws.deploy({
    clusters: [cluster],
    environment: { settings, telemetry: (name) => telemetry(name, () => clock.now()) },
    onInvocation: { onStart: () => undefined, onEnd: () => undefined, ...kills },
    onCall: ({ invocationId, client, command, input }) => {
      const functionName = invocationId.replace(/-\d+$/, '') as AnyFunction;
      invoked.add(functionName);
      const asJson = input as JsonObject;
      // an instance that is terminated belongs to its group no more by the time IAM would be asked here
      const group = groupOf(asJson['InstanceId']);
      const named = group === undefined ? asJson : { AutoScalingGroupName: group, ...asJson };
      const key = `${functionName} ${client} ${command} ${JSON.stringify(named)}`;
      if (pending.has(key)) return;
      const call = { functionName, client, command, input: named };
      pending.set(
        key,
        requestsOf(call, world).then((requests) => ({ functionName, requests })),
      );
    },
  });
  stageScenario(world, clock, scenario, setupFor(settings));
  const stage: Stage = {
    aws,
    deployed,
    scenario,
    at: (minute, what) => {
      clock.at(startMs + minute * 60_000, what);
    },
  };
  people(stage);
  await clock.runUntil(startMs + minutes * 60_000);
  await atEnd(stage);

  const others = besides.map(async (call) => ({
    functionName: call.functionName,
    requests: await requestsOf(call, world),
  }));
  const recorded = await Promise.all([...pending.values(), ...others]);
  const asked = askedBy(settings, [cluster]);
  return [...invoked].map((functionName) => {
    const statements = statementsIn(functionName, [cluster], asked, world);
    const requests = [
      ...byLambda(functionName, world),
      ...recorded.filter((it) => it.functionName === functionName).flatMap((it) => it.requests),
    ];
    return {
      functionName,
      statements,
      requests: requests.map((request) => ({ request, grants: grantsOf(statements, request) })),
    };
  });
};
