import { secondMs } from '../model/time.ts';

/** What does not hurry is looked at no sooner after the last look. */
export const lookEveryMs = 3 * secondMs;

/** Why a cluster is looked at once more after a placement failure. */
export const secondLookReason = 'second look after a placement failure';

const patient: readonly string[] = [
  'container instance',
  secondLookReason,
  'launch successful',
  'terminate successful',
];

/**
 * Whether a look that is asked for with this reason only finds what became of earlier decisions: that instances came
 * or went, tasks ran or ended. A timer and a hook that waits are not put off: drains go by them. Whatever else may be
 * the first to show that something is lacking.
 */
export const mayWait = (reason: string): boolean => patient.includes(reason) || /^task (RUNNING|STOPPED) /.test(reason);

/** Notes why a cluster is to be looked at. The most pressing of its reasons is told: a decision may put off what does not hurry. */
export const noteReason = (reasons: Map<string, string>, cluster: string, reason: string): void => {
  if (!(reasons.has(cluster) && mayWait(reason))) reasons.set(cluster, reason);
};
