import { costOf } from '../../planning/cost.ts';
import { type Change, type Changed, shapeSeen, type TypeShape, whatIf } from '../../planning/what-if.ts';
import type { ShapeReader } from '../../ports/shape-api.ts';
import { RequestError } from '../by-hand/request.ts';
import { type Planned, planWithAnswers } from '../planning.ts';
import { type GroupCost, type Look, type LookDependencies, look } from './look.ts';

export interface SupposeDependencies extends LookDependencies {
  readonly shapes: ShapeReader;
}

/** What a person wonders about: changes, of which a type is but a name yet. */
export type Wondered =
  | Exclude<Change, { readonly kind: 'instanceType' }>
  | { readonly kind: 'instanceType'; readonly group: string; readonly instanceType: string };

/** The plan of this moment and the one that would follow a change. */
export interface Supposed {
  readonly before: Look;
  readonly after: Planned & { readonly costs: readonly GroupCost[] };
  /** What was supposed, in sentences. */
  readonly notes: readonly string[];
}

const shapeOf = async (
  { group: name, instanceType }: Wondered & { kind: 'instanceType' },
  { input }: Look,
  { shapes }: SupposeDependencies,
): Promise<TypeShape> => {
  const seen = shapeSeen(input, instanceType);
  if (seen !== undefined) return seen;
  const group = input.observation.groups.find((it) => it.name === name);
  const none = { instanceType, registered: { cpuUnits: 0, memoryMiB: 0 }, gpus: 0 };
  if (group === undefined) return none; // which is refused for its name
  const asked = { ...group, instanceTypes: [instanceType], launchSource: `launch configuration ${instanceType}` };
  const { items, gaps } = await shapes.shapeOf(asked);
  const [found] = items;
  if (found !== undefined) return { ...found, instanceType };
  throw new RequestError(
    `what an instance of type ${instanceType} registers is not known (${gaps[0]?.detail ?? 'EC2 does not say'}): check the name, and whether this region has the type`,
  );
};

/**
 * Looks once, and plans twice: what is, and what would be.
 * @throws RequestError where the change names what is not there
 */
export const suppose = async (
  cluster: string,
  wondered: readonly Wondered[],
  deps: SupposeDependencies,
): Promise<Supposed> => {
  const before = await look(cluster, deps);
  const changes: Change[] = [];
  for (const it of wondered)
    changes.push(
      it.kind === 'instanceType' ? { kind: it.kind, group: it.group, shape: await shapeOf(it, before, deps) } : it,
    );
  const changed: Changed = whatIf(before.input, changes);
  if (!changed.ok) throw new RequestError(changed.problem);
  const after = await planWithAnswers(changed.input, deps.read.cluster);
  return { before, after: { ...after, costs: costOf(after.input, after.plan) }, notes: changed.notes };
};
