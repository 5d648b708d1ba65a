import type { ContainerInstanceRecord, TaskStatusRecord, WorldRecord } from '../world/log.ts';
import type { World } from '../world/world.ts';
import { type Distribution, distributionOf } from './quantiles.ts';

/** The parts of a task's wait that had to wait for a new instance, in the order in which they pass. */
export const stages = ['trigger', 'queue', 'decision', 'launchCall', 'boot', 'placement', 'start'] as const;
export type Stage = (typeof stages)[number];

/** When the steps between wanting and having happened, as far as they are known. */
export interface LaunchPath {
  /** The event that led to the launch reached its queue. */
  readonly queuedAt: number;
  /** Spent in queues after that: until the ingesting function began, and from its ask until the decision began. */
  readonly inQueuesMs: number;
  /** The call that raised the desired capacity left the decider, and was answered. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Who knows how a launching call came about: the host, by the call's caller. */
export type PathOf = (caller: string, atMs: number) => LaunchPath | undefined;

export interface WaitFigures {
  /** Asked for → RUNNING; tasks that never ran count to the end of the run. */
  readonly all: Distribution | undefined;
  /** Those that needed a new instance, whole and by stage. */
  readonly needingLaunch: Distribution | undefined;
  readonly byStage: Readonly<Record<Stage, Distribution | undefined>>;
  /** trigger + queue + decision + launchCall: what Berth, rather than EC2 and ECS, is answerable for. */
  readonly ownShare: Distribution | undefined;
  readonly wanted: number;
  readonly ran: number;
  readonly withdrawn: number;
  /** Still without a RUNNING task at the end of the run. */
  readonly waitingAtEnd: number;
}

interface Want {
  readonly wantedAt: number;
  placedAt: number | undefined;
  ec2InstanceId: string | undefined;
}

interface Launch {
  readonly caller: string | undefined;
  readonly at: number;
  registeredAt: number | undefined;
}

type Parts = Readonly<Record<Stage, number>>;

/** Cuts a wait at each step. A step that lay before the wait began takes no time of it. */
const split = (
  want: Want,
  launch: Launch & { readonly registeredAt: number },
  path: LaunchPath,
  runningAt: number,
): Parts => {
  const from = (at: number): number => Math.max(want.wantedAt, at);
  const queuedAt = from(path.queuedAt);
  const sentAt = from(path.sentAt);
  const answeredAt = from(path.answeredAt);
  const registeredAt = from(launch.registeredAt);
  const placedAt = from(want.placedAt ?? runningAt);
  const queue = Math.min(path.inQueuesMs, sentAt - queuedAt);
  return {
    trigger: queuedAt - want.wantedAt,
    queue,
    decision: sentAt - queuedAt - queue,
    launchCall: answeredAt - sentAt,
    boot: registeredAt - answeredAt,
    placement: placedAt - registeredAt,
    start: runningAt - placedAt,
  };
};

/** Follows the waits of replica and standalone tasks of a world from now on. */
export const waitMeter = (world: World, pathOf: PathOf): ((nowMs: number) => WaitFigures) => {
  const open = new Map<string, Want>();
  const launches = new Map<string, Launch>();
  const waits: number[] = [];
  const launchWaits: number[] = [];
  const parts: Parts[] = [];
  let wanted = 0;
  let withdrawn = 0;

  const ran = (record: TaskStatusRecord): void => {
    const want = open.get(record.wantId);
    if (want === undefined || record.lastStatus !== 'RUNNING') return;
    open.delete(record.wantId);
    waits.push(record.at - want.wantedAt);
    const launch = launches.get(want.ec2InstanceId ?? '');
    if (launch?.registeredAt === undefined || launch.registeredAt <= want.wantedAt) return;
    launchWaits.push(record.at - want.wantedAt);
    const path = launch.caller === undefined ? undefined : pathOf(launch.caller, launch.at);
    if (path !== undefined) parts.push(split(want, { ...launch, registeredAt: launch.registeredAt }, path, record.at));
  };
  const registered = (record: ContainerInstanceRecord): void => {
    const launch = launches.get(record.ec2InstanceId);
    if (record.change === 'registered' && launch !== undefined) launch.registeredAt = record.at;
  };
  const hear = (record: WorldRecord): void => {
    switch (record.kind) {
      case 'taskWanted':
        if (record.want === 'DAEMON') return;
        wanted++;
        open.set(record.wantId, { wantedAt: record.at, placedAt: undefined, ec2InstanceId: undefined });
        return;
      case 'taskPlaced': {
        const want = open.get(record.wantId);
        if (want === undefined) return;
        want.placedAt = record.at;
        want.ec2InstanceId = record.ec2InstanceId;
        return;
      }
      case 'taskWithdrawn':
        if (open.delete(record.wantId)) withdrawn++;
        return;
      case 'taskStatus':
        ran(record);
        return;
      case 'instance':
        if (record.change !== 'requested') return;
        launches.set(record.ec2InstanceId, {
          caller: record.cause.kind === 'call' ? record.cause.caller : undefined,
          at: record.at,
          registeredAt: undefined,
        });
        return;
      case 'containerInstance':
        registered(record);
        return;
      case 'instanceTerminated':
        launches.delete(record.ec2InstanceId);
        return;
      default:
        return;
    }
  };
  world.log.subscribe(hear, [
    'taskWanted',
    'taskPlaced',
    'taskWithdrawn',
    'taskStatus',
    'instance',
    'containerInstance',
    'instanceTerminated',
  ]);

  return (now) => {
    const waiting = [...open.values()].map((it) => now - it.wantedAt);
    const stage = (name: Stage): Distribution | undefined => distributionOf(parts.map((it) => it[name]));
    return {
      all: distributionOf([...waits, ...waiting]),
      needingLaunch: distributionOf(launchWaits),
      byStage: {
        trigger: stage('trigger'),
        queue: stage('queue'),
        decision: stage('decision'),
        launchCall: stage('launchCall'),
        boot: stage('boot'),
        placement: stage('placement'),
        start: stage('start'),
      },
      ownShare: distributionOf(parts.map((it) => it.trigger + it.queue + it.decision + it.launchCall)),
      wanted,
      ran: waits.length,
      withdrawn,
      waitingAtEnd: waiting.length,
    };
  };
};
