import { countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import { type ContainerInstance, isExternal } from '../../model/container-instance.ts';
import type { InstanceVerdict, KeepFinding } from '../../model/plan.ts';
import type { Move } from '../drain-moves.ts';
import { finding } from '../findings.ts';
import { seconds } from '../text.ts';
import { isManagedInstance, type Membership, type View } from '../view.ts';

/** Why an instance is none of Berth's business to remove, whatever it holds. */
export const reasonNotOurs = (
  view: View,
  it: ContainerInstance,
  membership: Membership | undefined,
): KeepFinding | undefined => {
  if (isExternal(it)) return finding('externalInstance', 'ECS Anywhere: in no Auto Scaling group');
  if (isManagedInstance(view, it))
    return finding('managedInstance', 'ECS Managed Instances: AWS launches and drains it');
  if (membership === undefined)
    return finding('notOptedIn', 'in no group tagged berth:cluster; counted as supply only');
  if (view.registeredTwice.has(it.ec2InstanceId))
    return finding('registeredTwice', 'registered under two ARNs: what runs there is not certain');
  if (it.status === 'DRAINING' && !view.drainByEc2Id.has(it.ec2InstanceId))
    return finding('foreignDrain', 'DRAINING, and not by Berth');
  const { lifecycleState } = membership.member;
  if (lifecycleState === 'Standby' || lifecycleState === 'EnteringStandby') return finding('standby', lifecycleState);
  if (!countsTowardsDesired(membership.member)) return finding('notInGroup', `its group says ${lifecycleState}`);
  if (it.status !== 'ACTIVE') return finding('notActive', it.status);
  return undefined;
};

/** Undefined where the drain is over. */
export const verdictOfMove = (view: View, move: Move): InstanceVerdict | undefined => {
  const { cause, state, since } = move.drain;
  switch (move.kind) {
    case 'end':
      return undefined;
    case 'restore':
      return { kind: 'restore', detail: move.reason };
    case 'drainAgain':
      return { kind: 'drain', cause, detail: move.reason };
    case 'terminate':
    case 'complete':
      return { kind: 'terminate', cause, detail: move.reason };
    case 'heartbeat':
      return { kind: 'draining', cause, detail: 'its hook is told to wait longer: tasks are still leaving' };
    case 'stopTasks':
      return { kind: 'draining', cause, detail: `past its deadline: ${move.taskArns.length} tasks are stopped` };
    case 'wait': {
      const kind = state === 'terminating' ? 'terminate' : 'draining';
      return { kind, cause, detail: `${state} for ${seconds(view.now - since)}: ${move.reason}` };
    }
  }
};
