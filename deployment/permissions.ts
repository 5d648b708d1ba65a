import { arnOf, thisAccount } from './cloudformation.ts';
import { deadLetters, queueId } from './queues.ts';
import type { FunctionName, OptionalFunctionName, OptionalQueueName, QueueName } from './wiring.ts';

/** One IAM statement; texts may have CloudFormation placeholders. All of Berth's are Allow. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** What only some settings ask for, so that only their deployments are allowed it. */
export interface Asked {
  /** A group is to launch by LaunchInstances. */
  readonly launchesInstances: boolean;
  /** Which clusters have a queue of tasks, what those may be of, and which roles they may have. */
  readonly queuedTasks: {
    readonly clusters: readonly string[];
    readonly families: readonly string[];
    readonly roles: readonly string[];
  };
  /** Whether a service is to have floors from its metrics' past. */
  readonly forecasts: boolean;
  /** Whether RunTask calls that ECS refused are to be heard of, through CloudTrail. */
  readonly hearsRefusedTasks: boolean;
  /** The clusters whose state is kept from their events. */
  readonly mirrored: readonly string[];
}

export const asksNothing: Asked = {
  launchesInstances: false,
  queuedTasks: { clusters: [], families: [], roles: [] },
  forecasts: false,
  hearsRefusedTasks: false,
  mirrored: [],
};

/** For the actions that AWS cannot bound to a resource. */
const any = ['*'];

const arns = (logicalIds: readonly string[]): readonly string[] => logicalIds.map((id) => `\${${id}.Arn}`);

const receive = (queue: QueueName | OptionalQueueName): Statement => ({
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

/**
 * On the named kinds of ECS resource in the clusters. The condition bounds them; to name each cluster's ARNs too would
 * only say it twice, and a role's policies have 10,240 characters.
 */
const onEcs = (clusters: readonly string[], kinds: readonly Kind[], actions: readonly string[]): Statement => ({
  actions: actions.map((it) => `ecs:${it}`),
  resources: kinds.map((kind) => arnOf('ecs', `${kind}/*`)),
  condition: inClusters(clusters),
});

/** What may be done to a cluster's resources, and what only to the cluster itself, by name of the operation. */
interface Writes {
  readonly onResources: readonly string[];
  readonly onClusters: readonly string[];
}

const noWrites: Writes = { onResources: [], onClusters: [] };

/** What observing a cluster takes, and `writes` besides. Few statements, for the same reason. */
const observe = (clusters: readonly string[], writes: Writes): readonly Statement[] => [
  {
    actions: ['DescribeClusters', 'ListContainerInstances', ...writes.onClusters].map((it) => `ecs:${it}`),
    resources: clusterArns(clusters),
  },
  onEcs(
    clusters,
    ['container-instance', 'task', 'service'],
    ['DescribeContainerInstances', 'DescribeTasks', 'DescribeServices', 'GetTaskProtection', ...writes.onResources],
  ),
  // Listing a whole cluster's tasks or services is asked for on `*`; the condition bounds it.
  { actions: ['ecs:ListTasks', 'ecs:ListServices'], resources: any, condition: inClusters(clusters) },
  { actions: ['ecs:DescribeCapacityProviders'], resources: [arnOf('ecs', 'capacity-provider/*')] },
  {
    actions: [
      'ecs:DescribeTaskDefinition',
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeInstanceRefreshes',
      'autoscaling:DescribeLifecycleHooks',
      'autoscaling:DescribePolicies',
      'autoscaling:DescribeScalingActivities',
    ],
    resources: any,
  },
];

/**
 * The mark on a container instance that Berth drains, and no other tag. Tagging knows no `ecs:cluster`: the ARNs have
 * the cluster in the long form, the default since 2021.
 */
const markInstances = (clusters: readonly string[]): Statement => ({
  actions: ['ecs:TagResource', 'ecs:UntagResource'],
  resources: clusters.map((it) => arnOf('ecs', `container-instance/${it}/*`)),
  condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['berth:drain'] } },
});

/** The tag by which a group is opted in bounds what can be done to groups at all. */
const sizeGroups = (clusters: readonly string[], { launchesInstances }: Asked): Statement => ({
  actions: [
    'autoscaling:SetDesiredCapacity',
    'autoscaling:TerminateInstanceInAutoScalingGroup',
    'autoscaling:CompleteLifecycleAction',
    'autoscaling:RecordLifecycleActionHeartbeat',
    ...(launchesInstances ? ['autoscaling:LaunchInstances'] : []),
  ],
  resources: [arnOf('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')],
  condition: { StringEquals: { 'aws:ResourceTag/berth:cluster': clusters } },
});

/** In this region, whosever it is: images are shared, and subnets may be. */
const ofEc2 = `arn:${thisAccount.partition}:ec2:${thisAccount.region}:*:*`;

/**
 * Whoever calls LaunchInstances must be allowed what it does in EC2 (EC2 Auto Scaling user guide, launching instances with
 * synchronous provisioning), and no tag of the group bounds that: only for deployments whose settings ask for it.
 */
const launchThroughFleet = ({ launchesInstances }: Asked): readonly Statement[] =>
  launchesInstances
    ? [
        { actions: ['ec2:CreateFleet'], resources: [ofEc2] },
        { actions: ['ec2:DescribeLaunchTemplateVersions'], resources: any },
      ]
    : [];

/**
 * RunTask of the families that the settings name, in the clusters; the tags of a task are written as it is made, and
 * each of its roles must be one that may be passed on (ECS developer guide, identity and access management).
 */
const runQueued = ({ queuedTasks: { clusters, families, roles } }: Asked): readonly Statement[] => {
  if (families.length === 0) return [];
  const run: Statement = {
    actions: ['ecs:RunTask'],
    resources: families.map((it) => arnOf('ecs', `task-definition/${it}:*`)),
    condition: inClusters(clusters),
  };
  const tag: Statement = {
    actions: ['ecs:TagResource'],
    resources: clusters.map((it) => arnOf('ecs', `task/${it}/*`)),
    condition: { StringEquals: { 'ecs:CreateAction': ['RunTask'] } },
  };
  const pass: Statement = {
    actions: ['iam:PassRole'],
    resources: roles,
    condition: { StringEquals: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com'] } },
  };
  return roles.length === 0 ? [run, tag] : [run, tag, pass];
};

const writeLogs = (name: FunctionName | OptionalFunctionName): Statement => ({
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resources: [arnOf('logs', `log-group:/aws/lambda/\${AWS::StackName}-${name}:*`)],
});

const ownStatements = (
  clusters: readonly string[],
  asked: Asked,
): Readonly<Record<FunctionName, readonly Statement[]>> => ({
  clusterEvents: [
    receive('state'),
    send(queueId('decide'), deadLetters),
    table('GetItem', ...(asked.mirrored.length > 0 ? ['PutItem'] : [])),
    { actions: ['autoscaling:DescribeAutoScalingGroups'], resources: any },
  ],
  urgentEvents: [
    receive('urgent'),
    send(queueId('decide'), queueId('urgent'), deadLetters),
    table('GetItem', 'PutItem', 'UpdateItem'),
    { actions: ['ecs:ListContainerInstances'], resources: clusterArns(clusters) },
    onEcs(clusters, ['container-instance'], ['DescribeContainerInstances', 'UpdateContainerInstancesState']),
    {
      actions: [
        'autoscaling:DescribeAutoScalingInstances',
        'autoscaling:DescribeAutoScalingGroups',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
      ],
      resources: any,
    },
  ],
  decide: [
    receive('decide'),
    send(queueId('urgent'), deadLetters),
    table('PutItem', 'UpdateItem', 'DeleteItem', 'Query', ...(asked.mirrored.length > 0 ? ['GetItem'] : [])),
    ...observe(clusters, {
      onResources: ['UpdateContainerInstancesState', 'StopTask', 'UpdateService'],
      onClusters: ['DeregisterContainerInstance'],
    }),
    markInstances(clusters),
    sizeGroups(clusters, asked),
    ...launchThroughFleet(asked),
    ...runQueued(asked),
  ],
  metricCheck: [
    send(queueId('decide'), queueId('urgent')),
    table('GetItem', 'BatchGetItem', 'UpdateItem', 'PutItem', 'Query'),
    { actions: ['ecs:DescribeClusters'], resources: clusterArns(clusters) },
    onEcs(clusters, ['service'], ['DescribeServices']),
    { actions: ['ecs:ListServices'], resources: any, condition: inClusters(clusters) },
    {
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
        'cloudwatch:GetMetricData',
        'application-autoscaling:DescribeScalableTargets',
      ],
      resources: any,
    },
  ],
  capacityRun: [
    send(queueId('decide')),
    table('GetItem', 'Query', 'PutItem', 'DeleteItem'),
    ...observe(clusters, noWrites),
    { actions: ['autoscaling:DescribeAutoScalingInstances'], resources: any },
  ],
});

/** All that a function may do: to write its log, and what its flow calls. */
export const statementsOf = (name: FunctionName, clusters: readonly string[], asked: Asked): readonly Statement[] => [
  writeLogs(name),
  ...ownStatements(clusters, asked)[name],
];

/** Of the function that is deployed only where the settings ask for a forecast: it sees metrics, and no cluster. */
export const forecastStatements = (): readonly Statement[] => [
  writeLogs('forecast'),
  table('PutItem'),
  { actions: ['cloudwatch:GetMetricData'], resources: any },
];

/** Of the function that is deployed only where the settings ask for a queue of tasks. */
export const taskQueueStatements = (): readonly Statement[] => [
  writeLogs('taskQueue'),
  receive('tasks'),
  send(queueId('decide'), deadLetters),
  table('GetItem', 'PutItem'),
  { actions: ['ecs:DescribeTaskDefinition'], resources: any },
];

/** Of the function that tells the mirrors, deployed only where there are some: it reads events, and no cluster. */
export const mirrorStatements = (): readonly Statement[] => [
  writeLogs('mirror'),
  receive('mirror'),
  send(deadLetters),
  table('PutItem'),
];

/** Of the function that keeps the mirrors: it reads their clusters. */
export const keepMirrorsStatements = ({ mirrored }: Asked): readonly Statement[] => [
  writeLogs('keepMirrors'),
  table('GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
  { actions: ['ecs:ListContainerInstances'], resources: clusterArns(mirrored) },
  onEcs(
    mirrored,
    ['container-instance', 'task', 'service'],
    ['DescribeContainerInstances', 'DescribeTasks', 'DescribeServices'],
  ),
  { actions: ['ecs:ListTasks', 'ecs:ListServices'], resources: any, condition: inClusters(mirrored) },
  { actions: ['ecs:DescribeTaskDefinition'], resources: any },
];
