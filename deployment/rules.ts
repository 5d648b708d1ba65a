import { attribute, type Resources, substituted, thisAccount } from './cloudformation.ts';
import { eventRules } from './event-rules.ts';
import type { Asked } from './permissions.ts';
import { deadLetters, queueId } from './queues.ts';

/** EventBridge gives up after this long; by then the minute check has looked many times. */
const retryPolicy = { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 };

/** The rules that bring the events of these clusters to their queues. */
export const ruleResources = (clusters: readonly string[], asked: Asked): Resources =>
  Object.fromEntries(
    eventRules(clusters, thisAccount, asked.hearsRefusedTasks, asked.mirrored).map(({ name, queue, pattern }) => [
      `${name}Rule`,
      {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: substituted(pattern),
          Targets: [
            {
              Id: queue,
              Arn: attribute(queueId(queue), 'Arn'),
              RetryPolicy: retryPolicy,
              DeadLetterConfig: { Arn: attribute(deadLetters, 'Arn') },
            },
          ],
        },
      },
    ]),
  );
