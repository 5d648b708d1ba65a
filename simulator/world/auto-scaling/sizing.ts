import type { Ec2Instance, Ec2Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import type { Cause } from '../log.ts';
import type { Activities } from './activities.ts';
import { newInstance, nextZone } from './launching.ts';
import type { LifecycleHooks } from './lifecycle-hooks.ts';
import { type Activity, countedSize, type Group, type GroupInstance, isCounted, isLeaving } from './state.ts';

/** Holds each group at its desired capacity: launches, chooses victims, replaces what went. */
export interface Sizing {
  /** The group looks at itself soon. */
  touch(group: Group): void;
  setDesired(group: Group, to: number, cause: Cause): void;
  /** Sends an instance away; it leaves through the terminating hooks. */
  terminate(group: Group, it: GroupInstance, replaced: boolean, cause: Cause, why: string): Activity;
  /** An instance stopped without its group's doing. */
  lost(group: Group, instance: Ec2Instance): void;
}

export interface SizingParts {
  readonly ground: Ground;
  readonly ec2: Ec2Instances;
  readonly templates: LaunchTemplates;
  readonly hooks: LifecycleHooks;
  readonly activities: Activities;
}

export const createSizing = ({ ground, ec2, templates, hooks, activities }: SizingParts): Sizing => {
  const { constants, log } = ground;
  const leaving = new Map<string, Activity>();

  const enter = (group: Group, it: GroupInstance, activity: Activity): void => {
    if (!it.state.startsWith('Pending')) return;
    it.state = 'InService';
    activities.end(activity);
    activities.announce(group, it, activity, 'EC2 Instance Launch Successful');
    ec2.record(it.ec2, 'inService', it.ec2.cause);
  };

  const running = (group: Group, it: GroupInstance, activity: Activity): void => {
    if (it.state !== 'Pending') return;
    const held = hooks.hold(group, it, 'autoscaling:EC2_INSTANCE_LAUNCHING', (outcome) => {
      if (outcome === 'CONTINUE') enter(group, it, activity);
      else terminate(group, it, true, it.ec2.cause, 'a launch lifecycle hook was abandoned');
    });
    if (held) it.state = 'Pending:Wait';
    else enter(group, it, activity);
  };

  const launchOne = (group: Group, cause: Cause): void => {
    const zone = nextZone(group, ground);
    const parts = newInstance(ground, templates, group, zone, cause);
    const activity = activities.begin(group, `Launching a new EC2 instance: ${parts.id}`, describe(cause));
    group.launching.push(zone);
    const { instanceType, availabilityZone } = parts.machine;
    const at = ground.now();
    const base = { kind: 'instance' as const, at, ec2InstanceId: parts.id, group: group.name };
    log.write({ ...base, change: 'requested', instanceType, availabilityZone, cause });
    ground.after(constants.instanceLaunchMs, () => {
      group.launching.splice(group.launching.indexOf(zone), 1);
      const instance = ec2.launch(parts, () => {
        running(group, it, activity);
      });
      const it: GroupInstance = {
        ec2: instance,
        state: 'Pending',
        healthStatus: 'Healthy',
        isProtected: group.protectNew,
        actions: new Map(),
        cause: undefined,
      };
      group.instances.set(instance.id, it);
      if (countedSize(group) > group.desired) touch(group); // no longer wanted
    });
  };

  const launch = (group: Group, count: number): void => {
    for (let i = 0; i < count; i++) {
      const of = group.missing.shift();
      launchOne(group, of === undefined ? group.cause : { kind: 'replacement', of });
    }
  };

  const depart = (group: Group, it: GroupInstance): void => {
    it.state = 'Terminating:Proceed';
    ec2.terminate(it.ec2, it.cause ?? group.cause);
  };

  const terminate: Sizing['terminate'] = (group, it, replaced, cause, why) => {
    const activity = activities.begin(group, `Terminating EC2 instance: ${it.ec2.id}`, why);
    leaving.set(it.ec2.id, activity);
    if (replaced) group.missing.push(it.ec2.id);
    it.cause = cause;
    it.actions.clear();
    it.state = 'Terminating';
    ec2.record(it.ec2, 'terminating', cause);
    const held = hooks.hold(group, it, 'autoscaling:EC2_INSTANCE_TERMINATING', (outcome) => {
      if (outcome === 'ABANDON' && group.retainAbandoned) it.state = 'Terminating:Retained';
      else depart(group, it);
    });
    if (held) it.state = 'Terminating:Wait';
    else depart(group, it);
    touch(group);
    return activity;
  };

  /** Default policy: the zone with most instances, and there the oldest. (Auto Scaling user guide, termination policies.) */
  const victimOf = (group: Group): GroupInstance | undefined => {
    const counted = [...group.instances.values()].filter(isCounted);
    const inZone = (zone: string): number => counted.filter((it) => it.ec2.machine.availabilityZone === zone).length;
    const open = counted.filter((it) => !it.isProtected);
    const most = Math.max(...open.map((it) => inZone(it.ec2.machine.availabilityZone)));
    return open
      .filter((it) => inZone(it.ec2.machine.availabilityZone) === most)
      .reduce<GroupInstance | undefined>(
        (oldest, it) => (oldest === undefined || it.ec2.launchedAt < oldest.ec2.launchedAt ? it : oldest),
        undefined,
      );
  };

  const shrink = (group: Group, count: number): void => {
    for (let i = 0; i < count; i++) {
      const victim = victimOf(group);
      if (victim === undefined) {
        if (group.launching.length > 0) return; // they are looked at again once they exist
        const message =
          'Could not scale to desired capacity because all remaining instances are protected from scale in.';
        activities.fail(group, 'Terminating an EC2 instance', message);
        return;
      }
      terminate(group, victim, false, group.cause, describe(group.cause));
    }
  };

  const look = (group: Group): void => {
    if (group.deleted) return;
    if (!group.suspended.has('ReplaceUnhealthy') && !group.suspended.has('HealthCheck')) {
      for (const it of [...group.instances.values()]) {
        if (it.healthStatus === 'Unhealthy' && isCounted(it)) {
          terminate(
            group,
            it,
            true,
            { kind: 'replacement', of: it.ec2.id },
            'an instance was taken out of service in response to a health check',
          );
        }
      }
    }
    const size = countedSize(group);
    if (size >= group.desired) group.missing.length = 0;
    if (size < group.desired && !group.suspended.has('Launch')) launch(group, group.desired - size);
    if (size > group.desired && !group.suspended.has('Terminate')) shrink(group, size - group.desired);
  };

  const touch = (group: Group): void => {
    if (group.wakeAt !== undefined) return;
    const delay = ground.draw(constants.groupReactionMs);
    group.wakeAt = ground.now() + delay;
    ground.afterMs(delay, () => {
      group.wakeAt = undefined;
      look(group);
    });
  };

  const forget = (group: Group, it: GroupInstance): void => {
    group.instances.delete(it.ec2.id);
    const activity = leaving.get(it.ec2.id);
    leaving.delete(it.ec2.id);
    if (activity === undefined) return;
    activities.end(activity);
    activities.announce(group, it, activity, 'EC2 Instance Terminate Successful');
  };

  return {
    touch,
    terminate,
    setDesired: (group, to, cause) => {
      const from = group.desired;
      group.desired = to;
      group.cause = cause;
      if (from !== to) log.write({ kind: 'groupCapacity', at: ground.now(), group: group.name, from, to, cause });
      touch(group);
    },
    lost: (group, instance) => {
      const it = group.instances.get(instance.id);
      if (it === undefined) return;
      if (isLeaving(it) && instance.state === 'terminated') {
        forget(group, it);
      } else if (!isLeaving(it) && instance.state === 'shutting-down') {
        ground.after(constants.groupHealthCheckMs, () => {
          if (isLeaving(it) || group.suspended.has('HealthCheck')) return;
          it.state = 'Terminating:Proceed';
          it.healthStatus = 'Unhealthy';
          group.missing.push(instance.id);
          leaving.set(
            instance.id,
            activities.begin(
              group,
              `Terminating EC2 instance: ${instance.id}`,
              'an instance was taken out of service in response to an EC2 health check',
            ),
          );
          if (instance.state === 'terminated') forget(group, it);
          touch(group);
        });
      }
    },
  };
};

const describe = (cause: Cause): string => {
  if (cause.kind === 'call') return `a user request (${cause.operation} by ${cause.caller}) changed the group`;
  return cause.kind === 'replacement' ? `an instance is replaced: ${cause.of}` : `fault: ${cause.fault}`;
};
