import {
  type CapacityProvider,
  type Cluster,
  type ClusterField,
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  type ECSClient,
  type Failure,
} from '@aws-sdk/client-ecs';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { Reading } from '../ports/reading.ts';
import { readingFrom } from './ecs-answers.ts';
import { capacityProviderFrom, clusterFrom, statisticsFrom } from './ecs-cluster.ts';
import { inBatches, joined, readBatches, readPages } from './reads.ts';

/** Both take a hundred names; capacity providers come back in pages of ten (AWS API model). */
const clustersPerCall = 100;
const providersPerCall = 100;

const clusterDescriber =
  (client: ECSClient) =>
  <T>(names: readonly string[], include: ClusterField[], decode: (it: Cluster) => T): Promise<Reading<T>> =>
    readBatches('cluster', 'DescribeClusters', inBatches(names, clustersPerCall), async (batch) => {
      const { clusters, failures } = await client.send(new DescribeClustersCommand({ clusters: [...batch], include }));
      const nameOf = (it: Cluster) => it.clusterArn;
      return readingFrom({ subject: 'cluster', described: clusters, failures, nameOf, decode, comesAndGoes: false });
    });

const providerDescriber = (client: ECSClient) => async (names: readonly string[]) => {
  const failures: Failure[] = [];
  const { items: described, gaps } = await readPages<CapacityProvider>(
    'capacityProviders',
    'DescribeCapacityProviders',
    async (nextToken) => {
      const page = await client.send(
        new DescribeCapacityProvidersCommand({ capacityProviders: [...names], nextToken }),
      );
      failures.push(...(page.failures ?? []));
      return { items: page.capacityProviders, next: page.nextToken };
    },
  );
  const reading = readingFrom({
    subject: 'capacityProviders',
    described,
    failures,
    nameOf: (it) => it.name,
    decode: capacityProviderFrom,
    comesAndGoes: false,
  });
  return joined([{ items: [], gaps }, reading]);
};

type ClusterReads = Pick<ClusterReader, 'cluster' | 'statistics' | 'capacityProviders'>;

export const ecsClusterReads = (client: ECSClient): ClusterReads => {
  const describeClusters = clusterDescriber(client);
  const describeProviders = providerDescriber(client);
  return {
    cluster: (name) => describeClusters([name], [], clusterFrom),
    statistics: (names) => describeClusters(names, ['STATISTICS'], statisticsFrom),
    capacityProviders: (names) =>
      readBatches(
        'capacityProviders',
        'DescribeCapacityProviders',
        inBatches(names, providersPerCall),
        describeProviders,
      ),
  };
};
