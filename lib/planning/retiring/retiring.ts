import { countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { ClusterMemory, Retiring } from '../../model/memory.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { hasGap, isPartial, type View } from '../view.ts';
import type { NewRetirement } from './candidates.ts';
import { stillStands } from './causes.ts';

/** For so long an instance may wait for room elsewhere: several boots, each with a second try. */
const retiringLastsMs = 30 * minuteMs;

/** How long an instance is left alone after it found no room elsewhere. */
export const leftAloneAfterRetiringMs = 60 * minuteMs;

/** Whether an instance has waited in vain for room elsewhere. */
export const isGivenUp = (view: View, { since }: Retiring): boolean => view.now - since >= retiringLastsMs;

/** Whether a retirement has come to its end by itself: the instance is leaving or gone, or the cause has fallen away. */
const isOver = (view: View, id: string, { cause }: Retiring): boolean => {
  const membership = view.membershipByEc2Id.get(id);
  const it = view.instanceByEc2Id.get(id);
  if (membership === undefined || !countsTowardsDesired(membership.member) || view.drainByEc2Id.has(id)) return true;
  // Taken off ECS's books for being lost: it retires until its group has let it go.
  if (it === undefined) return cause !== 'repair';
  return it.status !== 'ACTIVE' || !stillStands(view, cause, it, membership);
};

export interface RetiringAfter {
  readonly retiring: ClusterMemory['retiring'];
  /** EC2 instance ids that found no room elsewhere, to be left alone for `leftAloneAfterRetiringMs`. */
  readonly givenUp: readonly string[];
}

/**
 * Who retires from here on: those who did and still wait for room, and who begins now. While instances or groups are
 * not seen in full, nobody's retirement ends.
 */
export const retiringAfter = (view: View, chosen: readonly NewRetirement[]): RetiringAfter => {
  const before = Object.entries(view.memory.retiring).sort(([a], [b]) => (a < b ? -1 : 1));
  const staying = hasGap(view, 'containerInstances', 'groups')
    ? before
    : before.filter(([id, it]) => !isOver(view, id, it));
  const givenUp = staying.filter(([, it]) => isGivenUp(view, it)).map(([id]) => id);
  return {
    retiring: Object.fromEntries([
      ...staying.filter(([id]) => !givenUp.includes(id)),
      ...chosen.map(({ ec2InstanceId, cause }) => [ec2InstanceId, { cause, since: view.now }] as const),
    ]),
    givenUp,
  };
};

/**
 * Since when the agent of each instance in a group is seen disconnected. A partial view adds nothing, but an agent that
 * is seen connected has come back all the same.
 */
export const disconnectedSinceAfter = (view: View): ClusterMemory['disconnectedSince'] => {
  const before = view.memory.disconnectedSince;
  if (isPartial(view))
    return Object.fromEntries(
      Object.entries(before).filter(([id]) => view.instanceByEc2Id.get(id)?.agentConnected !== true),
    );
  return Object.fromEntries(
    view.observation.containerInstances
      .filter(({ ec2InstanceId: id, agentConnected, status }) => {
        const isThere = status === 'ACTIVE' || status === 'DRAINING';
        return !agentConnected && isThere && view.membershipByEc2Id.has(id);
      })
      .map(({ ec2InstanceId: id }) => [id, before[id] ?? view.now]),
  );
};

/** When somebody is to be looked at again even if nothing happens: lost for long enough, too old, or given up. */
export const retiringWakeAts = (
  view: View,
  retiring: ClusterMemory['retiring'],
  disconnectedSince: ClusterMemory['disconnectedSince'],
): readonly EpochMs[] => {
  const { repair, rotation } = view.settings;
  const all = [
    ...Object.values(retiring).map((it) => it.since + retiringLastsMs),
    ...Object.values(disconnectedSince).map((since) => since + (repair.agentDisconnectedMs ?? Infinity)),
    ...view.observation.containerInstances
      .filter((it) => view.membershipByEc2Id.has(it.ec2InstanceId))
      .map((it) => it.registeredAt + (rotation.maximumAgeMs ?? Infinity) + 1),
  ].filter((at) => at > view.now && at < Infinity);
  return all.length === 0 ? [] : [all.reduce((least, at) => Math.min(least, at))];
};
