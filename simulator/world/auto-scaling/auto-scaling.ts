import type { Api } from '../api.ts';
import type { Ec2Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { createActivities } from './activities.ts';
import { groupApi } from './group-api.ts';
import { hookApi } from './hook-api.ts';
import { instanceApi } from './instance-api.ts';
import { createLifecycleHooks } from './lifecycle-hooks.ts';
import type { Groups } from './lookup.ts';
import { createSizing } from './sizing.ts';
import { tagApi } from './tag-api.ts';

/** Amazon EC2 Auto Scaling over the world's EC2. */
export const createAutoScaling = (ground: Ground, ec2: Ec2Instances, templates: LaunchTemplates): Api => {
  const groups: Groups = new Map();
  const hooks = createLifecycleHooks(ground);
  const activities = createActivities(ground);
  const sizing = createSizing({ ground, ec2, templates, hooks, activities });
  ec2.onStop((instance) => {
    const group = groups.get(instance.group ?? '');
    if (group !== undefined) sizing.lost(group, instance);
  });
  return {
    ...groupApi(ground, groups, templates, sizing),
    ...instanceApi({ ground, groups, templates, sizing, activities }),
    ...hookApi(groups, hooks),
    ...tagApi(groups),
  };
};
