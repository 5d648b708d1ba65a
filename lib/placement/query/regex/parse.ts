import {
  anyOf,
  type Characters,
  codeOf,
  ignoringCase,
  lineTerminators,
  noneOf,
  one,
  predefined,
  property,
  range,
} from './characters.ts';
import { empty, type Place, type Tree } from './tree.ts';

/** Groups within groups, and the most a counted repetition may ask for. */
const maximumDepth = 200;
const maximumCount = 1_000;

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotMatchesAll: boolean;
}

const nobody: Characters = () => false;

const places: ReadonlyMap<string, Place> = new Map<string, Place>([
  ['A', 'start'],
  ['z', 'end'],
  ['Z', 'end'],
  ['b', 'wordEdge'],
  ['B', 'noWordEdge'],
]);

const controls: ReadonlyMap<string, number> = new Map([
  ['t', 0x09],
  ['n', 0x0a],
  ['f', 0x0c],
  ['r', 0x0d],
  ['a', 0x07],
  ['e', 0x1b],
]);

const hexadecimal = /x\{((?:10|0?[0-9A-Fa-f])?[0-9A-Fa-f]{1,4})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})/y;
const propertyName = /([pP])(?:\{(\^?)(\w+)\}|([A-Z]))/y;
const count = /\{(\d+)(,)?(\d*)\}/y;
const groupStart = /\?(?:<[A-Za-z][A-Za-z0-9]*>|([ismu]*)(?:-([ismu]*))?([:)]))/y;
const literalRun = /[^\\]*(?:\\(?!E)[^\\]*)*/y;

/** How often something comes. */
interface Times {
  readonly least: number;
  readonly most: number;
}

/** One regular expression while it is being read, from left to right. */
class Reader {
  private at = 0;
  private depth = 0;
  private hasFailed = false;
  private flags: Flags = { ignoreCase: false, dotMatchesAll: false };
  private readonly characters: string;

  constructor(source: string) {
    this.characters = source;
  }

  /** Undefined where something is not understood. */
  whole(): Tree | undefined {
    const tree = this.choice();
    return this.at === this.characters.length && !this.hasFailed ? tree : undefined;
  }

  /** Nothing more is read, so that every rule comes to its end; what it returns is thrown away. */
  private refuse<T>(instead: T): T {
    this.hasFailed = true;
    this.at = this.characters.length;
    return instead;
  }

  private peek(): string {
    const code = this.characters.codePointAt(this.at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  private next(): string {
    const character = this.peek();
    this.at += character.length;
    return character === '' ? this.refuse(character) : character;
  }

  private skip(character: string): boolean {
    const found = this.peek() === character;
    if (found) this.at += character.length;
    return found;
  }

  private read(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.characters) ?? undefined;
    if (found !== undefined) this.at += found[0].length;
    return found;
  }

  private choice(): Tree {
    const flags = this.flags;
    const options = [this.sequence()];
    while (this.skip('|')) options.push(this.sequence());
    this.flags = flags;
    return options.length === 1 ? (options[0] ?? empty) : { kind: 'choice', options };
  }

  private sequence(): Tree {
    const parts: Tree[] = [];
    for (let next = this.peek(); next !== '' && next !== '|' && next !== ')'; next = this.peek())
      parts.push(...this.repeated());
    return parts.length === 1 ? (parts[0] ?? empty) : { kind: 'sequence', parts };
  }

  /** An atom and how often it may come. A quotation is several atoms, of which the last is repeated. */
  private repeated(): readonly Tree[] {
    const atoms = this.atoms();
    const last = atoms.at(-1);
    const times = this.times();
    if (times === undefined) return atoms;
    if (last === undefined || last.kind === 'place') return this.refuse(atoms); // nothing there to repeat
    this.skip('?');
    if (this.times() !== undefined) return this.refuse(atoms); // `a**`, and `a*+`, which is possessive
    return [...atoms.slice(0, -1), { kind: 'repeat', part: last, ...times }];
  }

  private times(): Times | undefined {
    if (this.skip('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.skip('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.skip('?')) return { least: 0, most: 1 };
    if (this.peek() !== '{') return undefined;
    const found = this.read(count);
    if (found === undefined) return this.refuse<Times | undefined>(undefined);
    const [, from, comma, to] = found;
    const least = Number(from);
    const most = comma === undefined ? least : to === '' ? Number.POSITIVE_INFINITY : Number(to);
    const isCountable = least <= maximumCount && (most <= maximumCount || most === Number.POSITIVE_INFINITY);
    return isCountable && least <= most ? { least, most } : this.refuse<Times | undefined>(undefined);
  }

  private atoms(): readonly Tree[] {
    if (this.characters.startsWith('\\Q', this.at)) return this.quotation();
    return [this.atom()];
  }

  private quotation(): readonly Tree[] {
    this.at += 2;
    const text = this.read(literalRun)?.[0] ?? '';
    this.at = Math.min(this.characters.length, this.at + 2);
    return Array.from(text, (it) => this.characterAmong(one(codeOf(it))));
  }

  private atom(): Tree {
    const character = this.next();
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return this.characterAmong(this.bracket());
      case '.':
        return this.flags.dotMatchesAll ? { kind: 'character', among: () => true } : anyButLineEnd;
      case '^':
        return { kind: 'place', place: 'start' };
      case '$':
        return { kind: 'place', place: 'end' };
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
      case '{':
        return this.refuse(empty);
      default:
        return this.characterAmong(one(codeOf(character)));
    }
  }

  private characterAmong(among: Characters): Tree {
    return { kind: 'character', among: this.flags.ignoreCase ? ignoringCase(among) : among };
  }

  private group(): Tree {
    if (++this.depth > maximumDepth) return this.refuse(empty);
    const outer = this.flags;
    const isSpecial = this.peek() === '?';
    const special = isSpecial ? this.read(groupStart) : undefined;
    if (isSpecial && special === undefined) return this.refuse(empty);
    const [, on, off, end] = special ?? [];
    if (on !== undefined) this.flags = this.flagsWith(on, off ?? '');
    if (end === ')') {
      this.depth--;
      return empty; // `(?i)`: until the end of the group it stands in
    }
    const tree = this.choice();
    if (!this.skip(')')) return this.refuse(empty);
    this.flags = outer;
    this.depth--;
    return tree;
  }

  /** `m` speaks of lines and `u` of letters beyond ASCII: neither is in what ECS lets an attribute have. */
  private flagsWith(on: string, off: string): Flags {
    return {
      ignoreCase: !off.includes('i') && (this.flags.ignoreCase || on.includes('i')),
      dotMatchesAll: !off.includes('s') && (this.flags.dotMatchesAll || on.includes('s')),
    };
  }

  private escape(): Tree {
    const place = places.get(this.peek());
    if (place === undefined) return this.characterAmong(this.escaped());
    this.at++;
    return { kind: 'place', place };
  }

  /** What follows a backslash, inside brackets or outside. */
  private escaped(): Characters {
    const hex = this.read(hexadecimal);
    if (hex !== undefined) return one(Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16));
    const named = this.read(propertyName);
    if (named !== undefined) {
      const [, letter, caret, long, short] = named;
      const set = property(long ?? short ?? '') ?? this.refuse(nobody);
      return (letter === 'P') !== (caret === '^') ? noneOf(set) : set;
    }
    const character = this.next();
    const control = controls.get(character);
    if (control !== undefined) return one(control);
    const set = predefined.get(character);
    if (set !== undefined) return set;
    const complement = predefined.get(character.toLowerCase());
    if (complement !== undefined) return noneOf(complement);
    return /[A-Za-z0-9]/.test(character) ? this.refuse(nobody) : one(codeOf(character));
  }

  /** A first `]` stands for itself; a `-` does at either end. */
  private bracket(): Characters {
    const negated = this.skip('^');
    const sets: Characters[] = [];
    for (let first = true; (first || this.peek() !== ']') && !this.hasFailed; first = false) {
      const from = this.member();
      const isRange = this.peek() === '-' && !this.characters.startsWith('-]', this.at);
      if (!isRange) {
        sets.push(from.set);
        continue;
      }
      this.at++;
      const to = this.member();
      if (from.code === undefined || to.code === undefined || from.code > to.code) return this.refuse(nobody);
      sets.push(range(from.code, to.code));
    }
    this.at++;
    const set = this.flags.ignoreCase ? ignoringCase(anyOf(sets)) : anyOf(sets);
    return negated ? noneOf(set) : set;
  }

  /** One member of a bracket expression; `code` where it is a single character. */
  private member(): { readonly set: Characters; readonly code: number | undefined } {
    if (this.characters.startsWith('\\Q', this.at)) return this.refuse({ set: nobody, code: undefined });
    const character = this.next();
    if (character !== '\\') return { set: one(codeOf(character)), code: codeOf(character) };
    const isSet = /[dswDSWpP]/.test(this.peek());
    const start = this.at;
    const set = this.escaped();
    return { set, code: isSet ? undefined : codeOfEscape(this.characters.slice(start, this.at)) };
  }
}

const anyButLineEnd: Tree = { kind: 'character', among: noneOf(lineTerminators) };

const codeOfEscape = (text: string): number => {
  const digits = /^(?:x\{?|u)([0-9A-Fa-f]+)\}?$/.exec(text)?.[1];
  return digits === undefined ? (controls.get(text) ?? codeOf(text)) : Number.parseInt(digits, 16);
};

/** The tree of a Java regular expression, or undefined where it uses what is not understood here. */
export const parseRegex = (source: string): Tree | undefined => new Reader(source).whole();
