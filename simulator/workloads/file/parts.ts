import type { z } from 'zod';
import type { WorldConstants } from '../../world/constants.ts';
import { type CapacityRunDocument, capacityRunSchema } from './capacity-run-schema.ts';
import { durationMs } from './duration.ts';
import { type FaultDocument, faultSchema } from './fault-schema.ts';
import { type GroupDocument, groupSchema } from './group-schema.ts';
import { isMapping } from './problem.ts';
import { type ServiceDocument, serviceSchema } from './service-schema.ts';
import { type TaskSourceDocument, taskSourceSchema } from './task-schema.ts';
import { worldSchema } from './world-schema.ts';

/**
 * The parts of a document that are right by themselves. What parts say of each other is checked on these, so that one
 * misspelt key does not hide every other problem.
 */
export interface Parts {
  /** Every group named, the wrong ones too. */
  readonly groupNames: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, GroupDocument>;
  readonly services: ReadonlyMap<string, ServiceDocument>;
  /** By their position; undefined where one is wrong. */
  readonly tasks: readonly (TaskSourceDocument | undefined)[];
  readonly capacityRuns: readonly (CapacityRunDocument | undefined)[];
  readonly faults: readonly (FaultDocument | undefined)[];
  readonly durationMs: number | undefined;
  readonly trunking: boolean;
  readonly world: Partial<WorldConstants>;
}

const entriesOf = <Value>(schema: z.ZodType<Value>, section: unknown): ReadonlyMap<string, Value> =>
  new Map(
    Object.entries(isMapping(section) ? section : {}).flatMap(([name, it]): [string, Value][] => {
      const parsed = schema.safeParse(it);
      return parsed.success ? [[name, parsed.data]] : [];
    }),
  );

const itemsOf = <Value>(schema: z.ZodType<Value>, list: unknown): readonly (Value | undefined)[] =>
  (Array.isArray(list) ? list : []).map((it: unknown) => schema.safeParse(it).data);

export const partsOf = (document: unknown): Parts => {
  const root = isMapping(document) ? document : {};
  const length = root['duration'];
  return {
    groupNames: new Set(Object.keys(isMapping(root['groups']) ? root['groups'] : {})),
    groups: entriesOf(groupSchema, root['groups']),
    services: entriesOf(serviceSchema, root['services']),
    tasks: itemsOf(taskSourceSchema, root['tasks']),
    capacityRuns: itemsOf(capacityRunSchema, root['capacityRuns']),
    faults: itemsOf(faultSchema, root['faults']),
    durationMs: typeof length === 'string' ? durationMs(length) : undefined,
    trunking: root['trunking'] === true,
    world: worldSchema.safeParse(root['world']).data ?? {},
  };
};

/** The services that an entry stands for: itself, or so many copies. */
export const copiesOf = (name: string, { copies }: ServiceDocument): readonly string[] =>
  copies === 1 ? [name] : Array.from({ length: copies }, (_, n) => `${name}-${n + 1}`);
