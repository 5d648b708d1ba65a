import type { GroupInstance } from '../../lib/model/auto-scaling-group.ts';
import type { GroupSetUp, SetUpChange } from '../../lib/model/group-set-up.ts';

export const instance = (
  id: string,
  protectedFromScaleIn = false,
  lifecycleState: GroupInstance['lifecycleState'] = 'InService',
): GroupInstance => ({
  ec2InstanceId: id,
  instanceType: 'm5.large',
  availabilityZone: 'eu-west-1a',
  lifecycleState,
  healthStatus: 'Healthy',
  protectedFromScaleIn,
  launchTemplate: undefined,
});

/** A group of two zones as it comes from a template that knows nothing of Berth. */
export const setUp = (over: Partial<GroupSetUp> = {}): GroupSetUp => ({
  name: 'workers',
  arn: 'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/workers',
  minSize: 0,
  maxSize: 10,
  desiredCapacity: 2,
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  instanceTypes: ['m5.large'],
  launchSource: undefined,
  launchTemplate: undefined,
  newInstancesProtectedFromScaleIn: false,
  suspendedProcesses: [],
  conflicts: [],
  instances: [instance('i-1'), instance('i-2')],
  tags: {},
  hooks: [],
  scalingPolicies: [],
  hasSpot: false,
  hasWarmPool: false,
  ...over,
});

const without = (tags: GroupSetUp['tags'], keys: readonly string[]): GroupSetUp['tags'] =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

const protecting = (it: GroupSetUp, ids: readonly string[], isProtected: boolean): GroupSetUp => ({
  ...it,
  instances: it.instances.map((one) =>
    ids.includes(one.ec2InstanceId) ? { ...one, protectedFromScaleIn: isProtected } : one,
  ),
});

/** The group as Auto Scaling would have it after the change. */
export const after = (it: GroupSetUp, change: SetUpChange): GroupSetUp => {
  switch (change.kind) {
    case 'writeRecord':
      return { ...it, tags: { ...it.tags, ...change.tags } };
    case 'deleteRecord':
      return { ...it, tags: without(it.tags, change.keys) };
    case 'optIn':
      return { ...it, tags: { ...it.tags, 'berth:cluster': change.cluster } };
    case 'optOut':
      return { ...it, tags: without(it.tags, ['berth:cluster']) };
    case 'putTerminationHook':
      return { ...it, hooks: [...it.hooks, change.hook] };
    case 'deleteTerminationHook':
      return { ...it, hooks: it.hooks.filter((hook) => hook.name !== change.name) };
    case 'protectNewInstances':
      return { ...it, newInstancesProtectedFromScaleIn: true };
    case 'unprotectNewInstances':
      return { ...it, newInstancesProtectedFromScaleIn: false };
    case 'protectInstances':
      return protecting(it, change.ec2InstanceIds, true);
    case 'unprotectInstances':
      return protecting(it, change.ec2InstanceIds, false);
    case 'suspendProcess':
      return { ...it, suspendedProcesses: [...it.suspendedProcesses, change.process] };
    case 'resumeProcess':
      return { ...it, suspendedProcesses: it.suspendedProcesses.filter((process) => process !== change.process) };
  }
};
