import type { Service } from '../../model/service.ts';
import type { CountHold } from '../../model/service-counts.ts';

/** A service that Berth may not scale at all; undefined where it may. */
export const reasonNotToScale = (service: Service, hasScalableTarget: boolean): CountHold | undefined => {
  if (service.status !== 'ACTIVE') return 'notActive';
  if (service.schedulingStrategy === 'DAEMON') return 'daemon';
  if (service.deploymentKind === 'external') return 'externalDeployment'; // its task sets say how many run
  return hasScalableTarget ? 'scalableTarget' : undefined;
};

/** Whether tasks of two revisions may run beside each other: what is too many of them, nobody can tell. */
export const isDeploying = ({ deployments, taskSets }: Service): boolean =>
  deployments.some((it) => it.rolloutState === 'IN_PROGRESS' || it.status === 'ACTIVE') ||
  taskSets.filter((it) => it.status !== 'DRAINING').length > 1;

export const holdWording: Readonly<Record<CountHold, string>> = {
  paused: 'its settings pause it',
  stoppedByHand: 'somebody set it to 0, below its minimum: it is taken as stopped until somebody starts it',
  missingSignal: 'a signal says nothing, so nothing is scaled in',
  stabilisation: 'the stabilisation window holds it',
  ratePolicy: 'its rate policies let it go no further now',
  cooldown: 'a cooldown holds it',
  scaleInOff: 'its settings scale it out only',
  scaleOutOff: 'its settings scale it in only',
  deployment: 'a deployment is under way, so nothing is scaled in',
  scalableTarget: 'Application Auto Scaling has a policy for it: remove that one, or the scaling section here',
  externalDeployment: 'its deployments are external: their task sets say how many run',
  daemon: 'it is a daemon service, which ECS runs once on each instance',
  notActive: 'it is not ACTIVE',
  tags: 'its tags do not say how it is to be scaled',
  notFound: 'there is no service of that name: correct the name in the settings, or remove it',
};
