import { type Document, isMap, isNode, isPair, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { brief, type DocumentPath } from './problem.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML text as plain values, with the places of its parts. */
export interface YamlText {
  readonly value: unknown;
  /** Where the text is no YAML, or names one key twice; the rest is read all the same. */
  readonly errors: readonly { readonly place: Place; readonly message: string }[];
  /** Where the part at a path begins: at its key. A missing one is where it should be held. */
  readonly placeOf: (path: DocumentPath) => Place;
}

const offsetOf = (root: Node | null, path: DocumentPath): number => {
  let at: Node | null = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(at)) {
      const pair = at.items.find((it) => isPair(it) && isNode(it.key) && String(it.key) === String(step));
      if (pair === undefined) return offset;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      at = isNode(pair.value) ? pair.value : null;
    } else if (isSeq(at) && typeof step === 'number') {
      const item: unknown = at.items[step];
      at = isNode(item) ? item : null;
      offset = at?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
};

/** Aliases that stand for each other would unfold without end, and are refused. */
const plainValueOf = (document: Document): { readonly value?: unknown; readonly problem?: string } => {
  try {
    const value: unknown = document.toJS();
    return { value };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { problem: `cannot be unfolded: ${said}; write out what its aliases stand for` };
  }
};

/** Anchors and merge keys (`<<: *base`) may be used, so that services of one kind are described once. */
export const readYaml = (text: string): YamlText => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const fatal = document.errors.some((it) => it.code !== 'DUPLICATE_KEY');
  const unfolded = fatal ? {} : plainValueOf(document);
  return {
    value: unfolded.value,
    errors: [
      ...document.errors.map((it) => ({
        place: placeAt(it.pos[0]),
        message:
          it.code === 'DUPLICATE_KEY'
            ? 'found a name that is already there; write another name'
            : `is not YAML: ${brief(it.message)}`,
      })),
      ...(unfolded.problem === undefined ? [] : [{ place: placeAt(0), message: unfolded.problem }]),
    ],
    placeOf: (path) => placeAt(offsetOf(document.contents, path)),
  };
};
