import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import type { GroupReader } from '../ports/group-api.ts';
import type { ShapeReader } from '../ports/shape-api.ts';
import type { Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** Why a cluster is woken: a decision has met a group of which nobody knows yet what a new instance registers. */
export const unknownShapeReason = 'what a new instance registers is not known';

export interface LearnDependencies {
  readonly groups: GroupReader;
  readonly shapes: ShapeReader;
  readonly store: Pick<Store, 'recall' | 'keepShape'>;
  readonly telemetry: Telemetry;
}

/** Whether an instance in service was launched from what a new one would be, as far as Auto Scaling says. */
const hasSibling = ({ instances, launchTemplate }: AutoScalingGroup): boolean =>
  instances.some(
    (it) =>
      it.lifecycleState === 'InService' &&
      (it.launchTemplate === undefined || launchTemplate === undefined || it.launchTemplate === launchTemplate),
  );

/** Groups are learned ahead of demand, so that the first launch from zero, or from a new template, is exact. */
export const learnShapes = async (clusters: readonly string[], deps: LearnDependencies): Promise<void> => {
  const { items: groups } = await deps.groups.groupsOfClusters(clusters);
  const unseen = groups.filter((it) => !hasSibling(it));
  for (const [cluster, its] of Map.groupBy(unseen, (it) => it.cluster)) {
    const known = (await deps.store.recall(cluster))?.memory.shapes ?? {};
    const unknown = its.filter((it) => known[it.name]?.launchSource !== it.launchSource);
    const results = await Promise.allSettled(unknown.map((it) => learnShape(it, deps))); // none is left behind
    const failed = results.find((it) => it.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
};

const learnShape = async (group: AutoScalingGroup, deps: LearnDependencies): Promise<void> => {
  const { items, gaps } = await deps.shapes.shapeOf(group);
  const shape = items[0];
  if (shape !== undefined) await deps.store.keepShape(group.cluster, group.name, shape);
  else
    deps.telemetry.warn('what a new instance registers is unknown', {
      group: group.name,
      problems: gaps.map((it) => it.detail),
      remedy: 'set clusters.<name>.groups.<group>.registers in berth.yml',
    });
};
