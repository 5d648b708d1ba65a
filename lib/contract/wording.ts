import { recordTag } from '../model/group-contract.ts';
import type { SetUpChange } from '../model/group-set-up.ts';

/** One line of a diff: what is touched, how it is now, how it will be. */
export interface DiffLine {
  readonly what: string;
  readonly now: string;
  readonly then: string;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const isProtected = 'protected from scale-in';
const isNot = 'not protected from scale-in';

export const diffLine = (change: SetUpChange): DiffLine => {
  switch (change.kind) {
    case 'writeRecord':
      return { what: `tag ${recordTag}`, now: '–', then: 'how the group was before' };
    case 'putTerminationHook':
      return {
        what: `hook ${change.hook.name}`,
        now: '–',
        then: `on termination; waits ${change.hook.heartbeatSeconds} s, then ${change.hook.defaultResult}`,
      };
    case 'protectNewInstances':
      return { what: 'new instances', now: isNot, then: isProtected };
    case 'protectInstances':
      return { what: counted(change.ec2InstanceIds.length, 'instance'), now: isNot, then: isProtected };
    case 'suspendProcess':
      return { what: `process ${change.process}`, now: 'runs', then: 'suspended' };
    case 'optIn':
      return { what: 'tag berth:cluster', now: '–', then: change.cluster };
    case 'optOut':
      return { what: 'tag berth:cluster', now: change.cluster, then: '–' };
    case 'resumeProcess':
      return { what: `process ${change.process}`, now: 'suspended', then: 'runs' };
    case 'unprotectInstances':
      return { what: counted(change.ec2InstanceIds.length, 'instance'), now: isProtected, then: isNot };
    case 'unprotectNewInstances':
      return { what: 'new instances', now: isProtected, then: isNot };
    case 'deleteTerminationHook':
      return { what: `hook ${change.name}`, now: 'on termination', then: '–' };
    case 'deleteRecord':
      return { what: `tag ${recordTag}`, now: 'how the group was before', then: '–' };
  }
};

/** What was done, in a few words. */
export const doneText = (change: SetUpChange): string => {
  const { what, then } = diffLine(change);
  return `${what}: ${then === '–' ? 'removed' : then}`;
};

/** The IAM action that a change needs. */
export const actionOf = (change: SetUpChange): string => {
  switch (change.kind) {
    case 'writeRecord':
    case 'optIn':
      return 'autoscaling:CreateOrUpdateTags';
    case 'optOut':
    case 'deleteRecord':
      return 'autoscaling:DeleteTags';
    case 'putTerminationHook':
      return 'autoscaling:PutLifecycleHook';
    case 'deleteTerminationHook':
      return 'autoscaling:DeleteLifecycleHook';
    case 'protectNewInstances':
    case 'unprotectNewInstances':
      return 'autoscaling:UpdateAutoScalingGroup';
    case 'protectInstances':
    case 'unprotectInstances':
      return 'autoscaling:SetInstanceProtection';
    case 'suspendProcess':
      return 'autoscaling:SuspendProcesses';
    case 'resumeProcess':
      return 'autoscaling:ResumeProcesses';
  }
};
