import type { InstanceVerdict, KeepFinding, KeepReason } from '../model/plan.ts';
import type { EpochMs } from '../model/time.ts';

/** Why an instance stays; `until` where it is known when that is over. */
export const finding = (reason: KeepReason, detail: string, until?: EpochMs): KeepFinding =>
  until === undefined ? { reason, detail } : { reason, detail, until };

/** The first is reported, the rest is kept beside it. */
export const keptFor = ([first, ...others]: readonly [KeepFinding, ...(readonly KeepFinding[])]): InstanceVerdict => ({
  kind: 'keep',
  ...first,
  others,
});

export const keep = (reason: KeepReason, detail: string): InstanceVerdict => keptFor([finding(reason, detail)]);
