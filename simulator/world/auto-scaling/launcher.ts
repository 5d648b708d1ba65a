import type { Market } from '../ec2/capacity.ts';
import type { Ec2Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import type { Cause } from '../log.ts';
import type { Activities } from './activities.ts';
import { allow, isRefused, newInstance, nextZone, noCapacityMessage, refuse } from './launching.ts';
import type { LifecycleHooks, Passage } from './lifecycle-hooks.ts';
import { inLaunchOrder, type LaunchOption, optionsOf } from './pools.ts';
import { admit, answered, asked, moveTo } from './roster.ts';
import type { Activity, Extra, Group, GroupInstance } from './state.ts';

export interface Wish {
  readonly market: Market;
  /** The emptiest unless given. */
  readonly zone?: string;
  readonly cause: Cause;
  /** In words, as the scaling activity says it. */
  readonly why: string;
  readonly extra?: Extra;
}

/** What came of launching at once: an instance, or the options in which EC2 had no capacity. */
export interface LaunchOutcome {
  readonly launched: GroupInstance | undefined;
  readonly refused: readonly LaunchOption[];
}

/** Brings instances into groups. */
export interface Launcher {
  /** Asks EC2 for an instance, which comes or is refused a little later; false where no zone is open now. */
  request(group: Group, wish: Wish): boolean;
  /** Launches in that zone now. */
  launchNow(group: Group, wish: Wish & { readonly zone: string }): LaunchOutcome;
  /** Takes an instance on its way in through the launch hooks, once EC2 reports it running. */
  running(group: Group, it: GroupInstance, activity: Activity, origin: Passage['origin']): void;
  /** Tells of a launch that failed for want of capacity. */
  failed(group: Group, zone: string, wish: Wish, options: readonly LaunchOption[], startedAt: number): void;
}

export interface LauncherParts {
  readonly ground: Ground;
  readonly ec2: Ec2Instances;
  readonly templates: LaunchTemplates;
  readonly hooks: LifecycleHooks;
  readonly activities: Activities;
  /** The instance is in service; what it was launched for beyond the desired capacity. */
  readonly onEntered: (group: Group, it: GroupInstance, extra: Extra | undefined) => void;
  readonly onAbandoned: (group: Group, it: GroupInstance) => void;
  /** The group should look at itself. */
  readonly touch: (group: Group) => void;
}

interface Launch {
  readonly id: string;
  readonly zone: string;
  readonly wish: Wish;
  readonly startedAt: number;
}

export const createLauncher = (parts: LauncherParts): Launcher => {
  const { ground, ec2, templates, hooks, activities, touch } = parts;

  const enter = (group: Group, it: GroupInstance, activity: Activity): void => {
    if (!it.state.startsWith('Pending')) return;
    const { extra } = it;
    moveTo(group, it, 'InService');
    it.inServiceAt = ground.now();
    activities.end(activity);
    activities.announce(group, activity, 'EC2 Instance Launch Successful', it.ec2.id);
    ec2.record(it.ec2, 'inService', it.ec2.cause);
    parts.onEntered(group, it, extra);
  };

  const running: Launcher['running'] = (group, it, activity, origin) => {
    if (it.state !== 'Pending') return;
    const passage: Passage = {
      transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      origin,
      destination: 'AutoScalingGroup',
    };
    const held = hooks.hold(group, it, passage, (outcome) => {
      if (outcome === 'CONTINUE') enter(group, it, activity);
      else parts.onAbandoned(group, it);
    });
    if (held) moveTo(group, it, 'Pending:Wait');
    else enter(group, it, activity);
  };

  const hasCapacity = (option: LaunchOption, availabilityZone: string, market: Market): boolean =>
    ec2.capacity.has({ instanceType: option.type.name, availabilityZone, market });

  const bring = (group: Group, option: LaunchOption, { id, zone, wish, startedAt }: Launch): GroupInstance => {
    const description = `Launching a new EC2 instance: ${id}`;
    const activity = activities.begin(group, { description, cause: wish.why, zone, startedAt });
    const where = { id, zone, market: wish.market, cause: wish.cause };
    const instance = ec2.launch(newInstance(group, option, where), () => {
      running(group, it, activity, 'EC2');
    });
    const it: GroupInstance = {
      ec2: instance,
      source: option.source,
      state: 'Pending',
      healthStatus: 'Healthy',
      isProtected: group.protectNew,
      actions: new Map(),
      cause: undefined,
      extra: wish.extra,
      inServiceAt: undefined,
      seenState: undefined,
    };
    admit(group, it);
    return it;
  };

  const recordRequest = (group: Group, option: LaunchOption, { id, zone, wish }: Launch): void => {
    ground.log.write({
      kind: 'instance',
      at: ground.now(),
      ec2InstanceId: id,
      group: group.name,
      change: 'requested',
      instanceType: option.type.name,
      availabilityZone: zone,
      cause: wish.cause,
    });
  };

  const failed: Launcher['failed'] = (group, zone, wish, options, startedAt) => {
    const message = noCapacityMessage(group, zone, wish.market, options[0]?.type.name ?? '');
    const description = 'Launching a new EC2 instance';
    const activity = activities.fail(group, { description, cause: wish.why, zone, startedAt }, message);
    activities.announce(group, activity, 'EC2 Instance Launch Unsuccessful');
  };

  /** The first refusal of a round is told of; the others in the same zone and market are part of it. */
  const refused = (group: Group, options: readonly LaunchOption[], { zone, wish, startedAt }: Launch): void => {
    if (wish.cause.kind === 'replacement') group.missing.unshift(wish.cause.of);
    if (!isRefused(group, zone, wish.market, ground.now())) {
      const untilMs = refuse(group, zone, wish.market, ground);
      failed(group, zone, wish, options, startedAt);
      ground.afterMs(untilMs - ground.now(), () => {
        touch(group);
      });
    }
    touch(group);
  };

  const attempt = (group: Group, options: readonly LaunchOption[], launch: Launch): void => {
    const { zone, wish } = launch;
    answered(group, { zone, market: wish.market, extra: wish.extra });
    if (group.deleted) return;
    const option = options.find((it) => hasCapacity(it, zone, wish.market));
    if (option === undefined) {
      refused(group, options, launch);
      return;
    }
    allow(group, zone, wish.market);
    bring(group, option, launch);
    if (group.tally.total > group.desired + group.extra) touch(group); // no longer wanted
  };

  const newId = (): string => `i-${ground.hex(17)}`;

  return {
    running,
    failed,
    request: (group, wish) => {
      const zone = wish.zone ?? nextZone(group, wish.market, ground);
      if (zone === undefined || isRefused(group, zone, wish.market, ground.now())) return false;
      const options = inLaunchOrder(group, wish.market, optionsOf(group, templates), ground.luck);
      const [preferred] = options;
      if (preferred === undefined) return false;
      const launch = { id: newId(), zone, wish, startedAt: ground.now() };
      asked(group, { zone, market: wish.market, extra: wish.extra });
      recordRequest(group, preferred, launch);
      ground.after(ground.constants.instanceLaunchMs, () => {
        attempt(group, options, launch);
      });
      return true;
    },
    launchNow: (group, wish) => {
      const options = inLaunchOrder(group, wish.market, optionsOf(group, templates), ground.luck);
      const place = options.findIndex((it) => hasCapacity(it, wish.zone, wish.market));
      const option = options[place];
      if (option === undefined) return { launched: undefined, refused: options };
      const launch = { id: newId(), zone: wish.zone, wish, startedAt: ground.now() };
      recordRequest(group, option, launch);
      return { launched: bring(group, option, launch), refused: options.slice(0, place) };
    },
  };
};
