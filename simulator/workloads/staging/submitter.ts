import { AwsApiError, type JsonObject } from '../../world/api.ts';
import { objects, text } from '../../world/json.ts';
import type { TaskStatusRecord } from '../../world/log.ts';
import type { ScenarioTask, ScenarioTaskSize } from '../scenario.ts';
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
  /** Oldest first. */
  waiting: Submission[];
  retrying: boolean;
}

const most = 10; // ECS API, RunTask.count

const familyOf = ({ cpuUnits, memoryMiB, gpus, networkMode }: ScenarioTaskSize): string =>
  `task-${cpuUnits}-${memoryMiB}${gpus === 0 ? '' : `-${gpus}gpu`}${networkMode === 'bridge' ? '' : `-${networkMode}`}`;

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
 */
export const submitTasks = (ground: StageGround, retrying: Retrying): void => {
  const { world, clock, scenario, setup } = ground;
  const { cluster, tasks } = scenario;
  if (tasks.length === 0) return;
  const kinds = new Map<string, Kind>();
  /** Accepted and not yet over; by ARN. */
  const accepted = new Map<string, { readonly kind: Kind; readonly task: ScenarioTask }>();
  const finished = new Set<string>();

  const kindOf = ({ size, groups }: ScenarioTask): Kind => {
    const family = familyOf(size);
    const key = `${family} ${groups.join(' ')}`;
    const known = kinds.get(key);
    if (known !== undefined) return known;
    registerRevision(world, { family, size, loadBalancer: false, stopSeconds: undefined });
    const members = { ...launchMembers(scenario, setup, size, groups), ...networkMembers(size) };
    const kind: Kind = { family, members, waiting: [], retrying: false };
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

  /** Until ECS refuses one: then the others of its kind would be refused too. */
  const submit = (kind: Kind): void => {
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

  const hear = ({ taskArn, lastStatus, desiredStatus }: TaskStatusRecord): void => {
    const it = accepted.get(taskArn);
    if (it === undefined) return;
    if (lastStatus === 'RUNNING' && desiredStatus === 'RUNNING') finishLater(taskArn, it.task);
    if (lastStatus !== 'STOPPED') return;
    accepted.delete(taskArn);
    if (!finished.delete(taskArn)) retryLater(begin(it.task));
  };

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
