/** CPU units (1,024 a vCPU) and memory in MiB, as ECS counts both on a container instance and in a task. */
export interface Resources {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
}

export const noResources: Resources = { cpuUnits: 0, memoryMiB: 0 };

export const plus = (a: Resources, b: Resources): Resources => ({
  cpuUnits: a.cpuUnits + b.cpuUnits,
  memoryMiB: a.memoryMiB + b.memoryMiB,
});

export const minus = (a: Resources, b: Resources): Resources => ({
  cpuUnits: a.cpuUnits - b.cpuUnits,
  memoryMiB: a.memoryMiB - b.memoryMiB,
});

export const fits = (need: Resources, room: Resources): boolean =>
  need.cpuUnits <= room.cpuUnits && need.memoryMiB <= room.memoryMiB;
