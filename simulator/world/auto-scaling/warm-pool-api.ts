import type { Api, JsonObject } from '../api.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { flag, number, object, text } from '../json.ts';
import { membersJson, warmPoolJson } from './group-json.ts';
import { type Groups, groupOf, groupPage, invalid } from './lookup.ts';
import { isMixed, onlyMarketOf } from './pools.ts';
import type { Sizing } from './sizing.ts';
import type { Group } from './state.ts';

export const warmPoolApi = (ground: Ground, groups: Groups, templates: LaunchTemplates, sizing: Sizing): Api => {
  const refuse = (group: Group, input: JsonObject): void => {
    if (isMixed(group) || onlyMarketOf(group, templates) === 'spot') {
      throw invalid(
        'You can’t add a warm pool to an Auto Scaling group that has a mixed instances policy or that launches Spot Instances.',
      ); // Auto Scaling user guide, warm pools, limitations
    }
    if (text(input, 'PoolState') === 'Hibernated') throw invalid('PoolState Hibernated is not modelled.');
    if (flag(object(input, 'InstanceReusePolicy') ?? {}, 'ReuseOnScaleIn') === true) {
      throw invalid('ReuseOnScaleIn is not modelled: ECS does not support it.'); // ECS developer guide, warm pools
    }
    if ((number(input, 'MinSize') ?? 0) < 0) throw invalid('MinSize must not be negative');
  };

  return {
    PutWarmPool: (input) => {
      const group = groupOf(groups, input);
      refuse(group, input);
      group.warmPool ??= { json: {}, instances: new Map(), asked: 0, isDeleting: false };
      group.warmPool.json = { ...group.warmPool.json, ...input };
      group.warmPool.isDeleting = false;
      sizing.touch(group);
      return {};
    },
    DescribeWarmPool: (input) => {
      const group = groupOf(groups, input);
      const members = [...(group.warmPool?.instances.values() ?? [])];
      const { items, nextToken } = groupPage(members, input, 50, 50);
      return {
        ...(group.warmPool === undefined ? {} : { WarmPoolConfiguration: warmPoolJson(group.warmPool) }),
        Instances: membersJson(items, ground.now()),
        NextToken: nextToken,
      };
    },
    DeleteWarmPool: (input) => {
      const group = groupOf(groups, input);
      if (group.warmPool === undefined) throw invalid('No warm pool found for this Auto Scaling group.');
      group.warmPool.isDeleting = true;
      sizing.touch(group);
      return {};
    },
  };
};
