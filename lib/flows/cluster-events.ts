import { parseBody } from '../events/parse.ts';
import type { Trigger } from '../events/trigger.ts';
import type { GroupReader } from '../ports/group-api.ts';
import { askForDecisions, type IngestDependencies, idsOf, type Message, parseBatch } from './ingest.ts';

export interface ClusterEventsDependencies extends IngestDependencies {
  readonly groups: GroupReader;
}

/** Folds a batch of events into one ask a cluster. Returns the ids of the messages to be handed out again. */
export const handleClusterEvents = async (
  messages: readonly Message[],
  deps: ClusterEventsDependencies,
): Promise<readonly string[]> => {
  const { parsed, failedIds } = await parseBatch(messages, parseBody, 'state', deps);
  const clusterOf = await clustersOf(
    parsed.map((it) => it.trigger),
    deps.groups,
  );
  const reasons = new Map<string, string>();
  for (const { trigger } of parsed) {
    const cluster = clusterOf(trigger);
    if (cluster !== undefined) reasons.set(cluster, reasonOf(trigger));
  }
  const failed = await askForDecisions(reasons, deps);
  return [...failedIds, ...idsOf(parsed, clusterOf, failed)];
};

export const reasonOf = (trigger: Trigger): string => {
  switch (trigger.kind) {
    case 'clusterChanged':
    case 'groupChanged':
      return trigger.what;
    case 'wakeUp':
      return trigger.reason;
    case 'irrelevant':
      return trigger.why;
    case 'instanceTerminating':
    case 'spotInterruption':
      return `${trigger.kind} ${trigger.ec2InstanceId}`;
  }
};

/** The cluster each trigger is about; events of groups name none, so the groups are read, all in one call. */
export const clustersOf = async (
  triggers: readonly Trigger[],
  groups: GroupReader,
): Promise<(trigger: Trigger) => string | undefined> => {
  const names = new Set(triggers.flatMap((it) => ('group' in it ? [it.group] : [])));
  const found = names.size === 0 ? [] : (await groups.groupsByName([...names].sort())).items;
  const clusterOfGroup = new Map(found.map((it) => [it.name, it.cluster]));
  return (trigger) => {
    if ('cluster' in trigger) return trigger.cluster;
    return 'group' in trigger ? clusterOfGroup.get(trigger.group) : undefined;
  };
};
