import {
  type AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  type DescribeAutoScalingGroupsCommandInput,
  DescribeAutoScalingInstancesCommand,
} from '@aws-sdk/client-auto-scaling';
import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import { clusterTag } from '../model/group-contract.ts';
import type { GroupReader } from '../ports/group-api.ts';
import type { Reading } from '../ports/reading.ts';
import { autoScalingActivities } from './auto-scaling-activities.ts';
import { clusterOf, groupFrom } from './auto-scaling-group.ts';
import { autoScalingSurroundings } from './auto-scaling-surroundings.ts';
import { decodeEach, need } from './decoding.ts';
import { inBatches, readBatches, readPages } from './reads.ts';

/** Limits of one call (AWS API model of EC2 Auto Scaling); a tag filter's is not documented, so it is kept modest. */
const groupsPerPage = 100;
const instancesPerCall = 50;
const clustersPerFilter = 100;

export const autoScalingGroupReader = (client: AutoScalingClient): GroupReader => {
  const describeGroups = async (
    input: DescribeAutoScalingGroupsCommandInput,
    wanted: (cluster: string) => boolean,
  ): Promise<Reading<AutoScalingGroup>> => {
    const answers = await readPages('groups', 'DescribeAutoScalingGroups', async (NextToken) => {
      const page = await client.send(
        new DescribeAutoScalingGroupsCommand({ ...input, MaxRecords: groupsPerPage, NextToken }),
      );
      return { items: page.AutoScalingGroups, next: page.NextToken };
    });
    const optedIn = answers.items.filter((it) => {
      const cluster = clusterOf(it);
      return cluster !== undefined && wanted(cluster);
    });
    const reading = decodeEach('groups', optedIn, (it) => it.AutoScalingGroupName, groupFrom);
    return { items: reading.items, gaps: [...answers.gaps, ...reading.gaps] };
  };

  return {
    ...autoScalingSurroundings(client),
    ...autoScalingActivities(client),
    groupsOfClusters: (clusters) =>
      readBatches('groups', 'DescribeAutoScalingGroups', inBatches(clusters, clustersPerFilter), (batch) =>
        describeGroups({ Filters: [{ Name: `tag:${clusterTag}`, Values: [...batch] }] }, (it) => batch.includes(it)),
      ),
    groupsByName: (names) =>
      readBatches('groups', 'DescribeAutoScalingGroups', inBatches(names, groupsPerPage), (batch) =>
        describeGroups({ AutoScalingGroupNames: [...batch] }, () => true),
      ),
    memberships: (ids) =>
      readBatches('groups', 'DescribeAutoScalingInstances', inBatches(ids, instancesPerCall), async (batch) => {
        const answers = await readPages('groups', 'DescribeAutoScalingInstances', async (NextToken) => {
          const page = await client.send(
            new DescribeAutoScalingInstancesCommand({ InstanceIds: [...batch], NextToken }),
          );
          return { items: page.AutoScalingInstances, next: page.NextToken };
        });
        const reading = decodeEach(
          'groups',
          answers.items,
          (it) => it.InstanceId,
          (it) => ({
            ec2InstanceId: need(it.InstanceId, 'InstanceId'),
            group: need(it.AutoScalingGroupName, 'AutoScalingGroupName'),
          }),
        );
        return { items: reading.items, gaps: [...answers.gaps, ...reading.gaps] };
      }),
  };
};
