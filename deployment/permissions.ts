import { arnOf } from './cloudformation.ts';
import { deadLetters, queueId } from './queues.ts';
import type { FunctionName, QueueName } from './wiring.ts';

/** One IAM statement; texts may have CloudFormation placeholders. All of Berth's are Allow. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** For the actions that AWS cannot bound to a resource. */
const any = ['*'];

const arns = (logicalIds: readonly string[]): readonly string[] => logicalIds.map((id) => `\${${id}.Arn}`);

const receive = (queue: QueueName): Statement => ({
  actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  resources: arns([queueId(queue)]),
});

const send = (...logicalIds: readonly string[]): Statement => ({
  actions: ['sqs:SendMessage'],
  resources: arns(logicalIds),
});

const table = (...operations: readonly string[]): Statement => ({
  actions: operations.map((it) => `dynamodb:${it}`),
  resources: arns(['Table']),
});

const clusterArns = (clusters: readonly string[]): readonly string[] =>
  clusters.map((it) => arnOf('ecs', `cluster/${it}`));

const inClusters = (clusters: readonly string[]): Required<Statement>['condition'] => ({
  ArnEquals: { 'ecs:cluster': clusterArns(clusters) },
});

type Kind = 'container-instance' | 'task' | 'service';

/** On the named kinds of ECS resource, whose ARNs (in the long form, the default since 2021) have their cluster. */
const onEcs = (clusters: readonly string[], kinds: readonly Kind[], actions: readonly string[]): Statement => ({
  actions: actions.map((it) => `ecs:${it}`),
  resources: kinds.flatMap((kind) => clusters.map((it) => arnOf('ecs', `${kind}/${it}/*`))),
  condition: inClusters(clusters),
});

/** What observing a cluster takes, and `writes` besides. Few statements: a role's policies have 10,240 characters. */
const observe = (clusters: readonly string[], writes: readonly string[]): readonly Statement[] => [
  { actions: ['ecs:DescribeClusters', 'ecs:ListContainerInstances'], resources: clusterArns(clusters) },
  onEcs(
    clusters,
    ['container-instance', 'task', 'service'],
    ['DescribeContainerInstances', 'DescribeTasks', 'DescribeServices', ...writes],
  ),
  // Listing a whole cluster's tasks or services is asked for on `*`; the condition bounds it.
  { actions: ['ecs:ListTasks', 'ecs:ListServices'], resources: any, condition: inClusters(clusters) },
  { actions: ['ecs:DescribeCapacityProviders'], resources: [arnOf('ecs', 'capacity-provider/*')] },
  { actions: ['ecs:DescribeTaskDefinition', 'autoscaling:DescribeAutoScalingGroups'], resources: any },
];

/** The tag by which a group is opted in bounds what can be done to groups at all. */
const sizeGroups = (clusters: readonly string[]): Statement => ({
  actions: [
    'autoscaling:SetDesiredCapacity',
    'autoscaling:TerminateInstanceInAutoScalingGroup',
    'autoscaling:CompleteLifecycleAction',
  ],
  resources: [arnOf('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')],
  condition: { StringEquals: { 'aws:ResourceTag/berth:cluster': clusters } },
});

const writeLogs = (name: FunctionName): Statement => ({
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resources: [arnOf('logs', `log-group:/aws/lambda/\${AWS::StackName}-${name}:*`)],
});

const ownStatements = (clusters: readonly string[]): Readonly<Record<FunctionName, readonly Statement[]>> => ({
  clusterEvents: [
    receive('state'),
    send(queueId('decide'), deadLetters),
    table('GetItem'),
    { actions: ['autoscaling:DescribeAutoScalingGroups'], resources: any },
  ],
  urgentEvents: [
    receive('urgent'),
    send(queueId('decide'), queueId('urgent'), deadLetters),
    table('GetItem', 'PutItem'),
    { actions: ['ecs:ListContainerInstances'], resources: clusterArns(clusters) },
    onEcs(clusters, ['container-instance'], ['DescribeContainerInstances', 'UpdateContainerInstancesState']),
    { actions: ['autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeAutoScalingGroups'], resources: any },
  ],
  decide: [
    receive('decide'),
    send(queueId('urgent'), deadLetters),
    table('PutItem', 'UpdateItem', 'DeleteItem', 'Query'),
    ...observe(clusters, ['UpdateContainerInstancesState']),
    sizeGroups(clusters),
  ],
  metricCheck: [
    send(queueId('decide'), queueId('urgent')),
    table('GetItem', 'BatchGetItem', 'UpdateItem'),
    { actions: ['ecs:DescribeClusters'], resources: clusterArns(clusters) },
    onEcs(clusters, ['service'], ['DescribeServices']),
    { actions: ['ecs:ListServices'], resources: any, condition: inClusters(clusters) },
    {
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
        'cloudwatch:GetMetricData',
      ],
      resources: any,
    },
  ],
  capacityRun: [send(queueId('decide')), table('GetItem', 'Query'), ...observe(clusters, [])],
});

/** All that a function may do: to write its log, and what its flow calls. */
export const statementsOf = (name: FunctionName, clusters: readonly string[]): readonly Statement[] => [
  writeLogs(name),
  ...ownStatements(clusters)[name],
];
