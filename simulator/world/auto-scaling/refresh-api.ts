import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import { epochSeconds, object, text, texts } from '../json.ts';
import { activeRefresh, type Refreshing } from './instance-refresh.ts';
import { type Groups, groupOf, groupPage, invalid } from './lookup.ts';
import { optionsOf } from './pools.ts';
import type { Group, InstanceRefresh } from './state.ts';

const unmodelled = [
  'AlarmSpecification',
  'AutoRollback',
  'BakeTime',
  'CheckpointDelay',
  'CheckpointPercentages',
  'MaxHealthyPercentage',
];

const refreshJson = (group: Group, it: InstanceRefresh): JsonObject => ({
  InstanceRefreshId: it.id,
  AutoScalingGroupName: group.name,
  Status: it.status,
  StatusReason: it.statusReason,
  StartTime: epochSeconds(it.startedAt),
  EndTime: epochSeconds(it.endedAt),
  PercentageComplete:
    it.status === 'Successful' ? 100 : Math.floor((100 * (it.total - it.toReplace.size)) / Math.max(1, it.total)),
  InstancesToUpdate: it.toReplace.size,
  Preferences: it.preferences,
  ...(it.desiredConfiguration === undefined ? {} : { DesiredConfiguration: it.desiredConfiguration }),
  Strategy: 'Rolling',
});

export const refreshApi = (groups: Groups, templates: LaunchTemplates, refreshing: Refreshing): Api => {
  /** The group launches by the desired configuration from now on; what that could never launch is refused. */
  const configure = (group: Group, configuration: JsonObject): void => {
    const isMixed = object(configuration, 'MixedInstancesPolicy') !== undefined;
    const other = isMixed ? 'LaunchTemplate' : 'MixedInstancesPolicy';
    const json = { ...group.json, [other]: undefined, ...configuration };
    optionsOf({ ...group, json }, templates);
    group.json = json;
  };

  return {
    StartInstanceRefresh: (input) => {
      const group = groupOf(groups, input);
      if (activeRefresh(group) !== undefined) {
        throw new AwsApiError(
          'InstanceRefreshInProgress',
          'An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.',
        );
      }
      const preferences = object(input, 'Preferences') ?? {};
      const asked = unmodelled.find((it) => preferences[it] !== undefined);
      if (asked !== undefined) throw invalid(`The preference ${asked} is not modelled.`);
      if ((text(input, 'Strategy') ?? 'Rolling') !== 'Rolling') throw invalid('Only the strategy Rolling is modelled.');
      const desiredConfiguration = object(input, 'DesiredConfiguration');
      if (desiredConfiguration !== undefined) configure(group, desiredConfiguration);
      return { InstanceRefreshId: refreshing.begin(group, { preferences, desiredConfiguration }).id };
    },
    DescribeInstanceRefreshes: (input) => {
      const group = groupOf(groups, input);
      const ids = texts(input, 'InstanceRefreshIds') ?? [];
      const all = group.refreshes.filter((it) => ids.length === 0 || ids.includes(it.id)).toReversed();
      const { items, nextToken } = groupPage(all, input, 50, 100);
      return { InstanceRefreshes: items.map((it) => refreshJson(group, it)), NextToken: nextToken };
    },
    CancelInstanceRefresh: (input) => {
      const group = groupOf(groups, input);
      const refresh = activeRefresh(group);
      if (refresh === undefined) {
        throw new AwsApiError('ActiveInstanceRefreshNotFound', 'No in progress or pending Instance Refresh found.');
      }
      refreshing.cancel(group, refresh);
      return { InstanceRefreshId: refresh.id };
    },
  };
};
