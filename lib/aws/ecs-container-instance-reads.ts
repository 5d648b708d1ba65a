import {
  type ContainerInstance as Answer,
  DescribeContainerInstancesCommand,
  type ECSClient,
  ListContainerInstancesCommand,
} from '@aws-sdk/client-ecs';
import type { ContainerInstance } from '../model/container-instance.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { Reading } from '../ports/reading.ts';
import { describeListed, perPage, readingFrom } from './ecs-answers.ts';
import { containerInstanceFrom } from './ecs-container-instance.ts';
import { inBatches, readBatches, readPages } from './reads.ts';

const subject = 'containerInstances';

/** DescribeContainerInstances takes up to 100 (AWS API model). */
const instancesPerCall = 100;

/** How long a `filter` may be is not documented; so many ids keep it below 1 KB. */
const idsPerFilter = 40;

const isAnyOf = (ec2InstanceIds: readonly string[]): string =>
  `ec2InstanceId in [${ec2InstanceIds.map((id) => `'${id}'`).join(', ')}]`;

type InstanceReads = Pick<
  ClusterReader,
  'containerInstances' | 'containerInstancesByArn' | 'containerInstancesByEc2Id'
>;

export const ecsContainerInstanceReads = (client: ECSClient): InstanceReads => {
  const list = (cluster: string, filter?: string): Promise<Reading<string>> =>
    readPages(subject, `ListContainerInstances of ${cluster}`, async (nextToken) => {
      const page = await client.send(
        new ListContainerInstancesCommand({ cluster, filter, maxResults: perPage, nextToken }),
      );
      return { items: page.containerInstanceArns, next: page.nextToken };
    });

  const describe = (cluster: string, arns: readonly string[]): Promise<Reading<ContainerInstance>> =>
    readBatches(
      subject,
      `DescribeContainerInstances of ${cluster}`,
      inBatches(arns, instancesPerCall),
      async (batch) => {
        const { containerInstances: described, failures } = await client.send(
          new DescribeContainerInstancesCommand({ cluster, containerInstances: [...batch] }),
        );
        const nameOf = (it: Answer) => it.containerInstanceArn;
        return readingFrom({
          subject,
          described,
          failures,
          nameOf,
          decode: containerInstanceFrom,
          comesAndGoes: true,
        });
      },
    );

  return {
    containerInstances: async (cluster) => describeListed(await list(cluster), (arns) => describe(cluster, arns)),
    containerInstancesByArn: describe,
    containerInstancesByEc2Id: async (cluster, ids) => {
      const filters = inBatches(ids, idsPerFilter).map(isAnyOf);
      const listed = await readBatches(subject, 'ListContainerInstances', filters, (filter) => list(cluster, filter));
      const { items, gaps } = await describeListed(listed, (arns) => describe(cluster, arns));
      return { items: items.filter((it) => ids.includes(it.ec2InstanceId)), gaps };
    },
  };
};
