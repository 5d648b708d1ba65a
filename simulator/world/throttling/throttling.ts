import { between, type Dice } from '../../kernel/dice.ts';
import { AwsApiError, type ServiceName } from '../api.ts';
import type { WorldConstants } from '../constants.ts';
import { type BucketSize, bucketOf } from './buckets.ts';

/**
 * Callers whose calls cost the account nothing: AWS itself (`world`, and what plays its services: Lambda's pollers,
 * managed scaling) and those who set a scene (`workload`, `deployment`). What a scene's people would call on a real
 * account is part of the other tenant's share.
 */
export const exemptCallers: ReadonlySet<string> = new Set([
  'world',
  'workload',
  'deployment',
  'lambda-poller',
  'managed-scaling',
]);

/** Programs that call over the wire without being on the virtual clock: it stands still while they call. */
const offTheClock = 'external';

export interface Throttle {
  /** Takes a token for each of so many calls of one operation, as far as there are any; answers how many had one. */
  take(service: ServiceName, operation: string, caller: string, calls: number): number;
  /** The error of a call that had none. */
  refusal(service: ServiceName): AwsApiError;
}

/** ECS API reference, Auto Scaling API reference (common errors) and EC2 API reference (error codes), in turn. */
const refusalOf = (service: ServiceName): AwsApiError => {
  if (service === 'ec2') return new AwsApiError('RequestLimitExceeded', 'Request limit exceeded.', 503);
  return new AwsApiError(service === 'autoscaling' ? 'Throttling' : 'ThrottlingException', 'Rate exceeded');
};

interface Level {
  readonly size: BucketSize;
  tokens: number;
  filledAt: number;
}

export interface ThrottlingParts {
  readonly now: () => number;
  readonly dice: Dice;
  readonly constants: Pick<WorldConstants, 'apiThrottling' | 'otherTenantShare' | 'externalCallMs'>;
}

/**
 * The token buckets of the account. They begin full; a refused call takes nothing (assumed). Somebody else in the
 * account uses up his share of what comes in, between none and twice of it from one of our calls to the next.
 */
export const createThrottle = ({ now, dice, constants }: ThrottlingParts): Throttle => {
  const levels = new Map<string, Level>();
  const left = (): number => 1 - (constants.otherTenantShare * between(dice, 0, 2_000)) / 1_000;

  const levelOf = (service: ServiceName, operation: string): Level | undefined => {
    const bucket = bucketOf(service, operation);
    if (bucket === undefined) return undefined;
    const level = levels.get(bucket.name) ?? { size: bucket.size, tokens: bucket.size.burst, filledAt: now() };
    levels.set(bucket.name, level);
    return level;
  };

  const fill = (level: Level, forMs: number): void => {
    const { burst, refillPerSecond } = level.size;
    level.filledAt = now();
    if (level.tokens >= burst || forMs <= 0) return;
    level.tokens = Math.min(burst, level.tokens + Math.max(0, (forMs / 1_000) * refillPerSecond * left()));
  };

  const take: Throttle['take'] = (service, operation, caller, calls) => {
    if (!constants.apiThrottling || exemptCallers.has(caller)) return calls;
    const level = levelOf(service, operation);
    if (level === undefined) return calls;
    // One call after the other, a program off the clock would have spent this long on the last one.
    fill(level, now() - level.filledAt + (caller === offTheClock ? calls * constants.externalCallMs : 0));
    const taken = Math.min(calls, Math.floor(level.tokens));
    level.tokens -= taken;
    return taken;
  };

  return { take, refusal: refusalOf };
};
