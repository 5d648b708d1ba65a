import { AwsApiError } from '../api.ts';
import type { Place } from './fleet.ts';
import { type Comparison, patternOf, type Subject, subjectNamed, testNamed } from './query-subjects.ts';

/** Whether a container instance answers to an expression. */
export type Predicate = (place: Place) => boolean;

const refuse = (expression: string): AwsApiError =>
  new AwsApiError('InvalidParameterException', `Invalid expression: ${expression} (or a part of it is not modelled).`);

const word = /[^\s()[\],&|=!<>~'"]+/y;
const quoted = /'[^']*'|"[^"]*"/y;
const operatorSymbol = /==|!=|>=|<=|=~|!~|>|<|!\s*(?:exists|in)\b/y;
const escapeOrSet = /\\.|\[\^?\]?(?:\\.|[^\]\\\s])*\]/y;

/**
 * The cluster query language (ECS developer guide): `subject operator [argument]`, joined by and, or, not and
 * parentheses. Regular expressions are JavaScript's, which agree with Java's on what people write here.
 */
class Parser {
  private at = 0;
  private readonly expression: string;

  constructor(expression: string) {
    this.expression = expression;
  }

  whole(): Predicate {
    const predicate = this.or();
    this.skipSpace();
    if (this.at < this.expression.length) throw refuse(this.expression);
    return predicate;
  }

  private skipSpace(): void {
    while (/\s/.test(this.expression.charAt(this.at))) this.at++;
  }

  /** What the pattern finds right here, without going on. */
  private peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.expression)?.[0];
  }

  private take(pattern: RegExp): string | undefined {
    this.skipSpace();
    const found = this.peek(pattern);
    this.at += found?.length ?? 0;
    return found;
  }

  private takeWord(): string {
    const found = this.take(word);
    if (found === undefined) throw refuse(this.expression);
    return found;
  }

  private skipSymbol(symbol: string): boolean {
    this.skipSpace();
    if (!this.expression.startsWith(symbol, this.at)) return false;
    this.at += symbol.length;
    return true;
  }

  private skipWord(name: string): boolean {
    this.skipSpace();
    if (this.peek(word) !== name) return false;
    this.at += name.length;
    return true;
  }

  private or(): Predicate {
    const terms = [this.and()];
    while (this.skipSymbol('||') || this.skipWord('or')) terms.push(this.and());
    return (it) => terms.some((term) => term(it));
  }

  private and(): Predicate {
    const terms = [this.not()];
    while (this.skipSymbol('&&') || this.skipWord('and')) terms.push(this.not());
    return (it) => terms.every((term) => term(it));
  }

  private not(): Predicate {
    if (this.skipSymbol('!') || this.skipWord('not')) {
      const inner = this.not();
      return (it) => !inner(it);
    }
    if (!this.skipSymbol('(')) return this.comparison();
    const inner = this.or();
    if (!this.skipSymbol(')')) throw refuse(this.expression);
    return inner;
  }

  private comparison(): Predicate {
    const subject = subjectNamed(this.takeWord());
    const operator = this.take(operatorSymbol)?.replace(/\s/g, '') ?? this.takeWord();
    const comparison = subject === undefined ? undefined : testNamed(subject, operator);
    if (subject === undefined || comparison === undefined) throw refuse(this.expression);
    return this.tested(subject, comparison);
  }

  private tested(subject: Subject, { argument, holds }: Comparison): Predicate {
    if (argument === 'none') return (it) => holds(subject.valuesOf(it), []);
    const values = argument === 'list' ? this.list() : [argument === 'pattern' ? this.pattern() : this.value()];
    if (!values.every((it) => subject.accepts(it) && (argument !== 'pattern' || isPattern(it)))) {
      throw refuse(this.expression);
    }
    return (it) => holds(subject.valuesOf(it), values);
  }

  private value(): string {
    const text = this.take(quoted);
    return text === undefined ? this.takeWord() : text.slice(1, -1);
  }

  /** `[a, 'b']`; one value alone will do. */
  private list(): readonly string[] {
    if (!this.skipSymbol('[')) return [this.value()];
    const values = [this.value()];
    while (this.skipSymbol(',')) values.push(this.value());
    if (!this.skipSymbol(']')) throw refuse(this.expression);
    return values;
  }

  /** Unquoted, a pattern runs to a space, to `&&` or `||`, or to the parenthesis that closes a group around it. */
  private pattern(): string {
    const text = this.take(quoted);
    if (text !== undefined) return text.slice(1, -1);
    this.skipSpace();
    const start = this.at;
    for (let depth = 0; this.at < this.expression.length; ) {
      const piece = this.peek(escapeOrSet) ?? this.expression.charAt(this.at);
      const joins = depth === 0 && /^(?:&&|\|\|)/.test(this.expression.slice(this.at, this.at + 2));
      if (/^\s/.test(piece) || joins || (piece === ')' && depth === 0)) break;
      if (piece === '(') depth++;
      if (piece === ')') depth--;
      this.at += piece.length;
    }
    if (this.at === start) throw refuse(this.expression);
    return this.expression.slice(start, this.at);
  }
}

const isPattern = (text: string): boolean => {
  try {
    return patternOf(text).source.length > 0;
  } catch {
    return false;
  }
};

/** Whether what the expression says of an instance can change with the tasks there. */
export const readsTasks = (expression: string): boolean => /task:group|runningTasksCount/.test(expression);

const parsed = new Map<string, Predicate>();

/** Compiles an expression; the same text is compiled once. */
export const compileQuery = (expression: string): Predicate => {
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  const predicate = new Parser(expression).whole();
  parsed.set(expression, predicate);
  return predicate;
};
