import { attribute, type Resources, ref, type Value } from './cloudformation.ts';
import type { Asked } from './permissions.ts';
import { optionalQueueMapping, queueId, tasksQueueResources } from './queues.ts';
import { optionalFunctions } from './wiring.ts';

/** Whether the settings of one of the clusters ask for a queue of tasks. */
export const hasTaskQueue = ({ queuedTasks }: Asked): boolean => queuedTasks.clusters.length > 0;

/** The function that takes what is queued, in the words of `serverless.yml`; null: none is deployed. */
export const taskQueueFunction = (asked: Asked): Value => {
  if (!hasTaskQueue(asked)) return null;
  const { file, timeoutSeconds, memoryMiB } = optionalFunctions.taskQueue;
  return {
    description: 'Takes RunTask requests from their queue, to be run once there is room',
    handler: `dist/${file}/index.handler`,
    package: { patterns: [`dist/${file}/**`] },
    role: { 'Fn::Sub': '${TaskQueueRole.Arn}' },
    timeout: timeoutSeconds,
    memorySize: memoryMiB,
    events: [{ sqs: optionalQueueMapping('tasks') }],
  };
};

export const taskQueueResources = (asked: Asked): Resources => (hasTaskQueue(asked) ? tasksQueueResources() : {});

/** Where RunTask requests are sent to. */
export const taskQueueOutputs = (asked: Asked): Value =>
  hasTaskQueue(asked)
    ? {
        TasksQueueUrl: { Description: 'Send RunTask requests here', Value: ref(queueId('tasks')) },
        TasksQueueArn: { Description: 'Allow sqs:SendMessage on it', Value: attribute(queueId('tasks'), 'Arn') },
      }
    : {};
