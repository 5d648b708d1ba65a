import type { Service } from '../../model/service.ts';
import type { TaskDefinition } from '../../model/task-definition.ts';
import { type Binding, bindingKey } from '../binding.ts';
import { currentOf, missingOf, replicaServices } from '../demand/missing.ts';
import { type Demand, demandOfService, splitBeyond, wantedOf } from '../demand/wants.ts';
import type { View } from '../view.ts';

/** Room that is to be there for tasks which nobody has asked ECS for yet. */
export interface Reserve {
  /** The tasks there must be room for, as if they were demand. */
  readonly demand: Demand;
  readonly kind: 'headroom' | 'capacityRun' | 'peak';
  /** Whether instances are launched for it, or only none given up that it needs. */
  readonly launches: boolean;
  readonly detail: string;
}

export const replicaService = (view: View, name: string): Service | undefined =>
  replicaServices(view).find((it) => it.name === name);

/** So many tasks of a service beyond those it has and lacks, as ECS would start them now. */
export const tasksBeyond = (view: View, service: Service, tasks: number, prefix: string): readonly Demand[] => {
  if (tasks <= 0) return [];
  const current = currentOf(service);
  const found =
    current.target.capacityProviderStrategy.length === 0
      ? undefined
      : missingOf(view, service).find((it) => it.startedBy === current.startedBy);
  return splitBeyond(view, found ?? { target: current.target, staying: new Map(), tasks: 0 }, tasks)
    .filter((it) => it.tasks > 0 && it.binding.kind !== 'elsewhere')
    .map((it) => demandOfService(view, service, current.taskDefinitionArn, { ...it, id: `${prefix}|${service.arn}` }));
};

/** So many tasks of a task definition that no service starts. */
export const tasksOfDefinition = (
  definition: TaskDefinition,
  binding: Binding,
  tasks: number,
  prefix: string,
): readonly Demand[] =>
  tasks <= 0 || binding.kind === 'elsewhere'
    ? []
    : [
        {
          id: [prefix, definition.arn, bindingKey(binding)].join('|'),
          source: `task definition ${definition.family}`,
          binding,
          tasks,
          group: `family:${definition.family}`,
          wants: wantedOf(definition, undefined, undefined),
        },
      ];

/** The end of a task definition's ARN, `family:revision`. */
const shortName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

const revisionOf = (arn: string): number => Number(arn.slice(arn.lastIndexOf(':') + 1)) || 0;

/** The task definition of an ARN, a `family:revision`, or the newest that is known of a family. */
export const definitionNamed = ({ observation }: View, name: string): TaskDefinition | undefined => {
  const all = Object.values(observation.taskDefinitions);
  const exact = all.find((it) => it.arn === name || shortName(it.arn) === name);
  const family = all.filter((it) => it.family === name);
  return exact ?? family.sort((a, b) => revisionOf(b.arn) - revisionOf(a.arn)).at(0);
};
