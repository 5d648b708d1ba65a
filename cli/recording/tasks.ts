import type { Shape } from '../../lib/flows/reading/capture.ts';
import { serviceNameOf, type Task } from '../../lib/model/task.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { durationText } from '../../simulator/workloads/file/duration.ts';
import { type SizeDocument, sizeOf } from './sizes.ts';

export interface TasksDocument {
  readonly bursts: SizeDocument & {
    readonly every: string;
    readonly tasks: number;
    readonly duration: { readonly low: string; readonly high: string };
  };
  readonly groups?: readonly string[];
}

export interface RecordedTasks {
  readonly documents: readonly TasksDocument[];
  readonly seen: number;
}

const longestMs = 30 * 24 * 60 * minuteMs; // of a task in a scenario
const unknownAgeMs = 10 * minuteMs;

/** A task that is met at some moment of its life has, on average, as much of it behind as before it. */
const lifeOf = (tasks: readonly Task[], now: number): number => {
  const ages = tasks.map((it) => (it.createdAt === undefined ? unknownAgeMs : Math.max(0, now - it.createdAt)));
  const mean = ages.reduce((sum, it) => sum + it, 0) / Math.max(1, ages.length);
  return Math.min(longestMs, Math.max(minuteMs, Math.round((2 * mean) / minuteMs) * minuteMs));
};

/** As many as are there now, all the time: each is followed by another like it when its guessed life is over. */
export const tasksOf = (
  { at, tasks, taskDefinitions }: Shape,
  groupsOfProviders: ReadonlyMap<string, string>,
): RecordedTasks => {
  const standalone = tasks.flatMap((task) => {
    const definition = taskDefinitions[task.taskDefinitionArn];
    const provider = task.capacityProviderName;
    const group = provider === undefined ? undefined : groupsOfProviders.get(provider);
    if (serviceNameOf(task) !== undefined || task.launchType !== 'EC2' || definition === undefined) return [];
    if (provider !== undefined && group === undefined) return [];
    return [{ task, size: sizeOf(definition, task), group }];
  });
  const alike = Map.groupBy(standalone, (it) => JSON.stringify([it.size, it.group]));
  const documents = [...alike.values()].flatMap((its): readonly TasksDocument[] => {
    const [first] = its;
    if (first === undefined) return [];
    const life = durationText(
      lifeOf(
        its.map((it) => it.task),
        at,
      ),
    );
    return [
      {
        bursts: { every: life, tasks: its.length, ...first.size, duration: { low: life, high: life } },
        ...(first.group === undefined ? {} : { groups: [first.group] }),
      },
    ];
  });
  return { documents, seen: standalone.length };
};
