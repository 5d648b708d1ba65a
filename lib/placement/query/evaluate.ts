import type { EpochMs } from '../../model/time.ts';
import { type Expression, type Order, type Subject, scaleOf, type Test } from './expression.ts';
import { all, any, not, type Truth } from './truth.ts';
import { compare, equal, type Value, valueOf } from './values.ts';

/** What is known of an attribute. `values` are all it may have, one where it is certain; undefined: it may be anything. */
export type Fact =
  | { readonly kind: 'present'; readonly values: readonly string[] | undefined }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' };

/** What is known of a container instance, real or yet to be launched. Undefined: not known. */
export interface Facts {
  readonly attribute: (name: string) => Fact;
  readonly agentConnected: boolean;
  readonly agentVersion: string | undefined;
  readonly ec2InstanceId: string | undefined;
  readonly registeredAt: EpochMs | undefined;
  readonly runningTasksCount: number | undefined;
  /** Groups of the tasks whose desired status is RUNNING; `service:NAME` for those of a service. */
  readonly taskGroups: ReadonlySet<string> | undefined;
}

const oneValue = (value: boolean | number | string | undefined): Fact =>
  value === undefined ? { kind: 'unknown' } : { kind: 'present', values: [String(value)] };

/** The guide writes dates in whole seconds, ECS keeps more: what differs by which of the two is compared is not known. */
const instantOf = (registeredAt: EpochMs | undefined): Fact => {
  if (registeredAt === undefined) return { kind: 'unknown' };
  const readings = [registeredAt, Math.floor(registeredAt / 1_000) * 1_000];
  return { kind: 'present', values: readings.map((it) => new Date(it).toISOString()) };
};

const factOf = (subject: Exclude<Subject, { readonly kind: 'taskGroup' }>, facts: Facts): Fact => {
  switch (subject.kind) {
    case 'attribute':
      return facts.attribute(subject.name);
    case 'registeredAt':
      return instantOf(facts.registeredAt);
    case 'agentConnected':
    case 'agentVersion':
    case 'ec2InstanceId':
    case 'runningTasksCount':
      return oneValue(facts[subject.kind]);
  }
};

const inOrder = (order: Order, difference: number): boolean => {
  switch (order) {
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
  }
};

type ValueTest = Exclude<Test, { readonly kind: 'exists' }>;

/** Whether one value passes the test without its negation. */
const passes = (subject: Subject, test: ValueTest, value: Value): boolean => {
  switch (test.kind) {
    case 'in':
      return test.values.some((it) => equal(scaleOf(subject), value, it));
    case 'order':
      return inOrder(test.order, compare(value, test.value));
    case 'matches':
      return test.pattern.matches(value.text);
  }
};

const isNegated = (test: ValueTest): boolean => test.kind !== 'order' && test.negated;

/** An unreadable value, an agent version with a suffix for instance, settles nothing. */
const testValue = (subject: Subject, test: ValueTest, text: string): Truth => {
  const value = valueOf(scaleOf(subject), text);
  return value === undefined ? 'unknown' : passes(subject, test, value) !== isNegated(test);
};

/**
 * An absent attribute passes no test but `!exists`: the developer guide lists "the instances with the custom attribute
 * stack unless the attribute value is prod" for `attribute:stack != prod`, and aws/containers-roadmap issue 486 saw
 * just that. `!in` and `!~` are assumed to do the same. `not(attribute:stack == prod)` holds where it is absent.
 */
const testFact = (subject: Subject, test: Test, fact: Fact): Truth => {
  if (fact.kind === 'unknown') return 'unknown';
  if (test.kind === 'exists') return (fact.kind === 'present') !== test.negated;
  if (fact.kind === 'absent') return false;
  let agreed: Truth | undefined;
  for (const value of fact.values ?? []) {
    const truth = testValue(subject, test, value);
    if (agreed !== undefined && agreed !== truth) return 'unknown';
    agreed = truth;
  }
  return agreed ?? 'unknown';
};

/**
 * An instance is of a group if any of its tasks is. AWS does not say what `task:group != database` means beside other
 * groups, or beside none; its own example of anti-affinity is `not(task:group == database)`. So a negated test is
 * settled only where every reading agrees: there are tasks, and all of them or none of them are of that group.
 */
const testGroups = (test: Test, groups: ReadonlySet<string> | undefined): Truth => {
  if (groups === undefined) return 'unknown';
  if (test.kind === 'exists') return groups.size > 0 !== test.negated;
  const each = [...groups];
  const of = (group: string): Truth => testValue({ kind: 'taskGroup' }, test, group);
  if (!isNegated(test)) return any(each, of);
  const truth = any(each, of);
  return each.length > 0 && truth === all(each, of) ? truth : 'unknown';
};

/** Whether an instance answers to an expression, as far as is known of it. */
export const evaluate = (expression: Expression, facts: Facts): Truth => {
  switch (expression.kind) {
    case 'all':
      return all(expression.terms, (term) => evaluate(term, facts));
    case 'any':
      return any(expression.terms, (term) => evaluate(term, facts));
    case 'not':
      return not(evaluate(expression.term, facts));
    case 'comparison': {
      const { subject, test } = expression;
      if (subject.kind === 'taskGroup') return testGroups(test, facts.taskGroups);
      return testFact(subject, test, factOf(subject, facts));
    }
  }
};
