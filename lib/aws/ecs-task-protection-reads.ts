import { type ECSClient, GetTaskProtectionCommand } from '@aws-sdk/client-ecs';
import type { ClusterReader } from '../ports/cluster-api.ts';
import { decodeEach, need } from './decoding.ts';
import { inBatches, readBatches } from './reads.ts';

const subject = 'taskProtection';

/** GetTaskProtection takes up to 100 tasks (AWS API model). */
const tasksPerCall = 100;

/**
 * The failures of an answer are left alone: a task of no service, one that has ended and one that is gone are named
 * there, and a task without an entry is never moved.
 */
export const ecsTaskProtectionReads = (client: ECSClient): Pick<ClusterReader, 'taskProtection'> => ({
  taskProtection: (cluster, taskArns) =>
    readBatches(subject, `GetTaskProtection of ${cluster}`, inBatches(taskArns, tasksPerCall), async (batch) => {
      const { protectedTasks } = await client.send(new GetTaskProtectionCommand({ cluster, tasks: [...batch] }));
      return decodeEach(
        subject,
        protectedTasks,
        (it) => it.taskArn,
        (it) => ({
          taskArn: need(it.taskArn, 'taskArn'),
          isProtected: need(it.protectionEnabled, 'protectionEnabled'),
        }),
      );
    }),
});
