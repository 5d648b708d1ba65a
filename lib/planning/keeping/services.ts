import type { Service } from '../../model/service.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { minutes } from '../text.ts';

/**
 * For so long a deployment keeps the instances it runs on. One that has not ended in an hour is held up (a task that
 * fails to start is tried for ever where no circuit breaker ends it) and must not keep them for days.
 */
const deploymentMs = 60 * minuteMs;

/** ECS's defaults, which these deployment types always have on EC2 (ECS API reference, DeploymentConfiguration). */
const fixedPercents = { minimumHealthyPercent: 100, maximumPercent: 200 } as const;

const percentsOf = (service: Service): Pick<Service, 'minimumHealthyPercent' | 'maximumPercent'> =>
  service.deploymentKind === 'codeDeploy' || service.deploymentKind === 'external' ? fixedPercents : service;

/**
 * Why ECS could never move a task of a service, with the numbers; undefined where it can. Tasks of a DRAINING instance
 * are replaced within minimumHealthyPercent, rounded up, and maximumPercent, rounded down (ECS developer guide, container
 * instance draining): where neither one may stop first nor one may start first, the drain waits for ever.
 */
export const reasonItCannotMove = (service: Service): string | undefined => {
  const { desiredCount } = service;
  const { minimumHealthyPercent, maximumPercent } = percentsOf(service);
  const least = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
  const most = Math.floor((desiredCount * maximumPercent) / 100);
  // A service that wants none has nothing to replace: its last tasks only stop.
  if (desiredCount === 0 || least < desiredCount || most > desiredCount) return undefined;
  return (
    `service ${service.name} wants ${desiredCount}: at least ${least} must run (${minimumHealthyPercent} %, rounded up) ` +
    `and at most ${most} may (${maximumPercent} %, rounded down), so none can stop first and none start first`
  );
};

/** Since when a deployment of the service is under way; undefined where none is. */
const deployingSince = ({ deployments, taskSets }: Service): EpochMs | undefined => {
  const live = deployments.filter((it) => it.status !== 'INACTIVE');
  if (live.length > 1 || live.some((it) => it.rolloutState === 'IN_PROGRESS'))
    return Math.max(...live.map((it) => it.createdAt));
  return taskSets.length > 1 ? Math.max(...taskSets.map((it) => it.createdAt ?? Infinity)) : undefined;
};

/**
 * Why a service is left to its deployment, for an hour from when that began: a move beside it would make tasks start
 * twice, and hide which of the two went wrong. Undefined where no deployment is under way.
 */
export const reasonOfDeployment = (service: Service, now: EpochMs): string | undefined => {
  const since = deployingSince(service);
  if (since === undefined || now - since >= deploymentMs) return undefined;
  const age = Number.isFinite(since) ? `began ${minutes(now - since)} ago` : 'is under way';
  return `a deployment of service ${service.name} ${age}`;
};
