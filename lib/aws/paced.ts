import type { Clock } from '../ports/clock.ts';
import { meaningOf } from './aws-error.ts';
import type { InstrumentableClient } from './clients.ts';

/**
 * ECS gives an account 20 reads a second of each of two buckets, and as much again for what comes of the other bucket:
 * services in one; container instances and tasks in the other; 100 at once (ECS API reference, request throttling). Whoever
 * reads in the background takes a quarter.
 */
const mostASecond = 5;
const leastASecond = 0.5;

const isOfServices = (command: string): boolean => /^(Describe|List)Services/.test(command);

/** One bucket's pace: evenly, half as fast after each throttle, and faster again bit by bit. */
class Pace {
  #perSecond = mostASecond;
  #nextAt = 0;

  /** How long to wait from `now` for one's turn. */
  turn(now: number): number {
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + 1_000 / this.#perSecond;
    return at - now;
  }

  throttled(): void {
    this.#perSecond = Math.max(leastASecond, this.#perSecond / 2);
  }

  answered(): void {
    this.#perSecond = Math.min(mostASecond, this.#perSecond + 0.05);
  }
}

/** Has a client of ECS make its calls, retries too, no faster than the share that is left to the background. */
export const paced = <C extends InstrumentableClient>(client: C, clock: Clock): C => {
  const [services, others] = [new Pace(), new Pace()];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const pace = isOfServices(context.commandName ?? '') ? services : others;
      await clock.sleep(pace.turn(clock.now()));
      try {
        const answer = await next(args);
        pace.answered();
        return answer;
      } catch (error) {
        if (meaningOf(error) === 'throttled') pace.throttled();
        throw error;
      }
    },
    { name: 'paced', step: 'finalizeRequest', priority: 'low' },
  );
  return client;
};
