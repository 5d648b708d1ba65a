/** CPU units (1,024 a vCPU) and MiB. */
export interface Size {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
}

export const noSize: Size = { cpuUnits: 0, memoryMiB: 0 };

export const isWithin = (need: Size, room: Size): boolean =>
  need.cpuUnits <= room.cpuUnits && need.memoryMiB <= room.memoryMiB;
