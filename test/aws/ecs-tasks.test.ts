import { describe, expect, it } from '@jest/globals';
import { definitionArn, instanceArn, numbered, pages, task, taskArn } from './answers.ts';
import { describing, reading } from './ecs-harness.ts';

describe('ecsClusterReader: tasks', () => {
  const described = describing('tasks', 'tasks', (id) => task(id));

  it('are read cluster-wide, without what their containers hold', async () => {
    const { result, calls } = await reading(
      {
        ListTasks: pages('taskArns', [taskArn('1')]),
        DescribeTasks: describing('tasks', 'tasks', (id) =>
          task(id, {
            containers: [{ name: 'web' }],
            overrides: { cpu: '512', containerOverrides: [{ environment: [{ name: 'PASSWORD', value: 'secret' }] }] },
          }),
        ),
      },
      (reader) => reader.tasks('prod'),
    );

    expect(result).toEqual({
      items: [
        {
          arn: taskArn('1'),
          taskDefinitionArn: definitionArn('web'),
          group: 'service:web',
          startedBy: 'ecs-svc/1',
          lastStatus: 'RUNNING',
          desiredStatus: 'RUNNING',
          containerInstanceArn: instanceArn('1'),
          capacityProviderName: undefined,
          launchType: 'EC2',
          cpuUnits: 512,
          memoryMiB: 512,
          createdAt: 1_700_000_001_000,
          version: 3,
        },
      ],
      gaps: [],
    });
    expect(calls[0]?.input).toEqual({ cluster: 'prod', desiredStatus: 'RUNNING', maxResults: 100 });
  });

  it('on an instance are those running and those still stopping, each once', async () => {
    const { result, calls } = await reading(
      {
        ListTasks: ({ desiredStatus }) => ({
          taskArns: desiredStatus === 'RUNNING' ? [taskArn('1'), taskArn('2')] : [taskArn('2'), taskArn('3')],
        }),
        DescribeTasks: describing('tasks', 'tasks', (id) =>
          task(
            id,
            {
              '1': {},
              '2': { desiredStatus: 'STOPPED', lastStatus: 'DEACTIVATING' },
              '3': { desiredStatus: 'STOPPED', lastStatus: 'STOPPED' },
            }[id],
          ),
        ),
      },
      (reader) => reader.tasksOn('prod', instanceArn('1')),
    );

    expect(result).toMatchObject({ items: [{ arn: taskArn('1') }, { arn: taskArn('2') }], gaps: [] });
    expect(calls.map((it) => it.input['desiredStatus'])).toEqual(['RUNNING', 'STOPPED', undefined]);
    expect(calls[0]?.input['containerInstance']).toBe(instanceArn('1'));
  });

  it('are described by the hundred', async () => {
    const { result, calls } = await reading(
      { ListTasks: pages('taskArns', numbered(1_100, taskArn)), DescribeTasks: described },
      (reader) => reader.tasks('prod'),
    );

    expect(result).toMatchObject({ items: { length: 1_100 }, gaps: [] });
    expect(calls.filter((it) => it.operation === 'DescribeTasks')).toHaveLength(11);
  });
});
