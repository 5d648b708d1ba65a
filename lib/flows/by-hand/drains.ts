import { type Drain, isEndedByOthers } from '../../model/memory.ts';
import { settingsOf } from '../../model/settings.ts';
import type { CapacityRunDependencies } from './dependencies.ts';
import { RequestError, type RequestOf } from './request.ts';

/** All or nothing: half of what a person wanted is seldom wanted. */
const refuseAll = (problems: readonly string[]): void => {
  if (problems.length > 0) throw new RequestError(`nothing was changed: ${problems.join('; ')}`);
};

const refuseInObserveMode = (cluster: string, { settings }: CapacityRunDependencies): void => {
  if (settingsOf(settings, cluster).mode === 'observe')
    throw new RequestError(
      `cluster ${cluster} is in observe mode, in which Berth drains nothing: set mode act in berth.yml`,
    );
};

/**
 * A person's drains: the next decision asks for DRAINING, and they take the way of all drains from there.
 * @throws RequestError where one of the instances is not one that Berth may drain
 */
export const drainByHand = async (
  { cluster, instances }: RequestOf<'drain'>,
  deps: CapacityRunDependencies,
): Promise<readonly Drain[]> => {
  refuseInObserveMode(cluster, deps);
  const ids = [...new Set(instances)].sort();
  const [registered, memberships] = await Promise.all([
    deps.read.cluster.containerInstancesByEc2Id(cluster, ids),
    deps.read.groups.memberships(ids),
  ]);
  const groups = await deps.read.groups.groupsByName([...new Set(memberships.items.map((it) => it.group))].sort());
  const gaps = [...registered.gaps, ...memberships.gaps, ...groups.gaps];
  refuseAll(gaps.map((it) => it.detail));
  const ours = new Set(groups.items.filter((it) => it.cluster === cluster).map((it) => it.name));
  const now = deps.clock.now();
  const problems: string[] = [];
  const drains = ids.flatMap((ec2InstanceId): readonly Drain[] => {
    const instance = registered.items.find((it) => it.ec2InstanceId === ec2InstanceId);
    const group = memberships.items.find((it) => it.ec2InstanceId === ec2InstanceId)?.group;
    if (instance === undefined) problems.push(`${ec2InstanceId} is no container instance of cluster ${cluster}`);
    else if (group === undefined || !ours.has(group))
      problems.push(`${ec2InstanceId} is in no Auto Scaling group with the tag berth:cluster=${cluster}`);
    else
      return [
        {
          ec2InstanceId,
          containerInstanceArn: instance.arn,
          group,
          cause: 'byHand',
          state: 'draining',
          startedAt: now,
          since: now,
        },
      ];
    return [];
  });
  refuseAll(problems);
  return opened(drains, cluster, deps);
};

/** Those that were written: not where the instance is terminating by now, or ended by others. */
const opened = async (
  drains: readonly Drain[],
  cluster: string,
  { store }: CapacityRunDependencies,
): Promise<readonly Drain[]> => {
  const results = await Promise.all(drains.map(async (it) => ({ it, isOpen: await store.openDrain(cluster, it) })));
  return results.flatMap(({ it, isOpen }) => (isOpen ? [it] : []));
};

const whyNotRestored = (drain: Drain | undefined, ec2InstanceId: string): string | undefined => {
  if (drain === undefined) return `Berth is not draining ${ec2InstanceId}`;
  if (isEndedByOthers(drain.cause)) return `${ec2InstanceId} is ended by Auto Scaling or EC2 (${drain.cause})`;
  return drain.state === 'terminating' ? `${ec2InstanceId} is being terminated already` : undefined;
};

/**
 * Takes drains of Berth's own back: the next decision asks for ACTIVE. They begin anew as a person's, so that a decision
 * under way, which read them as they were before, does not move them on.
 * @throws RequestError where one of them cannot be taken back
 */
export const restoreByHand = async (
  { cluster, instances }: RequestOf<'restore'>,
  deps: CapacityRunDependencies,
): Promise<readonly Drain[]> => {
  const drains = await deps.store.drains(cluster);
  const wanted = [...new Set(instances)].sort().map((ec2InstanceId) => ({
    ec2InstanceId,
    drain: drains.find((it) => it.ec2InstanceId === ec2InstanceId),
  }));
  refuseAll(wanted.flatMap(({ drain, ec2InstanceId }) => whyNotRestored(drain, ec2InstanceId) ?? []));
  const now = deps.clock.now();
  const restoring = wanted.flatMap(({ drain }): readonly Drain[] =>
    drain === undefined ? [] : [{ ...drain, state: 'restoring', startedAt: now, since: now }],
  );
  return opened(restoring, cluster, deps);
};
