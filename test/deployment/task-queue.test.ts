import { describe, expect, it } from '@jest/globals';
import { type Asked, asksNothing, taskQueueStatements } from '../../deployment/permissions.ts';
import { roleResources } from '../../deployment/roles.ts';
import { variableAt } from '../../deployment/variables.ts';

const clusters = ['production'];
const asked: Asked = {
  ...asksNothing,
  queuedTasks: { clusters, families: ['job'], roles: ['arn:aws:iam::123456789012:role/job'] },
};
const variable = (address: string, it = asked) => variableAt(address, { clusters, alarmTopicArn: '', asked: it });

describe('the queue of tasks', () => {
  it('is not deployed unless the settings of a cluster ask for it', () => {
    expect(variable('function.taskQueue', asksNothing)).toBeNull();
    expect(variable('resources.taskQueue', asksNothing)).toEqual({});
    expect(variable('outputs.taskQueue', asksNothing)).toEqual({});
    expect(Object.keys(roleResources(clusters, asksNothing))).not.toContain('TaskQueueRole');
  });

  it('is deployed with its function, a role of its own, and where to send to', () => {
    expect(variable('function.taskQueue')).toMatchObject({
      handler: 'dist/task-queue/index.handler',
      role: { 'Fn::Sub': '${TaskQueueRole.Arn}' },
      events: [
        { sqs: { arn: { 'Fn::GetAtt': ['TasksQueue', 'Arn'] }, functionResponseType: 'ReportBatchItemFailures' } },
      ],
    });
    expect(variable('resources.taskQueue')).toMatchObject({
      TasksQueue: { Properties: { RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } } },
    });
    expect(variable('outputs.taskQueue')).toMatchObject({ TasksQueueUrl: { Value: { Ref: 'TasksQueue' } } });
    expect(Object.keys(roleResources(clusters, asked))).toContain('TaskQueueRole');
  });

  it('may be read and kept by its function, which runs nothing itself', () => {
    expect(taskQueueStatements().flatMap((it) => it.actions)).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:SendMessage',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'ecs:DescribeTaskDefinition',
    ]);
  });

  it('rings where messages are not taken or its function fails, and stands on the dashboard', () => {
    const alarmsOf = (it: Asked): readonly string[] => Object.keys(variable('resources.alarms', it) ?? {});
    const board = (it: Asked): string => JSON.stringify(variable('resources.dashboard', it));

    expect(alarmsOf(asked).filter((it) => !alarmsOf(asksNothing).includes(it))).toEqual([
      'TaskQueueErrorsAlarm',
      'QueuedTasksLateAlarm',
    ]);
    expect(board(asked)).toContain('${AWS::StackName}-tasks');
    expect(board(asked)).toContain('${AWS::StackName}-taskQueue');
    expect(board(asksNothing)).not.toMatch(/-tasks|-taskQueue/);
  });
});
