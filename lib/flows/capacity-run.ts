import * as z from 'zod/mini';
import { explain as explainProblems } from '../events/schema.ts';
import { noMemory } from '../model/memory.ts';
import type { InstanceReport, Plan } from '../model/plan.ts';
import { type Settings, settingsOf } from '../model/settings.ts';
import { planCluster } from '../planning/plan.ts';
import type { Clock } from '../ports/clock.ts';
import { askForDecisions, type IngestDependencies } from './ingest.ts';
import { type Observers, observe } from './observe.ts';

export interface CapacityRunDependencies extends IngestDependencies {
  readonly read: Observers;
  readonly settings: Settings;
  readonly clock: Clock;
}

/** What a person may ask for by hand. `plan` and `explain` change nothing; `decide` wakes the decider. */
const request = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('plan'), cluster: z.string() }),
  z.strictObject({ action: z.literal('explain'), cluster: z.string(), instance: z.string() }),
  z.strictObject({ action: z.literal('decide'), cluster: z.string() }),
]);

/** The input cannot be understood or may not be served; the message says what to send instead. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

const usage =
  'expected {"action":"plan"|"decide","cluster":"NAME"} or {"action":"explain","cluster":"NAME","instance":"i-…"}';

export type CapacityRunAnswer =
  | { readonly action: 'plan'; readonly plan: Plan }
  | { readonly action: 'explain'; readonly report: InstanceReport }
  | { readonly action: 'decide'; readonly asked: true };

/**
 * Serves a manual invocation.
 * @throws RequestError when the input is not one of the requests, or names a cluster or instance that is not served.
 */
export const runByHand = async (input: unknown, deps: CapacityRunDependencies): Promise<CapacityRunAnswer> => {
  const parsed = request.safeParse(input);
  if (!parsed.success) throw new RequestError(`${explainProblems(parsed.error, 'input')}; ${usage}`);
  const { cluster } = parsed.data;
  if (!deps.clusters.includes(cluster))
    throw new RequestError(
      `cluster ${cluster} is not one of this deployment's (${deps.clusters.join(', ')}): deploy with it in the parameter clusters`,
    );
  switch (parsed.data.action) {
    case 'plan':
      return { action: 'plan', plan: await planNow(cluster, deps) };
    case 'explain':
      return { action: 'explain', report: await explain(cluster, parsed.data.instance, deps) };
    case 'decide':
      return ask(cluster, deps);
  }
};

/** The plan that a decision would make now, by the same functions, without raising or writing anything. */
const planNow = async (cluster: string, deps: CapacityRunDependencies): Promise<Plan> => {
  const drains = deps.store.drains(cluster);
  const [observation, remembered] = await Promise.all([
    observe(cluster, { drains, facts: undefined }, deps.read, deps.clock.now()),
    deps.store.recall(cluster),
  ]);
  return planCluster({
    cluster,
    observation,
    memory: remembered?.memory ?? noMemory,
    drains: await drains,
    settings: settingsOf(deps.settings, cluster),
    now: observation.observedAt,
  });
};

const explain = async (cluster: string, instance: string, deps: CapacityRunDependencies): Promise<InstanceReport> => {
  const plan = await planNow(cluster, deps);
  const found = plan.instances.find((it) => it.ec2InstanceId === instance);
  if (found !== undefined) return found;
  const known = plan.instances.length;
  throw new RequestError(`${instance} is no container instance of cluster ${cluster}, which has ${known}`);
};

const ask = async (cluster: string, deps: CapacityRunDependencies): Promise<CapacityRunAnswer> => {
  const failed = await askForDecisions(new Map([[cluster, 'asked for by hand']]), deps);
  if (failed.size > 0) throw new Error(`the decision queue did not take the request for cluster ${cluster}`);
  return { action: 'decide', asked: true };
};
