import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Service } from '../../model/service.ts';
import { type Task, taskGroupOf } from '../../model/task.ts';
import { countByGroup, type View } from '../view.ts';
import { reasonItCannotMove, reasonOfDeployment } from './services.ts';

/** A service, with what its state says of each of its tasks. */
export interface Standing {
  readonly service: Service;
  readonly taskGroup: string;
  readonly cannotMove: string | undefined;
  readonly deploying: string | undefined;
  /** Of its own among the services of the view, from 0. */
  readonly index: number;
}

const standingsByView = new WeakMap<View, ReadonlyMap<string, Standing>>();

/** By task group. */
const standingsOf = (view: View): ReadonlyMap<string, Standing> => {
  const known = standingsByView.get(view);
  if (known !== undefined) return known;
  const standings = view.observation.services.map((service, index) => ({
    service,
    taskGroup: taskGroupOf(service.name),
    cannotMove: reasonItCannotMove(service),
    deploying: reasonOfDeployment(service, view.now),
    index,
  }));
  const byGroup = new Map(standings.map((it) => [it.taskGroup, it]));
  standingsByView.set(view, byGroup);
  return byGroup;
};

/** Tasks of one service on an instance. */
interface Copies {
  readonly standing: Standing;
  readonly tasks: number;
}

/** What runs on an instance besides daemons. */
export interface Work {
  readonly tasks: readonly Task[];
  /** Those of no service that was read. */
  readonly alone: readonly Task[];
  /** The others, by service. */
  readonly services: readonly Copies[];
}

const isDaemon = ({ service }: Standing): boolean => service.schedulingStrategy === 'DAEMON';

/** Task by task only where not all of them are of services that may move. */
const sortOut = (view: View, it: ContainerInstance): Work => {
  const standings = standingsOf(view);
  const all = view.tasksByInstance.get(it.arn) ?? [];
  const services: Copies[] = [];
  let known = 0;
  for (const [group, tasks] of countByGroup(all)) {
    const standing = standings.get(group);
    if (standing === undefined || isDaemon(standing)) continue;
    services.push({ standing, tasks });
    known += tasks;
  }
  if (known === all.length) return { tasks: all, alone: [], services };
  const standingOf = (task: Task): Standing | undefined => standings.get(task.group ?? '');
  const tasks = all.filter((task) => {
    const standing = standingOf(task);
    return standing === undefined || !isDaemon(standing);
  });
  return { tasks, alone: tasks.filter((task) => standingOf(task) === undefined), services };
};

const workByView = new WeakMap<View, Map<ContainerInstance, Work>>();

/** Sorted out once a plan: a cluster may run 100,000 tasks. */
export const workOf = (view: View, it: ContainerInstance): Work => {
  const byInstance = workByView.get(view) ?? new Map<ContainerInstance, Work>();
  workByView.set(view, byInstance);
  const work = byInstance.get(it) ?? sortOut(view, it);
  byInstance.set(it, work);
  return work;
};
