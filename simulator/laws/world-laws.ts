import type { Violation } from '../score/simulation.ts';
import type { WorldRecord } from '../world/log.ts';
import type { World } from '../world/world.ts';
import { type Law, type Report, violationOf } from './law.ts';
import { liveTaskLaw } from './world/live-tasks.ts';
import { peopleLaw } from './world/people.ts';
import { runawayLaw } from './world/runaway.ts';
import { sizeLaw } from './world/sizes.ts';

/** More of one law would say nothing new, and a run that breaks one at each step should not drown in it. */
const mostOfOneLaw = 1_000;

/**
 * Checks laws 1, 2, 9 and 10 on what happens in a world from now on; returns how to read the violations so far.
 * `isController` names the callers that are the controller, or AWS on its behalf; everybody else is a person.
 * `isForcedOut` names, when they are read, the EC2 instances of which the controller can show that they had to go whatever
 * they ran; none unless given.
 */
export const watchWorldLaws = (
  world: World,
  isController: (caller: string) => boolean,
  isForcedOut: (ec2InstanceId: string) => boolean = () => false,
): (() => readonly Violation[]) => {
  const violations: Violation[] = [];
  const withTasks = new Map<Violation, string>();
  const counts = new Map<Law, number>();
  let now = 0;
  const add = (law: Law, detail: string): Violation => {
    const count = counts.get(law) ?? 0;
    counts.set(law, count + 1);
    const violation = violationOf(law, now, detail);
    if (count < mostOfOneLaw) violations.push(violation);
    return violation;
  };
  const reportOf =
    (law: Law): Report =>
    (detail) => {
      add(law, detail);
    };
  const sizes = sizeLaw(world, isController, reportOf('1'));
  const liveTasks = liveTaskLaw(isController, (id, detail) => {
    withTasks.set(add('2', detail), id);
  });
  const people = peopleLaw(world, isController, reportOf('9'));
  const runaway = runawayLaw(world, isController, reportOf('10'));

  const hear = (record: WorldRecord): void => {
    now = record.at;
    switch (record.kind) {
      case 'api':
        people.api(record);
        if (!isController(record.caller)) return;
        sizes.api(record);
        liveTasks.api(record);
        return;
      case 'groupCapacity':
        sizes.groupCapacity(record);
        return;
      case 'containerInstance':
        people.containerInstance(record);
        return;
      case 'instance':
        people.instance(record);
        runaway.instance(record);
        return;
      case 'instanceTerminated':
        liveTasks.instanceTerminated(record);
        people.instanceTerminated(record);
        runaway.instanceTerminated(record);
        return;
      case 'taskPlaced':
        runaway.taskPlaced(record);
        return;
      case 'taskStatus':
        runaway.taskStatus(record);
        return;
      default:
        return;
    }
  };
  world.log.subscribe(hear, [
    'api',
    'groupCapacity',
    'containerInstance',
    'instance',
    'instanceTerminated',
    'taskPlaced',
    'taskStatus',
  ]);
  return () => violations.filter((it) => !isForcedOut(withTasks.get(it) ?? ''));
};
