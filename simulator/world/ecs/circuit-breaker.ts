import type { JsonObject } from '../api.ts';
import type { WorldConstants } from '../constants.ts';
import { flag, number, object, text } from '../json.ts';
import type { CircuitBreaker } from './state.ts';

export const noCircuitBreaker: CircuitBreaker = {
  enabled: false,
  rollsBack: false,
  threshold: () => Number.POSITIVE_INFINITY,
  json: { enable: false, rollback: false },
};

/** Half the desired count between 3 and 200, unless the request says otherwise. (ECS API, ThresholdConfiguration.) */
const thresholdOf = (json: JsonObject, { low, high }: WorldConstants['circuitBreakerFailures']) => {
  const given = object(json, 'thresholdConfiguration') ?? {};
  const value = number(given, 'value') ?? 50;
  const type = text(given, 'type') ?? 'BOUNDED_PERCENT';
  if (type === 'COUNT') return () => value;
  const share = (desired: number): number => Math.ceil((value * desired) / 100);
  if (type === 'UNBOUNDED_PERCENT') return share;
  return (desired: number) => Math.min(high, Math.max(low, share(desired)));
};

export const circuitBreakerOf = (
  json: JsonObject,
  bounds: WorldConstants['circuitBreakerFailures'],
): CircuitBreaker => ({
  enabled: flag(json, 'enable') === true,
  rollsBack: flag(json, 'rollback') === true,
  threshold: thresholdOf(json, bounds),
  json,
});
