import type { Settings } from '../../lib/model/settings.ts';
import type { VirtualClock } from '../kernel/virtual-clock.ts';
import type { Scenario, ScenarioCapacityRun } from '../workloads/scenario.ts';
import { berthSetup, heldSetup, type Setup } from '../workloads/setup.ts';
import type { LambdaHost } from './lambda.ts';

/** The name of Berth's own queue of tasks, where it is deployed. */
export const tasksQueue = 'berth-tasks';

const clustersOf = ({ defaults, clusters }: Settings) => [defaults, ...Object.values(clusters)];

/** Whether a cluster has a queue of tasks; the deployment makes one then. */
export const hasTaskQueue = (settings: Settings): boolean =>
  clustersOf(settings).some((it) => it.taskQueue !== undefined);

/** Whether a service has floors from its metrics' past; the deployment has a function for them then. */
export const hasForecasts = (settings: Settings): boolean =>
  clustersOf(settings).some((it) => Object.values(it.services).some(({ scaling }) => scaling?.forecast !== undefined));

/** Whether RunTask calls that were refused are heard of; the deployment has rules for them then. */
export const hearsRefusedTasks = (settings: Settings): boolean =>
  clustersOf(settings).some((it) => it.refusedTasksMs !== undefined);

/**
 * How a cluster is set up for Berth with these settings: one with a group that is held so that ECS queues tasks and
 * leaves the sizes to Berth.
 */
export const setupFor = (settings: Settings): Setup => {
  const isHeld = clustersOf(settings).some((it) => Object.values(it.groups).some(({ hold }) => hold));
  return { ...(isHeld ? heldSetup : berthSetup), tasksQueue: hasTaskQueue(settings) ? tasksQueue : undefined };
};

/** The input of `capacityRun` that a person would write. */
const requestOf = ({ startMs, cluster }: Scenario, it: ScenarioCapacityRun, id: string): object => ({
  action: 'requestCapacity',
  cluster,
  id,
  tasks: it.tasks,
  until: new Date(startMs + it.atMs + it.forMs).toISOString(),
  ...(it.target.kind === 'service'
    ? { service: it.target.service }
    : { taskDefinition: `${it.target.family}:1`, capacityProvider: it.target.group }),
});

/** Has somebody ask for room whenever the scenario says so. */
export const scheduleCapacityRuns = (clock: VirtualClock, scenario: Scenario, capacityRun: LambdaHost): void => {
  scenario.capacityRuns.forEach((it, n) => {
    clock.at(scenario.startMs + it.atMs, () => {
      capacityRun.invoke(requestOf(scenario, it, `run-${n + 1}`));
    });
  });
};
