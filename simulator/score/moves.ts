import type { Scenario } from '../workloads/scenario.ts';
import type { ClusterListener, WatchedTask, WatchedWant } from './cluster-watch.ts';
import type { DisruptionScore } from './score.ts';

/** A task that moves again within this time was disturbed twice. */
const movedAgainWithinMs = 30 * 60_000;

/** What ECS says when it stops a task because fewer are wanted (ECS developer guide, stopped task errors). */
const scaledIn = 'Scaling activity initiated by';

/** A place of a service's task that its instance's end, or drain, takes away; filled by one replacement. */
interface Vacancy {
  /** When the drain was asked for, or the instance went. */
  readonly at: number;
  /** The controller asked for the drain, of an instance that EC2 does not take back anyway. */
  readonly isChosen: boolean;
  readonly task: WatchedTask;
  replacement: WatchedWant | undefined;
  /** The replacement has been RUNNING. */
  filled: boolean;
  /** The task was RUNNING and is gone, and its replacement is not there yet. */
  interrupted: boolean;
}

interface ServiceState {
  readonly minimumHealthyPercent: number;
  desired: number;
  /** Without a replacement asked for, the oldest first. */
  readonly unmatched: Vacancy[];
  running: number;
  interrupted: number;
  since: number;
}

/** Follows how tasks of services are disturbed. */
export interface Moves {
  readonly listener: ClusterListener;
  figures(now: number): DisruptionScore;
}

/**
 * ECS does not say which task replaces which. Here each new want of a service replaces the task that lost its place
 * first among those without a replacement: with interchangeable tasks that is as good as any, and it never finds a
 * chain where there were not that many moves.
 */
export const followMoves = (scenario: Scenario, isController: (caller: string) => boolean): Moves => {
  const percents = new Map(scenario.services.map((it) => [it.name, it.minimumHealthyPercent]));
  const services = new Map<string, ServiceState>();
  const vacancies = new Map<WatchedTask, Vacancy>();
  /** What a want, and the task it becomes, replaces. */
  const replaces = new Map<WatchedWant, Vacancy>();
  let moved = 0;
  let movedTwice = 0;
  let interruptedMs = 0;

  const stateOf = (name: string): ServiceState => {
    const known = services.get(name);
    if (known !== undefined) return known;
    const minimumHealthyPercent = percents.get(name) ?? 100;
    const state: ServiceState = {
      minimumHealthyPercent,
      desired: 0,
      unmatched: [],
      running: 0,
      interrupted: 0,
      since: scenario.startMs,
    };
    services.set(name, state);
    return state;
  };

  /** Of the interrupted tasks only those count that leave the service with fewer than its minimum. */
  const settle = (state: ServiceState, at: number): void => {
    const minimum = Math.ceil((state.desired * state.minimumHealthyPercent) / 100);
    interruptedMs += Math.min(state.interrupted, Math.max(0, minimum - state.running)) * (at - state.since);
    state.since = at;
  };

  const stateOfTask = ({ want: { kind, service } }: WatchedTask): ServiceState | undefined =>
    kind === 'REPLICA' && service !== undefined ? stateOf(service) : undefined;

  const vacate = (task: WatchedTask, at: number, isChosen: boolean): void => {
    const state = stateOfTask(task);
    if (state === undefined || task.condemned || vacancies.has(task)) return;
    const vacancy: Vacancy = {
      at,
      isChosen,
      task,
      replacement: undefined,
      filled: false,
      interrupted: false,
    };
    vacancies.set(task, vacancy);
    state.unmatched.push(vacancy);
  };

  const close = (state: ServiceState, vacancy: Vacancy): void => {
    if (!vacancy.interrupted) return;
    vacancy.interrupted = false;
    state.interrupted--;
  };

  /** The task stays, or is not wanted any more: nothing replaces it. */
  const forget = (state: ServiceState, vacancy: Vacancy): void => {
    vacancies.delete(vacancy.task);
    if (vacancy.replacement !== undefined) replaces.delete(vacancy.replacement);
    const place = state.unmatched.indexOf(vacancy);
    if (place >= 0) state.unmatched.splice(place, 1);
    close(state, vacancy);
  };

  const countMove = (vacancy: Vacancy): void => {
    moved++;
    const before = replaces.get(vacancy.task.want);
    const soon = before !== undefined && vacancy.at - before.at < movedAgainWithinMs;
    if (soon && before.isChosen && vacancy.isChosen) movedTwice++;
  };

  const lost = (state: ServiceState, task: WatchedTask, reason: string | undefined): void => {
    const vacancy = vacancies.get(task);
    if (vacancy === undefined) return;
    if (reason?.includes(scaledIn) === true) {
      forget(state, vacancy);
      return;
    }
    vacancies.delete(task);
    if (!task.ran) return; // its want waits again; nobody was disturbed
    countMove(vacancy);
    if (vacancy.filled) return;
    vacancy.interrupted = true;
    state.interrupted++;
  };

  return {
    listener: {
      wanted: (want) => {
        if (want.kind !== 'REPLICA' || want.service === undefined) return;
        const vacancy = stateOf(want.service).unmatched.shift();
        if (vacancy === undefined) return;
        vacancy.replacement = want;
        replaces.set(want, vacancy);
      },
      withdrawn: (want) => {
        const vacancy = replaces.get(want);
        if (vacancy === undefined || want.service === undefined) return;
        replaces.delete(want);
        vacancy.replacement = undefined;
        stateOf(want.service).unmatched.unshift(vacancy);
      },
      ran: (task, at) => {
        const state = stateOfTask(task);
        if (state === undefined) return;
        settle(state, at);
        state.running++;
        const vacancy = replaces.get(task.want);
        if (vacancy === undefined) return;
        vacancy.filled = true;
        close(state, vacancy);
      },
      condemned: (task, at, reason) => {
        const state = stateOfTask(task);
        if (state === undefined) return;
        settle(state, at);
        if (task.ran) state.running--;
        lost(state, task, reason);
      },
      ended: ({ ran, want }) => {
        if (ran) replaces.delete(want); // else the want lives on
      },
      drained: (instance, at, caller) => {
        const isChosen = caller !== undefined && isController(caller) && instance.warnedAt === undefined;
        for (const task of instance.tasks) vacate(task, at, isChosen);
      },
      restored: (instance, at) => {
        for (const task of instance.tasks) {
          const vacancy = vacancies.get(task);
          const state = stateOfTask(task);
          if (vacancy === undefined || state === undefined) continue;
          settle(state, at);
          forget(state, vacancy);
        }
      },
      stopped: (instance, at) => {
        for (const task of instance.tasks) vacate(task, at, false);
      },
      countChanged: (service, at, from, to) => {
        const state = stateOf(service);
        settle(state, at);
        state.desired = to;
        const gone = state.unmatched.filter((it) => it.interrupted).slice(0, Math.max(0, from - to));
        for (const it of gone) forget(state, it);
      },
    },
    figures: (now) => {
      for (const state of services.values()) settle(state, now);
      return { tasksMoved: moved, tasksMovedTwice: movedTwice, interruptedTaskSeconds: interruptedMs / 1_000 };
    },
  };
};
