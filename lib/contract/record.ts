import { clusterTag, recordTag } from '../model/group-contract.ts';
import type { GroupSetUp } from '../model/group-set-up.ts';

/**
 * How a group was before `berth attach`, kept in tags of the group itself: they are there for whoever detaches it, on
 * another machine too, and stay when Berth's own table is removed. Only what is added is ever recorded, for nothing that
 * was there before is changed.
 */
export interface UndoRecord {
  /** What attach adds, so that detach takes it away. */
  readonly added: readonly Added[];
  /**
   * Instances whose protection was not what the group gave new ones: protected ones of a group that protects none,
   * unprotected ones of a group that protects all.
   */
  readonly exceptions: readonly string[];
  /** The name of the hook, where one is added. */
  readonly hook: string | undefined;
}

const additions = ['hook', 'new-instances', 'instances', 'AZRebalance', 'tag'] as const;
export type Added = (typeof additions)[number];

const partPrefix = `${recordTag}:`;
const hookTag = `${partPrefix}hook`;
const version = '1';

/** A tag's value has up to 256 characters, a group up to 50 tags of its own (EC2 Auto Scaling user guide, tags and quotas). */
const valueLength = 256;
const tagsPerGroup = 50;

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Every tag of the record, parts that an interrupted detach left behind included. */
export const recordKeys = ({ tags }: GroupSetUp): readonly string[] =>
  Object.keys(tags)
    .filter((it) => it === recordTag || it.startsWith(partPrefix))
    .sort(byName);

export type RecordReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'record'; readonly record: UndoRecord }
  | { readonly kind: 'unreadable'; readonly value: string };

/** The parts are written before the head: where that is, they are all there. */
export const recordOf = (setUp: GroupSetUp): RecordReading => {
  const value = setUp.tags[recordTag];
  if (value === undefined) return { kind: 'none' };
  const [written, ...words] = value.split(' ');
  const added = additions.filter((it) => words.includes(it));
  if (written !== version || added.length !== words.length) return { kind: 'unreadable', value };
  const parts = recordKeys(setUp).filter((it) => it !== recordTag && it !== hookTag);
  const exceptions = parts.flatMap((key) => setUp.tags[key]?.split(' ').filter((it) => it !== '') ?? []);
  const record = { added, exceptions: [...new Set(exceptions)].sort(byName), hook: setUp.tags[hookTag] };
  return added.includes('hook') === (record.hook !== undefined)
    ? { kind: 'record', record }
    : { kind: 'unreadable', value };
};

/** Joined by spaces, as many to a text as fit. */
const packed = (words: readonly string[]): readonly string[] =>
  words.reduce<readonly string[]>((texts, word) => {
    const last = texts.at(-1);
    if (last === undefined || last.length + 1 + word.length > valueLength) return [...texts, word];
    return [...texts.slice(0, -1), `${last} ${word}`];
  }, []);

/** The tags of a record, the head last; undefined where the group has no room for so many. */
export const tagsOf = (
  { added, exceptions, hook }: UndoRecord,
  setUp: GroupSetUp,
): Readonly<Record<string, string>> | undefined => {
  const parts = packed(exceptions.toSorted(byName));
  const others = Object.keys(setUp.tags).filter(
    (it) => !it.startsWith('aws:') && it !== recordTag && !it.startsWith(partPrefix),
  );
  const besides = 1 + (hook === undefined ? 0 : 1) + (setUp.tags[clusterTag] === undefined ? 1 : 0);
  if (others.length + parts.length + besides > tagsPerGroup) return undefined;
  const number = (at: number): string => String(at + 1).padStart(2, '0');
  return Object.fromEntries([
    ...(hook === undefined ? [] : [[hookTag, hook] as const]),
    ...parts.map((text, at) => [`${partPrefix}${number(at)}`, text] as const),
    [recordTag, [version, ...additions.filter((it) => added.includes(it))].join(' ')],
  ]);
};
