import { describe, expect, it } from '@jest/globals';
import { statementsOf } from '../../deployment/permissions.ts';
import { type FunctionName, functionWiring } from '../../deployment/wiring.ts';

const names = Object.keys(functionWiring) as FunctionName[];
const clusters = ['production', 'staging'];
const statements = names.flatMap((name) => statementsOf(name, clusters));

/** What AWS bounds by no resource, or (listing a cluster's tasks and services) by the condition alone. */
const unbounded = [
  /^autoscaling:Describe/,
  /^ec2:Describe/,
  /^cloudwatch:GetMetricData$/,
  /^ecs:DescribeTaskDefinition$/,
  /^ecs:List(Tasks|Services)$/,
];

const observing = [
  'autoscaling:DescribeAutoScalingGroups',
  'ecs:DescribeCapacityProviders',
  'ecs:DescribeClusters',
  'ecs:DescribeContainerInstances',
  'ecs:DescribeServices',
  'ecs:DescribeTaskDefinition',
  'ecs:DescribeTasks',
  'ecs:ListContainerInstances',
  'ecs:ListServices',
  'ecs:ListTasks',
];
const receiving = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];

describe('statementsOf', () => {
  it.each<readonly [FunctionName, readonly string[]]>([
    ['clusterEvents', [...receiving, 'autoscaling:DescribeAutoScalingGroups', 'dynamodb:GetItem', 'sqs:SendMessage']],
    [
      'urgentEvents',
      [
        ...receiving,
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeAutoScalingInstances',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'ecs:DescribeContainerInstances',
        'ecs:ListContainerInstances',
        'ecs:UpdateContainerInstancesState',
        'sqs:SendMessage',
      ],
    ],
    [
      'decide',
      [
        ...receiving,
        ...observing,
        'autoscaling:CompleteLifecycleAction',
        'autoscaling:SetDesiredCapacity',
        'autoscaling:TerminateInstanceInAutoScalingGroup',
        'dynamodb:DeleteItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
        'ecs:UpdateContainerInstancesState',
        'sqs:SendMessage',
      ],
    ],
    [
      'metricCheck',
      [
        'autoscaling:DescribeAutoScalingGroups',
        'cloudwatch:GetMetricData',
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:UpdateItem',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
        'ecs:DescribeClusters',
        'ecs:DescribeServices',
        'ecs:ListServices',
        'sqs:SendMessage',
      ],
    ],
    ['capacityRun', [...observing, 'dynamodb:GetItem', 'dynamodb:Query', 'sqs:SendMessage']],
  ])('lets %s do what its flow calls, and write its log', (name, actions) => {
    const allowed = statementsOf(name, clusters).flatMap((it) => it.actions);

    expect([...allowed].sort()).toEqual([...actions, 'logs:CreateLogStream', 'logs:PutLogEvents'].sort());
  });

  it('names resources wherever AWS takes them, and never a whole service', () => {
    for (const { actions, resources } of statements) {
      expect(actions.filter((it) => it.endsWith('*'))).toEqual([]);
      if (!resources.includes('*')) continue;
      expect(actions.filter((it) => !unbounded.some((pattern) => pattern.test(it)))).toEqual([]);
    }
  });

  it('keeps everything ECS can bound within the clusters named', () => {
    const free = ['ecs:DescribeTaskDefinition', 'ecs:DescribeCapacityProviders']; // of the account, not of a cluster
    const bounded = statements.filter((it) => it.actions.some((a) => a.startsWith('ecs:') && !free.includes(a)));

    expect(bounded.length).toBeGreaterThan(0);
    for (const { resources, condition } of bounded) {
      const byArn = resources.every((it) =>
        /:(cluster|container-instance|task|service)\/(production|staging)(\/\*)?$/.test(it),
      );
      const byCondition = condition?.['ArnEquals']?.['ecs:cluster']?.every((it) =>
        /:cluster\/(production|staging)$/.test(it),
      );
      expect(byArn || byCondition).toBe(true);
    }
  });

  it('changes only groups that are tagged for one of the clusters', () => {
    const changing = statements.filter((it) => it.actions.includes('autoscaling:SetDesiredCapacity'));

    expect(changing).toMatchObject([{ condition: { StringEquals: { 'aws:ResourceTag/berth:cluster': clusters } } }]);
  });
});
