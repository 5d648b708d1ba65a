import type { ContainerInstance } from '../../world/ecs/state.ts';

/** Whether it holds a task that is not a daemon's, a stopping one included. */
export const isBusy = (instance: ContainerInstance): boolean => {
  for (const task of instance.tasks) if (task.want.kind !== 'DAEMON') return true;
  return false;
};
