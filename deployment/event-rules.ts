/**
 * Which events are heard, and by which queue. No event matches two rules, so none is delivered twice on purpose. Of a
 * task it is heard when it waits for an instance, runs, and has stopped: the stations between change neither what is
 * needed nor what is free. An active instance says something each time that a task of it starts or ends: it is heard when
 * it is new and when its agent is gone, for whatever else its tasks have said already. Each event that is left out saves a
 * message, a share of an invocation, and often a decision.
 */

/** Whose ARNs to match. In the template these are CloudFormation's pseudo parameters (`${AWS::Region}`). */
export interface Account {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

/** One alternative for a field, in EventBridge's own words. */
export type Match =
  | string
  | boolean
  | { readonly prefix: string }
  | { readonly exists: boolean }
  | { readonly 'anything-but': readonly string[] }
  | { readonly numeric: readonly [operator: '<=' | '>', bound: number] };

/** By field; of a field that is a list of objects, one of them must match. */
export interface Matches {
  readonly [field: string]: readonly Match[] | Matches;
}

/** An EventBridge event pattern: all named fields must match, each by one of its alternatives. */
export interface EventPattern {
  /** Another account may be let write to this one's event bus, and its events keep AWS's sources. */
  readonly account?: readonly string[];
  readonly region?: readonly string[];
  readonly source: readonly string[];
  readonly 'detail-type': readonly string[];
  readonly resources?: readonly Match[];
  readonly detail?: Matches;
}

export interface EventRule {
  /** Unique; part of a name in the template. */
  readonly name: string;
  /** `mirror` is there only where a cluster is mirrored. */
  readonly queue: 'urgent' | 'state' | 'mirror';
  readonly pattern: EventPattern;
}

/**
 * A container instance whose version is no higher has just registered: ECS raises the version with each change, and
 * registering, connecting and the first daemons take a few. Assumed, not documented; of a new instance with a higher one
 * its first daemon or task is heard, or the minute check sees it.
 */
const newestVersion = 5;

const urgentServiceEvents = ['SERVICE_TASK_PLACEMENT_FAILURE', 'SERVICE_TASK_START_IMPAIRED'];

/** EC2 and Auto Scaling events name no cluster; whose an instance is, the function finds out. */
const accountRules: readonly EventRule[] = [
  {
    name: 'GroupUrgent',
    queue: 'urgent',
    pattern: {
      source: ['aws.autoscaling'],
      'detail-type': ['EC2 Instance-terminate Lifecycle Action', 'EC2 Instance Launch Unsuccessful'],
    },
  },
  // Recommendations come for every spot instance of the account, far more often than interruptions: each costs a message,
  // and a look at whose it is only where a cluster acts on them.
  {
    name: 'SpotUrgent',
    queue: 'urgent',
    pattern: {
      source: ['aws.ec2'],
      'detail-type': ['EC2 Spot Instance Interruption Warning', 'EC2 Instance Rebalance Recommendation'],
    },
  },
  {
    name: 'GroupState',
    queue: 'state',
    pattern: {
      source: ['aws.autoscaling'],
      'detail-type': [
        'EC2 Instance Launch Successful',
        'EC2 Instance Terminate Successful',
        'EC2 Instance Terminate Unsuccessful',
      ],
    },
  },
];

/** The rules over ECS events of these clusters. Only launch type EC2 is ours: FARGATE and the like need no instance. */
const clusterRules = (clusters: readonly string[], { partition, region, accountId }: Account): readonly EventRule[] => {
  const arn = (resource: string): string => `arn:${partition}:ecs:${region}:${accountId}:${resource}`;
  const clusterArn = clusters.map((it) => arn(`cluster/${it}`));
  // Deployment events name the cluster only inside the service's ARN.
  const resources = clusters.map((it) => ({ prefix: arn(`service/${it}/`) }));
  const of = (type: string, detail: Matches): EventPattern => ({
    source: ['aws.ecs'],
    'detail-type': [type],
    detail: { clusterArn, ...detail },
  });
  const task = (detail: Matches): EventPattern => of('ECS Task State Change', { launchType: ['EC2'], ...detail });
  const instance = (detail: Matches): EventPattern => of('ECS Container Instance State Change', detail);
  const service = (eventName: readonly Match[]): EventPattern => of('ECS Service Action', { eventName });
  const deployment = (eventName: readonly Match[]): EventPattern => ({
    source: ['aws.ecs'],
    'detail-type': ['ECS Deployment State Change'],
    resources,
    detail: { eventName },
  });
  return [
    // In PROVISIONING with an instance a task is placed already: its network interface is being made.
    {
      name: 'TaskUrgent',
      queue: 'urgent',
      pattern: task({ lastStatus: ['PROVISIONING'], containerInstanceArn: [{ exists: false }] }),
    },
    { name: 'TaskState', queue: 'state', pattern: task({ lastStatus: ['RUNNING', 'STOPPED'] }) },
    {
      name: 'InstanceUrgent',
      queue: 'urgent',
      pattern: instance({ status: ['ACTIVE'], version: [{ numeric: ['<=', newestVersion] }] }),
    },
    {
      name: 'InstanceLostState',
      queue: 'state',
      pattern: instance({ status: ['ACTIVE'], agentConnected: [false], version: [{ numeric: ['>', newestVersion] }] }),
    },
    { name: 'InstanceState', queue: 'state', pattern: instance({ status: [{ 'anything-but': ['ACTIVE'] }] }) },
    { name: 'ServiceUrgent', queue: 'urgent', pattern: service(urgentServiceEvents) },
    { name: 'ServiceState', queue: 'state', pattern: service([{ 'anything-but': urgentServiceEvents }]) },
    { name: 'DeploymentUrgent', queue: 'urgent', pattern: deployment(['SERVICE_DEPLOYMENT_IN_PROGRESS']) },
    {
      name: 'DeploymentState',
      queue: 'state',
      pattern: deployment([{ 'anything-but': ['SERVICE_DEPLOYMENT_IN_PROGRESS'] }]),
    },
  ];
};

/**
 * What the other rules leave out, for clusters that are kept from their events: every change that a description would
 * show. The one field of a task that nothing tells of is its protection, which is read before it matters.
 */
const mirrorRules = (clusters: readonly string[], { partition, region, accountId }: Account): readonly EventRule[] => {
  const clusterArn = clusters.map((it) => `arn:${partition}:ecs:${region}:${accountId}:cluster/${it}`);
  const of = (name: string, type: string, detail: Matches): EventRule => ({
    name,
    queue: 'mirror',
    pattern: { source: ['aws.ecs'], 'detail-type': [type], detail: { clusterArn, ...detail } },
  });
  const task = { launchType: ['EC2'] };
  return [
    of('TaskMirror', 'ECS Task State Change', {
      ...task,
      lastStatus: [{ 'anything-but': ['PROVISIONING', 'RUNNING', 'STOPPED'] }],
    }),
    of('TaskPlacedMirror', 'ECS Task State Change', {
      ...task,
      lastStatus: ['PROVISIONING'],
      containerInstanceArn: [{ exists: true }],
    }),
    // A service may have some of its tasks elsewhere; those count as well.
    of('TaskElsewhereMirror', 'ECS Task State Change', { launchType: [{ 'anything-but': ['EC2'] }] }),
    of('InstanceMirror', 'ECS Container Instance State Change', {
      status: ['ACTIVE'],
      agentConnected: [true],
      version: [{ numeric: ['>', newestVersion] }],
    }),
  ];
};

/** EventBridge takes patterns of up to 2,048 characters; this much of one is left to the ARNs of clusters. */
const roomForArns = 1_500;
/** The longest that may stand round a cluster's name: `{"prefix":"arn:aws-us-gov:ecs:…:service/…/"},`. */
const aroundName = 90;

/** The clusters, in as few lists as their rules' patterns allow. */
const inLists = (clusters: readonly string[]): readonly (readonly string[])[] => {
  const lists: string[][] = [];
  let room = 0;
  for (const cluster of clusters) {
    const need = cluster.length + aroundName;
    const last = lists.at(-1);
    if (last === undefined || need > room) {
      lists.push([cluster]);
      room = roomForArns - need;
    } else {
      last.push(cluster);
      room -= need;
    }
  }
  return lists;
};

const inEachList = (
  clusters: readonly string[],
  rules: (list: readonly string[]) => readonly EventRule[],
): readonly EventRule[] =>
  inLists(clusters).flatMap((list, index) =>
    rules(list).map((it) => (index === 0 ? it : { ...it, name: `${it.name}${index + 1}` })),
  );

const ofRunTask = (detail: Matches): EventPattern => ({
  source: ['aws.ecs'],
  'detail-type': ['AWS API Call via CloudTrail'],
  detail: { eventName: ['RunTask'], ...detail },
});

/**
 * RunTask calls that lacked room: failures that name a resource, or no instance at all. Those of other clusters are few,
 * and are left to the function. They come only where a trail logs write events (CloudTrail user guide, management events).
 */
const refusedRules: readonly EventRule[] = [
  {
    name: 'RunTaskRefusedUrgent',
    queue: 'urgent',
    pattern: ofRunTask({ responseElements: { failures: { reason: [{ prefix: 'RESOURCE:' }] } } }),
  },
  {
    name: 'RunTaskNoInstancesUrgent',
    queue: 'urgent',
    pattern: ofRunTask({ errorMessage: [{ prefix: 'No Container Instances were found' }] }),
  },
];

/** All rules of a deployment; a long list of clusters has some of them several times, with a number in the name. */
export const eventRules = (
  clusters: readonly string[],
  account: Account,
  hearsRefusedTasks = false,
  mirrored: readonly string[] = [],
): readonly EventRule[] =>
  [
    ...accountRules,
    ...(hearsRefusedTasks ? refusedRules : []),
    ...inEachList(clusters, (list) => clusterRules(list, account)),
    ...inEachList(mirrored, (list) => mirrorRules(list, account)),
  ].map((it) => ({ ...it, pattern: { account: [account.accountId], region: [account.region], ...it.pattern } }));
