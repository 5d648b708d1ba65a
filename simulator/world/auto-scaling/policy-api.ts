import type { Api, JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { requiredText, text, texts } from '../json.ts';
import { type Groups, groupOf, groupPage, invalid } from './lookup.ts';
import type { Group } from './state.ts';

/** Scaling policies are kept and described, so that who else scales a group can be seen; they do nothing. */
export const policyApi = (ground: Ground, groups: Groups): Api => {
  const named = (group: Group, nameOrArn: string): JsonObject | undefined =>
    group.policies.get(nameOrArn) ?? [...group.policies.values()].find((it) => it['PolicyARN'] === nameOrArn);

  return {
    PutScalingPolicy: (input) => {
      const group = groupOf(groups, input);
      const name = requiredText(input, 'PolicyName', 'ValidationError');
      const before = group.policies.get(name);
      const PolicyARN =
        text(before ?? {}, 'PolicyARN') ??
        ground.arn(
          'autoscaling',
          `scalingPolicy:${ground.uuid()}:autoScalingGroupName/${group.name}:policyName/${name}`,
        );
      group.policies.set(name, {
        PolicyType: 'SimpleScaling', // Auto Scaling API, PutScalingPolicy
        Enabled: true,
        ...input,
        PolicyARN,
        Alarms: [],
      });
      return { PolicyARN, Alarms: [] };
    },
    DescribePolicies: (input) => {
      const of = text(input, 'AutoScalingGroupName') === undefined ? [...groups.values()] : [groupOf(groups, input)];
      const names = texts(input, 'PolicyNames') ?? [];
      const types = texts(input, 'PolicyTypes') ?? [];
      const ofGroup = (group: Group): readonly JsonObject[] =>
        names.length === 0
          ? [...group.policies.values()]
          : names.map((it) => named(group, it)).filter((it) => it !== undefined);
      const all = of
        .flatMap(ofGroup)
        .filter((it) => types.length === 0 || types.includes(text(it, 'PolicyType') ?? ''));
      const { items, nextToken } = groupPage(all, input, 50, 100);
      return { ScalingPolicies: items, NextToken: nextToken };
    },
    DeletePolicy: (input) => {
      const name = requiredText(input, 'PolicyName', 'ValidationError');
      const of = text(input, 'AutoScalingGroupName') === undefined ? [...groups.values()] : [groupOf(groups, input)];
      for (const group of of) {
        const policy = named(group, name);
        if (policy === undefined) continue;
        group.policies.delete(text(policy, 'PolicyName') ?? '');
        return {};
      }
      throw invalid(`PolicyName ${name} not found`);
    },
  };
};
