import { describe, expect, it } from '@jest/globals';
import { type Asked, asksNothing, statementsOf } from '../../deployment/permissions.ts';
import { type FunctionName, functionWiring } from '../../deployment/wiring.ts';

const names = Object.keys(functionWiring) as FunctionName[];
const clusters = ['production', 'staging'];
const role = 'arn:aws:iam::123456789012:role/nightly';
const asksAll: Asked = {
  launchesInstances: true,
  queuedTasks: { clusters: ['staging'], families: ['nightly'], roles: [role] },
  forecasts: true,
  hearsRefusedTasks: true,
  mirrored: [],
};
const statements = names.flatMap((name) => statementsOf(name, clusters, asksAll));

/** What AWS bounds by no resource, or (listing a cluster's tasks and services) by the condition alone. */
const unbounded = [
  /^autoscaling:Describe/,
  /^ec2:(Describe|CreateFleet$)/,
  /^application-autoscaling:DescribeScalableTargets$/,
  /^cloudwatch:GetMetricData$/,
  /^ecs:DescribeTaskDefinition$/,
  /^ecs:List(Tasks|Services)$/,
];

const observing = [
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeInstanceRefreshes',
  'autoscaling:DescribeLifecycleHooks',
  'autoscaling:DescribePolicies',
  'autoscaling:DescribeScalingActivities',
  'ecs:DescribeCapacityProviders',
  'ecs:DescribeClusters',
  'ecs:DescribeContainerInstances',
  'ecs:DescribeServices',
  'ecs:DescribeTaskDefinition',
  'ecs:DescribeTasks',
  'ecs:GetTaskProtection',
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
        'dynamodb:UpdateItem',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
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
        'autoscaling:RecordLifecycleActionHeartbeat',
        'autoscaling:SetDesiredCapacity',
        'autoscaling:TerminateInstanceInAutoScalingGroup',
        'dynamodb:DeleteItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
        'ecs:DeregisterContainerInstance',
        'ecs:StopTask',
        'ecs:TagResource',
        'ecs:UntagResource',
        'ecs:UpdateContainerInstancesState',
        'ecs:UpdateService',
        'sqs:SendMessage',
      ],
    ],
    [
      'metricCheck',
      [
        'application-autoscaling:DescribeScalableTargets',
        'autoscaling:DescribeAutoScalingGroups',
        'cloudwatch:GetMetricData',
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
        'ecs:DescribeClusters',
        'ecs:DescribeServices',
        'ecs:ListServices',
        'sqs:SendMessage',
      ],
    ],
    [
      'capacityRun',
      [
        ...observing,
        'autoscaling:DescribeAutoScalingInstances',
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'sqs:SendMessage',
      ],
    ],
  ])('lets %s do what its flow calls, and write its log', (name, actions) => {
    const allowed = statementsOf(name, clusters, asksNothing).flatMap((it) => it.actions);

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

  const more = (name: FunctionName, asked: Partial<Asked>) => {
    const without = statementsOf(name, clusters, asksNothing).map((it) => JSON.stringify(it));
    return statementsOf(name, clusters, { ...asksNothing, ...asked }).filter(
      (it) => !without.includes(JSON.stringify(it)),
    );
  };

  it('allows LaunchInstances, and what it does in EC2, only where the settings ask for it', () => {
    const { launchesInstances } = asksAll;
    const allowed = (name: FunctionName) => more(name, { launchesInstances }).flatMap((it) => it.actions);

    expect(allowed('decide').filter((it) => !it.startsWith('autoscaling:') || it.includes('Launch'))).toEqual([
      'autoscaling:LaunchInstances',
      'ec2:CreateFleet',
      'ec2:DescribeLaunchTemplateVersions',
    ]);
    expect(names.filter((it) => it !== 'decide').flatMap(allowed)).toEqual([]);
  });

  it('runs tasks only of the families and in the clusters that the settings name, and passes on no other role', () => {
    const { queuedTasks } = asksAll;

    expect(more('decide', { queuedTasks })).toMatchObject([
      {
        actions: ['ecs:RunTask'],
        resources: [expect.stringMatching(/:task-definition\/nightly:\*$/)],
        condition: { ArnEquals: { 'ecs:cluster': [expect.stringMatching(/:cluster\/staging$/)] } },
      },
      { actions: ['ecs:TagResource'], condition: { StringEquals: { 'ecs:CreateAction': ['RunTask'] } } },
      {
        actions: ['iam:PassRole'],
        resources: [role],
        condition: { StringEquals: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com'] } },
      },
    ]);
    expect(names.filter((it) => it !== 'decide').flatMap((it) => more(it, { queuedTasks }))).toEqual([]);
  });

  it('bounds every change of a group by the tag', () => {
    const changing = statements.filter((it) =>
      it.actions.some((one) => one.startsWith('autoscaling:') && !one.startsWith('autoscaling:Describe')),
    );

    expect(changing.flatMap((it) => it.actions)).toContain('autoscaling:LaunchInstances');
    for (const { condition } of changing)
      expect(condition).toEqual({ StringEquals: { 'aws:ResourceTag/berth:cluster': clusters } });
  });

  it('may write one tag only on what is there already', () => {
    const tagging = names
      .flatMap((name) => statementsOf(name, clusters, asksNothing))
      .filter((it) => it.actions.includes('ecs:TagResource'));

    expect(tagging.map((it) => it.condition)).toEqual([
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['berth:drain'] } },
    ]);
  });
});
