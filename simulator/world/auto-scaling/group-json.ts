import type { JsonObject } from '../api.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import { epochSeconds, number, object, text } from '../json.ts';
import { specificationOf } from './pools.ts';
import { type Group, type GroupInstance, type GroupTag, type LifecycleState, seenAt, type WarmPool } from './state.ts';
import { terminationPoliciesOf } from './termination-policy.ts';

export const tagJson = (group: Group, tag: GroupTag): JsonObject => ({
  ResourceId: group.name,
  ResourceType: 'auto-scaling-group',
  Key: tag.key,
  Value: tag.value,
  PropagateAtLaunch: tag.propagateAtLaunch,
});

const templateJson = (group: Group, templates: LaunchTemplates): JsonObject => {
  const specification = specificationOf(group);
  const { template, version } = templates.resolve(specification);
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    Version: text(specification, 'Version') ?? String(version.number),
  };
};

const memberJson = (it: GroupInstance, state: LifecycleState): JsonObject => ({
  InstanceId: it.ec2.id,
  InstanceType: it.ec2.machine.instanceType,
  AvailabilityZone: it.ec2.machine.availabilityZone,
  LifecycleState: state,
  HealthStatus: it.healthStatus,
  LaunchTemplate: {
    LaunchTemplateId: it.source.templateId,
    LaunchTemplateName: it.source.templateName,
    Version: String(it.source.version),
  },
  ProtectedFromScaleIn: it.isProtected,
});

/** Members as a reader sees them now. */
export const membersJson = (instances: Iterable<GroupInstance>, now: number): readonly JsonObject[] => {
  const members: JsonObject[] = [];
  for (const it of instances) {
    const state = seenAt(now, it.state, it.seenState);
    if (state !== undefined) members.push(memberJson(it, state));
  }
  return members;
};

export const instanceDetailsJson = (group: Group, it: GroupInstance, state: LifecycleState): JsonObject => ({
  ...memberJson(it, state),
  AutoScalingGroupName: group.name,
  HealthStatus: it.healthStatus.toUpperCase(),
});

export const warmPoolJson = (pool: WarmPool): JsonObject => ({
  ...pool.json,
  AutoScalingGroupName: undefined,
  MinSize: number(pool.json, 'MinSize') ?? 0,
  PoolState: text(pool.json, 'PoolState') ?? 'Stopped',
  ...(pool.isDeleting ? { Status: 'PendingDelete' } : {}),
});

/** A group as a reader sees it at that moment; as it is, unless one is given. */
export const groupJson = (
  group: Group,
  templates: LaunchTemplates,
  withInstances: boolean,
  now = Number.POSITIVE_INFINITY,
): JsonObject => {
  const mixed = object(group.json, 'MixedInstancesPolicy');
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...(mixed === undefined ? { LaunchTemplate: templateJson(group, templates) } : { MixedInstancesPolicy: mixed }),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: seenAt(now, group.desired, group.seenDesired),
    DefaultCooldown: Number(text(group.json, 'DefaultCooldown') ?? 300),
    AvailabilityZones: group.zones,
    LoadBalancerNames: [],
    TargetGroupARNs: [],
    HealthCheckType: text(group.json, 'HealthCheckType') ?? 'EC2',
    HealthCheckGracePeriod: Number(text(group.json, 'HealthCheckGracePeriod') ?? 0),
    Instances: withInstances ? membersJson(group.instances.values(), now) : [],
    CreatedTime: epochSeconds(group.createdAt),
    SuspendedProcesses: [...group.suspended].map((it) => ({ ProcessName: it, SuspensionReason: 'User suspended' })),
    VPCZoneIdentifier: group.subnets.join(','),
    EnabledMetrics: [],
    Tags: [...group.tags.values()].map((it) => tagJson(group, it)),
    TerminationPolicies: terminationPoliciesOf(group),
    NewInstancesProtectedFromScaleIn: group.protectNew,
    ServiceLinkedRoleARN: undefined,
    CapacityRebalance: text(group.json, 'CapacityRebalance') === 'true',
    ...(object(group.json, 'AvailabilityZoneDistribution') === undefined
      ? {}
      : { AvailabilityZoneDistribution: object(group.json, 'AvailabilityZoneDistribution') }),
    ...(group.warmPool === undefined
      ? {}
      : { WarmPoolConfiguration: warmPoolJson(group.warmPool), WarmPoolSize: group.warmPool.instances.size }),
    ...(group.retainAbandoned ? { InstanceLifecyclePolicy: object(group.json, 'InstanceLifecyclePolicy') } : {}),
  };
};
