import { AwsApiError } from '../api.ts';
import type { ContainerInstance } from './state.ts';

/** Whether a container instance answers to an expression. */
export type Predicate = (instance: ContainerInstance) => boolean;

/**
 * The cluster query language (ECS developer guide): `subject operator [argument]`, joined by and, or, not and
 * parentheses. Regular expressions are JavaScript's, which agree with Java's on what people write here.
 */
const tokenPattern =
  /\s*(&&|\|\||[()[\],]|==|!=|>=|<=|=~|!~|>|<|!(?=\s*exists\b|\s*in\b)|!|'[^']*'|"[^"]*"|[^\s()[\],&|=!<>~'"]+)/y;

const refuse = (expression: string): AwsApiError =>
  new AwsApiError('InvalidParameterException', `Invalid expression: ${expression} (or a part of it is not modelled).`);

const tokensOf = (expression: string): string[] => {
  const tokens: string[] = [];
  const end = expression.trimEnd().length;
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < end) {
    const token = tokenPattern.exec(expression)?.[1];
    if (token === undefined) throw refuse(expression);
    tokens.push(token);
  }
  return tokens;
};

const unquote = (token: string): string => (/^['"]/.test(token) ? token.slice(1, -1) : token);

/** The values a subject has on an instance: none where an attribute is absent, several for task groups. */
type Subject = (instance: ContainerInstance) => readonly string[];

const subjectOf = (name: string, expression: string): Subject => {
  if (name.startsWith('attribute:')) {
    const attribute = name.slice('attribute:'.length);
    return (it) => (it.attributes.has(attribute) ? [it.attributes.get(attribute) ?? ''] : []);
  }
  switch (name) {
    case 'agentConnected':
      return (it) => [String(it.agentConnected)];
    case 'ec2InstanceId':
      return (it) => [it.ec2InstanceId];
    case 'registeredAt':
      return (it) => [new Date(it.registeredAt).toISOString()];
    case 'runningTasksCount':
      return (it) => [String(it.runningTasks)];
    case 'task:group':
      return (it) => [...it.tasksByGroup.keys()];
    default:
      throw refuse(expression);
  }
};

const compare = (a: string, b: string): number => {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? a.localeCompare(b, 'en') : difference;
};

type Test = (value: string, argument: readonly string[]) => boolean;
const first = (argument: readonly string[]): string => argument[0] ?? '';
const equals: Test = (value, argument) => value === first(argument);
const isIn: Test = (value, argument) => argument.includes(value);
const matches: Test = (value, argument) => new RegExp(`^(?:${first(argument)})$`).test(value);

const positiveTests: Readonly<Record<string, Test>> = {
  '==': equals,
  equals,
  '>': (value, argument) => compare(value, first(argument)) > 0,
  greater_than: (value, argument) => compare(value, first(argument)) > 0,
  '>=': (value, argument) => compare(value, first(argument)) >= 0,
  greater_than_equal: (value, argument) => compare(value, first(argument)) >= 0,
  '<': (value, argument) => compare(value, first(argument)) < 0,
  less_than: (value, argument) => compare(value, first(argument)) < 0,
  '<=': (value, argument) => compare(value, first(argument)) <= 0,
  less_than_equal: (value, argument) => compare(value, first(argument)) <= 0,
  in: isIn,
  '=~': matches,
  matches,
};

/** Negative operators hold where no value of the subject passes the positive one, absent attributes included. */
const negativeTests: Readonly<Record<string, Test>> = {
  '!=': equals,
  not_equals: equals,
  '!in': isIn,
  not_in: isIn,
  '!~': matches,
  not_matches: matches,
};

class Parser {
  private position = 0;
  private readonly expression: string;
  private readonly tokens: readonly string[];

  constructor(expression: string) {
    this.expression = expression;
    this.tokens = tokensOf(expression);
  }

  whole(): Predicate {
    const predicate = this.or();
    if (this.position !== this.tokens.length) throw refuse(this.expression);
    return predicate;
  }

  private peek(): string | undefined {
    return this.tokens[this.position];
  }

  private next(): string {
    const token = this.tokens[this.position++];
    if (token === undefined) throw refuse(this.expression);
    return token;
  }

  private skip(...options: readonly string[]): boolean {
    const found = options.includes(this.peek() ?? '');
    if (found) this.position++;
    return found;
  }

  private expect(token: string): void {
    if (this.next() !== token) throw refuse(this.expression);
  }

  private or(): Predicate {
    const terms = [this.and()];
    while (this.skip('||', 'or')) terms.push(this.and());
    return (it) => terms.some((term) => term(it));
  }

  private and(): Predicate {
    const terms = [this.not()];
    while (this.skip('&&', 'and')) terms.push(this.not());
    return (it) => terms.every((term) => term(it));
  }

  private not(): Predicate {
    if (this.skip('!', 'not')) {
      const inner = this.not();
      return (it) => !inner(it);
    }
    if (!this.skip('(')) return this.comparison();
    const inner = this.or();
    this.expect(')');
    return inner;
  }

  private comparison(): Predicate {
    const name = this.next();
    const subject = subjectOf(name, this.expression);
    const word = this.next();
    const operator = word === '!' ? `!${this.next()}` : word;
    if (operator === 'exists') return (it) => subject(it).length > 0;
    if (operator === '!exists' || operator === 'not_exists') return (it) => subject(it).length === 0;
    const positive = positiveTests[operator];
    const negative = negativeTests[operator];
    const argument = this.argument();
    if (positive !== undefined) return (it) => subject(it).some((value) => positive(value, argument));
    // "attribute:stack != prod" lists instances that have the attribute (ECS developer guide, cluster query language).
    const needsValue = name.startsWith('attribute:');
    if (negative !== undefined)
      return (it) => {
        const values = subject(it);
        return (values.length > 0 || !needsValue) && !values.some((value) => negative(value, argument));
      };
    throw refuse(this.expression);
  }

  private argument(): readonly string[] {
    if (!this.skip('[')) return [unquote(this.next())];
    const values = [unquote(this.next())];
    while (this.skip(',')) values.push(unquote(this.next()));
    this.expect(']');
    return values;
  }
}

const parsed = new Map<string, Predicate>();

/** Compiles an expression; the same text is compiled once. */
export const compileQuery = (expression: string): Predicate => {
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  const predicate = new Parser(expression).whole();
  parsed.set(expression, predicate);
  return predicate;
};
