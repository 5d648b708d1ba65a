import { describe, expect, it } from '@jest/globals';
import { numbered, taskArn } from './answers.ts';
import { reading, strings, throttle } from './ecs-harness.ts';

describe('ecsClusterReader: task protection', () => {
  it('is read by the hundred', async () => {
    const arns = numbered(230, taskArn);

    const { result, calls } = await reading(
      {
        GetTaskProtection: (input) => ({
          protectedTasks: strings(input['tasks']).map((arn) => ({
            taskArn: arn,
            protectionEnabled: arn === taskArn('7'),
          })),
          failures: [],
        }),
      },
      (reader) => reader.taskProtection('prod', arns),
    );

    expect(calls.map((it) => strings(it.input['tasks']).length).sort((a, b) => a - b)).toEqual([30, 100, 100]);
    expect(calls[0]?.input['cluster']).toBe('prod');
    expect(result.gaps).toEqual([]);
    expect(result.items.map((it) => it.taskArn)).toEqual(arns);
    expect(result.items.filter((it) => it.isProtected)).toEqual([{ taskArn: taskArn('7'), isProtected: true }]);
  });

  it('of a task that cannot have any is no entry, and no gap', async () => {
    const { result } = await reading(
      {
        GetTaskProtection: () => ({
          protectedTasks: [{ taskArn: taskArn('1'), protectionEnabled: true }],
          failures: [
            { arn: taskArn('2'), reason: 'TASK_NOT_VALID' },
            { arn: taskArn('3'), reason: 'MISSING' },
          ],
        }),
      },
      (reader) => reader.taskProtection('prod', numbered(4, taskArn).slice(1)),
    );

    expect(result).toEqual({ items: [{ taskArn: taskArn('1'), isProtected: true }], gaps: [] });
  });

  it('that was refused is a gap, beside what was answered', async () => {
    const { result } = await reading(
      {
        GetTaskProtection: (input) =>
          strings(input['tasks']).length === 100
            ? throttle()
            : { protectedTasks: [{ taskArn: taskArn('100'), protectionEnabled: false }] },
      },
      (reader) => reader.taskProtection('prod', numbered(101, taskArn)),
    );

    expect(result).toEqual({
      items: [{ taskArn: taskArn('100'), isProtected: false }],
      gaps: [
        {
          subject: 'taskProtection',
          cause: 'throttled',
          detail: 'GetTaskProtection of prod: ThrottlingException: Rate exceeded',
        },
      ],
    });
  });

  it('of nothing is not asked for', async () => {
    const { calls } = await reading({}, (reader) => reader.taskProtection('prod', []));

    expect(calls).toEqual([]);
  });
});
