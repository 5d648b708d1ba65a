import type { ContainerInstance } from '../../../lib/model/container-instance.ts';
import type { Observation } from '../../../lib/model/observation.ts';
import { serviceNameOf, type Task } from '../../../lib/model/task.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import { seededDice } from '../../kernel/dice.ts';
import { type Luck, type PlacementRequest, placeAll } from '../../world/ecs/placement.ts';
import { heldTasks, holdingOf, missingTasks } from './missing.ts';
import { placesOf, requestsFor } from './placing.ts';
import { chosenToDrain, heldBack, type PlanLaw } from './plan-check.ts';

interface Adversary {
  readonly name: string;
  readonly luck: Luck;
}

/** Breaks ties so that the largest hole is used up first, whoever comes. */
const largestHole: Luck = (equals) => {
  const rooms = equals().map(({ remaining }) => remaining.cpuUnits + remaining.memoryMiB);
  return rooms.indexOf(Math.max(...rooms)) / rooms.length;
};

const adversaries = (): readonly Adversary[] => {
  const dice = seededDice(1);
  const other = seededDice(2);
  return [
    { name: 'the first of equals', luck: () => 0 },
    { name: 'the last of equals', luck: () => 0.999_999 },
    { name: 'the largest hole', luck: largestHole },
    { name: 'luck 1', luck: () => dice.next() },
    { name: 'luck 2', luck: () => other.next() },
  ];
};

const sizeOf = ({ need }: PlacementRequest): number => need.cpuUnits + need.memoryMiB;

const orders: readonly (readonly [string, (requests: readonly PlacementRequest[]) => readonly PlacementRequest[]])[] = [
  ['as listed', (requests) => requests],
  ['the smallest first', (requests) => requests.toSorted((a, b) => sizeOf(a) - sizeOf(b))],
  ['the largest first', (requests) => requests.toSorted((a, b) => sizeOf(b) - sizeOf(a))],
];

/** The tasks on instances to be drained that must go elsewhere: all but daemons. */
const onDrained = (observation: Observation, drained: ReadonlySet<string>): readonly Task[] => {
  const daemons = new Set(
    observation.services.filter((it) => it.schedulingStrategy === 'DAEMON').map((it) => `service:${it.name}`),
  );
  return observation.tasks.filter(
    (it) =>
      drained.has(it.containerInstanceArn ?? '') && it.desiredStatus === 'RUNNING' && !daemons.has(it.group ?? ''),
  );
};

const without = (instances: readonly ContainerInstance[], drained: ReadonlySet<string>): readonly ContainerInstance[] =>
  instances.filter((it) => it.status === 'ACTIVE' && it.agentConnected && !drained.has(it.arn));

/** What Berth's own queue is to run, as tasks that wait: they may be run at any moment. */
const queuedTasks = ({ asked: { queued }, now, settings: { taskQueue } }: PlanningInput): readonly Task[] =>
  queued
    .filter((it) => now - it.queuedAt < (taskQueue?.giveUpAfterMs ?? Number.POSITIVE_INFINITY))
    .flatMap((it) =>
      Array.from(
        { length: it.tasks },
        (_, n): Task => ({
          arn: `${it.id}/${n}`,
          taskDefinitionArn: it.taskDefinitionArn,
          group: it.group,
          startedBy: undefined,
          lastStatus: 'PROVISIONING',
          desiredStatus: 'RUNNING',
          containerInstanceArn: undefined,
          capacityProviderName: it.capacityProvider,
          launchType: 'EC2',
          cpuUnits: undefined,
          memoryMiB: undefined,
          createdAt: undefined,
          version: 1,
        }),
      ),
    );

/**
 * Law 3: every task that runs on an instance the plan drains of its own choice (as empty, to consolidate, to rotate, to
 * rebalance) finds a place on those that stay, by ECS's own placement, after whatever waits for room has taken what it
 * can: under five ways to break ties and three orders of tasks. Instances that are still to come do not count, nor do
 * tasks that ECS holds back itself. What a person drains is that person's choice.
 */
export const fitsElsewhere: PlanLaw = (planned, report) => {
  const { observation } = planned.input;
  const chosen = chosenToDrain(planned).filter((it) => !it.byHand);
  const drained = new Set(chosen.map((it) => it.containerInstanceArn));
  const moving = onDrained(observation, drained);
  if (moving.length === 0) return;
  for (const it of moving.filter((task) => serviceNameOf(task) === undefined))
    report(`drains ${it.containerInstanceArn ?? ''} under standalone task ${it.arn}, which nobody would start again`);
  const staying: Observation = { ...observation, containerInstances: without(observation.containerInstances, drained) };
  const requests = requestsFor(observation);
  const waiting = [
    ...heldTasks(observation),
    ...missingTasks(observation, holdingOf(planned.input, heldBack(planned.plan))),
    ...queuedTasks(planned.input),
  ].flatMap((it) => requests(it) ?? []);
  const moved = moving.flatMap((it) => requests(it) ?? []);
  const places = placesOf(staying);
  for (const { name, luck } of adversaries()) {
    for (const [order, sorted] of orders) {
      const all = [...sorted(waiting), ...sorted(moved)];
      const left = placeAll(places, all, luck)
        .slice(waiting.length)
        .filter((it) => it === undefined).length;
      if (left === 0) continue;
      report(`${left} of ${moved.length} tasks of drained instances find no place by ${name}, ${order}`);
      return;
    }
  }
};
