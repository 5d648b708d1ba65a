import { AwsApiError, type JsonObject } from '../../world/api.ts';
import { objects, text } from '../../world/json.ts';
import type { TaskStatusRecord } from '../../world/log.ts';
import { familyOf } from '../compile/tasks.ts';
import type { ScenarioTask } from '../scenario.ts';
import { callAsWorkload, type StageGround, schedule } from './ground.ts';
import { launchMembers, networkMembers, registerRevision } from './launching.ts';

/** How whoever runs standalone tasks goes on when ECS refuses one, as a workflow engine or a cron job would. */
export interface Retrying {
  readonly everyMs: number;
  /** From the first attempt on. */
  readonly giveUpMs: number;
}

export const shippedRetrying: Retrying = { everyMs: 30_000, giveUpMs: 6 * 3_600_000 };

interface Submission {
  readonly task: ScenarioTask;
  readonly firstTriedAt: number;
}

/** Tasks that one RunTask call can ask for together. */
interface Kind {
  readonly family: string;
  readonly members: JsonObject;
  /** A message's own members, where they go to the controller's queue. */
  readonly message: JsonObject | undefined;
  /** Oldest first. */
  waiting: Submission[];
  retrying: boolean;
}

const most = 10; // ECS API, RunTask.count

/** Tasks that arrive at one moment are asked for together. */
const byArrival = (tasks: readonly ScenarioTask[]): readonly (readonly ScenarioTask[])[] => {
  const waves: ScenarioTask[][] = [];
  for (const task of tasks) {
    const last = waves.at(-1);
    if (last?.[0]?.arrivalMs === task.arrivalMs) last.push(task);
    else waves.push([task]);
  }
  return waves;
};

/**
 * Runs the scenario's standalone tasks when they arrive and ends each after its duration, counted from RUNNING. What ECS
 * refuses is asked for again later, in order of arrival; what is lost before its end is run again from its beginning.
 * Those for the controller's own queue are sent there instead, and left to it.
 */
export const submitTasks = (ground: StageGround, retrying: Retrying): void => {
  const { world, clock, scenario, setup } = ground;
  const { cluster, tasks } = scenario;
  if (tasks.length === 0) return;
  const kinds = new Map<string, Kind>();
  const families = new Set<string>();
  /** Accepted and not yet over; by ARN. */
  const accepted = new Map<string, { readonly kind: Kind; readonly task: ScenarioTask }>();
  const finished = new Set<string>();
  /** Sent to the queue and not yet started, the oldest first; by what they are started by. */
  const sent = new Map<string, { readonly kind: Kind; readonly tasks: ScenarioTask[] }>();

  const kindOf = ({ size, groups, queued }: ScenarioTask): Kind => {
    const family = familyOf(size);
    const isSent = queued && setup.tasksQueue !== undefined;
    const key = `${family} ${isSent ? 'sent' : 'asked for'} ${groups.join(' ')}`;
    const known = kinds.get(key);
    if (known !== undefined) return known;
    if (!families.has(family)) registerRevision(world, { family, size, loadBalancer: false, stopSeconds: undefined });
    families.add(family);
    const members = { ...launchMembers(scenario, setup, size, groups), ...networkMembers(size) };
    const message = isSent ? { ...networkMembers(size), capacityProvider: groups[0] } : undefined;
    const kind: Kind = { family, members, message, waiting: [], retrying: false };
    kinds.set(key, kind);
    return kind;
  };

  const runTask = ({ family, members }: Kind, count: number): readonly string[] => {
    try {
      const input = { cluster, taskDefinition: family, count, ...members };
      const started = objects(callAsWorkload(world, 'ecs', 'RunTask', input), 'tasks') ?? [];
      return started.map((it) => text(it, 'taskArn') ?? '');
    } catch (error) {
      if (error instanceof AwsApiError) return []; // no container instance in the cluster at all, for one
      throw error;
    }
  };

  const retryLater = (kind: Kind): void => {
    if (kind.retrying) return;
    kind.retrying = true;
    clock.at(clock.now() + retrying.everyMs, () => {
      kind.retrying = false;
      kind.waiting = kind.waiting.filter((it) => clock.now() - it.firstTriedAt < retrying.giveUpMs);
      submit(kind);
    });
  };

  /** As many in a message as RunTask takes in a call. */
  const send = (kind: Kind, message: JsonObject): void => {
    const queue = callAsWorkload(world, 'sqs', 'GetQueueUrl', { QueueName: setup.tasksQueue });
    while (kind.waiting.length > 0) {
      const tasks = kind.waiting.splice(0, most).map((it) => it.task);
      const startedBy = `message-${sent.size + 1}`;
      sent.set(startedBy, { kind, tasks });
      const request = { cluster, taskDefinition: `${kind.family}:1`, count: tasks.length, startedBy, ...message };
      callAsWorkload(world, 'sqs', 'SendMessage', { ...queue, MessageBody: JSON.stringify(request) });
    }
  };

  /** Until ECS refuses one: then the others of its kind would be refused too. */
  const submit = (kind: Kind): void => {
    if (kind.message !== undefined) {
      send(kind, kind.message);
      return;
    }
    while (kind.waiting.length > 0) {
      const count = Math.min(most, kind.waiting.length);
      const arns = runTask(kind, count);
      const started = kind.waiting.splice(0, arns.length);
      started.forEach(({ task }, index) => {
        accepted.set(arns[index] ?? '', { kind, task });
      });
      if (arns.length < count) {
        retryLater(kind);
        return;
      }
    }
  };

  const begin = (task: ScenarioTask): Kind => {
    const kind = kindOf(task);
    kind.waiting.push({ task, firstTriedAt: clock.now() });
    return kind;
  };

  const finishLater = (taskArn: string, { durationMs }: ScenarioTask): void => {
    clock.at(clock.now() + durationMs, () => {
      if (!accepted.has(taskArn)) return; // it is over
      finished.add(taskArn);
      world.finishTask(taskArn);
    });
  };

  /** A task that was sent to the queue, when it is first heard of. */
  const adopt = (taskArn: string): void => {
    const startedBy = world.view.ecs.clusters.get(cluster)?.tasks.get(taskArn)?.startedBy;
    const { kind, tasks } = sent.get(startedBy ?? '') ?? {};
    const task = tasks?.shift();
    if (kind !== undefined && task !== undefined) accepted.set(taskArn, { kind, task });
  };

  const hear = ({ taskArn, lastStatus, desiredStatus }: TaskStatusRecord): void => {
    if (sent.size > 0 && lastStatus !== 'STOPPED' && !accepted.has(taskArn)) adopt(taskArn);
    const it = accepted.get(taskArn);
    if (it === undefined) return;
    if (lastStatus === 'RUNNING' && desiredStatus === 'RUNNING') finishLater(taskArn, it.task);
    if (lastStatus !== 'STOPPED') return;
    accepted.delete(taskArn);
    if (!finished.delete(taskArn)) retryLater(begin(it.task));
  };

  for (const task of tasks) kindOf(task);
  world.log.subscribe(
    (record) => {
      if (record.kind === 'taskStatus' && record.want === 'STANDALONE') hear(record);
    },
    ['taskStatus'],
  );
  schedule(
    ground,
    byArrival(tasks),
    (wave) => wave[0]?.arrivalMs ?? 0,
    (wave) => {
      for (const kind of new Set(wave.map(begin))) submit(kind);
    },
  );
};
