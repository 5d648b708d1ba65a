import type { Ec2Instance, Ec2Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import type { Cause } from '../log.ts';
import type { Activities } from './activities.ts';
import type { Launcher, Wish } from './launcher.ts';
import type { LifecycleHooks } from './lifecycle-hooks.ts';
import { onDemandShareOf } from './pools.ts';
import { dismiss, moveTo } from './roster.ts';
import { type Activity, type Extra, type Group, type GroupInstance, isCounted, isLeaving } from './state.ts';
import { victimsOf } from './termination-policy.ts';
import { hideDesired } from './visibility.ts';
import type { WarmPools } from './warm-pools.ts';

/** Holds each group at its desired capacity: launches, chooses victims, replaces what went. */
export interface Sizing {
  /** The group looks at itself soon. */
  touch(group: Group): void;
  setDesired(group: Group, to: number, cause: Cause): void;
  /** Sends an instance away; it leaves through the terminating hooks. */
  terminate(group: Group, it: GroupInstance, replaced: boolean, cause: Cause, why: string): Activity;
  /** An instance is in service; what it was launched for beyond the desired capacity. */
  entered(group: Group, it: GroupInstance, extra: Extra | undefined): void;
  /** An instance stopped without its group's doing. */
  lost(group: Group, instance: Ec2Instance): void;
}

export interface SizingParts {
  readonly ground: Ground;
  readonly ec2: Ec2Instances;
  readonly templates: LaunchTemplates;
  readonly hooks: LifecycleHooks;
  readonly activities: Activities;
  readonly launcher: Pick<Launcher, 'request'>;
  readonly warmPools: Pick<WarmPools, 'take' | 'refill'>;
  /** What else a group does when it looks at itself, once its size is settled. */
  readonly onLook: readonly ((group: Group) => void)[];
}

const allProtected = 'Could not scale to desired capacity because all remaining instances are protected from scale-in.'; // Auto Scaling user guide, instance scale-in protection

export const createSizing = (parts: SizingParts): Sizing => {
  const { ground, ec2, templates, hooks, activities, launcher, warmPools } = parts;
  const { constants, log } = ground;
  const leaving = new Map<string, Activity>();

  const wishFor = (group: Group, market: Wish['market']): Wish => {
    const of = group.missing.shift();
    const cause: Cause = of === undefined ? group.cause : { kind: 'replacement', of };
    return { market, cause, why: describe(cause) };
  };

  const launch = (group: Group, count: number, market: Wish['market']): void => {
    for (let i = 0; i < count; i++) {
      const wish = wishFor(group, market);
      if (warmPools.take(group, wish) || launcher.request(group, wish)) continue;
      if (wish.cause.kind === 'replacement') group.missing.unshift(wish.cause.of);
      return; // no zone is open; the group looks again when one may be
    }
  };

  /** On-Demand and Spot each up to their share, so that a lack of one does not hold up the other. */
  const grow = (group: Group): void => {
    const goal = group.desired + group.extra;
    const count = goal - group.tally.total;
    const onDemand = group.tally.total - group.tally.spot;
    const wanted = onDemandShareOf(group, templates, goal) - onDemand;
    const ofOnDemand = Math.min(count, Math.max(0, wanted));
    launch(group, ofOnDemand, 'onDemand');
    launch(group, count - ofOnDemand, 'spot');
  };

  const depart = (group: Group, it: GroupInstance): void => {
    moveTo(group, it, 'Terminating:Proceed');
    ec2.terminate(it.ec2, it.cause ?? group.cause);
  };

  const terminate: Sizing['terminate'] = (group, it, replaced, cause, why) => {
    const description = `Terminating EC2 instance: ${it.ec2.id}`;
    const zone = it.ec2.machine.availabilityZone;
    const activity = activities.begin(group, { description, cause: why, zone });
    leaving.set(it.ec2.id, activity);
    if (replaced) group.missing.push(it.ec2.id);
    it.cause = cause;
    hooks.drop(it);
    moveTo(group, it, 'Terminating');
    ec2.record(it.ec2, 'terminating', cause);
    const passage = {
      transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      origin: 'AutoScalingGroup',
      destination: 'EC2',
    } as const;
    const held = hooks.hold(group, it, passage, (outcome) => {
      if (outcome === 'ABANDON' && group.retainAbandoned) moveTo(group, it, 'Terminating:Retained');
      else depart(group, it);
    });
    if (held) moveTo(group, it, 'Terminating:Wait');
    else depart(group, it);
    touch(group);
    return activity;
  };

  const shrink = (group: Group, count: number): void => {
    const victims = victimsOf(group, count, templates, ground);
    for (const victim of victims) terminate(group, victim, false, group.cause, describe(group.cause));
    if (victims.length === count || group.asked > 0) return; // what was asked for is looked at once it exists
    if (group.activities.at(-1)?.statusMessage === allProtected) return; // said already
    activities.fail(group, { description: 'Terminating an EC2 instance', cause: describe(group.cause) }, allProtected);
  };

  const replaceUnhealthy = (group: Group): void => {
    if (group.suspended.has('ReplaceUnhealthy') || group.suspended.has('HealthCheck')) return;
    for (const it of [...group.instances.values()]) {
      if (it.healthStatus !== 'Unhealthy' || !isCounted(it)) continue;
      const cause: Cause = { kind: 'replacement', of: it.ec2.id };
      terminate(group, it, true, cause, 'an instance was taken out of service in response to a health check');
    }
  };

  const look = (group: Group): void => {
    if (group.deleted) return;
    replaceUnhealthy(group);
    const goal = group.desired + group.extra;
    if (group.tally.total >= goal) group.missing.length = 0;
    if (group.tally.total < goal && !group.suspended.has('Launch')) grow(group);
    if (group.tally.total > goal && !group.suspended.has('Terminate')) shrink(group, group.tally.total - goal);
    warmPools.refill(group);
    for (const also of parts.onLook) also(group);
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
    dismiss(group, it);
    const activity = leaving.get(it.ec2.id);
    leaving.delete(it.ec2.id);
    if (activity === undefined) return;
    activities.end(activity);
    activities.announce(group, activity, 'EC2 Instance Terminate Successful', it.ec2.id);
  };

  const noticeDeath = (group: Group, it: GroupInstance): void => {
    if (isLeaving(it) || group.suspended.has('HealthCheck')) return;
    moveTo(group, it, 'Terminating:Proceed');
    it.healthStatus = 'Unhealthy';
    group.missing.push(it.ec2.id);
    const description = `Terminating EC2 instance: ${it.ec2.id}`;
    const cause = 'an instance was taken out of service in response to an EC2 health check';
    leaving.set(it.ec2.id, activities.begin(group, { description, cause, zone: it.ec2.machine.availabilityZone }));
    if (it.ec2.state === 'terminated') forget(group, it);
    touch(group);
  };

  return {
    touch,
    terminate,
    setDesired: (group, to, cause) => {
      const from = group.desired;
      if (from !== to) hideDesired(ground, group);
      group.desired = to;
      group.cause = cause;
      if (from !== to) log.write({ kind: 'groupCapacity', at: ground.now(), group: group.name, from, to, cause });
      touch(group);
    },
    entered: (group, it, extra) => {
      if (extra === undefined) return;
      const replaced = group.instances.get(extra.replaces ?? '');
      if (replaced !== undefined && isCounted(replaced)) {
        const why = `an instance is replaced by ${it.ec2.id} because it is at elevated risk of interruption`;
        terminate(group, replaced, false, { kind: 'group', process: 'capacityRebalance' }, why);
      }
      touch(group);
    },
    lost: (group, instance) => {
      const it = group.instances.get(instance.id);
      if (it === undefined) return;
      if (isLeaving(it) && instance.state === 'terminated') forget(group, it);
      else if (!isLeaving(it) && instance.state === 'shutting-down') {
        ground.after(constants.groupHealthCheckMs, () => {
          noticeDeath(group, it);
        });
      }
    },
  };
};

const describe = (cause: Cause): string => {
  switch (cause.kind) {
    case 'call':
      return `a user request (${cause.operation} by ${cause.caller}) changed the group`;
    case 'replacement':
      return `an instance is replaced: ${cause.of}`;
    case 'fault':
      return `fault: ${cause.fault}`;
    case 'group':
      return `the group's own process: ${cause.process}`;
  }
};
