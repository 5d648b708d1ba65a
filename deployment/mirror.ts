import { attribute, type Resources, type Value } from './cloudformation.ts';
import type { Asked } from './permissions.ts';
import { deadLetters, mirrorQueueResources, optionalQueueMapping } from './queues.ts';
import { metricCheckPeriodSeconds, optionalFunctions } from './wiring.ts';

/** Whether the settings of one of the clusters ask for a mirror. */
export const hasMirrors = ({ mirrored }: Asked): boolean => mirrored.length > 0;

/** The function that tells the mirrors what nothing else hears, in the words of `serverless.yml`; null: none is deployed. */
export const mirrorFunction = (asked: Asked): Value => {
  if (!hasMirrors(asked)) return null;
  const { file, timeoutSeconds, memoryMiB } = optionalFunctions.mirror;
  return {
    description: 'Tells the mirrors of clusters what their events say',
    handler: `dist/${file}/index.handler`,
    package: { patterns: [`dist/${file}/**`] },
    role: { 'Fn::Sub': '${MirrorRole.Arn}' },
    timeout: timeoutSeconds,
    memorySize: memoryMiB,
    events: [{ sqs: optionalQueueMapping('mirror') }],
  };
};

/** The function that keeps them; the next minute does what one could not. */
export const keepMirrorsFunction = (asked: Asked): Value => {
  if (!hasMirrors(asked)) return null;
  const { file, timeoutSeconds, memoryMiB } = optionalFunctions.keepMirrors;
  return {
    description: 'Each minute - services, and every ten minutes a comparison of mirrors with what ECS describes',
    handler: `dist/${file}/index.handler`,
    package: { patterns: [`dist/${file}/**`] },
    role: { 'Fn::Sub': '${KeepMirrorsRole.Arn}' },
    timeout: timeoutSeconds,
    memorySize: memoryMiB,
    maximumRetryAttempts: 0,
    maximumEventAge: metricCheckPeriodSeconds,
    events: [
      {
        eventBridge: {
          schedule: `rate(${metricCheckPeriodSeconds / 60} minute)`,
          retryPolicy: { maximumEventAge: metricCheckPeriodSeconds, maximumRetryAttempts: 2 },
          deadLetterQueueArn: attribute(deadLetters, 'Arn'),
        },
      },
    ],
  };
};

export const mirrorResources = (asked: Asked): Resources => (hasMirrors(asked) ? mirrorQueueResources() : {});
