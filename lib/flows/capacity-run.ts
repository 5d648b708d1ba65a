import { type CapacityRequest, type Pause, type QueuedTask, stillAsked } from '../model/asked-for.ts';
import type { Drain } from '../model/memory.ts';
import type { InstanceReport, Plan } from '../model/plan.ts';
import { type ClusterSettings, settingsOf } from '../model/settings.ts';
import { endCapacity, extendCapacity, requestCapacity } from './by-hand/capacity.ts';
import type { CapacityRunDependencies } from './by-hand/dependencies.ts';
import { drainByHand, restoreByHand } from './by-hand/drains.ts';
import { type Request, RequestError, type RequestOf, requestFrom, timeFrom } from './by-hand/request.ts';
import { askForDecisions } from './ingest.ts';
import { look } from './reading/look.ts';

/** What was written for the next decision to see. */
interface Stored {
  /** False: the decision queue did not take it, so that only the next minute check or event looks at it. */
  readonly asked: boolean;
  readonly note: string | undefined;
}

export type CapacityRunAnswer =
  | { readonly action: 'plan'; readonly plan: Plan }
  | { readonly action: 'explain'; readonly report: InstanceReport }
  /** Those it was deployed with. */
  | { readonly action: 'settings'; readonly settings: ClusterSettings }
  | { readonly action: 'decide'; readonly asked: true }
  | {
      readonly action: 'listCapacity';
      readonly capacity: readonly CapacityRequest[];
      readonly queued: readonly QueuedTask[];
      readonly pause: Pause | undefined;
    }
  | ({
      readonly action: 'requestCapacity' | 'extendCapacity' | 'endCapacity';
      readonly capacity: CapacityRequest;
    } & Stored)
  | ({ readonly action: 'pause'; readonly pause: Pause } & Stored)
  | ({ readonly action: 'resume' } & Stored)
  /** `drains` are those that were changed: what another has ended meanwhile is not among them. */
  | ({ readonly action: 'drain' | 'restore'; readonly drains: readonly Drain[] } & Stored);

/**
 * Serves a manual invocation.
 * @throws RequestError when the input is not one of the requests, or names what is not there or may not be.
 */
export const runByHand = async (input: unknown, deps: CapacityRunDependencies): Promise<CapacityRunAnswer> => {
  const request = requestFrom(input);
  const { cluster } = request;
  if (!deps.clusters.includes(cluster))
    throw new RequestError(
      `cluster ${cluster} is not one of this deployment's (${deps.clusters.join(', ')}): deploy with it in the parameter clusters`,
    );
  return serve(request, deps);
};

const serve = async (request: Request, deps: CapacityRunDependencies): Promise<CapacityRunAnswer> => {
  const { cluster } = request;
  switch (request.action) {
    case 'plan':
      return { action: 'plan', plan: (await look(cluster, deps)).plan };
    case 'explain':
      return { action: 'explain', report: await explain(cluster, request.instance, deps) };
    case 'settings':
      return { action: 'settings', settings: settingsOf(deps.settings, cluster) };
    case 'decide':
      return decideSoon(cluster, deps);
    case 'listCapacity':
      return list(cluster, deps);
    case 'requestCapacity':
      return { action: request.action, capacity: await requestCapacity(request, deps), ...(await wake(request, deps)) };
    case 'extendCapacity':
      return { action: request.action, capacity: await extendCapacity(request, deps), ...(await wake(request, deps)) };
    case 'endCapacity':
      return { action: request.action, capacity: await endCapacity(request, deps), ...(await wake(request, deps)) };
    case 'pause':
      return { action: request.action, pause: await pause(request, deps), ...(await wake(request, deps)) };
    case 'resume':
      await deps.store.endPause(cluster);
      return { action: request.action, ...(await wake(request, deps)) };
    case 'drain':
      return { action: request.action, drains: await drainByHand(request, deps), ...(await wake(request, deps)) };
    case 'restore':
      return { action: request.action, drains: await restoreByHand(request, deps), ...(await wake(request, deps)) };
  }
};

const explain = async (cluster: string, instance: string, deps: CapacityRunDependencies): Promise<InstanceReport> => {
  const { plan } = await look(cluster, deps);
  const found = plan.instances.find((it) => it.ec2InstanceId === instance);
  if (found !== undefined) return found;
  const known = plan.instances.length;
  throw new RequestError(`${instance} is no container instance of cluster ${cluster}, which has ${known}`);
};

const ask = async (cluster: string, reason: string, deps: CapacityRunDependencies): Promise<boolean> =>
  (await askForDecisions(new Map([[cluster, reason]]), deps)).size === 0;

const decideSoon = async (cluster: string, deps: CapacityRunDependencies): Promise<CapacityRunAnswer> => {
  if (!(await ask(cluster, 'asked for by hand', deps)))
    throw new Error(`the decision queue did not take the request for cluster ${cluster}`);
  return { action: 'decide', asked: true };
};

const list = async (cluster: string, { store, clock }: CapacityRunDependencies): Promise<CapacityRunAnswer> => {
  const { capacity, queued, pause } = stillAsked((await store.drainsAndAsked(cluster)).asked, clock.now());
  return { action: 'listCapacity', capacity, queued, pause };
};

const pause = async (
  { cluster, what, until }: RequestOf<'pause'>,
  { store, clock }: CapacityRunDependencies,
): Promise<Pause> => {
  const asked: Pause = { what, until: until === undefined ? undefined : timeFrom(until, clock.now()) };
  await store.setPause(cluster, asked);
  return asked;
};

/** Asks for a decision about what was just stored. It stays stored where that fails: asking again is safe. */
const wake = async ({ action, cluster }: Request, deps: CapacityRunDependencies): Promise<Stored> => {
  const observes = settingsOf(deps.settings, cluster).mode === 'observe';
  const launches = action === 'requestCapacity' || action === 'extendCapacity';
  return {
    asked: await ask(cluster, `${action} by hand`, deps),
    note:
      observes && launches
        ? 'the cluster is in observe mode: nothing is launched, the plan shows what would be'
        : undefined,
  };
};
