import type { Dice } from '../../kernel/dice.ts';
import type { JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import type { Rule, Target } from './rule.ts';
import { inputFor } from './target-input.ts';

/** `gone`: there is no such target. `unavailable`: it is there but takes nothing just now. */
export type Handover = 'taken' | 'gone' | 'unavailable';

export interface QueueMessage {
  readonly body: string;
  readonly groupId: string | undefined;
  readonly attributes: JsonObject;
}

/** Where events go: functions the host registered, and queues. */
export interface Deliveries {
  /** Hands over the event itself, where the target takes it as it is; undefined where the ARN is no such target. */
  hand(targetArn: string, event: JsonObject): Handover | undefined;
  invoke(functionArn: string, body: string): Handover;
  enqueue(queueArn: string, message: QueueMessage): Handover;
}

/** One event on its way to one target. */
interface Delivery {
  readonly rule: Rule;
  readonly target: Target;
  readonly event: JsonObject;
  readonly whole: () => string;
  readonly since: number;
  readonly retries: number;
}

/** Sends an event to the targets of a rule; `whole` writes it out. */
export type Dispatch = (rule: Rule, event: JsonObject, whole: () => string) => void;

const attribute = (StringValue: string): JsonObject => ({ DataType: 'String', StringValue });

/**
 * How events reach targets (EventBridge user guide, event delivery): at least once, in no order, now and then late. A
 * target that is not there costs the event at once; one that takes nothing is tried again, less and less often, until
 * its retry policy is used up. What could not be delivered goes to the target's dead-letter queue, if it has one.
 */
export const createDispatch = (ground: () => Ground, dice: Dice, deliveries: Deliveries): Dispatch => {
  const chance = (share: number): boolean => share > 0 && dice.next() < share;

  const handOver = ({ target, event, whole }: Delivery): Handover => {
    const handed = deliveries.hand(target.arn, event);
    if (handed !== undefined) return handed;
    const body = inputFor(target, event, whole);
    if (target.arn.includes(':lambda:')) return deliveries.invoke(target.arn, body);
    return deliveries.enqueue(target.arn, { body, groupId: target.groupId, attributes: {} });
  };

  /** The attributes tell what became of it (EventBridge user guide, dead-letter queues). */
  const bury = ({ rule, target, event, whole, retries }: Delivery, code: string, exhausted?: string): void => {
    ground().log.write({ kind: 'undeliverable', at: ground().now(), rule: rule.name, targetArn: target.arn, event });
    if (target.deadLetterArn === undefined) return;
    const attributes = {
      RULE_ARN: attribute(rule.arn),
      TARGET_ARN: attribute(target.arn),
      ERROR_CODE: attribute(code),
      ERROR_MESSAGE: attribute(code === 'NO_RESOURCE' ? 'The target does not exist.' : 'The target is not available.'),
      RETRY_ATTEMPTS: attribute(String(retries)),
      ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: attribute(exhausted) }),
    };
    deliveries.enqueue(target.deadLetterArn, { body: whole(), groupId: undefined, attributes });
  };

  /** Doubling, up to half of it by chance. */
  const pauseMs = (retries: number): number => {
    const { low, high } = ground().constants.eventRetryMs;
    return Math.min(high, low * 2 ** Math.min(retries, 30)) * (0.5 + dice.next() / 2);
  };

  const retry = (it: Delivery): void => {
    const { maximumRetryAttempts, maximumEventAgeMs } = it.target.retryPolicy;
    if (it.retries >= maximumRetryAttempts) {
      bury(it, 'ERROR_FROM_TARGET', 'MaximumRetryAttempts');
      return;
    }
    const pause = pauseMs(it.retries);
    if (ground().now() + pause - it.since > maximumEventAgeMs) {
      bury(it, 'ERROR_FROM_TARGET', 'MaximumEventAgeInSeconds');
      return;
    }
    ground().afterMs(pause, () => {
      attempt({ ...it, retries: it.retries + 1 });
    });
  };

  const attempt = (it: Delivery): void => {
    const handover = handOver(it);
    if (handover === 'gone') bury(it, 'NO_RESOURCE');
    if (handover === 'unavailable') retry(it);
  };

  const onItsWay = (it: Delivery): void => {
    const world = ground();
    const { eventDeliveryMs, eventLateShare, eventLateMs } = world.constants;
    const late = chance(eventLateShare) ? world.draw(eventLateMs) : 0;
    world.afterMs(world.draw(eventDeliveryMs) + late, () => {
      attempt(it);
    });
  };

  return (rule, event, whole) => {
    const since = ground().now();
    for (const target of rule.targets.values()) {
      const it: Delivery = { rule, target, event, whole, since, retries: 0 };
      onItsWay(it);
      if (chance(ground().constants.eventDoubledShare)) onItsWay(it);
    }
  };
};
