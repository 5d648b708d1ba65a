import type { InstanceRecord, InstanceTerminatedRecord, TaskPlacedRecord, TaskStatusRecord } from '../../world/log.ts';
import type { World } from '../../world/world.ts';
import type { Report } from '../law.ts';

/** So long after it was launched an instance on which no task ever ran was in vain, whether it registered or not. */
const inVainAfterMs = 30 * 60_000;

const hourMs = 3_600_000;

interface Launch {
  readonly at: number;
  hasRun: boolean;
  ended: boolean;
}

/**
 * Law 10. The budget: in any hour a controller launches in vain no more instances than the group may have. In vain is
 * a launch on which no task but daemons ever was RUNNING, and that has ended or is half an hour old. So a group may be
 * filled once an hour for nothing, as it is by demand that vanishes, and never again and again. What EC2 had no capacity
 * for was no launch: it costs nothing, and it is Auto Scaling that tries again and again for the size it was given.
 */
export const runawayLaw = (world: World, isController: (caller: string) => boolean, report: Report) => {
  const byGroup = new Map<string, Launch[]>();
  const byInstance = new Map<string, Launch>();
  const instanceOf = new Map<string, string>();
  const reportedAt = new Map<string, number>();

  const check = (group: string, launches: readonly Launch[], now: number): void => {
    const inVain = launches.filter((it) => !it.hasRun && (it.ended || now - it.at >= inVainAfterMs)).length;
    const budget = world.view.groups.get(group)?.maxSize ?? 0;
    if (inVain <= budget || now - (reportedAt.get(group) ?? Number.NEGATIVE_INFINITY) < hourMs) return;
    reportedAt.set(group, now); // once an hour: it is one runaway
    report(`launches in ${group}, where ${inVain} launches of the last hour were in vain and ${budget} may be`);
  };

  return {
    instance: ({ change, ec2InstanceId, group, at, cause }: InstanceRecord): void => {
      if (change !== 'launched' || group === undefined || cause.kind !== 'call' || !isController(cause.caller)) return;
      const launches = (byGroup.get(group) ?? []).filter((it) => at - it.at < hourMs);
      check(group, launches, at);
      const launch = { at, hasRun: false, ended: false };
      byGroup.set(group, [...launches, launch]);
      byInstance.set(ec2InstanceId, launch);
    },
    taskPlaced: ({ want, taskArn, ec2InstanceId }: TaskPlacedRecord): void => {
      if (want !== 'DAEMON' && byInstance.get(ec2InstanceId)?.hasRun === false) instanceOf.set(taskArn, ec2InstanceId);
    },
    taskStatus: ({ taskArn, lastStatus }: TaskStatusRecord): void => {
      if (lastStatus !== 'RUNNING' && lastStatus !== 'STOPPED') return;
      const launch = byInstance.get(instanceOf.get(taskArn) ?? '');
      instanceOf.delete(taskArn);
      if (lastStatus === 'RUNNING' && launch !== undefined) launch.hasRun = true;
    },
    instanceTerminated: ({ ec2InstanceId }: InstanceTerminatedRecord): void => {
      const launch = byInstance.get(ec2InstanceId);
      if (launch !== undefined) launch.ended = true;
      byInstance.delete(ec2InstanceId);
    },
  };
};
