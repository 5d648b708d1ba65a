import { type Expression, type Subject, scaleOf, type Test } from './expression.ts';
import { patternAt, type Token, tokenAt } from './lexer.ts';
import { isValidFor, type Operator, operatorNamed, operatorsFor } from './operators.ts';
import { compilePattern } from './pattern.ts';
import { done, isSymbol, type Step, syntaxProblem } from './step.ts';
import { type Scale, type Value, valueOf } from './values.ts';

const attributePrefix = 'attribute:';

const subjects: ReadonlyMap<string, Subject> = new Map<string, Subject>([
  ['agentConnected', { kind: 'agentConnected' }],
  ['agentVersion', { kind: 'agentVersion' }],
  ['ec2InstanceId', { kind: 'ec2InstanceId' }],
  ['registeredAt', { kind: 'registeredAt' }],
  ['runningTasksCount', { kind: 'runningTasksCount' }],
  ['task:group', { kind: 'taskGroup' }],
]);

const subjectNamed = (name: string): Subject | undefined => {
  const attribute = name.startsWith(attributePrefix) ? name.slice(attributePrefix.length) : '';
  return attribute === '' ? subjects.get(name) : { kind: 'attribute', name: attribute };
};

const parseSubject = (text: string, from: number): Step<Subject> => {
  const token = tokenAt(text, from);
  const subject = token.kind === 'word' ? subjectNamed(token.text) : undefined;
  if (subject !== undefined) return done(subject, token.end);
  return syntaxProblem(`a subject (attribute:NAME, ${[...subjects.keys()].join(', ')})`, token);
};

/** `!exists` and `!in` are two tokens, and may have a space between them. */
const operatorAt = (text: string, token: Token): Step<Operator> | undefined => {
  const next = isSymbol(token, '!') ? tokenAt(text, token.end) : undefined;
  const operator = operatorNamed(next === undefined ? token.text : `!${next.text}`);
  const isNamed = token.kind === 'symbol' || token.kind === 'word';
  return operator === undefined || !isNamed ? undefined : done(operator, (next ?? token).end);
};

const parseOperator = (text: string, from: number, subject: Subject): Step<Operator> => {
  const token = tokenAt(text, from);
  const step = operatorAt(text, token);
  return step?.ok === true && isValidFor(subject, step.value) ? step : syntaxProblem(operatorsFor(subject), token);
};

const expectedValues: Readonly<Record<Scale, string>> = {
  text: 'a value',
  count: 'a whole number',
  instant: 'a date such as 2018-06-18 or 2018-06-18T22:28:28Z',
  version: 'a version such as 1.14.5',
};

const parseValue = (text: string, from: number, scale: Scale): Step<Value> => {
  const token = tokenAt(text, from);
  const value = token.kind === 'word' || token.kind === 'quoted' ? valueOf(scale, token.text) : undefined;
  return value === undefined ? syntaxProblem(expectedValues[scale], token) : done(value, token.end);
};

/** The guide asks for a list; one value without brackets can only mean itself. */
const parseList = (text: string, from: number, scale: Scale): Step<readonly Value[]> => {
  const open = tokenAt(text, from);
  const values: Value[] = [];
  let at = isSymbol(open, '[') ? open.end : from;
  for (;;) {
    const value = parseValue(text, at, scale);
    if (!value.ok) return value;
    values.push(value.value);
    if (!isSymbol(open, '[')) return done(values, value.at);
    const next = tokenAt(text, value.at);
    if (isSymbol(next, ']')) return done(values, next.end);
    if (!isSymbol(next, ',')) return syntaxProblem(', or ]', next);
    at = next.end;
  }
};

const parsePattern = (text: string, from: number, negated: boolean): Step<Test> => {
  const token = patternAt(text, from);
  if (token.kind !== 'word' && token.kind !== 'quoted') return syntaxProblem('a regular expression', token);
  const pattern = compilePattern(token.text);
  if (typeof pattern !== 'string') return done({ kind: 'matches', negated, pattern }, token.end);
  return { ok: false, problem: { kind: 'pattern', position: token.at, gap: pattern, pattern: token.text } };
};

const parseTest = (text: string, from: number, operator: Operator, scale: Scale): Step<Test> => {
  switch (operator.kind) {
    case 'exists':
      return done({ kind: 'exists', negated: operator.negated }, from);
    case 'matches':
      return parsePattern(text, from, operator.negated);
    case 'in': {
      const list = parseList(text, from, scale);
      return list.ok ? done({ kind: 'in', negated: operator.negated, values: list.value }, list.at) : list;
    }
    case 'equals': {
      const value = parseValue(text, from, scale);
      return value.ok ? done({ kind: 'in', negated: operator.negated, values: [value.value] }, value.at) : value;
    }
    case 'order': {
      const value = parseValue(text, from, scale);
      return value.ok ? done({ kind: 'order', order: operator.order, value: value.value }, value.at) : value;
    }
  }
};

/** `subject operator [argument]`. */
export const parseComparison = (text: string, from: number): Step<Expression> => {
  const subject = parseSubject(text, from);
  if (!subject.ok) return subject;
  const operator = parseOperator(text, subject.at, subject.value);
  if (!operator.ok) return operator;
  const test = parseTest(text, operator.at, operator.value, scaleOf(subject.value));
  return test.ok ? done({ kind: 'comparison', subject: subject.value, test: test.value }, test.at) : test;
};
