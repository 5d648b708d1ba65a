import type { Requirements, TaskDefinition } from '../../lib/model/task-definition.ts';

export interface SizeDocument {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly gpus?: number;
  readonly networkMode?: 'awsvpc';
}

const leastMemoryMiB = 4; // of a task in a scenario

export const sizeOf = (
  { requirements, networkMode }: Pick<TaskDefinition, 'networkMode'> & { readonly requirements: Requirements },
  own: { readonly cpuUnits: number | undefined; readonly memoryMiB: number | undefined },
): SizeDocument => ({
  cpuUnits: own.cpuUnits ?? requirements.cpuUnits,
  memoryMiB: Math.max(leastMemoryMiB, own.memoryMiB ?? requirements.memoryMiB),
  ...(requirements.gpus > 0 ? { gpus: requirements.gpus } : {}),
  ...(networkMode === 'awsvpc' ? { networkMode } : {}),
});
