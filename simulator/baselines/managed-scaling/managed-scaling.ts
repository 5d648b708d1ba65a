import { between, type Dice } from '../../kernel/dice.ts';
import type { Kernel } from '../../kernel/virtual-clock.ts';
import type { DecisionRecord } from '../../score/simulation.ts';
import type { WorldRecord } from '../../world/log.ts';
import type { World } from '../../world/world.ts';
import { everyMinute } from '../every-minute.ts';
import { ensureHook, settleDraining } from './draining.ts';
import { settleProtection } from './protection.ts';
import { type ManagedScalingRules, rulesOfToday } from './rules.ts';
import { createScaling } from './scaling.ts';
import { isDrained, isProtecting, isScaled, type Served, servedBy } from './served.ts';

const minuteMs = 60_000;

const all = 'all';

const served = new WeakSet<World>();

/** The container instance that may have become busy, empty or drained by this; `all` where it could be any. */
const concernedBy = (record: WorldRecord): string | undefined => {
  switch (record.kind) {
    case 'taskStatus':
      return record.lastStatus === 'STOPPED' ? record.containerInstanceArn : undefined;
    case 'taskPlaced':
      return record.want === 'DAEMON' ? undefined : record.containerInstanceArn;
    case 'containerInstance':
      return record.containerInstanceArn;
    case 'instance':
      return record.change === 'terminating' || record.change === 'inService' ? all : undefined;
    default:
      return undefined;
  }
};

/**
 * Plays the part of ECS that looks after capacity providers: managed scaling and managed termination protection for
 * those whose managed scaling is ENABLED, managed draining for those where that is. The reservation is published at one
 * second of every minute and the alarms are looked at at another; how long CloudWatch takes to show a datapoint is the
 * world's constant. A world has one such part: attaching it again changes nothing. Returns how to detach it.
 */
export const attachManagedScaling = (
  world: World,
  clock: Kernel,
  dice: Dice,
  onDecision: (decision: DecisionRecord) => void,
  rules: ManagedScalingRules = rulesOfToday,
): (() => void) => {
  if (served.has(world)) return () => undefined;
  served.add(world);
  const seconds = dice.fork('managed-scaling');
  const scaling = createScaling({ world, clock, rules, onDecision });
  const providers = (): readonly Served[] => servedBy(world.view);

  const settle = (arns: ReadonlySet<string>): void => {
    for (const it of providers()) {
      if (isProtecting(it)) settleProtection(world, it, arns.has(all) ? undefined : arns);
      if (isDrained(it)) settleDraining(world, it, clock.now());
    }
  };
  const setUp = (): void => {
    for (const it of providers()) if (isDrained(it)) ensureHook(world, it);
    settle(new Set([all]));
  };

  let concerned = new Set<string>();
  const unsubscribe = world.log.subscribe(
    (record) => {
      const arn = concernedBy(record);
      if (arn === undefined) return;
      if (concerned.size === 0) {
        // Once, after what happens now has happened: the world is not called from inside its own doings.
        clock.at(clock.now(), () => {
          const arns = concerned;
          concerned = new Set();
          if (served.has(world)) settle(arns);
        });
      }
      concerned.add(arn);
    },
    ['taskStatus', 'taskPlaced', 'instance', 'containerInstance'],
  );
  clock.at(clock.now(), () => {
    if (served.has(world)) setUp();
  });
  const stopPublishing = everyMinute(clock, between(seconds, 0, minuteMs - 1), () => {
    setUp();
    for (const it of providers()) if (isScaled(it)) scaling.publish(it);
  });
  const stopEvaluating = everyMinute(clock, between(seconds, 0, minuteMs - 1), () => {
    for (const it of providers()) if (isScaled(it)) scaling.evaluate(it);
  });
  return () => {
    served.delete(world);
    unsubscribe();
    stopPublishing();
    stopEvaluating();
  };
};
