import { taskFrom } from '../../../lib/aws/ecs-task.ts';
import type { LaunchType, Task } from '../../../lib/model/task.ts';
import type { JsonObject } from '../../world/api.ts';
import type { Task as WorldTask } from '../../world/ecs/state.ts';
import { seenBefore } from '../../world/ecs/visibility.ts';
import { number, object, text, time } from '../../world/json.ts';

const launchTypes: Readonly<Record<string, LaunchType>> = { FARGATE: 'FARGATE', EXTERNAL: 'EXTERNAL' };

const launchTypeOf = (launchType: string | undefined): LaunchType => launchTypes[launchType ?? 'EC2'] ?? 'EC2';

const translate = (it: WorldTask): Task => ({
  arn: it.arn,
  taskDefinitionArn: it.definition.arn,
  group: it.group,
  startedBy: it.startedBy,
  lastStatus: it.lastStatus,
  desiredStatus: it.desiredStatus,
  containerInstanceArn: it.instance?.arn,
  capacityProviderName: it.want.capacityProvider,
  launchType: launchTypeOf(it.launchType),
  cpuUnits: it.need.cpuUnits,
  memoryMiB: it.need.memoryMiB,
  createdAt: it.createdAt,
  version: it.version,
});

/** A task as it was before a write that reads do not show yet. */
const fromBefore = (json: JsonObject): Task => {
  const createdAt = time(json, 'createdAt');
  const overrides = object(json, 'overrides') ?? {};
  return taskFrom({
    taskArn: text(json, 'taskArn'),
    taskDefinitionArn: text(json, 'taskDefinitionArn'),
    group: text(json, 'group'),
    startedBy: text(json, 'startedBy'),
    lastStatus: text(json, 'lastStatus'),
    desiredStatus: text(json, 'desiredStatus'),
    containerInstanceArn: text(json, 'containerInstanceArn'),
    capacityProviderName: text(json, 'capacityProviderName'),
    launchType: 'EC2',
    overrides: { cpu: text(overrides, 'cpu'), memory: text(overrides, 'memory') },
    cpu: text(json, 'cpu'),
    memory: text(json, 'memory'),
    createdAt: createdAt === undefined ? undefined : new Date(createdAt),
    version: number(json, 'version'),
  });
};

const known = new WeakMap<WorldTask, Task>();

const asIs = (it: WorldTask): Task => {
  const before = known.get(it);
  if (before?.version === it.version) return before;
  const task = translate(it);
  known.set(it, task);
  return task;
};

/**
 * A task as the adapter would decode what a read shows now, the same object as before where its version is the same;
 * undefined where reads do not find it yet.
 */
export const modelOfTask = (it: WorldTask, now: number): Task | undefined => {
  if (now < it.visibleAt) return undefined;
  const before = seenBefore(it, now);
  return before === undefined ? asIs(it) : fromBefore(before);
};

/** Whether what reads show of it is its present state, and stays so until it changes. */
export const isSettled = (it: WorldTask, now: number): boolean =>
  it.visibleAt <= now && seenBefore(it, now) === undefined;
