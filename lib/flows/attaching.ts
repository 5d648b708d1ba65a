import { isDeepStrictEqual } from 'node:util';
import { attachPlan, type SetUpPlan, type Wanted } from '../contract/attach.ts';
import { detachPlan } from '../contract/detach.ts';
import { clusterTag, recordTag } from '../model/group-contract.ts';
import type { GroupSetUp, SetUpChange } from '../model/group-set-up.ts';
import type { Gap } from '../model/observation.ts';
import type { GroupSetUpReader, GroupSetUpWriter } from '../ports/group-set-up-api.ts';
import type { ItemOutcome } from '../ports/reading.ts';

/** What is to become of a group. */
export type Intention =
  | { readonly kind: 'attach'; readonly wanted: Wanted }
  | { readonly kind: 'detach'; readonly cluster: string };

export type Looked =
  | { readonly kind: 'seen'; readonly setUp: GroupSetUp; readonly plan: SetUpPlan }
  | { readonly kind: 'noSuchGroup' }
  | { readonly kind: 'unread'; readonly gap: Gap };

/** Reads a group and plans; changes nothing. */
export const lookAtGroup = async (group: string, intention: Intention, read: GroupSetUpReader): Promise<Looked> => {
  const { items, gaps } = await read.setUp(group);
  const [gap] = gaps;
  if (gap !== undefined) return { kind: 'unread', gap };
  const [setUp] = items;
  if (setUp === undefined) return { kind: 'noSuchGroup' };
  const plan = intention.kind === 'attach' ? attachPlan(setUp, intention.wanted) : detachPlan(setUp, intention.cluster);
  return { kind: 'seen', setUp, plan };
};

/** How far a list of changes got. */
export interface CarriedOut {
  readonly done: readonly SetUpChange[];
  readonly failed: { readonly change: SetUpChange; readonly detail: string } | undefined;
  readonly left: readonly SetUpChange[];
}

const partsOf = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => key !== recordTag));

const headOf = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => key === recordTag));

/** One write after the other; what failed ends them. Nothing to write is nothing to do. */
const inTurn = async (writes: readonly (() => Promise<ItemOutcome>)[]): Promise<readonly ItemOutcome[]> => {
  const outcomes: ItemOutcome[] = [];
  for (const write of writes) {
    const outcome = await write();
    outcomes.push(outcome);
    if (!isSettled(outcome)) break;
  }
  return outcomes;
};

const isSettled = ({ result }: ItemOutcome): boolean => result === 'done' || result === 'gone';

/** The head of a record is written last and deleted first: where it is, the whole record is. */
const outcomesOf = async (
  group: string,
  change: SetUpChange,
  write: GroupSetUpWriter,
): Promise<readonly ItemOutcome[]> => {
  switch (change.kind) {
    case 'writeRecord': {
      const parts = partsOf(change.tags);
      const head = () => write.putTags(group, headOf(change.tags));
      return inTurn(Object.keys(parts).length === 0 ? [head] : [() => write.putTags(group, parts), head]);
    }
    case 'deleteRecord': {
      const head = change.keys.filter((it) => it === recordTag);
      const parts = change.keys.filter((it) => it !== recordTag);
      return inTurn([head, parts].filter((it) => it.length > 0).map((keys) => () => write.deleteTags(group, keys)));
    }
    case 'optIn':
      return [await write.putTags(group, { [clusterTag]: change.cluster })];
    case 'optOut':
      return [await write.deleteTags(group, [clusterTag])];
    case 'putTerminationHook':
      return [await write.putHook(group, change.hook)];
    case 'deleteTerminationHook':
      return [await write.deleteHook(group, change.name)];
    case 'suspendProcess':
      return [await write.suspendProcess(group, change.process)];
    case 'resumeProcess':
      return [await write.resumeProcess(group, change.process)];
    case 'protectNewInstances':
      return [await write.protectNewInstances(group, true)];
    case 'unprotectNewInstances':
      return [await write.protectNewInstances(group, false)];
    case 'protectInstances':
      return write.protectInstances(group, change.ec2InstanceIds, true);
    case 'unprotectInstances':
      return write.protectInstances(group, change.ec2InstanceIds, false);
  }
};

export interface CarryingOut {
  readonly write: GroupSetUpWriter;
  /** Asked before each change: a person may have stopped it. */
  readonly isInterrupted: () => boolean;
  readonly onDone: (change: SetUpChange) => void;
}

/**
 * Changes a group in the order planned, and stops at the first change that fails: each rests on those before it. What is
 * left, the same command does when it is given again, on any machine: the record in the group's tags says how it was.
 */
const carryOut = async (
  group: string,
  changes: readonly SetUpChange[],
  { write, isInterrupted, onDone }: CarryingOut,
): Promise<CarriedOut> => {
  for (const [at, change] of changes.entries()) {
    if (isInterrupted()) return { done: changes.slice(0, at), failed: undefined, left: changes.slice(at) };
    const failed = (await outcomesOf(group, change, write)).find((it) => !isSettled(it));
    if (failed !== undefined)
      return {
        done: changes.slice(0, at),
        failed: { change, detail: failed.detail ?? failed.result },
        left: changes.slice(at + 1),
      };
    onDone(change);
  }
  return { done: changes, failed: undefined, left: [] };
};

export type Changed =
  /** Somebody has changed the group since the changes were shown: nothing was done. */
  | { readonly kind: 'differs' }
  | ({ readonly kind: 'changed' } & CarriedOut)
  | Exclude<Looked, { readonly kind: 'seen' }>;

/** Instances may come into service while the group is set up: it is looked at again, so often. */
const rounds = 3;

/**
 * Makes the changes that were shown, provided that they are still what the group needs, and then what has become needed
 * meanwhile.
 */
export const changeGroup = async (
  group: string,
  intention: Intention,
  shown: readonly SetUpChange[],
  read: GroupSetUpReader,
  carrying: CarryingOut,
): Promise<Changed> => {
  const done: SetUpChange[] = [];
  for (let round = 0; round < rounds; round++) {
    const looked = await lookAtGroup(group, intention, read);
    if (looked.kind !== 'seen') return looked;
    const changes = looked.plan.kind === 'planned' ? looked.plan.changes : [];
    if (round === 0 && !isDeepStrictEqual(changes, shown)) return { kind: 'differs' };
    if (changes.length === 0) break;
    const carried = await carryOut(group, changes, carrying);
    done.push(...carried.done);
    if (carried.failed !== undefined || carried.left.length > 0) return { kind: 'changed', ...carried, done };
  }
  return { kind: 'changed', done, failed: undefined, left: [] };
};
