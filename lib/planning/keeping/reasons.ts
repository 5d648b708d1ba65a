import type { ContainerInstance } from '../../model/container-instance.ts';
import type { KeepFinding } from '../../model/plan.ts';
import type { Task } from '../../model/task.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { finding } from '../findings.ts';
import { oncePer } from '../once.ts';
import type { OnInstance } from '../task-list.ts';
import { minutes, seconds } from '../text.ts';
import type { Membership, View } from '../view.ts';
import { workTasksOn } from '../work.ts';
import { breakerOf } from './breaker.ts';
import { comingBackTo } from './copies.ts';
import { pauseOf } from './pause.ts';
import { type Standing, type Standings, standingsOf } from './standings.ts';

/** Within this time a task is not moved twice: twice is a defect of the plan, and a nuisance to who runs it. */
export const restAfterMoveMs = 30 * minuteMs;

/** An instance with what runs there. */
interface Subject {
  readonly view: View;
  readonly it: ContainerInstance;
  readonly membership: Membership;
  /** Undefined where nothing does. */
  readonly on: OnInstance | undefined;
  readonly standings: Standings;
}

type Rule = (subject: Subject) => KeepFinding | undefined;

/** Names the first of several, and how many more there are; undefined where there is none. */
const naming = (reason: KeepFinding['reason'], texts: readonly string[], until?: EpochMs): KeepFinding | undefined => {
  const [first] = texts;
  if (first === undefined) return undefined;
  return finding(reason, texts.length > 1 ? `${first}; and ${texts.length - 1} more` : first, until);
};

const standaloneTask: Rule = ({ view, it, on, standings }) => {
  if (!standings.anyAlone || on?.groups.some(({ index }) => standings.isAlone[index]) !== true) return undefined;
  const alone = new Set(on.groups.filter(({ index }) => standings.isAlone[index]).map(({ name }) => name));
  const tasks = workTasksOn(view, it).filter(({ group }) => alone.has(group));
  return naming(
    'standaloneTask',
    tasks.map((task) => `${task.arn} is of no service that is known`),
  );
};

const ofServices =
  (
    reason: KeepFinding['reason'],
    isAny: (standings: Standings) => boolean,
    detailOf: (standing: Standing) => string | undefined,
  ): Rule =>
  ({ on, standings }) => {
    if (on === undefined || !isAny(standings)) return undefined;
    const details: string[] = [];
    for (const { index } of on.groups) {
      const standing = standings.byGroup[index];
      const detail = standing === undefined ? undefined : detailOf(standing);
      if (detail !== undefined) details.push(detail);
    }
    return naming(reason, details);
  };

const serviceCannotMove = ofServices(
  'serviceCannotMove',
  (all) => all.anyCannotMove,
  (it) => it.cannotMove,
);

const runningDeployment = ofServices(
  'runningDeployment',
  (all) => all.anyDeploying,
  (it) => it.deploying,
);

const protectedArns = oncePer((view: View): ReadonlySet<string> => {
  const answers = Object.entries(view.observation.taskProtection);
  return new Set(answers.filter(([, isProtected]) => isProtected).map(([arn]) => arn));
});

const protectedTask: Rule = ({ view, it }) => {
  const arns = protectedArns(view);
  if (arns.size === 0) return undefined;
  const ours = workTasksOn(view, it).filter((task) => arns.has(task.arn));
  return naming(
    'protectedTask',
    ours.map((task) => `${task.arn} is protected`),
  );
};

/** Protected by a person: where new instances of a group are protected, it says nothing of the one. */
export const scaleInProtected = ({ group, member }: Membership): KeepFinding | undefined =>
  member.protectedFromScaleIn && !group.newInstancesProtectedFromScaleIn
    ? finding('scaleInProtected', 'protected by a person: its group does not protect new instances')
    : undefined;

const consolidationOff: Rule = ({ view }) =>
  view.settings.consolidation.enabled ? undefined : finding('consolidationOff', 'consolidation is not enabled');

const paused: Rule = ({ view }) => {
  const pause = pauseOf(view);
  if (pause === undefined) return undefined;
  const { until } = pause;
  return until === undefined
    ? finding('paused', 'until the pause is ended')
    : finding('paused', `for ${minutes(until - view.now)} more`, until);
};

const circuitBreaker: Rule = ({ view }) => breakerOf(view);

const instanceRefresh: Rule = ({ view, membership: { group } }) =>
  view.observation.surroundings.some((one) => one.group === group.name && one.isRefreshing)
    ? finding('instanceRefresh', `an instance refresh of ${group.name} is under way`)
    : undefined;

const lastCopyInZone: Rule = ({ view, it, on, standings }) => {
  if (on === undefined) return undefined;
  const coming = comingBackTo(view, it, on);
  return naming(
    'lastCopyInZone',
    coming.flatMap(({ index }) => {
      const service = standings.byGroup[index]?.service;
      return service === undefined ? [] : [`ECS would bring service ${service.name} back to this Availability Zone`];
    }),
  );
};

/** Since its last drain was given up, for how much longer an instance is left alone. */
export const recentlyAbandoned = (
  { memory, now }: View,
  it: ContainerInstance,
  text: (ms: number) => string,
): KeepFinding | undefined => {
  const until = memory.leftAloneUntil[it.ec2InstanceId];
  return until !== undefined && now < until
    ? finding('recentlyAbandoned', `its last drain was given up; left alone for ${text(until - now)} more`, until)
    : undefined;
};

/** Where a drain was given up because its tasks could not leave, other hosts of the same would not be left either. */
const cannotLeaveNow: Rule = ({ view: { memory, now }, on }) => {
  for (const { name = '' } of on?.groups ?? []) {
    const until = memory.leftAloneUntil[name];
    if (until !== undefined && now < until)
      return finding(
        'recentlyAbandoned',
        `a drain was given up because of ${name}; left alone for ${minutes(until - now)} more`,
        until,
      );
  }
  return undefined;
};

/** When tasks of a group were first moved within the last half hour. */
const recentMoves = oncePer((view: View): ReadonlyMap<string, EpochMs> => {
  const moves = new Map<string, EpochMs>();
  for (const { group, at } of view.memory.moves)
    if (view.now - at < restAfterMoveMs) moves.set(group, Math.min(moves.get(group) ?? at, at));
  return moves;
});

/** A task without a time of creation has yet to be started. */
const createdAtOf = ({ now }: View, task: Task): EpochMs => task.createdAt ?? now;

const recentlyMoved: Rule = ({ view, it, on, standings }) => {
  const moves = recentMoves(view);
  if (moves.size === 0 || on === undefined) return undefined;
  const isOfService = on.groups.some(
    ({ name = '', index }) => standings.byGroup[index] !== undefined && moves.has(name),
  );
  const isAnyNew = on.groups.some(({ name = '' }) => (moves.get(name) ?? Infinity) <= on.newestAt);
  if (!isOfService || !isAnyNew) return undefined;
  const moved = workTasksOn(view, it).filter(
    (task) => createdAtOf(view, task) >= (moves.get(task.group ?? '') ?? Infinity),
  );
  const newest = moved.reduce((last, task) => Math.max(last, createdAtOf(view, task)), 0);
  return naming(
    'recentlyMoved',
    moved.map((task) => `${task.arn} may have been moved less than 30 min ago`),
    newest + restAfterMoveMs,
  );
};

/** When the last of its tasks that are no daemon's was created; -Infinity where it has none. */
const newestWork = (view: View, it: ContainerInstance, on: OnInstance | undefined): EpochMs =>
  view.daemonGroups.size === 0 && on !== undefined && on.newestAt < Infinity
    ? on.newestAt
    : workTasksOn(view, it).reduce((last, task) => Math.max(last, createdAtOf(view, task)), -Infinity);

const tooYoung: Rule = ({ view, it, membership: { group }, on }) => {
  const settle = view.settings.consolidation.settleTimeMs;
  const grown = view.memory.grownAt[group.name] ?? -Infinity;
  if (view.now - Math.max(it.registeredAt, grown, on?.newestAt ?? -Infinity) >= settle) return undefined;
  const newest = newestWork(view, it, on);
  const changes = [
    ['registered', it.registeredAt],
    ['given a task', newest],
    ['its group grew', grown],
  ] as const;
  const unsettled = changes.find(([, at]) => view.now - at < settle);
  if (unsettled === undefined) return undefined;
  const [what, at] = unsettled;
  const last = changes.reduce((newestOf, [, one]) => Math.max(newestOf, one), at);
  return finding('tooYoung', `${what} ${seconds(view.now - at)} ago, less than ${seconds(settle)}`, last + settle);
};

/** What lasts longest by itself comes first: it would still hold if all that follow were over. */
const rules: readonly Rule[] = [
  standaloneTask,
  serviceCannotMove,
  protectedTask,
  ({ membership }) => scaleInProtected(membership),
  consolidationOff,
  paused,
  circuitBreaker,
  instanceRefresh,
  lastCopyInZone,
  runningDeployment,
  ({ view, it }) => recentlyAbandoned(view, it, minutes),
  cannotLeaveNow,
  recentlyMoved,
  tooYoung,
];

/**
 * Every reason why what runs on an instance must not be moved now by Berth's choice, the most fundamental first; none
 * where it may be emptied as far as these rules say. A task of which nobody has asked yet whether it is protected is no
 * reason: that is asked for the instances that are chosen.
 */
export const reasonsToStay = (view: View, it: ContainerInstance, membership: Membership): readonly KeepFinding[] => {
  const subject = { view, it, membership, on: view.taskList.byInstance.get(it.arn), standings: standingsOf(view) };
  const findings: KeepFinding[] = [];
  for (const rule of rules) {
    const found = rule(subject);
    if (found !== undefined) findings.push(found);
  }
  return findings;
};
