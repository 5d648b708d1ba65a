import type { Resources } from '../../model/resources.ts';
import type { Service } from '../../model/service.ts';
import type { Headroom } from '../../model/settings.ts';
import { type Bound, bindingKey, splitByTarget } from '../binding.ts';
import { currentOf, replicaServices } from '../demand/missing.ts';
import { type Demand, demandOfService } from '../demand/wants.ts';
import type { View } from '../view.ts';
import { definitionNamed, replicaService, tasksBeyond, tasksOfDefinition } from './reserve.ts';

/** Rounds up, but not what floating point adds: 7 % of 100 is 7. */
const roundUp = (it: number): number => Math.ceil(it - 1e-9);

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

/** A service's tasks that are bound alike, as a part of the cluster. */
interface Part extends Bound {
  readonly service: Service;
  readonly taskDefinitionArn: string;
  readonly size: Resources;
}

const weightOf = ({ size }: Part): number => Math.max(size.cpuUnits / 1024, size.memoryMiB / 4096);

const keyOf = ({ service, binding }: Part): string => `${service.arn}|${bindingKey(binding)}`;

/** What the services of the cluster want on instances, the largest tasks first. */
const partsOf = (view: View): readonly Part[] =>
  replicaServices(view)
    .flatMap((service) => {
      const { target, taskDefinitionArn } = currentOf(service);
      const size = view.observation.taskDefinitions[taskDefinitionArn]?.requirements;
      return size === undefined
        ? []
        : splitByTarget(view, service.desiredCount, target, new Map()).map((it) => ({
            ...it,
            service,
            taskDefinitionArn,
            size,
          }));
    })
    .filter((it) => it.binding.kind !== 'elsewhere')
    .sort((a, b) => weightOf(b) - weightOf(a) || (keyOf(a) < keyOf(b) ? -1 : 1));

const resources = ['cpuUnits', 'memoryMiB'] as const;

/**
 * A share of the cluster in whole tasks: from the largest down, each part gets what all parts so far still lack of their
 * share. So the sum is the share of the cluster's CPU and memory at least, no part gets more than its own share rounded
 * up, and many small services do not get a task each.
 */
const ofCluster = (view: View, share: number, id: string): readonly Demand[] => {
  const lacking = { cpuUnits: 0, memoryMiB: 0 };
  return partsOf(view).flatMap(({ service, taskDefinitionArn, binding, size, tasks: wanted }) => {
    for (const it of resources) lacking[it] += share * wanted * size[it];
    const tasks = Math.max(0, ...resources.map((it) => (size[it] === 0 ? 0 : roundUp(lacking[it] / size[it]))));
    for (const it of resources) lacking[it] -= tasks * size[it];
    const bound = { binding, tasks, id: `${id}|${service.arn}` };
    return tasks === 0 ? [] : [demandOfService(view, service, taskDefinitionArn, bound)];
  });
};

/** What a setting asks room for, and in words; undefined where what it names is not there. */
export const headroomOf = (
  view: View,
  it: Headroom,
  id: string,
): { readonly demands: readonly Demand[]; readonly detail: string } | undefined => {
  switch (it.kind) {
    case 'service': {
      const service = replicaService(view, it.service);
      if (service === undefined) return undefined;
      const tasks = it.copies ?? roundUp((it.share ?? 0) * service.desiredCount);
      const amount = it.copies === undefined ? `${percent(it.share ?? 0)} of` : `${tasks} more of`;
      return { demands: tasksBeyond(view, service, tasks, id), detail: `headroom: ${amount} service ${it.service}` };
    }
    case 'taskDefinition': {
      const definition = definitionNamed(view, it.taskDefinition);
      if (definition === undefined) return undefined;
      const demands = tasksOfDefinition(definition, { kind: 'anywhere' }, it.copies, id);
      return { demands, detail: `headroom: ${it.copies} of task definition ${it.taskDefinition}` };
    }
    case 'cluster':
      return {
        demands: ofCluster(view, it.share, id),
        detail: `headroom: ${percent(it.share)} of what the services of the cluster want`,
      };
  }
};
