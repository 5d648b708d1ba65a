import { DescribeTaskDefinitionCommand, type ECSClient } from '@aws-sdk/client-ecs';
import type { TaskDefinition } from '../model/task-definition.ts';
import type { Reading } from '../ports/reading.ts';
import { gapOf } from './aws-error.ts';
import { decodeEach } from './decoding.ts';
import { taskDefinitionFrom } from './ecs-task-definition.ts';
import { readBatches } from './reads.ts';

/**
 * Reads task definitions, each revision once: it never changes. The promise is kept, not the answer, so that asking
 * for one twice at the same time makes one call; a failed read is forgotten and tried again by the next who asks.
 */
export const taskDefinitionCache = (client: ECSClient) => {
  const kept = new Map<string, Promise<Reading<TaskDefinition>>>();

  const describe = async (arn: string): Promise<Reading<TaskDefinition>> => {
    try {
      const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
      return decodeEach('taskDefinitions', [taskDefinition ?? {}], () => arn, taskDefinitionFrom);
    } catch (error) {
      kept.delete(arn);
      return { items: [], gaps: [gapOf('taskDefinitions', `DescribeTaskDefinition ${arn}`, error)] };
    }
  };

  const one = (arn: string): Promise<Reading<TaskDefinition>> => {
    const reading = kept.get(arn) ?? describe(arn);
    kept.set(arn, reading);
    return reading;
  };

  return async (arns: readonly string[]): Promise<Reading<TaskDefinition>> => {
    const wanted = [...new Set(arns)].filter((arn) => arn !== ''); // an external service may name none
    return readBatches('taskDefinitions', 'DescribeTaskDefinition', wanted, one);
  };
};
