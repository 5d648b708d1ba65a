import * as z from 'zod/mini';
import { refusedRunFrom } from './refused-run.ts';
import { explain, parseJson } from './schema.ts';
import type { Trigger, Unreadable } from './trigger.ts';
import './wording.ts';

export const envelope = z.object({
  source: z.string(),
  'detail-type': z.string(),
  time: z.optional(z.string()),
  resources: z.optional(z.array(z.string())),
  detail: z.record(z.string(), z.unknown()),
});
type Envelope = z.infer<typeof envelope>;

const ecsDetail = z.object({ clusterArn: z.string() });
const ecsTask = z.object({ clusterArn: z.string(), lastStatus: z.string(), group: z.optional(z.string()) });
const lifecycleAction = z.object({ AutoScalingGroupName: z.string(), EC2InstanceId: z.string() });
const groupActivity = z.object({ AutoScalingGroupName: z.string() });
const ec2Notice = z.object({ 'instance-id': z.string() });
const wakeUp = z.object({ cluster: z.string(), reason: z.string() });

/** The last part of an ARN is the name or id, in the old format and in the new one. */
export const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** `arn:aws:ecs:region:account:service/cluster/name`; the old format has no cluster in it. */
export const clusterOfService = (arn: string | undefined): string | undefined =>
  arn?.match(/:service\/([^/]+)\/[^/]+$/)?.[1];

type Parser = (event: Envelope) => Trigger | Unreadable;

/** Reads the detail by its schema, or says what is wrong with it and where. */
const reading =
  <T>(schema: z.ZodMiniType<T>, toTrigger: (detail: T) => Trigger): Parser =>
  (event) => {
    const detail = schema.safeParse(event.detail);
    if (detail.success) return toTrigger(detail.data);
    return { kind: 'unreadable', problem: `${event['detail-type']}: ${explain(detail.error, 'detail')}` };
  };

const ofService: Parser = (event) => {
  const direct = ecsDetail.safeParse(event.detail);
  const name = direct.success ? nameOf(direct.data.clusterArn) : clusterOfService(event.resources?.[0]);
  const eventName = wordOf(event.detail['eventName']);
  const what = `${event['detail-type']} ${eventName}`;
  if (name === undefined)
    return { kind: 'irrelevant', why: `${what}: its service ARN names no cluster; the minute check sees the change` };
  const kind = eventName === 'SERVICE_TASK_PLACEMENT_FAILURE' ? 'placementFailure' : 'clusterChanged';
  return { kind, cluster: name, what };
};

const wordOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const group = (what: string): Parser =>
  reading(groupActivity, (it) => ({ kind: 'groupChanged', group: it.AutoScalingGroupName, what }));

/** By source and detail type; the rules of the deployment let nothing else through. */
const parsers: Readonly<Record<string, Parser>> = {
  'aws.ecs/ECS Task State Change': reading(ecsTask, (it) => ({
    kind: 'clusterChanged',
    cluster: nameOf(it.clusterArn),
    what: `task ${it.lastStatus} ${it.group ?? ''}`,
  })),
  'aws.ecs/ECS Container Instance State Change': reading(ecsDetail, (it) => ({
    kind: 'clusterChanged',
    cluster: nameOf(it.clusterArn),
    what: 'container instance',
  })),
  'aws.ecs/ECS Service Action': ofService,
  'aws.ecs/ECS Deployment State Change': ofService,
  'aws.ecs/AWS API Call via CloudTrail': ({ detail }) => refusedRunFrom(detail),
  'aws.autoscaling/EC2 Instance-terminate Lifecycle Action': reading(lifecycleAction, (it) => ({
    kind: 'instanceTerminating',
    group: it.AutoScalingGroupName,
    ec2InstanceId: it.EC2InstanceId,
  })),
  'aws.autoscaling/EC2 Instance Launch Successful': group('launch successful'),
  'aws.autoscaling/EC2 Instance Launch Unsuccessful': group('launch unsuccessful'),
  'aws.autoscaling/EC2 Instance Terminate Successful': group('terminate successful'),
  'aws.autoscaling/EC2 Instance Terminate Unsuccessful': group('terminate unsuccessful'),
  'aws.ec2/EC2 Spot Instance Interruption Warning': reading(ec2Notice, (it) => ({
    kind: 'spotInterruption',
    ec2InstanceId: it['instance-id'],
  })),
  'aws.ec2/EC2 Instance Rebalance Recommendation': reading(ec2Notice, (it) => ({
    kind: 'rebalanceRecommended',
    ec2InstanceId: it['instance-id'],
  })),
  'berth/Berth Wake-Up': reading(wakeUp, (it) => ({ kind: 'wakeUp', cluster: it.cluster, reason: it.reason })),
};

/** An EventBridge event, or our own wake-up in the same envelope, to what it means. */
export const parseEvent = (payload: unknown): Trigger | Unreadable => {
  const event = envelope.safeParse(payload);
  if (!event.success) return { kind: 'unreadable', problem: explain(event.error, 'event') };
  const key = `${event.data.source}/${event.data['detail-type']}`;
  const parse = Object.hasOwn(parsers, key) ? parsers[key] : undefined;
  return parse === undefined ? { kind: 'unreadable', problem: `no rule lets ${key} through` } : parse(event.data);
};

/** The body of a queue message. */
export const parseBody = (body: string): Trigger | Unreadable => {
  const parsed = parseJson(body);
  return parsed === undefined ? { kind: 'unreadable', problem: 'not JSON' } : parseEvent(parsed);
};
