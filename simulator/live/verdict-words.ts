import type { InstanceVerdict, KeepReason } from '../../lib/model/plan.ts';
import type { Tone } from './wire.ts';

/** How a verdict is shown: a tone for the eye, and the same in words. */
export interface VerdictWords {
  readonly tone: Tone;
  readonly label: string;
}

const keepWords: Readonly<Record<KeepReason, readonly [Tone, string]>> = {
  standaloneTask: ['use', 'standalone task'],
  protectedTask: ['use', 'protected task'],
  protectionUnknown: ['use', 'unread'],
  serviceCannotMove: ['use', 'cannot move'],
  runningDeployment: ['use', 'deployment'],
  lastCopyInZone: ['use', 'last in zone'],
  tasksFitNowhere: ['use', 'in use'],
  notWorthIt: ['use', 'not worth it'],
  neededForWaitingTasks: ['use', 'tasks wait'],
  recentlyMoved: ['soon', 'just moved'],
  recentlyAbandoned: ['soon', 'drain given up'],
  headroom: ['spare', 'headroom'],
  recentPeak: ['spare', 'recent peak'],
  groupMinimum: ['spare', 'group minimum'],
  tooYoung: ['soon', 'too young'],
  notQuietLongEnough: ['soon', 'just emptied'],
  tasksStillStopping: ['soon', 'tasks stopping'],
  budget: ['soon', 'waits its turn'],
  notLookedAt: ['soon', 'looked at next'],
  retiring: ['soon', 'retires'],
  scalingOutGroup: ['soon', 'group grows'],
  circuitBreaker: ['held', 'circuit breaker'],
  paused: ['held', 'paused'],
  consolidationOff: ['held', 'stays put'],
  instanceRefresh: ['held', 'refresh runs'],
  notOptedIn: ['held', 'not opted in'],
  externalInstance: ['held', 'ECS Anywhere'],
  managedInstance: ['held', 'managed'],
  standby: ['held', 'standby'],
  foreignDrain: ['held', "other's drain"],
  scaleInProtected: ['held', 'protected'],
  managedScaling: ['held', 'sized by ECS'],
  groupConflict: ['held', 'group conflict'],
  partialView: ['held', 'partly seen'],
  notActive: ['held', 'not active'],
  registeredTwice: ['trouble', 'there twice'],
  agentDisconnected: ['trouble', 'agent lost'],
  notRegistered: ['coming', 'boots'],
  notInGroup: ['leaving', 'leaves'],
};

export const wordsOf = (verdict: InstanceVerdict): VerdictWords => {
  switch (verdict.kind) {
    case 'keep': {
      const [tone, label] = keepWords[verdict.reason];
      return { tone, label };
    }
    case 'drain':
    case 'draining':
      return { tone: 'leaving', label: 'drains' };
    case 'terminate':
      return { tone: 'leaving', label: 'ends' };
    case 'restore':
      return { tone: 'use', label: 'taken back' };
  }
};
