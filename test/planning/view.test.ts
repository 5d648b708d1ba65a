import { describe, expect, it } from '@jest/globals';
import type { Task } from '../../lib/model/task.ts';
import { countByGroup } from '../../lib/planning/task-list.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { input, instance, instanceArn, task } from '../support/builders.ts';

const tasksOn = (tasks: readonly Task[]): readonly Task[] =>
  viewOf(input({ containerInstances: [instance(0)], tasks })).tasksByInstance.get(instanceArn('0')) ?? [];

describe('what a view tells of an instance', () => {
  const [first, second, third] = [1, 2, 3].map((n) => task(n, 0)) as [Task, Task, Task];

  it('is the same list of tasks as before where none of them has changed', () => {
    expect(tasksOn([first, second])).toBe(tasksOn([first, second]));
  });

  it.each<readonly [string, readonly Task[]]>([
    ['one has gone', [first]],
    ['one has come', [first, second, third]],
    ['one is another', [first, { ...second, group: 'service:other' }]],
  ])('is a list of its own where %s', (_, tasks) => {
    tasksOn([first, second]);

    expect(tasksOn(tasks)).toEqual(tasks);
  });

  it('counts tasks by group, leaving out those of none', () => {
    const tasks = [first, { ...second, group: 'service:other' }, { ...third, group: undefined }, task(4, 0)];

    const { byInstance } = viewOf(input({ containerInstances: [instance(0)], tasks })).taskList;

    expect([...countByGroup(byInstance.get(instanceArn('0')))]).toEqual([
      [first.group, 2],
      ['service:other', 1],
    ]);
  });
});
