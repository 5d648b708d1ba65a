import {
  type Service as Answer,
  DescribeServicesCommand,
  type ECSClient,
  ListServicesCommand,
} from '@aws-sdk/client-ecs';
import type { Service } from '../model/service.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { Reading } from '../ports/reading.ts';
import { describeListed, perPage, readingFrom } from './ecs-answers.ts';
import { serviceFrom } from './ecs-service.ts';
import { inBatches, readBatches, readPages } from './reads.ts';

const subject = 'services';

/** DescribeServices takes up to 10, and ListServices gives 10 unless more are asked for (AWS API model). */
const servicesPerCall = 10;

export const ecsServiceReads = (client: ECSClient): Pick<ClusterReader, 'services' | 'servicesByName'> => {
  const list = (cluster: string): Promise<Reading<string>> =>
    readPages(subject, `ListServices of ${cluster}`, async (nextToken) => {
      const page = await client.send(new ListServicesCommand({ cluster, maxResults: perPage, nextToken }));
      return { items: page.serviceArns, next: page.nextToken };
    });

  const describe = (cluster: string, arns: readonly string[], withTags = false): Promise<Reading<Service>> =>
    readBatches(subject, `DescribeServices of ${cluster}`, inBatches(arns, servicesPerCall), async (batch) => {
      const { services: described, failures } = await client.send(
        new DescribeServicesCommand({ cluster, services: [...batch], include: withTags ? ['TAGS'] : undefined }),
      );
      const nameOf = (it: Answer) => it.serviceArn;
      return readingFrom({ subject, described, failures, nameOf, decode: serviceFrom, comesAndGoes: false });
    });

  return {
    servicesByName: (cluster, names) => describe(cluster, names),
    services: async (cluster, withTags) =>
      describeListed(await list(cluster), (arns) => describe(cluster, arns, withTags)),
  };
};
