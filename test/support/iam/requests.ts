import type { FunctionName, OptionalFunctionName } from '../../../deployment/wiring.ts';
import type { Json, JsonObject } from '../../../simulator/world/api.ts';
import { object, objects, text } from '../../../simulator/world/json.ts';
import type { World } from '../../../simulator/world/world.ts';
import { authorizationOf, knowsKey } from './authorization.ts';
import type { IamRequest } from './evaluate.ts';

export type AnyFunction = FunctionName | OptionalFunctionName;

/** A call of a function, as it left the SDK. */
export interface MadeCall {
  readonly functionName: AnyFunction;
  /** The SDK's names: `ECSClient`, `ListTasksCommand`. */
  readonly client: string;
  readonly command: string;
  readonly input: JsonObject;
}

const prefixes: Readonly<Record<string, string>> = {
  ECSClient: 'ecs',
  AutoScalingClient: 'autoscaling',
  ApplicationAutoScalingClient: 'application-autoscaling',
  CloudWatchClient: 'cloudwatch',
  DynamoDBClient: 'dynamodb',
  EC2Client: 'ec2',
  SQSClient: 'sqs',
};

const texts = (it: Json | undefined): readonly string[] =>
  (Array.isArray(it) ? it : [it]).flatMap((one: Json | undefined) => (typeof one === 'string' ? [one] : []));

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** The ARNs of what calls name, in the long form, the default since 2021. */
const arnsIn = ({ region, accountId, view }: World) => {
  const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${accountId}:${rest}`;
  const ecs = (kind: string, path: string): string => arn('ecs', `${kind}/${path}`);
  const inCluster = (kind: string, input: JsonObject, named: Json | undefined): readonly string[] =>
    texts(named).map((it) => ecs(kind, `${nameOf(text(input, 'cluster') ?? 'default')}/${nameOf(it)}`));
  const groupArn = (name: string | undefined): readonly string[] =>
    [view.groups.get(name ?? '')?.arn].filter((it) => it !== undefined);
  const groupOf = (instance: string | undefined): string | undefined =>
    [...view.groups.values()].find((it) => it.instances.has(instance ?? ''))?.name;
  return {
    cluster: (it: JsonObject) =>
      [...texts(it['cluster']), ...texts(it['clusters'])].map((one) => ecs('cluster', nameOf(one))),
    'container-instance': (it: JsonObject) =>
      inCluster('container-instance', it, [...texts(it['containerInstances']), ...texts(it['containerInstance'])]),
    task: (it: JsonObject) => inCluster('task', it, [...texts(it['tasks']), ...texts(it['task'])]),
    service: (it: JsonObject) => inCluster('service', it, [...texts(it['services']), ...texts(it['service'])]),
    'task-definition': (it: JsonObject) =>
      texts(it['taskDefinition']).map((one) => (one.startsWith('arn:') ? one : ecs('task-definition', one))),
    'capacity-provider': (it: JsonObject) =>
      texts(it['capacityProviders']).map((one) => (one.startsWith('arn:') ? one : ecs('capacity-provider', one))),
    autoScalingGroup: (it: JsonObject) => groupArn(text(it, 'AutoScalingGroupName') ?? groupOf(text(it, 'InstanceId'))),
    table: (it: JsonObject) =>
      [...texts(it['TableName']), ...Object.keys(it['RequestItems'] ?? {})].map((one) =>
        arn('dynamodb', `table/${one}`),
      ),
    queue: (it: JsonObject) => texts(it['QueueUrl']).map((one) => arn('sqs', nameOf(one))),
  } as const satisfies Record<string, (it: JsonObject) => readonly string[]>;
};

/** Berth lists a whole cluster's tasks and services: AWS asks for `*` then, and gives the cluster as a condition key. */
const listsClusters: ReadonlySet<string> = new Set(['ecs:ListTasks', 'ecs:ListServices']);

const resourcesOf = async (action: string, input: JsonObject, world: World): Promise<readonly string[]> => {
  const named = text(input, 'resourceArn');
  if (named !== undefined) return [named];
  const arns: Readonly<Record<string, (it: JsonObject) => readonly string[]>> = arnsIn(world);
  const { kinds } = await authorizationOf(action);
  const found = kinds.flatMap(({ name }) => arns[name]?.(input) ?? []);
  if (found.length > 0) return found;
  const isBounded = kinds.some(({ required }) => required);
  if (isBounded && !(listsClusters.has(action) && input['containerInstance'] === undefined))
    throw new Error(`${action} names no resource of the kinds ${kinds.map(({ name }) => name).join(', ')}`);
  return ['*'];
};

/** What AWS would give with the call, were each key known to each action. */
const everyKey = (input: JsonObject, resource: string, world: World): IamRequest['context'] => {
  const cluster = text(input, 'cluster');
  const clusterArn = `arn:aws:ecs:${world.region}:${world.accountId}:cluster/${nameOf(cluster ?? '')}`;
  const group = [...world.view.groups.values()].find((it) => it.arn === resource);
  const tags = [...(group?.tags.values() ?? [])].map(({ key, value }) => [`aws:ResourceTag/${key}`, [value]] as const);
  const tagKeys = [...texts(input['tagKeys']), ...(objects(input, 'tags') ?? []).map((it) => text(it, 'key') ?? '')];
  return {
    ...(cluster === undefined ? {} : { 'ecs:cluster': [clusterArn] }),
    ...Object.fromEntries(tags),
    ...(tagKeys.length === 0 ? {} : { 'aws:TagKeys': tagKeys }),
  };
};

const requestsFor = async (action: string, input: JsonObject, world: World): Promise<readonly IamRequest[]> => {
  const authorization = await authorizationOf(action);
  return (await resourcesOf(action, input, world)).map((resource) => {
    const keys = Object.entries(everyKey(input, resource, world)).filter(([key]) => knowsKey(authorization, key));
    return { action, resource, context: Object.fromEntries(keys) };
  });
};

const rolesOf = (input: JsonObject, world: World): readonly string[] => {
  const asked = { taskDefinition: text(input, 'taskDefinition') };
  const definition = object(world.call('ecs', 'DescribeTaskDefinition', asked, 'auditor'), 'taskDefinition');
  return [definition, object(input, 'overrides')].flatMap((it) => [
    ...texts(it?.['taskRoleArn']),
    ...texts(it?.['executionRoleArn']),
  ]);
};

/**
 * What AWS does in the caller's name besides: a task's tags are written and its roles passed on (ECS developer guide,
 * identity and access management), and instances launched at once through EC2 (EC2 Auto Scaling user guide, launching
 * instances with synchronous provisioning).
 */
const inItsName = (action: string, input: JsonObject, world: World): readonly IamRequest[] => {
  const account = `${world.region}:${world.accountId}`;
  if (action === 'autoscaling:LaunchInstances')
    return [
      ...['fleet/fleet-1', 'instance/*', 'launch-template/lt-1', 'subnet/subnet-1', 'volume/*'].map((it) => ({
        action: 'ec2:CreateFleet',
        resource: `arn:aws:ec2:${account}:${it}`,
        context: {},
      })),
      { action: 'ec2:CreateFleet', resource: `arn:aws:ec2:${world.region}::image/ami-1`, context: {} },
      { action: 'ec2:DescribeLaunchTemplateVersions', resource: '*', context: {} },
    ];
  if (action !== 'ecs:RunTask') return [];
  const cluster = nameOf(text(input, 'cluster') ?? 'default');
  const tags = (objects(input, 'tags') ?? []).map((it) => text(it, 'key') ?? '');
  const tagging: IamRequest = {
    action: 'ecs:TagResource',
    resource: `arn:aws:ecs:${account}:task/${cluster}/0123456789abcdef0123456789abcdef`,
    context: { 'ecs:CreateAction': ['RunTask'], 'aws:TagKeys': tags },
  };
  const passing = rolesOf(input, world).map(
    (resource): IamRequest => ({
      action: 'iam:PassRole',
      resource,
      context: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com'] },
    }),
  );
  return [...(tags.length === 0 ? [] : [tagging]), ...passing];
};

/** All that IAM is asked before a call is served. */
export const requestsOf = async (
  { client, command, input }: MadeCall,
  world: World,
): Promise<readonly IamRequest[]> => {
  const prefix = prefixes[client];
  if (prefix === undefined) throw new Error(`no IAM prefix is known for ${client}`);
  const action = `${prefix}:${command.replace(/Command$/, '')}`;
  return [...(await requestsFor(action, input, world)), ...inItsName(action, input, world)];
};
