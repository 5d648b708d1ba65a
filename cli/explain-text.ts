import type {
  Explained,
  Explanation,
  GroupExplanation,
  InstanceExplanation,
  ServiceExplanation,
  TaskExplanation,
} from '../lib/flows/reading/explain.ts';
import type { GroupCost } from '../lib/flows/reading/look.ts';
import { historyText } from './history-text.ts';
import { demandsText, groupsText, stepsText } from './plan-text.ts';
import { styled, within } from './print.ts';
import { counted, findingText, resourcesText, spanText, timeText, verdictText, whyText } from './texts.ts';

interface At {
  readonly now: number;
  readonly width: number;
  readonly costs: readonly GroupCost[];
}

const title = (text: string): string => styled('bold', text);

const countsOf = (counts: readonly { readonly of: string; readonly count: number }[]): string =>
  counts.map(({ of, count }) => `${of} ${count.toLocaleString('en-US')}`).join(', ');

const ago = (at: number, now: number): string => `${spanText(Math.max(0, now - at))} ago`;

const drainLine = ({ drain }: InstanceExplanation, now: number): readonly string[] => {
  if (drain === undefined) return [];
  const deadline = drain.deadlineAt === undefined ? '' : `, to be over by ${timeText(drain.deadlineAt)}`;
  return [`  drain of Berth's: ${drain.cause}, ${drain.state} since ${ago(drain.since, now)}${deadline}`];
};

const instanceText = (it: InstanceExplanation, { now }: At): readonly string[] => {
  const { report, registered, tasks } = it;
  const { verdict } = report;
  const where = [it.instanceType, it.availabilityZone].filter((one) => one !== undefined).join(', ');
  const own = tasks.filter((one) => !one.isDaemon);
  const daemons = tasks.filter((one) => one.isDaemon);
  return [
    title(`Instance ${report.ec2InstanceId} of ${report.group ?? 'no opted-in group'}`),
    `  ${verdictText(verdict)}: ${whyText(verdict)}`,
    ...(verdict.kind === 'keep' ? verdict.others.map((one) => `        ${findingText(one)}`) : []),
    ...(registered === undefined
      ? [`  ${where}; not registered with ECS`]
      : [
          `  ${where}; registered ${ago(registered.at, now)}, ${registered.status}, agent ${registered.agentConnected ? 'connected' : 'disconnected'}`,
          `  left of ${resourcesText(registered.resources)}: ${resourcesText(registered.remaining)}`,
          `  tasks: ${countsOf(own) || 'none'}${daemons.length === 0 ? '' : `; daemons: ${countsOf(daemons)}`}`,
        ]),
    ...drainLine(it, now),
  ];
};

const taskText = ({ task, on, demand }: TaskExplanation, { width, now }: At): readonly string[] => {
  const place =
    task.containerInstanceArn === undefined
      ? ['  it waits for a place']
      : on === undefined
        ? [`  on ${task.containerInstanceArn}, of which nothing more is known`]
        : [
            `  on ${on.ec2InstanceId} of ${on.group ?? 'no opted-in group'}, which is to ${verdictText(on.verdict)}: ${whyText(on.verdict)}`,
          ];
  return [
    title(`Task ${task.arn.replace(/^.*\//, '')} of ${task.group ?? 'nobody'}`),
    `  ${task.lastStatus}${task.createdAt === undefined ? '' : ` since ${ago(task.createdAt, now)} or later`}, from ${task.taskDefinitionArn.replace(/^.*\//, '')}`,
    ...place,
    ...(demand.length === 0 ? [] : [demandsText({ demand }, width)]),
  ];
};

const serviceText = (it: ServiceExplanation, { width, now }: At): readonly string[] => {
  const { service, demand } = it;
  const lacking = demand.filter((one) => one.isReserve !== true).reduce((sum, one) => sum + one.tasks, 0);
  const isDaemon = service.schedulingStrategy === 'DAEMON';
  const [peak] = it.peaks;
  return [
    title(`Service ${service.name}${isDaemon ? ' (daemon)' : ''}`),
    isDaemon
      ? `  one on every instance: ${service.runningCount} run, ${service.pendingCount} are starting`
      : `  ${service.desiredCount} wanted: ${service.runningCount} run, ${service.pendingCount} are starting, ${lacking} have no place`,
    ...(it.placed.length === 0 ? [] : [`  its tasks are on instances of: ${countsOf(it.placed)}`]),
    ...(it.deploymentsInProgress === 0
      ? []
      : [
          `  ${counted(it.deploymentsInProgress, 'deployment')} under way: for an hour its instances stay where they are`,
        ]),
    ...(peak === undefined || peak.tasks <= service.desiredCount
      ? []
      : [`  it wanted ${peak.tasks} ${ago(peak.at, now)}: room for as many is not given up yet`]),
    ...it.capacity.map((one) => `  room for ${one.tasks} more asked for by ${one.id}, until ${timeText(one.until)}`),
    ...(demand.length === 0 ? [] : ['', demandsText({ demand }, width)]),
  ];
};

/** Why a group is neither larger nor smaller. */
const sizeReason = ({ report, steps }: GroupExplanation): string => {
  if (steps.length > 0) return '';
  const less =
    report.desiredCapacity <= report.minSize ? 'it is at its minimum size' : 'its instances have reasons to stay';
  const more = report.desiredCapacity >= report.maxSize ? 'it is at its maximum size' : 'no task waits for more of it';
  return `  it keeps its size: ${more}, and ${less}`;
};

const groupText = (it: GroupExplanation, { width, costs, now }: At): readonly string[] => {
  const { report } = it;
  return [
    title(`Group ${report.group}`),
    groupsText([report], costs, width),
    ...(it.steps.length === 0 ? [sizeReason(it)] : [stepsText(it)]),
    ...(it.instances.length === 0 ? [] : [`  its instances: ${countsOf(it.instances)}`]),
    ...it.failures.map(
      (one) =>
        `  a launch failed ${ago(one.at, now)}${one.availabilityZone === undefined ? '' : ` in ${one.availabilityZone}`}: ${one.cause}`,
    ),
  ];
};

const textOf = (it: Explanation, at: At): readonly string[] => {
  switch (it.kind) {
    case 'instance':
      return instanceText(it, at);
    case 'task':
      return taskText(it, at);
    case 'service':
      return serviceText(it, at);
    case 'group':
      return groupText(it, at);
  }
};

/** So many decisions tell enough; `berth history` has all. */
const mostDecisions = 10;

const decisionsText = ({ decisions }: Explained, width: number): readonly string[] => {
  if (decisions.length === 0) return ['', 'No decision of the last day that is remembered touched it.'];
  const left = decisions.length - mostDecisions;
  return [
    '',
    title(`Decisions of the last day${left > 0 ? ` (the last ${mostDecisions} of ${decisions.length})` : ''}`),
    historyText(decisions.slice(-mostDecisions), width),
  ];
};

/** An answer for people; the decisions only where a deployment could tell of any. */
export const explainedText = (it: Explained, at: At, hasHistory: boolean): string =>
  within([...textOf(it.explanation, at), ...(hasHistory ? decisionsText(it, at.width) : [])].join('\n'), at.width);
