import {
  type ContainerOverride,
  type ECSClient,
  type NetworkConfiguration,
  RunTaskCommand,
  type RunTaskCommandInput,
  type TaskOverride,
} from '@aws-sdk/client-ecs';
import type { JsonObject, JsonValue, RunTaskOutcome, RunTaskRequest } from '../ports/cluster-api.ts';
import { runRefusalOf, told } from './aws-error.ts';

type Checked =
  | { readonly ok: true; readonly input: RunTaskCommandInput }
  | { readonly ok: false; readonly problem: string };

/** Members of what goes through as it came (ECS API, TaskOverride, ContainerOverride and NetworkConfiguration). */
const overrideMembers: ReadonlySet<string> = new Set([
  'containerOverrides',
  'cpu',
  'memory',
  'executionRoleArn',
  'taskRoleArn',
  'ephemeralStorage',
  'inferenceAcceleratorOverrides',
] satisfies (keyof TaskOverride)[]);
const containerMembers: ReadonlySet<string> = new Set([
  'name',
  'command',
  'environment',
  'environmentFiles',
  'cpu',
  'memory',
  'memoryReservation',
  'resourceRequirements',
] satisfies (keyof ContainerOverride)[]);
const networkMembers: ReadonlySet<string> = new Set(['awsvpcConfiguration'] satisfies (keyof NetworkConfiguration)[]);

const membersOf = (it: JsonValue | undefined): readonly string[] =>
  typeof it === 'object' && it !== null ? Object.keys(it) : [];

const strangersIn = (it: JsonValue | undefined, known: ReadonlySet<string>): readonly string[] =>
  membersOf(it).filter((name) => !known.has(name));

const isList = (it: JsonValue | undefined): it is readonly JsonValue[] => Array.isArray(it);

const containersIn = ({ containerOverrides }: JsonObject): readonly JsonValue[] =>
  isList(containerOverrides) ? containerOverrides : [];

/** The SDK leaves out members it does not know, and the task would run without them; what the others hold ECS checks. */
const strangersInOverrides = (it: JsonObject): readonly string[] => [
  ...strangersIn(it, overrideMembers),
  ...containersIn(it).flatMap((one) => strangersIn(one, containerMembers)),
];

const isOverride = (it: JsonObject): it is JsonObject & TaskOverride => strangersInOverrides(it).length === 0;
const isNetwork = (it: JsonObject): it is JsonObject & NetworkConfiguration =>
  strangersIn(it, networkMembers).length === 0;

/** The request as ECS takes it; not ok where it names what RunTask has no member for. */
export const runTaskInput = (cluster: string, it: RunTaskRequest): Checked => {
  const { overrides, networkConfiguration } = it;
  if (overrides !== undefined && !isOverride(overrides))
    return {
      ok: false,
      problem: `RunTask overrides nothing called ${strangersInOverrides(overrides).join(', ')}`,
    };
  if (networkConfiguration !== undefined && !isNetwork(networkConfiguration)) {
    const strangers = strangersIn(networkConfiguration, networkMembers).join(', ');
    return { ok: false, problem: `a network configuration has nothing called ${strangers}` };
  }
  const byProvider = it.capacityProvider !== undefined;
  return {
    ok: true,
    input: {
      cluster,
      clientToken: it.clientToken,
      taskDefinition: it.taskDefinition,
      count: it.count,
      ...(byProvider
        ? { capacityProviderStrategy: [{ capacityProvider: it.capacityProvider, weight: 1 }] }
        : { launchType: 'EC2' }),
      group: it.group,
      overrides,
      networkConfiguration,
      startedBy: it.startedBy,
      placementConstraints: it.placementConstraints?.map((one) => ({ ...one })),
      placementStrategy: it.placementStrategy?.map((one) => ({ ...one })),
      tags: it.tags && Object.entries(it.tags).map(([key, value]) => ({ key, value })),
    },
  };
};

/** `RESOURCE:CPU on 3, AGENT on 1`: ECS names a failure for each container instance that cannot take a task. */
const summaryOf = (failures: readonly { readonly reason?: string | undefined }[]): string =>
  [...Map.groupBy(failures, (it) => it.reason ?? 'no reason given')]
    .map(([reason, its]) => `${reason} on ${its.length}`)
    .join(', ');

/** What the answer of a call that was not refused means. */
export const runTaskOutcome = (
  asked: number,
  taskArns: readonly string[],
  failures: readonly { readonly reason?: string | undefined }[],
): RunTaskOutcome => {
  if (taskArns.length > 0)
    return { kind: 'started', taskArns, missing: taskArns.length < asked ? summaryOf(failures) : undefined };
  return failures.length > 0
    ? { kind: 'noRoom', detail: summaryOf(failures) }
    : { kind: 'failed', detail: 'RunTask answered neither tasks nor failures' };
};

/** What a refused call means. */
export const runTaskRefusal = (error: unknown): RunTaskOutcome => ({
  kind: runRefusalOf(error),
  detail: told('RunTask', error),
});

/** Never throws: what ECS says becomes the outcome. */
export const runTask = async (client: ECSClient, cluster: string, request: RunTaskRequest): Promise<RunTaskOutcome> => {
  const checked = runTaskInput(cluster, request);
  if (!checked.ok) return { kind: 'rejected', detail: checked.problem };
  try {
    const { tasks = [], failures = [] } = await client.send(new RunTaskCommand(checked.input));
    return runTaskOutcome(
      request.count,
      tasks.flatMap((it) => it.taskArn ?? []),
      failures,
    );
  } catch (error) {
    return runTaskRefusal(error);
  }
};
