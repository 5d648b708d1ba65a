import { DescribeClustersCommand, type ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import { meaningOf } from './aws-error.ts';

/** Why AWS was not asked, or did not answer, whatever the question was. */
export interface AccessProblem {
  readonly kind:
    | 'noCredentials'
    | 'badCredentials'
    | 'noRegion'
    | 'denied'
    | 'notFound'
    | 'unreachable'
    | 'throttled'
    | 'failed';
  /** What the SDK or AWS said. */
  readonly detail: string;
}

/** What Node says of an address that cannot be reached, or that there is none of. */
const unreachable: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'ERR_INVALID_URL',
  'EPROTO',
]);

const badCredentials: ReadonlySet<string> = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'AuthFailure',
]);

/** Thrown before anything is sent: by the chain of credential providers, and by the SSO token provider. */
const noCredentials: ReadonlySet<string> = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError']);

const codesOf = (error: Error): readonly unknown[] => [
  'code' in error ? error.code : undefined,
  ...(error instanceof AggregateError
    ? error.errors.map((it: unknown) => (it instanceof Error && 'code' in it ? it.code : undefined))
    : []),
];

const kindOf = (error: Error): AccessProblem['kind'] | undefined => {
  if (noCredentials.has(error.name)) return 'noCredentials';
  if (badCredentials.has(error.name)) return 'badCredentials';
  if (/^region is missing/i.test(error.message)) return 'noRegion';
  if (error.name === 'TimeoutError' || codesOf(error).some((it) => unreachable.has(it))) return 'unreachable';
  const meaning = meaningOf(error);
  if (meaning === 'accessDenied') return 'denied';
  if (meaning === 'throttled' || meaning === 'notFound') return meaning;
  return '$metadata' in error ? 'failed' : undefined; // the SDK notes there what became of a call
};

/** Undefined where it is another kind of error. */
export const accessProblemOf = (error: unknown): AccessProblem | undefined => {
  if (!(error instanceof Error)) return undefined;
  const kind = kindOf(error);
  const said = error instanceof AggregateError ? error.errors.map(String).join(', ') : error.message;
  return kind === undefined ? undefined : { kind, detail: said === '' ? error.name : said };
};

/** Where a client looks, for messages. */
export interface Place {
  readonly region: string;
  /** Of the credentials in use, where they say. */
  readonly accountId: string | undefined;
}

/**
 * Finds region and credentials before anything is asked.
 * @throws what the SDK throws where there are none; `accessProblemOf` understands it
 */
export const placeOf = async (client: ECSClient): Promise<Place> => {
  const region = await client.config.region();
  const { accountId } = await client.config.credentials();
  return { region, accountId };
};

/** Whether there is such a cluster; where there is none, the names of those there are, as far as one page tells. */
export type ClusterFound =
  | { readonly isActive: true }
  | { readonly isActive: false; readonly others: readonly string[] };

const otherClusters = async (client: ECSClient): Promise<readonly string[]> => {
  try {
    const { clusterArns } = await client.send(new ListClustersCommand({}));
    return (clusterArns ?? []).map((it) => it.replace(/^.*\//, '')).sort();
  } catch {
    return []; // only for the message: who may not list clusters may look at one
  }
};

/** @throws what the SDK throws where AWS refuses or cannot be reached */
export const findCluster = async (client: ECSClient, name: string): Promise<ClusterFound> => {
  const { clusters } = await client.send(new DescribeClustersCommand({ clusters: [name] }));
  if (clusters?.some((it) => it.status === 'ACTIVE') === true) return { isActive: true };
  return { isActive: false, others: await otherClusters(client) };
};
