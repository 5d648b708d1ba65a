import type { Api } from '../api.ts';
import type { Ec2Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { flag } from '../json.ts';
import { createActivities } from './activities.ts';
import { createBalancing } from './balancing.ts';
import { groupApi } from './group-api.ts';
import { hookApi } from './hook-api.ts';
import { instanceApi } from './instance-api.ts';
import { createRefreshing } from './instance-refresh.ts';
import { launchInstancesApi } from './launch-instances-api.ts';
import { createLauncher } from './launcher.ts';
import { createLifecycleHooks } from './lifecycle-hooks.ts';
import type { Groups } from './lookup.ts';
import { policyApi } from './policy-api.ts';
import { refreshApi } from './refresh-api.ts';
import { createSizing, type Sizing } from './sizing.ts';
import { type Group, type GroupInstance, isCounted } from './state.ts';
import { tagApi } from './tag-api.ts';
import { warmPoolApi } from './warm-pool-api.ts';
import { createWarmPools } from './warm-pools.ts';

export interface AutoScaling {
  readonly api: Api;
  /** By name; to look at only. */
  readonly groups: ReadonlyMap<string, Group>;
}

/** Amazon EC2 Auto Scaling over the world's EC2. */
export const createAutoScaling = (ground: Ground, ec2: Ec2Instances, templates: LaunchTemplates): AutoScaling => {
  const groups: Groups = new Map();
  const hooks = createLifecycleHooks(ground);
  const activities = createActivities(ground);
  const touch: Sizing['touch'] = (group) => {
    sizing.touch(group);
  };
  const launcher = createLauncher({
    ground,
    ec2,
    templates,
    hooks,
    activities,
    touch,
    onEntered: (group, it, extra) => {
      sizing.entered(group, it, extra);
    },
    onAbandoned: (group, it) => {
      sizing.terminate(group, it, true, it.ec2.cause, 'a launch lifecycle hook was abandoned');
    },
  });
  const warmPools = createWarmPools({ ground, ec2, templates, hooks, activities, launcher, touch });
  const balancing = createBalancing({ ground, templates, launcher, touch });
  const onLook = [balancing.replaceAtRisk, balancing.evenZones];
  const sizing = createSizing({ ground, ec2, templates, hooks, activities, launcher, warmPools, onLook });
  const refreshing = createRefreshing(ground, templates, sizing);

  ec2.onStop((instance) => {
    const group = groups.get(instance.group ?? '');
    if (group === undefined) return;
    sizing.lost(group, instance);
    warmPools.lost(group, instance);
  });
  ec2.onNotice((instance, notice) => {
    const group = groups.get(instance.group ?? '');
    if (group === undefined) return;
    if (notice === 'rebalance') balancing.recommended(group, instance);
    else leaveInTime(group, group.instances.get(instance.id));
  });

  /** With two minutes left, Capacity Rebalancing runs the termination hooks and launches the replacement at once. (Auto Scaling user guide, Capacity Rebalancing.) */
  const leaveInTime = (group: Group, it: GroupInstance | undefined): void => {
    if (it === undefined || !isCounted(it) || flag(group.json, 'CapacityRebalance') !== true) return;
    const why = 'an instance was taken out of service in response to a Spot interruption notice';
    sizing.terminate(group, it, true, { kind: 'fault', fault: 'spotInterruption' }, why);
  };

  return {
    groups,
    api: {
      ...groupApi(ground, groups, templates, sizing),
      ...instanceApi({ ground, groups, sizing, activities }),
      ...launchInstancesApi({ ground, groups, templates, launcher, sizing }),
      ...warmPoolApi(ground, groups, templates, sizing),
      ...refreshApi(groups, templates, refreshing),
      ...policyApi(ground, groups),
      ...hookApi(groups, hooks),
      ...tagApi(groups),
    },
  };
};
