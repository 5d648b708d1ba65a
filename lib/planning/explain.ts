import type { CapacityRequest } from '../model/asked-for.ts';
import { type ContainerInstance, instanceTypeOf } from '../model/container-instance.ts';
import type { Drain, LaunchFailure, Peak } from '../model/memory.ts';
import type { DemandReport, GroupReport, InstanceReport, Plan, Step } from '../model/plan.ts';
import type { Resources } from '../model/resources.ts';
import type { Service } from '../model/service.ts';
import { serviceNameOf, type Task, taskGroupOf } from '../model/task.ts';
import type { EpochMs } from '../model/time.ts';
import { isDaemonTask, type PlanningInput, type View, viewOf } from './view.ts';

/** Tasks of one group on an instance, or instances of one verdict, and so on: how many of what. */
export interface Count {
  readonly of: string;
  readonly count: number;
}

export interface InstanceExplanation {
  readonly kind: 'instance';
  readonly report: InstanceReport;
  readonly instanceType: string | undefined;
  readonly availabilityZone: string | undefined;
  /** Undefined where it is not registered with ECS. */
  readonly registered:
    | {
        readonly status: ContainerInstance['status'];
        readonly agentConnected: boolean;
        readonly at: EpochMs;
        readonly resources: Resources;
        readonly remaining: Resources;
      }
    | undefined;
  /** By task group, those of daemons last. */
  readonly tasks: readonly (Count & { readonly isDaemon: boolean })[];
  readonly drain: Drain | undefined;
}

export interface TaskExplanation {
  readonly kind: 'task';
  readonly task: Task;
  /** Where it is, and why that stays; undefined for one that has no instance. */
  readonly on: InstanceReport | undefined;
  /** What becomes of tasks like it that have no place. */
  readonly demand: readonly DemandReport[];
}

export interface ServiceExplanation {
  readonly kind: 'service';
  readonly service: Pick<
    Service,
    'name' | 'schedulingStrategy' | 'desiredCount' | 'runningCount' | 'pendingCount' | 'status'
  >;
  readonly deploymentsInProgress: number;
  /** How many of its tasks are on instances of which group; `not opted in` for the others. */
  readonly placed: readonly Count[];
  readonly demand: readonly DemandReport[];
  readonly capacity: readonly CapacityRequest[];
  readonly peaks: readonly Peak[];
}

export interface GroupExplanation {
  readonly kind: 'group';
  readonly report: GroupReport;
  readonly steps: readonly Step[];
  /** Its instances by verdict, or by the reason to keep them; most first. */
  readonly instances: readonly Count[];
  readonly failures: readonly LaunchFailure[];
}

export type Explanation = InstanceExplanation | TaskExplanation | ServiceExplanation | GroupExplanation;

const counted = (names: readonly string[]): readonly Count[] => {
  const counts = new Map<string, number>();
  for (const it of names) counts.set(it, (counts.get(it) ?? 0) + 1);
  return [...counts].map(([of, count]) => ({ of, count })).sort((a, b) => b.count - a.count || (a.of < b.of ? -1 : 1));
};

/** `keep` says little: its reason does. */
const verdictName = ({ verdict }: InstanceReport): string => (verdict.kind === 'keep' ? verdict.reason : verdict.kind);

/** Demand of these sources, be it that tasks are missing or that they wait. */
const demandOf = ({ demand }: Plan, ...sources: readonly string[]): readonly DemandReport[] =>
  demand.filter((it) => sources.includes(it.source));

/** Room that is kept for a service: its name is a word of what the reserve says of itself. */
const reservesFor = ({ demand }: Plan, service: string): readonly DemandReport[] =>
  demand.filter((it) => it.isReserve === true && `${it.source} `.includes(`service ${service} `));

const instanceExplained = (view: View, report: InstanceReport): InstanceExplanation => {
  const { ec2InstanceId: id } = report;
  const registered = view.instanceByEc2Id.get(id);
  const member = view.membershipByEc2Id.get(id)?.member;
  const tasks = registered === undefined ? [] : (view.tasksByInstance.get(registered.arn) ?? []);
  const named = (its: readonly Task[]): readonly Count[] => counted(its.map((it) => it.group ?? 'standalone'));
  const daemons = tasks.filter((it) => isDaemonTask(view, it));
  return {
    kind: 'instance',
    report,
    instanceType: registered === undefined ? member?.instanceType : instanceTypeOf(registered),
    availabilityZone: member?.availabilityZone ?? registered?.attributes['ecs.availability-zone'],
    registered: registered && {
      status: registered.status,
      agentConnected: registered.agentConnected,
      at: registered.registeredAt,
      resources: registered.registered,
      remaining: registered.remaining,
    },
    tasks: [
      ...named(tasks.filter((it) => !daemons.includes(it))).map((it) => ({ ...it, isDaemon: false })),
      ...named(daemons).map((it) => ({ ...it, isDaemon: true })),
    ],
    drain: view.drainByEc2Id.get(id),
  };
};

const taskExplained = (view: View, plan: Plan, task: Task): TaskExplanation => {
  const instance = view.observation.containerInstances.find((it) => it.arn === task.containerInstanceArn);
  return {
    kind: 'task',
    task,
    on: instance && plan.instances.find((it) => it.ec2InstanceId === instance.ec2InstanceId),
    demand: task.containerInstanceArn === undefined ? demandOf(plan, task.group ?? 'standalone tasks') : [],
  };
};

const serviceExplained = (view: View, plan: Plan, service: Service): ServiceExplanation => {
  const { name } = service;
  const tasks = view.tasksByGroup.get(taskGroupOf(name)) ?? [];
  const ec2IdOf = new Map(view.observation.containerInstances.map((it) => [it.arn, it.ec2InstanceId]));
  const groupOf = (arn: string): string =>
    view.membershipByEc2Id.get(ec2IdOf.get(arn) ?? '')?.group.name ?? 'not opted in';
  return {
    kind: 'service',
    service,
    deploymentsInProgress: service.deployments.filter((it) => it.rolloutState === 'IN_PROGRESS').length,
    placed: counted(tasks.flatMap(({ containerInstanceArn: arn }) => (arn === undefined ? [] : groupOf(arn)))),
    demand: [...demandOf(plan, `service ${name}`, taskGroupOf(name)), ...reservesFor(plan, name)],
    capacity: view.asked.capacity.filter(({ target }) => target.kind === 'service' && target.service === name),
    peaks: view.memory.peaks[name] ?? [],
  };
};

const groupExplained = ({ memory }: View, plan: Plan, report: GroupReport): GroupExplanation => ({
  kind: 'group',
  report,
  steps: plan.steps.filter((it) => 'group' in it && it.group === report.group),
  instances: counted(plan.instances.filter((it) => it.group === report.group).map(verdictName)),
  failures: memory.launchFailures.filter((it) => it.group === report.group),
});

/** Whether a name or an ARN is meant by what was asked; ids of tasks and container instances end their ARNs. */
const means = (asked: string, name: string, arn: string): boolean =>
  asked === name || asked === arn || (!asked.startsWith('arn:') && arn.endsWith(`/${asked}`));

/**
 * Why what is asked about is as it is: an EC2 instance id, a task, a service or a group, by name, id or ARN. Several
 * answers where a service and a group have the same name; none where there is no such thing.
 */
export const explain = (input: PlanningInput, plan: Plan, asked: string): readonly Explanation[] => {
  const view = viewOf(input);
  const { containerInstances, tasks, services, groups } = view.observation;
  const ids = new Set([
    asked,
    ...containerInstances.filter((it) => means(asked, it.ec2InstanceId, it.arn)).map((it) => it.ec2InstanceId),
  ]);
  const group = groups.find((it) => it.arn === asked)?.name ?? asked;
  return [
    ...plan.instances.filter((it) => ids.has(it.ec2InstanceId)).map((it) => instanceExplained(view, it)),
    ...tasks.filter((it) => means(asked, it.arn, it.arn)).map((it) => taskExplained(view, plan, it)),
    ...services.filter((it) => means(asked, it.name, it.arn)).map((it) => serviceExplained(view, plan, it)),
    ...plan.groups.filter((it) => it.group === group).map((it) => groupExplained(view, plan, it)),
  ];
};

/** The service that is explained, or whose task is; undefined for others. */
export const serviceExplainedBy = (it: Explanation): string | undefined => {
  if (it.kind === 'service') return it.service.name;
  return it.kind === 'task' ? serviceNameOf(it.task) : undefined;
};
