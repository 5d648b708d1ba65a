import type { Ground } from '../ground.ts';
import { deploy, newDeployment } from './deployments.ts';
import type { ServiceEvents } from './service-events.ts';
import type { Deployment, Service } from './state.ts';

const fail = (ground: Ground, events: ServiceEvents, failed: Deployment): void => {
  failed.rolloutState = 'FAILED';
  failed.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
  failed.updatedAt = ground.now();
  events.say(failed.service, `(deployment ${failed.id}) deployment failed: tasks failed to start.`);
  events.deployment(failed, 'SERVICE_DEPLOYMENT_FAILED', failed.rolloutStateReason);
};

const rollBack = (ground: Ground, events: ServiceEvents, service: Service, to: Deployment): void => {
  const rollback = newDeployment(ground, service, to.definition, { launchType: to.launchType, strategy: to.strategy });
  rollback.isRollback = true;
  rollback.rolloutStateReason = `ECS deployment circuit breaker: rolling back to deploymentId ${to.id}.`;
  deploy(ground, events, rollback);
};

/**
 * Gives up a rolling deployment whose tasks keep failing before RUNNING: it starts no more, and where asked for, the last
 * deployment that completed is deployed anew. (ECS developer guide, deployment circuit breaker.)
 */
export const checkCircuitBreaker = (ground: Ground, events: ServiceEvents, service: Service): void => {
  const [primary] = service.deployments;
  const { circuitBreaker, lastCompleted } = service;
  if (primary?.rolloutState !== 'IN_PROGRESS' || !circuitBreaker.enabled || service.status !== 'ACTIVE') return;
  if (service.controller !== 'ECS' || service.deploymentStrategy !== 'ROLLING') return;
  if (primary.failedTasks < circuitBreaker.threshold(service.desiredCount)) return;
  fail(ground, events, primary);
  if (circuitBreaker.rollsBack && lastCompleted !== undefined && !primary.isRollback) {
    rollBack(ground, events, service, lastCompleted);
  }
};
