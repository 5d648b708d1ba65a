import type { WorldLog } from '../world/log.ts';
import type { CallScore } from './score.ts';

/** The codes by which AWS says "too often" (botocore and the SDKs, standard retry mode). */
const throttlingCodes: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'PriorRequestNotComplete',
  'SlowDown',
]);

/** Counts the API calls that a controller makes from now on. */
export const callMeter = (log: WorldLog, isController: (caller: string) => boolean): (() => CallScore) => {
  const byOperation = new Map<string, number>();
  let calls = 0;
  let throttled = 0;
  log.subscribe(
    (record) => {
      if (record.kind !== 'api' || !isController(record.caller)) return;
      const name = `${record.service}:${record.operation}`;
      byOperation.set(name, (byOperation.get(name) ?? 0) + 1);
      calls++;
      if (record.error !== undefined && throttlingCodes.has(record.error)) throttled++;
    },
    ['api'],
  );
  return () => ({
    calls,
    throttled,
    byOperation: Object.fromEntries([...byOperation].sort(([a], [b]) => (a < b ? -1 : 1))),
  });
};
