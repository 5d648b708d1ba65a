import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { flag, number, text } from '../json.ts';
import { optionsOf } from './pools.ts';
import type { Sizing } from './sizing.ts';
import { type Group, type GroupInstance, type InstanceRefresh, isCounted } from './state.ts';

/** Carries out instance refreshes: a rolling replacement, as many at a time as the healthy minimum allows. */
export interface Refreshing {
  begin(group: Group, parts: Pick<InstanceRefresh, 'preferences' | 'desiredConfiguration'>): InstanceRefresh;
  cancel(group: Group, refresh: InstanceRefresh): void;
}

const stepMs = 10_000; // how often a refresh looks; assumed
const waitMs = 3_600_000; // for protection to be lifted (Auto Scaling API, RefreshPreferences)

export const activeRefresh = (group: Group): InstanceRefresh | undefined =>
  group.refreshes.find((it) => it.status === 'InProgress');

const inService = (group: Group): readonly GroupInstance[] =>
  [...group.instances.values()].filter((it) => it.state === 'InService');

export const createRefreshing = (ground: Ground, templates: LaunchTemplates, sizing: Sizing): Refreshing => {
  const say = (group: Group, refresh: InstanceRefresh, what: string): void => {
    ground.emit({
      source: 'aws.autoscaling',
      detailType: `EC2 Auto Scaling Instance Refresh ${what}`,
      resources: [group.arn],
      detail: () => ({ InstanceRefreshId: refresh.id, AutoScalingGroupName: group.name }),
    });
  };

  const end = (group: Group, refresh: InstanceRefresh, status: InstanceRefresh['status'], reason?: string): void => {
    refresh.status = status;
    refresh.statusReason = reason;
    refresh.endedAt = ground.now();
    say(group, refresh, status === 'Successful' ? 'Succeeded' : status);
  };

  /** Launched as the group would launch it now. */
  const matches = (group: Group, it: GroupInstance): boolean =>
    optionsOf(group, templates).some(
      ({ type, source }) =>
        type.name === it.ec2.machine.instanceType &&
        source.templateId === it.source.templateId &&
        source.version === it.source.version,
    );

  const warmupMs = (group: Group, { preferences }: InstanceRefresh): number => {
    const seconds =
      number(preferences, 'InstanceWarmup') ??
      number(group.json, 'DefaultInstanceWarmup') ??
      number(group.json, 'HealthCheckGracePeriod') ??
      0;
    return seconds * 1_000;
  };

  const unavailable = (group: Group, refresh: InstanceRefresh): number => {
    const ready = ground.now() - warmupMs(group, refresh);
    const warm = inService(group).filter((it) => (it.inServiceAt ?? refresh.startedAt) <= ready);
    return Math.max(0, group.desired - warm.length);
  };

  /** 100 percent limits it to one at a time. (Auto Scaling user guide, instance refresh.) */
  const atOnce = (group: Group, { preferences }: InstanceRefresh): number => {
    const percentage = number(preferences, 'MinHealthyPercentage') ?? 90;
    return Math.max(1, group.desired - Math.ceil((group.desired * percentage) / 100));
  };

  /** Those it may replace now; protected ones as the preferences say, by default not yet. */
  const replaceable = (group: Group, refresh: InstanceRefresh): readonly GroupInstance[] => {
    const policy = text(refresh.preferences, 'ScaleInProtectedInstances') ?? 'Wait';
    const found: GroupInstance[] = [];
    for (const id of refresh.toReplace) {
      const it = group.instances.get(id);
      if (it === undefined || !isCounted(it) || (it.isProtected && policy === 'Ignore')) refresh.toReplace.delete(id);
      else if (it.state === 'InService' && !(it.isProtected && policy === 'Wait')) found.push(it);
    }
    return found;
  };

  const replace = (group: Group, it: GroupInstance): void => {
    const why = 'an instance was taken out of service in response to an instance refresh';
    sizing.terminate(group, it, true, { kind: 'group', process: 'instanceRefresh' }, why);
  };

  const step = (group: Group, refresh: InstanceRefresh): void => {
    if (refresh.status !== 'InProgress' || group.deleted) return;
    const candidates = replaceable(group, refresh);
    const missing = unavailable(group, refresh);
    if (refresh.toReplace.size === 0 && missing === 0) {
      end(group, refresh, 'Successful');
      return;
    }
    const now = group.suspended.has('InstanceRefresh') ? 0 : atOnce(group, refresh) - missing;
    for (const it of candidates.slice(0, Math.max(0, now))) {
      refresh.toReplace.delete(it.ec2.id);
      replace(group, it);
    }
    const isWaiting = candidates.length === 0 && refresh.toReplace.size > 0;
    refresh.waitingSince = isWaiting ? (refresh.waitingSince ?? ground.now()) : undefined;
    if (refresh.waitingSince !== undefined && ground.now() - refresh.waitingSince >= waitMs) {
      end(group, refresh, 'Failed', 'The instance refresh waited one hour for instances protected from scale-in.');
      return;
    }
    ground.afterMs(stepMs, () => {
      step(group, refresh);
    });
  };

  return {
    begin: (group, parts) => {
      const skips = flag(parts.preferences, 'SkipMatching') === true;
      const found = inService(group).filter((it) => !skips || !matches(group, it));
      const refresh: InstanceRefresh = {
        ...parts,
        id: ground.uuid(),
        startedAt: ground.now(),
        total: found.length,
        toReplace: new Set(found.map((it) => it.ec2.id)),
        waitingSince: undefined,
        endedAt: undefined,
        status: 'InProgress',
        statusReason: undefined,
      };
      group.refreshes.push(refresh);
      say(group, refresh, 'Started');
      ground.after(ground.constants.groupReactionMs, () => {
        step(group, refresh);
      });
      return refresh;
    },
    cancel: (group, refresh) => {
      end(group, refresh, 'Cancelled', 'Cancelled due to user request.');
    },
  };
};
