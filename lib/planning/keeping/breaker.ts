import type { ContainerInstance } from '../../model/container-instance.ts';
import { isEndedByOthers } from '../../model/memory.ts';
import type { KeepFinding } from '../../model/plan.ts';
import { finding } from '../findings.ts';
import { oncePer } from '../once.ts';
import type { View } from '../view.ts';

/** Two may fail by chance, and are a large share of a small cluster. */
const leastUnwell = 3;

/** Berth's own drains end with an agent that goes: that says nothing about the rest. */
const isOwnDrain = (view: View, { ec2InstanceId }: ContainerInstance): boolean => {
  const drain = view.drainByEc2Id.get(ec2InstanceId);
  return drain !== undefined && !isEndedByOthers(drain.cause);
};

const isCounted = (view: View, it: ContainerInstance): boolean =>
  (it.status === 'ACTIVE' || it.status === 'DRAINING') &&
  view.membershipByEc2Id.has(it.ec2InstanceId) &&
  !isOwnDrain(view, it);

/** Its agent is silent, or its group calls it unhealthy (Auto Scaling API reference, Instance: HealthStatus). */
const isUnwell = (view: View, it: ContainerInstance): boolean =>
  !it.agentConnected || view.membershipByEc2Id.get(it.ec2InstanceId)?.member.healthStatus === 'Unhealthy';

/**
 * Why nothing may leave by Berth's choice, whatever it runs: so many of the opted-in instances are unwell that something
 * larger is wrong, and what looks like surplus may be all that is left. An agent that has not connected yet counts too:
 * it soon has, and waiting costs little.
 */
export const breakerOf = oncePer((view: View): KeepFinding | undefined => {
  const counted = view.observation.containerInstances.filter((it) => isCounted(view, it));
  const unwell = counted.filter((it) => isUnwell(view, it)).length;
  const share = view.settings.circuitBreakerShare;
  if (unwell < leastUnwell || unwell <= share * counted.length) return undefined;
  return finding(
    'circuitBreaker',
    `${unwell} of ${counted.length} instances have no agent or are unhealthy, ` +
      `more than ${Math.round(share * 100)} %: nothing leaves by choice until they are back`,
  );
});
