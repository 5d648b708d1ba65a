import { describe, expect, it } from '@jest/globals';
import type { Task } from '../../lib/model/task.ts';
import { taskListOf } from '../../lib/planning/task-list.ts';
import { instanceArn, now, task } from '../support/builders.ts';

const alikeIn = (tasks: readonly Task[]) => taskListOf(tasks).alike.map((it) => it.tasks);

describe('taskListOf', () => {
  it('sorts by ARN, whatever the order given', () => {
    const tasks = [1, 2, 3].map((n) => task(n, 0));

    expect(taskListOf(tasks.toReversed()).tasks).toEqual(tasks);
  });

  it('is made once for a list', () => {
    const tasks = [task(1, 0)];

    expect(taskListOf(tasks)).toBe(taskListOf(tasks));
  });

  it.each<readonly [string, Partial<Task>]>([
    ['task definition', { taskDefinitionArn: 'arn:other' }],
    ['deployment', { startedBy: 'ecs-svc/2' }],
    ['capacity provider', { capacityProviderName: 'cp' }],
    ['CPU', { cpuUnits: 77 }],
    ['memory', { memoryMiB: 77 }],
    ['desired status', { desiredStatus: 'STOPPED' }],
    ['health', { isUnhealthy: true }],
    ['group', { group: 'service:other' }],
  ])('tells tasks apart by their %s', (_, over) => {
    expect(alikeIn([task(1, 0), task(2, 0), task(3, 0, over)])).toEqual([2, 1]);
  });

  it('takes tasks of no service for alike whatever word they were started with', () => {
    const job = (n: number, startedBy: string) => task(n, 0, { group: 'family:job', startedBy });

    expect(alikeIn([job(1, 'a'), job(2, 'b')])).toEqual([2]);
  });

  it('counts what is on an instance by group and by likeness, and says when its last task was created', () => {
    const on = taskListOf([
      task(1, 0, { createdAt: now - 5 }),
      task(2, 0, { createdAt: now - 3, isUnhealthy: true }),
      task(3, 0, { createdAt: now - 4, group: 'service:other' }),
      task(4, 1),
    ]).byInstance.get(instanceArn('0'));

    expect(on?.groups.map((it) => it.index)).toEqual([0, 1]);
    expect(on?.groupTasks).toEqual([2, 1]);
    expect(on?.alikeTasks).toEqual([1, 1, 1]);
    expect(on?.newestAt).toBe(now - 3);
  });

  it('takes a task without a time of creation for one that is yet to start', () => {
    const { byInstance } = taskListOf([task(1, 0, { createdAt: now }), task(2, 0, { createdAt: undefined })]);

    expect(byInstance.get(instanceArn('0'))?.newestAt).toBe(Infinity);
  });
});
