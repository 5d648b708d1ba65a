import { describe, expect, it } from '@jest/globals';
import { containerInstance, instanceArn, numbered, pages, service, serviceArn, task, taskArn } from './answers.ts';
import { describing, reading } from './ecs-harness.ts';

describe('ecsClusterReader: the price of one look', () => {
  it('is nine calls for 100 instances, 200 tasks and 20 services', async () => {
    const { calls } = await reading(
      {
        DescribeClusters: () => ({ clusters: [] }),
        ListContainerInstances: pages('containerInstanceArns', numbered(100, instanceArn)),
        DescribeContainerInstances: describing('containerInstances', 'containerInstances', (id) =>
          containerInstance(id),
        ),
        ListTasks: pages('taskArns', numbered(200, taskArn)),
        DescribeTasks: describing('tasks', 'tasks', (id) => task(id)),
        ListServices: pages('serviceArns', numbered(20, serviceArn)),
        DescribeServices: describing('services', 'services', (name) => service(name)),
      },
      async (reader) => [
        await reader.containerInstances('prod'),
        await reader.tasks('prod'),
        await reader.services('prod'),
      ],
    );

    const counts = Object.entries(Object.groupBy(calls, (it) => it.operation)).map(([name, its]) => [
      name,
      its?.length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      ListContainerInstances: 1,
      DescribeContainerInstances: 1,
      ListTasks: 2,
      DescribeTasks: 2,
      ListServices: 1,
      DescribeServices: 2,
    });
  });
});
