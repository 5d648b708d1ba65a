import { type Task as Answer, DescribeTasksCommand, type ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import type { Task } from '../model/task.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { TaskReader } from '../ports/mirror-store.ts';
import type { Reading } from '../ports/reading.ts';
import { describeListed, perPage, readingFrom } from './ecs-answers.ts';
import { taskFrom } from './ecs-task.ts';
import { inBatches, joined, readBatches, readPages } from './reads.ts';

const subject = 'tasks';

/** DescribeTasks takes up to 100 (AWS API model). */
const tasksPerCall = 100;

const hasEnded = (it: Task): boolean => it.lastStatus === 'STOPPED' || it.lastStatus === 'DELETED';

export const ecsTaskReads = (client: ECSClient): Pick<ClusterReader, 'tasks' | 'tasksOn'> & TaskReader => {
  const list = (
    cluster: string,
    desiredStatus: 'RUNNING' | 'STOPPED',
    containerInstance?: string,
  ): Promise<Reading<string>> =>
    readPages(subject, `ListTasks of ${containerInstance ?? cluster}`, async (nextToken) => {
      const page = await client.send(
        new ListTasksCommand({ cluster, desiredStatus, containerInstance, maxResults: perPage, nextToken }),
      );
      return { items: page.taskArns, next: page.nextToken };
    });

  const describe = (cluster: string, arns: readonly string[]): Promise<Reading<Task>> =>
    readBatches(subject, `DescribeTasks of ${cluster}`, inBatches(arns, tasksPerCall), async (batch) => {
      const { tasks: described, failures } = await client.send(
        new DescribeTasksCommand({ cluster, tasks: [...batch] }),
      );
      const nameOf = (it: Answer) => it.taskArn;
      return readingFrom({ subject, described, failures, nameOf, decode: taskFrom, comesAndGoes: true });
    });

  return {
    tasksByArn: describe,
    tasks: async (cluster) => describeListed(await list(cluster, 'RUNNING'), (arns) => describe(cluster, arns)),
    tasksOn: async (cluster, containerInstanceArn) => {
      // in this order, one after the other: a task stopped in between is then in one of the two, if not in both
      const running = await list(cluster, 'RUNNING', containerInstanceArn);
      const stopping = await list(cluster, 'STOPPED', containerInstanceArn);
      const { items, gaps } = await describeListed(joined([running, stopping]), (arns) => describe(cluster, arns));
      return { items: items.filter((it) => !hasEnded(it)), gaps };
    },
  };
};
