import * as z from 'zod/mini';
import { explain, parseJson } from './schema.ts';
import type { Unreadable } from './trigger.ts';

const message = z.object({ cluster: z.string(), generation: z.number(), reason: z.string() });

export interface DecisionRequest {
  readonly kind: 'decide';
  readonly cluster: string;
  readonly reason: string;
}

/** A message of the decide queue; one for a cluster outside this deployment's list is refused, not obeyed. */
export const parseDecisionMessage = (body: string, clusters: readonly string[]): DecisionRequest | Unreadable => {
  const parsed = message.safeParse(parseJson(body));
  if (!parsed.success) return { kind: 'unreadable', problem: explain(parsed.error, 'message') };
  const { cluster, reason } = parsed.data;
  return clusters.includes(cluster)
    ? { kind: 'decide', cluster, reason }
    : { kind: 'unreadable', problem: `cluster ${cluster} is not one of this deployment's` };
};
