import type { ClusterSettings, GroupSettings, MetricSettings, ServiceSettings, Settings } from '../model/settings.ts';
import { shippedDefaults } from './defaults.ts';
import { durationMs } from './duration.ts';
import type { ClusterSection, LimitsSection, SettingsDocument } from './schema.ts';

type GroupSection = NonNullable<NonNullable<ClusterSection['groups']>[string]>;
type ServiceSection = NonNullable<NonNullable<ClusterSection['services']>[string]>;
type MetricSection = NonNullable<ServiceSection['metrics']>[number];

const mapValues = <From, To>(
  entries: Readonly<Record<string, From>> | null | undefined,
  to: (it: From) => To,
): Readonly<Record<string, To>> =>
  Object.fromEntries(Object.entries(entries ?? {}).map(([name, it]) => [name, to(it)]));

const groupOf = (it: GroupSection | null): GroupSettings => ({
  registers: it?.registers,
  pricePerHour: it?.pricePerHour,
  hold: it?.hold ?? false,
});

const metricOf = ({ dimensions, period, ...it }: MetricSection): MetricSettings => ({
  ...it,
  dimensions: dimensions ?? {},
  periodMs: durationMs(period) ?? 0,
});

const serviceOf = (it: ServiceSection | null): ServiceSettings => ({ metrics: (it?.metrics ?? []).map(metricOf) });

/** A cluster's own words first, then the file's defaults, then the shipped ones. */
const clusterOf = (own: ClusterSection, defaults: LimitsSection): ClusterSettings => ({
  mode: own.mode ?? defaults.mode ?? shippedDefaults.mode.value,
  quietTimeMs: durationMs(own.quietTime ?? defaults.quietTime ?? shippedDefaults.quietTime.value) ?? 0,
  bootDeadlineMs: durationMs(own.bootDeadline ?? defaults.bootDeadline ?? shippedDefaults.bootDeadline.value) ?? 0,
  maximumOverdue: own.maximumOverdue ?? defaults.maximumOverdue ?? shippedDefaults.maximumOverdue.value,
  lifecycleHookName: own.lifecycleHook ?? defaults.lifecycleHook ?? shippedDefaults.lifecycleHook.value,
  groups: mapValues(own.groups, groupOf),
  services: mapValues(own.services, serviceOf),
});

/** A document that the schema accepted, with defaults filled in and durations in milliseconds. */
export const compileSettings = (document: SettingsDocument): Settings => {
  const defaults = document.defaults ?? {};
  return {
    defaults: clusterOf({}, defaults),
    clusters: mapValues(document.clusters, (own) => clusterOf(own ?? {}, defaults)),
  };
};
