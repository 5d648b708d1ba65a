import { type FunctionConfiguration, type LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import type { BerthDeployment } from '../model/surroundings-of-berth.ts';
import type { DoctorReader } from '../ports/doctor-api.ts';
import { readPages } from './reads.ts';

/** Of a function of Berth's: what its name begins with, and its name in `serverless.yml`. */
const namesOf = (name: string): readonly [deployment: string, own: string] | undefined => {
  const at = name.lastIndexOf('-');
  return at <= 0 ? undefined : [name.slice(0, at), name.slice(at + 1)];
};

const byName = (a: string, b: string): number => (a < b ? -1 : 1);

/** A deployment is told by its functions: `decide` is one, and all have its table and clusters in their environment. */
export const deploymentsAmong = (functions: readonly FunctionConfiguration[]): readonly BerthDeployment[] => {
  const ours = functions.flatMap((it) => {
    const { TABLE: table, CLUSTERS, DECIDE_QUEUE_URL } = it.Environment?.Variables ?? {};
    const names = namesOf(it.FunctionName ?? '');
    if (table === undefined || CLUSTERS === undefined || DECIDE_QUEUE_URL === undefined || names === undefined)
      return [];
    const [name, own] = names;
    const clusters = CLUSTERS.split(',').map((cluster) => cluster.trim());
    return [{ name, own, clusters, table, role: it.Role ?? '' }];
  });
  return ours
    .filter((it) => it.own === 'decide')
    .map(({ name, clusters, table }) => ({
      name,
      clusters,
      table,
      roles: Object.fromEntries(
        ours
          .filter((it) => it.name === name)
          .toSorted((a, b) => byName(a.own, b.own))
          .map((it) => [it.own, it.role]),
      ),
    }))
    .toSorted((a, b) => byName(a.name, b.name));
};

export const berthDeployments =
  (client: LambdaClient): DoctorReader['deployments'] =>
  async () => {
    const { items, gaps } = await readPages('deployments', 'ListFunctions', async (Marker) => {
      const page = await client.send(new ListFunctionsCommand({ Marker }));
      return { items: page.Functions, next: page.NextMarker };
    });
    return { items: gaps.length > 0 ? [] : deploymentsAmong(items), gaps };
  };
