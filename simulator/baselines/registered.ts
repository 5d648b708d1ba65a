import type { WorldConstants } from '../world/constants.ts';
import type { InstanceType } from '../world/ec2/instance-types.ts';

/** What a container instance has for tasks: CPU units, MiB, GPUs, and network interfaces beside its own. */
export interface Room {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly networkInterfaces: number;
}

/** What an instance of a type registers with ECS, its agent keeping no memory back beyond the usual share. */
export const registeredBy = (
  type: InstanceType,
  constants: Pick<WorldConstants, 'memoryReservedShare'>,
  awsvpcTasks: number = type.maxNetworkInterfaces - 1,
): Room => ({
  cpuUnits: type.vcpus * 1_024,
  memoryMiB: type.memoryMiB - Math.ceil(type.memoryMiB * constants.memoryReservedShare),
  gpus: type.gpus,
  networkInterfaces: awsvpcTasks,
});
