import type { AutoScalingGroup as Answer, LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling';
import { groupFrom } from '../../../lib/aws/auto-scaling-group.ts';
import { launchTemplateOf } from '../../../lib/aws/launch-source.ts';
import type { AutoScalingGroup, GroupInstance } from '../../../lib/model/auto-scaling-group.ts';
import { clusterTag } from '../../../lib/model/group-contract.ts';
import type { JsonObject } from '../../world/api.ts';
import { groupJson } from '../../world/auto-scaling/group-json.ts';
import {
  type LifecycleState,
  type GroupInstance as Member,
  seenAt,
  type Group as WorldGroup,
} from '../../world/auto-scaling/state.ts';
import type { LaunchTemplates } from '../../world/ec2/launch-templates.ts';
import { flag, number, object, objects, text, texts } from '../../world/json.ts';
import { isSame } from './same-list.ts';

/** The cluster a group is opted in to. */
export const clusterOfGroup = (group: WorldGroup): string | undefined => group.tags.get(clusterTag)?.value;

const specificationFrom = (json: JsonObject | undefined): LaunchTemplateSpecification | undefined =>
  json && {
    LaunchTemplateId: text(json, 'LaunchTemplateId'),
    LaunchTemplateName: text(json, 'LaunchTemplateName'),
    Version: text(json, 'Version'),
  };

const mixedFrom = (json: JsonObject | undefined): Answer['MixedInstancesPolicy'] =>
  json && {
    LaunchTemplate: {
      LaunchTemplateSpecification: specificationFrom(object(json, 'LaunchTemplateSpecification')),
      Overrides: objects(json, 'Overrides')?.map((it) => ({
        InstanceType: text(it, 'InstanceType'),
        WeightedCapacity: text(it, 'WeightedCapacity'),
      })),
    },
  };

/** As much of an answer as the adapter reads, its instances aside. */
const answerFrom = (json: JsonObject): Answer => ({
  AutoScalingGroupName: text(json, 'AutoScalingGroupName'),
  AutoScalingGroupARN: text(json, 'AutoScalingGroupARN'),
  LaunchConfigurationName: text(json, 'LaunchConfigurationName'),
  LaunchTemplate: specificationFrom(object(json, 'LaunchTemplate')),
  MixedInstancesPolicy: mixedFrom(object(object(json, 'MixedInstancesPolicy') ?? {}, 'LaunchTemplate')),
  MinSize: number(json, 'MinSize'),
  MaxSize: number(json, 'MaxSize'),
  DesiredCapacity: number(json, 'DesiredCapacity'),
  DesiredCapacityType: text(json, 'DesiredCapacityType'),
  DefaultCooldown: number(json, 'DefaultCooldown'),
  AvailabilityZones: [...(texts(json, 'AvailabilityZones') ?? [])],
  HealthCheckType: text(json, 'HealthCheckType'),
  CreatedTime: undefined,
  Status: text(json, 'Status'),
  SuspendedProcesses: (objects(json, 'SuspendedProcesses') ?? []).map((it) => ({
    ProcessName: text(it, 'ProcessName'),
  })),
  NewInstancesProtectedFromScaleIn: flag(json, 'NewInstancesProtectedFromScaleIn'),
  Tags: (objects(json, 'Tags') ?? []).map((it) => ({ Key: text(it, 'Key'), Value: text(it, 'Value') })),
});

const translateMember = (it: Member, lifecycleState: LifecycleState): GroupInstance => ({
  ec2InstanceId: it.ec2.id,
  instanceType: it.ec2.machine.instanceType,
  availabilityZone: it.ec2.machine.availabilityZone,
  lifecycleState,
  healthStatus: it.healthStatus,
  protectedFromScaleIn: it.isProtected,
  launchTemplate: launchTemplateOf({
    LaunchTemplateId: it.source.templateId,
    Version: String(it.source.version),
  }),
});

const knownMembers = new WeakMap<Member, GroupInstance>();

/** As a reader sees it now; undefined where it is not to be seen yet. */
const modelOfMember = (it: Member, now: number): GroupInstance | undefined => {
  const state = seenAt(now, it.state, it.seenState);
  if (state === undefined) return undefined;
  const before = knownMembers.get(it);
  if (
    before?.lifecycleState === state &&
    before.healthStatus === it.healthStatus &&
    before.protectedFromScaleIn === it.isProtected
  )
    return before;
  const instance = translateMember(it, state);
  knownMembers.set(it, instance);
  return instance;
};

interface Known {
  readonly group: AutoScalingGroup;
  readonly traits: readonly unknown[];
}

const known = new WeakMap<WorldGroup, Known>();

/** What decides, instances aside, how a group is answered. */
const traitsOf = (it: WorldGroup, now: number): readonly unknown[] => [
  it.json,
  it.minSize,
  it.maxSize,
  seenAt(now, it.desired, it.seenDesired),
  it.protectNew,
  clusterOfGroup(it),
  [...it.suspended].join(),
];

const membersOf = (group: WorldGroup, now: number): readonly GroupInstance[] => {
  const members: GroupInstance[] = [];
  for (const it of group.instances.values()) {
    const member = modelOfMember(it, now);
    if (member !== undefined) members.push(member);
  }
  return members;
};

const typesOf = (instances: readonly GroupInstance[]): readonly string[] =>
  [...new Set(instances.flatMap((it) => it.instanceType ?? []))].sort();

/** An opted-in group as the adapter would decode it; the same object as before where nothing has changed. */
export const modelOfGroup = (it: WorldGroup, templates: LaunchTemplates, now: number): AutoScalingGroup => {
  const instances = membersOf(it, now);
  const traits = traitsOf(it, now);
  const before = known.get(it);
  if (before !== undefined && isSame(before.traits, traits) && isSame(before.group.instances, instances))
    return before.group;
  const own = groupFrom(answerFrom(groupJson(it, templates, false, now)));
  const instanceTypes = own.instanceTypes.length > 0 ? own.instanceTypes : typesOf(instances);
  const group = { ...own, instanceTypes, instances };
  known.set(it, { group, traits });
  return group;
};
