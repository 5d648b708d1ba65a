import { attribute, type Value } from './cloudformation.ts';
import type { Asked } from './permissions.ts';
import { deadLetters } from './queues.ts';
import { forecastSchedule, optionalFunctions } from './wiring.ts';

/** The function that makes forecasts, in the words of `serverless.yml`; null: none is deployed. */
export const forecastFunction = ({ forecasts }: Asked): Value => {
  if (!forecasts) return null;
  const { file, timeoutSeconds, memoryMiB } = optionalFunctions.forecast;
  return {
    description: 'Each day - floors of service counts from the past of their metrics',
    handler: `dist/${file}/index.handler`,
    package: { patterns: [`dist/${file}/**`] },
    role: { 'Fn::Sub': '${ForecastRole.Arn}' },
    timeout: timeoutSeconds,
    memorySize: memoryMiB,
    events: [
      {
        eventBridge: {
          schedule: forecastSchedule,
          retryPolicy: { maximumEventAge: 3600, maximumRetryAttempts: 20 },
          deadLetterQueueArn: attribute(deadLetters, 'Arn'),
        },
      },
    ],
  };
};
