import type { JsonObject } from '../api.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import { epochSeconds, object, text } from '../json.ts';
import { specificationOf } from './launching.ts';
import type { Group, GroupInstance, GroupTag } from './state.ts';

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

const memberJson = (group: Group, it: GroupInstance, templates: LaunchTemplates): JsonObject => ({
  InstanceId: it.ec2.id,
  InstanceType: it.ec2.machine.instanceType,
  AvailabilityZone: it.ec2.machine.availabilityZone,
  LifecycleState: it.state,
  HealthStatus: it.healthStatus,
  LaunchTemplate: templateJson(group, templates),
  ProtectedFromScaleIn: it.isProtected,
});

export const instanceDetailsJson = (group: Group, it: GroupInstance, templates: LaunchTemplates): JsonObject => ({
  ...memberJson(group, it, templates),
  AutoScalingGroupName: group.name,
  HealthStatus: it.healthStatus.toUpperCase(),
});

export const groupJson = (group: Group, templates: LaunchTemplates, withInstances: boolean): JsonObject => {
  const mixed = object(group.json, 'MixedInstancesPolicy');
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...(mixed === undefined ? { LaunchTemplate: templateJson(group, templates) } : { MixedInstancesPolicy: mixed }),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: Number(text(group.json, 'DefaultCooldown') ?? 300),
    AvailabilityZones: group.zones,
    LoadBalancerNames: [],
    TargetGroupARNs: [],
    HealthCheckType: text(group.json, 'HealthCheckType') ?? 'EC2',
    HealthCheckGracePeriod: Number(text(group.json, 'HealthCheckGracePeriod') ?? 0),
    Instances: withInstances ? [...group.instances.values()].map((it) => memberJson(group, it, templates)) : [],
    CreatedTime: epochSeconds(group.createdAt),
    SuspendedProcesses: [...group.suspended].map((it) => ({ ProcessName: it, SuspensionReason: 'User suspended' })),
    VPCZoneIdentifier: group.subnets.join(','),
    EnabledMetrics: [],
    Tags: [...group.tags.values()].map((it) => tagJson(group, it)),
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: group.protectNew,
    ServiceLinkedRoleARN: undefined,
    CapacityRebalance: text(group.json, 'CapacityRebalance') === 'true',
    ...(group.retainAbandoned ? { InstanceLifecyclePolicy: object(group.json, 'InstanceLifecyclePolicy') } : {}),
  };
};
