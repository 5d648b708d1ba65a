import type { ContainerInstance } from '../../model/container-instance.ts';
import type { KeepFinding } from '../../model/plan.ts';
import type { Task } from '../../model/task.ts';
import { type EpochMs, minuteMs, secondMs } from '../../model/time.ts';
import type { Membership, View } from '../view.ts';
import { breakerOf } from './breaker.ts';
import { wouldComeBack } from './copies.ts';
import { type Standing, type Work, workOf } from './work.ts';

/** Within this time a task is not moved twice: twice is a defect of the plan, and a nuisance to who runs it. */
const restAfterMoveMs = 30 * minuteMs;

/** An instance with what runs there. */
interface Subject extends Work {
  readonly view: View;
  readonly it: ContainerInstance;
  readonly membership: Membership;
}

type Rule = (subject: Subject) => KeepFinding | undefined;

const minutes = (ms: number): string => `${Math.round(ms / minuteMs)} min`;

const seconds = (ms: number): string => `${Math.round(ms / secondMs)} s`;

/** The first of several, and how many more there are; undefined where there is none. */
const naming = (texts: readonly string[]): string | undefined =>
  texts.length > 1 ? `${texts[0]}; and ${texts.length - 1} more` : texts[0];

const finding = (
  reason: KeepFinding['reason'],
  detail: string | undefined,
  until?: EpochMs,
): KeepFinding | undefined =>
  detail === undefined ? undefined : until === undefined ? { reason, detail } : { reason, detail, until };

const standaloneTask: Rule = ({ alone }) =>
  finding('standaloneTask', naming(alone.map((task) => `${task.arn} is of no service that is known`)));

const ofServices =
  (reason: KeepFinding['reason'], detailOf: (standing: Standing) => string | undefined): Rule =>
  ({ services }) => {
    const details: string[] = [];
    for (const { standing } of services) {
      const detail = detailOf(standing);
      if (detail !== undefined) details.push(detail);
    }
    return finding(reason, naming(details));
  };

const serviceCannotMove = ofServices('serviceCannotMove', (it) => it.cannotMove);

const runningDeployment = ofServices('runningDeployment', (it) => it.deploying);

const protectedByView = new WeakMap<View, ReadonlySet<string>>();

const protectedArns = (view: View): ReadonlySet<string> => {
  const known = protectedByView.get(view);
  if (known !== undefined) return known;
  const answers = Object.entries(view.observation.taskProtection);
  const arns = new Set(answers.filter(([, isProtected]) => isProtected).map(([arn]) => arn));
  protectedByView.set(view, arns);
  return arns;
};

const protectedTask: Rule = ({ view, tasks }) => {
  const arns = protectedArns(view);
  if (arns.size === 0) return undefined;
  const ours = tasks.filter((task) => arns.has(task.arn));
  return finding('protectedTask', naming(ours.map((task) => `${task.arn} is protected`)));
};

const scaleInProtected: Rule = ({ membership: { group, member } }) =>
  member.protectedFromScaleIn && !group.newInstancesProtectedFromScaleIn
    ? finding('scaleInProtected', 'protected by a person: its group does not protect new instances')
    : undefined;

const consolidationOff: Rule = ({ view }) =>
  view.settings.consolidation.enabled ? undefined : finding('consolidationOff', 'consolidation is not enabled');

const paused: Rule = ({ view: { asked, now } }) => {
  if (asked.pause === undefined) return undefined;
  const { until } = asked.pause;
  if (until === undefined) return finding('paused', 'until the pause is ended');
  return now < until ? finding('paused', `for ${minutes(until - now)} more`, until) : undefined;
};

const circuitBreaker: Rule = ({ view }) => breakerOf(view);

const instanceRefresh: Rule = ({ view, membership: { group } }) =>
  view.observation.surroundings.some((one) => one.group === group.name && one.isRefreshing)
    ? finding('instanceRefresh', `an instance refresh of ${group.name} is under way`)
    : undefined;

const lastCopyInZone: Rule = ({ view, it, services }) => {
  const last: string[] = [];
  for (const { standing, tasks: here } of services)
    if (standing.service.availabilityZoneRebalancing && wouldComeBack(view, it, standing, here))
      last.push(`ECS would bring service ${standing.service.name} back to this Availability Zone`);
  return finding('lastCopyInZone', naming(last));
};

const recentlyAbandoned: Rule = ({ view: { memory, now }, it }) => {
  const until = memory.leftAloneUntil[it.ec2InstanceId];
  return until !== undefined && now < until
    ? finding('recentlyAbandoned', `its last drain was given up; left alone for ${minutes(until - now)} more`, until)
    : undefined;
};

const movesByView = new WeakMap<View, ReadonlyMap<string, EpochMs>>();

/** When tasks of a group were first moved within the last half hour. */
const recentMoves = (view: View): ReadonlyMap<string, EpochMs> => {
  const known = movesByView.get(view);
  if (known !== undefined) return known;
  const moves = new Map<string, EpochMs>();
  for (const { group, at } of view.memory.moves)
    if (view.now - at < restAfterMoveMs) moves.set(group, Math.min(moves.get(group) ?? at, at));
  movesByView.set(view, moves);
  return moves;
};

/** A task without a time of creation has yet to be started. */
const createdAtOf = ({ now }: View, task: Task): EpochMs => task.createdAt ?? now;

const recentlyMoved: Rule = ({ view, tasks, services }) => {
  const moves = recentMoves(view);
  if (moves.size === 0 || !services.some(({ standing }) => moves.has(standing.taskGroup))) return undefined;
  const moved = tasks.filter((task) => createdAtOf(view, task) >= (moves.get(task.group ?? '') ?? Infinity));
  const newest = moved.reduce((last, task) => Math.max(last, createdAtOf(view, task)), 0);
  return finding(
    'recentlyMoved',
    naming(moved.map((task) => `${task.arn} may have been moved less than 30 min ago`)),
    newest + restAfterMoveMs,
  );
};

const tooYoung: Rule = ({ view, it, membership: { group }, tasks }) => {
  const settle = view.settings.consolidation.settleTimeMs;
  const newest = tasks.reduce((last, task) => Math.max(last, createdAtOf(view, task)), -Infinity);
  const grown = view.memory.grownAt[group.name] ?? -Infinity;
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
  scaleInProtected,
  consolidationOff,
  paused,
  circuitBreaker,
  instanceRefresh,
  lastCopyInZone,
  runningDeployment,
  recentlyAbandoned,
  recentlyMoved,
  tooYoung,
];

/**
 * Every reason why what runs on an instance must not be moved now by Berth's choice, the most fundamental first; none
 * where it may be emptied as far as these rules say. A task of which nobody has asked yet whether it is protected is no
 * reason: that is asked for the instances that are chosen.
 */
export const reasonsToStay = (view: View, it: ContainerInstance, membership: Membership): readonly KeepFinding[] => {
  const subject = { view, it, membership, ...workOf(view, it) };
  const findings: KeepFinding[] = [];
  for (const rule of rules) {
    const found = rule(subject);
    if (found !== undefined) findings.push(found);
  }
  return findings;
};
