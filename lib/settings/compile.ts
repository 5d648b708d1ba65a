import type { OwnCause } from '../model/memory.ts';
import type {
  CalendarWindow,
  Caps,
  ClusterSettings,
  DisruptionBudget,
  GroupSettings,
  Headroom,
  Settings,
  TaskQueueSettings,
} from '../model/settings.ts';
import { minuteOf } from './calendar.ts';
import { scalingOf, serviceOf } from './compile-services.ts';
import { shippedDefaults } from './defaults.ts';
import { durationMs } from './duration.ts';
import type { ClusterSection, LimitsSection, SettingsDocument } from './schema.ts';
import { weekdaysOf } from './schema-leaving.ts';
import { shareOf } from './share.ts';

type GroupSection = NonNullable<NonNullable<ClusterSection['groups']>[string]>;
/** Also of the shipped defaults, whose lists are of constants. */
type ReadonlyOf<T> = T extends readonly (infer Item)[] ? readonly Item[] : T;
type BudgetFields = NonNullable<LimitsSection['budgets']>[number];
type BudgetSection = { readonly [Key in keyof BudgetFields]: ReadonlyOf<BudgetFields[Key]> };
type WindowSection = NonNullable<NonNullable<BudgetFields['windows']>[number]>;
type HeadroomSection = Readonly<NonNullable<LimitsSection['headroom']>[number]>;

const mapValues = <From, To>(
  entries: Readonly<Record<string, From>> | null | undefined,
  to: (it: From) => To,
): Readonly<Record<string, To>> =>
  Object.fromEntries(Object.entries(entries ?? {}).map(([name, it]) => [name, to(it)]));

const groupOf = (it: GroupSection | null): GroupSettings => ({
  registers: it?.registers,
  pricePerHour: it?.pricePerHour,
  hold: it?.hold ?? false,
  priority: it?.priority ?? 0,
  launchInstances: it?.launchInstances ?? false,
});

/** Milliseconds; undefined for the word that stands for none. */
const msOf = (text: string): number | undefined => durationMs(text);

const limitOf = (it: number | string): number | undefined => (typeof it === 'number' ? it : undefined);

const windowOf = (it: WindowSection): CalendarWindow => ({
  days: weekdaysOf(it.days),
  fromMinute: minuteOf(it.from) ?? 0,
  toMinute: minuteOf(it.to) ?? 0,
  timeZone: it.timeZone,
});

const defaultCauses: readonly OwnCause[] = shippedDefaults.budgets.value[0].causes;

const budgetOf = (it: BudgetSection): DisruptionBudget => ({
  causes: it.causes ?? defaultCauses,
  instances: it.instances,
  share: it.share === undefined ? undefined : shareOf(it.share),
  atLeast: it.share === undefined ? 0 : (it.atLeast ?? 1),
  windows: (it.windows ?? []).map(windowOf),
});

const headroomOf = ({ service, taskDefinition, copies, share }: HeadroomSection): Headroom => {
  const part = share === undefined ? undefined : shareOf(share);
  if (service !== undefined) return { kind: 'service', service, copies, share: part };
  return taskDefinition === undefined
    ? { kind: 'cluster', share: part ?? 0 }
    : { kind: 'taskDefinition', taskDefinition, copies: copies ?? 0 };
};

const taskQueueOf = (it: NonNullable<LimitsSection['taskQueue']>): TaskQueueSettings | undefined =>
  it === 'off'
    ? undefined
    : {
        taskDefinitionFamilies: it.taskDefinitionFamilies,
        roles: it.roles ?? [],
        giveUpAfterMs: msOf(it.giveUpAfter ?? shippedDefaults.taskQueue.giveUpAfter.value) ?? 0,
      };

/** What a section says: a cluster's own words first, then the file's defaults, then the shipped ones. */
const layered = <Section extends object>(
  own: Section | null | undefined,
  defaults: Section | null | undefined,
): (<Key extends keyof Section>(
  key: Key,
  shipped: { readonly value: NonNullable<Section[Key]> },
) => NonNullable<Section[Key]>) => {
  return (key, shipped) => own?.[key] ?? defaults?.[key] ?? shipped.value;
};

const leavingOf = (own: LimitsSection, defaults: LimitsSection) => {
  const drain = layered(own.drain, defaults.drain);
  const rotation = layered(own.rotation, defaults.rotation);
  const repair = layered(own.repair, defaults.repair);
  const consolidation = layered(own.consolidation, defaults.consolidation);
  const shipped = shippedDefaults;
  return {
    consolidation: {
      enabled: consolidation('enabled', shipped.consolidation.enabled),
      threshold: consolidation('threshold', shipped.consolidation.threshold),
      settleTimeMs: msOf(consolidation('settleTime', shipped.consolidation.settleTime)) ?? 0,
    },
    drain: {
      deadlineMs: msOf(drain('deadline', shipped.drain.deadline)),
      onDeadline: drain('onDeadline', shipped.drain.onDeadline),
      endingDeadlineMs: msOf(drain('endingDeadline', shipped.drain.endingDeadline)),
      onEndingDeadline: drain('onEndingDeadline', shipped.drain.onEndingDeadline),
      daemonGraceMs: msOf(drain('daemonGrace', shipped.drain.daemonGrace)) ?? 0,
    },
    rotation: {
      maximumAgeMs: msOf(rotation('maximumAge', shipped.rotation.maximumAge)),
      outdatedLaunchTemplate: rotation('outdatedLaunchTemplate', shipped.rotation.outdatedLaunchTemplate),
    },
    repair: {
      agentDisconnectedMs: msOf(repair('agentDisconnected', shipped.repair.agentDisconnected)),
      neverRegistered: repair('neverRegistered', shipped.repair.neverRegistered),
    },
  };
};

const capsOf = (own: LimitsSection, defaults: LimitsSection): Caps => {
  const cap = layered(own.caps, defaults.caps);
  const shipped = shippedDefaults.caps;
  return {
    instances: limitOf(cap('instances', shipped.instances)),
    vcpus: limitOf(cap('vcpus', shipped.vcpus)),
    memoryGiB: limitOf(cap('memoryGiB', shipped.memoryGiB)),
    dollarsPerHour: limitOf(cap('dollarsPerHour', shipped.dollarsPerHour)),
  };
};

const clusterOf = (own: ClusterSection, defaults: LimitsSection): ClusterSettings => {
  const said = layered<LimitsSection>(own, defaults);
  const shipped = shippedDefaults;
  const budgets: readonly BudgetSection[] = own.budgets ?? defaults.budgets ?? shipped.budgets.value;
  const headroom: readonly HeadroomSection[] = own.headroom ?? defaults.headroom ?? shipped.headroom.value;
  return {
    mode: said('mode', shipped.mode),
    quietTimeMs: msOf(said('quietTime', shipped.quietTime)) ?? 0,
    bootDeadlineMs: msOf(said('bootDeadline', shipped.bootDeadline)) ?? 0,
    maximumOverdue: said('maximumOverdue', shipped.maximumOverdue),
    lifecycleHookName: said('lifecycleHook', shipped.lifecycleHook),
    peakWindowMs: msOf(said('peakWindow', shipped.peakWindow)),
    ...leavingOf(own, defaults),
    budgets: budgets.map(budgetOf),
    circuitBreakerShare: shareOf(said('circuitBreaker', shipped.circuitBreaker)) ?? 1,
    rebalanceRecommendations: said('rebalanceRecommendations', shipped.rebalanceRecommendations),
    scalingByTags: said('serviceTags', shipped.serviceTags) ? scalingOf({ maximum: 1 }, []) : undefined,
    headroom: headroom.map(headroomOf),
    caps: capsOf(own, defaults),
    launchesPerHour: said('launchesPerHour', shipped.launchesPerHour),
    taskQueue: taskQueueOf(said('taskQueue', shipped.taskQueue)),
    refusedTasksMs: msOf(said('refusedTasks', shipped.refusedTasks)),
    mirror: own.mirror ?? false,
    groups: mapValues(own.groups, groupOf),
    services: mapValues(own.services, serviceOf),
  };
};

/** A document that the schema accepted, with defaults filled in and durations in milliseconds. */
export const compileSettings = (document: SettingsDocument): Settings => {
  const defaults = document.defaults ?? {};
  return {
    defaults: clusterOf({}, defaults),
    clusters: mapValues(document.clusters, (own) => clusterOf(own ?? {}, defaults)),
  };
};
