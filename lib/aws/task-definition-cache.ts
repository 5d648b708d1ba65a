import { type TaskDefinition as Answer, DescribeTaskDefinitionCommand, type ECSClient } from '@aws-sdk/client-ecs';
import type { TaskDefinition } from '../model/task-definition.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { Reading } from '../ports/reading.ts';
import { gapOf } from './aws-error.ts';
import { decodeEach } from './decoding.ts';
import { taskDefinitionFrom } from './ecs-task-definition.ts';
import { readBatches } from './reads.ts';

/** Of a family alone it names the newest revision, which is another one tomorrow. */
const namesRevision = (name: string): boolean => /:\d+$/.test(name);

/**
 * Reads task definitions, each revision once: it never changes. The promise is kept, not the answer, so that asking
 * for one twice at the same time makes one call; a failed read is forgotten and tried again by the next who asks.
 */
export const taskDefinitionCache = (
  client: ECSClient,
): Pick<ClusterReader, 'taskDefinitions' | 'taskDefinitionNow'> => {
  const kept = new Map<string, Promise<Reading<TaskDefinition>>>();

  const describe = async <T>(name: string, from: (it: Answer) => T): Promise<Reading<T>> => {
    try {
      const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }));
      return decodeEach('taskDefinitions', [taskDefinition ?? {}], () => name, from);
    } catch (error) {
      kept.delete(name);
      return { items: [], gaps: [gapOf('taskDefinitions', `DescribeTaskDefinition ${name}`, error)] };
    }
  };

  const one = (name: string): Promise<Reading<TaskDefinition>> => {
    const reading = kept.get(name) ?? describe(name, taskDefinitionFrom);
    if (namesRevision(name)) kept.set(name, reading);
    return reading;
  };

  return {
    taskDefinitions: (names) => {
      const wanted = [...new Set(names)].filter((it) => it !== ''); // an external service may name none
      return readBatches('taskDefinitions', 'DescribeTaskDefinition', wanted, one);
    },
    taskDefinitionNow: (name) =>
      describe(name, (it) => ({
        definition: taskDefinitionFrom(it),
        isInactive: (it.status ?? 'ACTIVE') !== 'ACTIVE',
      })),
  };
};
