import type { Order, Subject } from './expression.ts';

/** What an operator word or symbol stands for, before its argument is read. */
export type Operator =
  | { readonly kind: 'exists' | 'equals' | 'in' | 'matches'; readonly negated: boolean }
  | { readonly kind: 'order'; readonly order: Order };

const order = (symbol: Order): Operator => ({ kind: 'order', order: symbol });

/** Symbols and words of the developer guide (cluster query language, "Operator"). */
const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['==', { kind: 'equals', negated: false }],
  ['equals', { kind: 'equals', negated: false }],
  ['!=', { kind: 'equals', negated: true }],
  ['not_equals', { kind: 'equals', negated: true }],
  ['>', order('>')],
  ['greater_than', order('>')],
  ['>=', order('>=')],
  ['greater_than_equal', order('>=')],
  ['<', order('<')],
  ['less_than', order('<')],
  ['<=', order('<=')],
  ['less_than_equal', order('<=')],
  ['exists', { kind: 'exists', negated: false }],
  ['!exists', { kind: 'exists', negated: true }],
  ['not_exists', { kind: 'exists', negated: true }],
  ['in', { kind: 'in', negated: false }],
  ['!in', { kind: 'in', negated: true }],
  ['not_in', { kind: 'in', negated: true }],
  ['=~', { kind: 'matches', negated: false }],
  ['matches', { kind: 'matches', negated: false }],
  ['!~', { kind: 'matches', negated: true }],
  ['not_matches', { kind: 'matches', negated: true }],
]);

export const operatorNamed = (name: string): Operator | undefined => operators.get(name);

const texts: readonly Operator['kind'][] = ['equals', 'in', 'matches'];
const quantities: readonly Operator['kind'][] = ['equals', 'order'];
const everything: readonly Operator['kind'][] = ['exists', 'equals', 'in', 'matches', 'order'];

/** The guide's "Valid operators"; it restricts neither attributes nor task groups. */
const validOperators: Readonly<Record<Subject['kind'], readonly Operator['kind'][]>> = {
  attribute: everything,
  taskGroup: everything,
  agentConnected: texts,
  ec2InstanceId: texts,
  agentVersion: quantities,
  registeredAt: quantities,
  runningTasksCount: quantities,
};

export const isValidFor = (subject: Subject, operator: Operator): boolean =>
  validOperators[subject.kind].includes(operator.kind);

const wordings: Readonly<Record<Operator['kind'], string>> = {
  exists: 'exists, !exists',
  equals: '==, !=',
  in: 'in, !in',
  matches: '=~, !~',
  order: '>, >=, <, <=',
};

/** The operators a subject may have, for an error message. */
export const operatorsFor = (subject: Subject): string =>
  `an operator (${validOperators[subject.kind].map((kind) => wordings[kind]).join(', ')})`;
