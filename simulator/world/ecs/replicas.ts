import type { Ground } from '../ground.ts';
import { chooseToStop } from './scale-in.ts';
import type { ServiceEvents } from './service-events.ts';
import type { Starting } from './starting.ts';
import { type Deployment, isStarting, isWanted, onDrainingInstance, type Service, type Task } from './state.ts';
import type { Tasks } from './tasks.ts';
import { chooseProvider, type Wants, wisherOf } from './wants.ts';

/** A set of tasks held at a count: one deployment's, or for a rolling service all of them moving towards one deployment. */
interface TaskSetGoal {
  readonly deployment: Deployment;
  readonly members: ReadonlySet<Task>;
  readonly desired: number;
  /** Healthy tasks that must remain while outdated ones are stopped. */
  readonly minimumHealthy: number;
  /** Tasks wanted RUNNING that may exist at once. */
  readonly maximum: number;
}

export interface Replicas {
  /** Moves the set towards its goal as far as is allowed now. Returns when to look again, if time alone will help. */
  advance(goal: TaskSetGoal): number | undefined;
  withdrawAll(deployment: Deployment): void;
}

export interface ReplicaParts {
  readonly ground: Ground;
  readonly tasks: Tasks;
  readonly wants: Wants;
  readonly starting: Starting;
  readonly events: ServiceEvents;
}

export const earliest = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((it) => it !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** When a RUNNING task counts as healthy. */
export const healthyAt = (task: Task, healthyAfterMs: number): number | undefined =>
  task.lastStatus === 'RUNNING' && task.startedAt !== undefined && !task.unhealthy
    ? task.startedAt + healthyAfterMs
    : undefined;

export const createReplicas = ({ ground, tasks, wants, starting, events }: ReplicaParts): Replicas => {
  const { constants } = ground;

  const isHealthy = (task: Task): boolean => {
    const at = healthyAt(task, constants.healthyAfterMs);
    return at !== undefined && at <= ground.now();
  };
  const isProtected = (task: Task): boolean => (task.protectedUntil ?? 0) > ground.now();
  /** A failing task of the present deployment, on an instance that stays. */
  const isSick = (task: Task, deployment: Deployment): boolean =>
    task.unhealthy && task.deployment === deployment && !onDrainingInstance(task);
  const mustStay = (task: Task, deployment: Deployment): boolean =>
    isProtected(task) && (task.deployment !== deployment || constants.drainWaitsForProtectedTasks);

  const stop = (service: Service, chosen: readonly Task[], reason: string): void => {
    for (const task of chosen) tasks.stop(task, { code: 'ServiceSchedulerInitiated', reason });
    events.stopped(service, chosen);
  };

  const stopSurplus = (deployment: Deployment, current: readonly Task[], surplus: number): void => {
    const { service } = deployment;
    const reason = `Scaling activity initiated by (deployment ${deployment.id})`;
    let stoppable = current.filter((it) => !isProtected(it));
    if (surplus >= stoppable.length) {
      stop(service, stoppable, reason);
      return;
    }
    const chosen: Task[] = [];
    for (let left = surplus; left > 0; left--) {
      const task = chooseToStop(service, stoppable, ground.luck);
      if (task === undefined) break;
      tasks.stop(task, { code: 'ServiceSchedulerInitiated', reason }); // at once: the next choice depends on it
      chosen.push(task);
      stoppable = stoppable.filter((it) => it !== task);
    }
    events.stopped(service, chosen);
  };

  /**
   * Unhealthy tasks go one for each replacement that has become healthy. Where the maximum lets no replacement start, they
   * go one by one while the minimum still runs. (ECS API, DeploymentConfiguration.)
   */
  const stopUnhealthy = (goal: TaskSetGoal, live: readonly Task[], current: readonly Task[]): void => {
    const sick = live.filter((it) => isSick(it, goal.deployment) && !mustStay(it, goal.deployment));
    if (sick.length === 0) return;
    const replaced = current.filter(isHealthy).length + sick.length - goal.desired;
    const isStuck = live.length >= goal.maximum && !current.some(isStarting);
    const running = live.filter((it) => it.lastStatus === 'RUNNING').length;
    const spare = isStuck && running > goal.minimumHealthy ? 1 : 0;
    const { service, id } = goal.deployment;
    const reason = `(service ${service.name}) (deployment ${id}) failed container health checks`;
    stop(service, sick.slice(0, Math.max(0, replaced, spare)), reason);
  };

  /**
   * Outdated tasks (of an older deployment, or on a DRAINING instance) go while enough healthy ones remain; what has
   * not reached RUNNING goes at once, what is RUNNING but not yet healthy only when the minimum is met without it.
   */
  const stopOutdated = (goal: TaskSetGoal, live: readonly Task[], outdated: readonly Task[]): void => {
    let budget = live.filter(isHealthy).length - goal.minimumHealthy;
    const chosen = outdated.filter((task) => {
      if (mustStay(task, goal.deployment)) return false;
      if (isStarting(task)) return true;
      if (!isHealthy(task)) return budget >= 0;
      if (budget <= 0) return false;
      budget--;
      return true;
    });
    const { service, id } = goal.deployment;
    stop(service, chosen, `(service ${service.name}) (deployment ${id}) replaced`);
  };

  const providerOfNext = (deployment: Deployment): string | undefined => {
    const { strategy, wants: waiting } = deployment;
    if (strategy.length <= 1) return strategy[0]?.capacityProvider;
    const held = [...waiting, ...[...deployment.tasks].filter(isWanted).map((it) => it.want)];
    return chooseProvider(strategy, (name) => held.filter((it) => it.capacityProvider === name).length);
  };

  const setWants = (deployment: Deployment, count: number): void => {
    const wisher = wisherOf(deployment.service, deployment.definition);
    while (deployment.wants.length < count) {
      deployment.wants.push(wants.ask('REPLICA', wisher, providerOfNext(deployment)));
    }
    for (const want of deployment.wants.splice(count)) wants.withdraw(want, wisher, 'noLongerWanted');
  };

  const nextHealthy = (live: readonly Task[]): number | undefined =>
    earliest(
      ...live
        .map((it) => healthyAt(it, constants.healthyAfterMs))
        .filter((at) => at !== undefined && at > ground.now()),
    );

  return {
    withdrawAll: (deployment) => {
      setWants(deployment, 0);
    },
    advance: (goal) => {
      const { deployment } = goal;
      const isCurrent = (it: Task): boolean => it.deployment === deployment && !it.unhealthy && !onDrainingInstance(it);
      const before: Task[] = [];
      const current: Task[] = [];
      for (const task of goal.members) {
        if (!isWanted(task)) continue;
        before.push(task);
        if (isCurrent(task)) current.push(task);
      }
      if (current.length > goal.desired) stopSurplus(deployment, current, current.length - goal.desired);
      if (current.length < before.length) {
        const outdated = before.filter((it) => !isCurrent(it) && !isSick(it, deployment));
        stopOutdated(goal, before.filter(isWanted), outdated);
        stopUnhealthy(goal, before.filter(isWanted), current.filter(isWanted));
      }
      const isQuiet = current.length === before.length && current.length <= goal.desired;
      const live = isQuiet ? before : before.filter(isWanted);
      const currentLeft = isQuiet ? current.length : live.filter(isCurrent).length;
      setWants(deployment, Math.max(0, Math.min(goal.desired - currentLeft, goal.maximum - live.length)));
      const again = starting.start(deployment);
      return current.length < before.length ? earliest(again, nextHealthy(live)) : again;
    },
  };
};
