import { isMap, isNode, isPair, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { DocumentPath } from './problem.ts';

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

/** Anchors and merge keys (`<<: *base`) may be used, so that services of one kind are described once. */
export const readYaml = (text: string): YamlText => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const fatal = document.errors.some((it) => it.code !== 'DUPLICATE_KEY');
  const value: unknown = fatal ? undefined : document.toJS();
  return {
    value,
    errors: document.errors.map((it) => ({
      place: placeAt(it.pos[0]),
      message:
        it.code === 'DUPLICATE_KEY'
          ? 'found a name that is already there; write another name'
          : `is not YAML: ${it.message}`,
    })),
    placeOf: (path) => placeAt(offsetOf(document.contents, path)),
  };
};
