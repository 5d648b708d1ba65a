import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Drain, DrainState } from '../../model/memory.ts';
import type { Observation } from '../../model/observation.ts';
import { fits, minus, type Resources } from '../../model/resources.ts';
import { type Task, taskGroupOf } from '../../model/task.ts';
import type { EpochMs } from '../../model/time.ts';
import { requirementsOf, sum } from '../../placement/requirements.ts';
import { type OnInstance, taskListOf } from '../task-list.ts';
import { dueAgainAt } from './emptiness.ts';

/**
 * So many draining instances are looked into at once. Each takes three calls, of which ECS answers a hundred at once and
 * twenty a second (ECS API reference, request throttling): more would leave a gap in every look, and no drain would end.
 */
const drainingPerLook = 12;

/** What a look shows before any draining instance is looked into. */
export type Listed = Pick<
  Observation,
  'observedAt' | 'containerInstances' | 'tasks' | 'services' | 'taskDefinitions' | 'groups'
>;

/** States in which a group that ends an instance waits: for a hook, or for whoever retained it. */
const waiting: readonly string[] = ['Terminating:Wait', 'Terminating:Retained'];

/** What is held by tasks, those that are stopping included. */
const heldOn = ({ registered, remaining }: ContainerInstance): Resources => minus(registered, remaining);

/** What daemons may hold of an instance: those listed there, and of each service one, which may be stopping. */
const heldByDaemons = ({ services, tasks, taskDefinitions }: Listed): ((arn: string) => Resources) => {
  const daemons = services.filter((it) => it.schedulingStrategy === 'DAEMON');
  const groups = new Set(daemons.map((it) => taskGroupOf(it.name)));
  const takes = (definitionArn: string, task?: Task): readonly Resources[] => {
    const definition = taskDefinitions[definitionArn];
    return definition === undefined ? [] : [requirementsOf(definition, task)];
  };
  const oneEach = sum(daemons.flatMap((it) => takes(it.taskDefinitionArn)));
  const { byInstance } = taskListOf(tasks);
  const takenOn = (on: OnInstance | undefined): readonly Resources[] =>
    (on?.alike ?? []).flatMap(({ task, group }, n) =>
      group.name !== undefined && groups.has(group.name)
        ? Array.from({ length: on?.alikeTasks[n] ?? 0 }, () => takes(task.taskDefinitionArn, task)).flat()
        : [],
    );
  return (arn) => {
    const there = sum(takenOn(byInstance.get(arn)));
    return {
      cpuUnits: Math.max(there.cpuUnits, oneEach.cpuUnits),
      memoryMiB: Math.max(there.memoryMiB, oneEach.memoryMiB),
    };
  };
};

/**
 * Which draining instances to look into, at the most so many: those on which ECS counts nothing but what daemons may
 * hold, once their next look is due, and those past their deadline. Of any other a closer look could not say that it is
 * empty. First those that await their second look, then those that hold least, then the oldest.
 */
export const toLookInto = (
  listed: Listed,
  drains: readonly Drain[],
  daemonGraceMs: number,
): readonly ContainerInstance[] => {
  if (drains.length === 0) return [];
  const now = listed.observedAt;
  const daemons = heldByDaemons(listed);
  const byArn = new Map(listed.containerInstances.map((it) => [it.arn, it]));
  const members = listed.groups.flatMap((it) => it.instances);
  const held = new Set(members.filter((it) => waiting.includes(it.lifecycleState)).map((it) => it.ec2InstanceId));
  const isDue = (drain: Drain, instance: ContainerInstance): boolean => {
    if (drain.cause === 'lifecycleAction' && !held.has(drain.ec2InstanceId)) return false;
    const holds = heldOn(instance);
    if (fits(holds, daemons(instance.arn))) return now >= dueAgainAt(drain, holds.memoryMiB > 0, daemonGraceMs);
    return isPast(drain.deadlineAt, now);
  };
  return drains
    .flatMap((drain) => {
      const instance = byArn.get(drain.containerInstanceArn);
      const isWorthIt = instance?.status === 'DRAINING' && isDue(drain, instance);
      return instance !== undefined && isWorthIt ? [{ drain, instance }] : [];
    })
    .toSorted(
      (a, b) =>
        turn[a.drain.state] - turn[b.drain.state] ||
        heldOn(a.instance).memoryMiB - heldOn(b.instance).memoryMiB ||
        a.drain.since - b.drain.since,
    )
    .slice(0, drainingPerLook)
    .map(({ instance }) => instance);
};

/** Those whose proof is half done come first, those of which nothing new is expected last. */
const turn: Readonly<Record<DrainState, number>> = { emptied: 0, draining: 1, terminating: 2, restoring: 2 };

const isPast = (at: EpochMs | undefined, now: EpochMs): boolean => at !== undefined && now >= at;
