import { between, type Dice } from '../../kernel/dice.ts';
import type { TaskRow } from '../file/task-list.ts';
import type { TaskSourceDocument } from '../file/task-schema.ts';
import type { ScenarioTask, ScenarioTaskSize } from '../scenario.ts';

type FileDocument = NonNullable<TaskSourceDocument['file']>;
type BurstsDocument = NonNullable<TaskSourceDocument['bursts']>;

const cpuUnitsPerMilli = 1_024 / 1_000;
const leastMemoryMiB = 4; // ECS API, ContainerDefinition.memory

/** What a row's task takes when it is played at a factor. */
export const sizeOfRow = (row: TaskRow, factor: number): ScenarioTaskSize => ({
  cpuUnits: Math.round(row.cpuMilli * cpuUnitsPerMilli * factor),
  memoryMiB: Math.max(leastMemoryMiB, Math.round(row.memoryMiB * factor)),
  gpus: 0,
  networkMode: 'bridge',
  hostPorts: [],
});

/** The family of the task definition that standalone tasks of a size have. */
export const familyOf = ({
  cpuUnits,
  memoryMiB,
  gpus,
  networkMode,
}: Pick<ScenarioTaskSize, 'cpuUnits' | 'memoryMiB' | 'gpus' | 'networkMode'>): string =>
  `task-${cpuUnits}-${memoryMiB}${gpus === 0 ? '' : `-${gpus}gpu`}${networkMode === 'bridge' ? '' : `-${networkMode}`}`;

/** What all tasks of one source share. */
type Shared = Pick<ScenarioTask, 'groups' | 'queued'>;

/** The rows of a window, earliest first, moved to its beginning and scaled. */
export const tasksOfFile = (it: FileDocument, rows: readonly TaskRow[], shared: Shared): readonly ScenarioTask[] =>
  rows
    .filter((row) => row.arrivalMs >= it.from && row.arrivalMs < (it.to ?? Number.POSITIVE_INFINITY))
    .slice(0, it.limit)
    .map((row) => ({
      arrivalMs: Math.round((row.arrivalMs - it.from) * it.time),
      durationMs: Math.round(row.durationMs * it.time),
      size: sizeOfRow(row, it.size),
      ...shared,
    }));

export const tasksOfBursts = (
  it: BurstsDocument,
  runMs: number,
  shared: Shared,
  dice: Dice,
): readonly ScenarioTask[] => {
  const times: number[] = [];
  for (let atMs = it.at; atMs < runMs; atMs += it.every ?? runMs) times.push(atMs);
  const { cpuUnits, memoryMiB, gpus, networkMode } = it;
  const size = { cpuUnits, memoryMiB, gpus, networkMode, hostPorts: [] };
  return times.flatMap((arrivalMs) =>
    Array.from({ length: it.tasks }, () => ({
      arrivalMs,
      durationMs: between(dice, it.duration.low, it.duration.high),
      size,
      ...shared,
    })),
  );
};
