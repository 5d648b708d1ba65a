import { parseBody } from '../events/parse.ts';
import type { Trigger } from '../events/trigger.ts';
import type { GroupReader } from '../ports/group-api.ts';
import { askForDecisions, type IngestDependencies, type Message, parseBatch } from './ingest.ts';
import { type TellingDependencies, tellMirrors } from './mirror/telling.ts';
import { noteReason } from './pace.ts';

export interface ClusterEventsDependencies extends IngestDependencies, TellingDependencies {
  readonly groups: GroupReader;
}

/** Folds a batch of events into one ask a cluster. Returns the ids of the messages to be handed out again. */
export const handleClusterEvents = async (
  messages: readonly Message[],
  deps: ClusterEventsDependencies,
): Promise<readonly string[]> => {
  const { parsed, failedIds } = await parseBatch(messages, parseBody, 'state', deps);
  const [lookup, untold] = await Promise.all([
    clustersOf(
      parsed.map((it) => it.trigger),
      deps.groups,
    ),
    tellMirrors(
      parsed.map((it) => it.message),
      deps,
    ),
  ]);
  const reasons = new Map<string, string>();
  for (const { trigger } of parsed) {
    const cluster = lookup.of(trigger);
    if (cluster !== undefined) noteReason(reasons, cluster, reasonOf(trigger));
  }
  const failed = await askForDecisions(reasons, deps);
  const again = parsed.filter(
    ({ message, trigger }) =>
      untold.has(message.id) || lookup.isUnresolved(trigger) || failed.has(lookup.of(trigger) ?? ''),
  );
  return [...failedIds, ...again.map(({ message }) => message.id)];
};

export const reasonOf = (trigger: Trigger): string => {
  switch (trigger.kind) {
    case 'clusterChanged':
    case 'placementFailure':
    case 'groupChanged':
      return trigger.what;
    case 'runTaskRefused':
      return `RunTask of ${trigger.run.taskDefinition} was refused`;
    case 'wakeUp':
      return trigger.reason;
    case 'irrelevant':
      return trigger.why;
    case 'instanceTerminating':
    case 'spotInterruption':
    case 'rebalanceRecommended':
      return `${trigger.kind} ${trigger.ec2InstanceId}`;
  }
};

/** What is known of the clusters that triggers are about. */
export interface ClusterLookup {
  readonly of: (trigger: Trigger) => string | undefined;
  /** Whether a trigger's group could not be read: its message must be handed out again, not forgotten. */
  readonly isUnresolved: (trigger: Trigger) => boolean;
}

/** The cluster each trigger is about; events of groups name none, so the groups are read, all in one call. */
export const clustersOf = async (triggers: readonly Trigger[], groups: GroupReader): Promise<ClusterLookup> => {
  const names = new Set(triggers.flatMap((it) => ('group' in it ? [it.group] : [])));
  const { items, gaps } = names.size === 0 ? { items: [], gaps: [] } : await groups.groupsByName([...names].sort());
  const clusterOfGroup = new Map(items.map((it) => [it.name, it.cluster]));
  const of = (trigger: Trigger): string | undefined => {
    if ('cluster' in trigger) return trigger.cluster;
    return 'group' in trigger ? clusterOfGroup.get(trigger.group) : undefined;
  };
  return { of, isUnresolved: (it) => gaps.length > 0 && 'group' in it && of(it) === undefined };
};
