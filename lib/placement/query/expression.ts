import type { Pattern } from './pattern.ts';
import type { Scale, Value } from './values.ts';

/** What an expression asks about: the subjects of the cluster query language. */
export type Subject =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'agentConnected' }
  | { readonly kind: 'agentVersion' }
  | { readonly kind: 'ec2InstanceId' }
  | { readonly kind: 'registeredAt' }
  | { readonly kind: 'runningTasksCount' }
  | { readonly kind: 'taskGroup' };

export type Order = '>' | '>=' | '<' | '<=';

/** `==` is `in` with one value. A negated test is no negation: it is false too where the subject is absent. */
export type Test =
  | { readonly kind: 'exists'; readonly negated: boolean }
  | { readonly kind: 'in'; readonly negated: boolean; readonly values: readonly Value[] }
  | { readonly kind: 'order'; readonly order: Order; readonly value: Value }
  | { readonly kind: 'matches'; readonly negated: boolean; readonly pattern: Pattern };

/** An expression of the ECS cluster query language, parsed. */
export type Expression =
  | { readonly kind: 'all'; readonly terms: readonly Expression[] }
  | { readonly kind: 'any'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }
  | { readonly kind: 'comparison'; readonly subject: Subject; readonly test: Test };

const scales: Readonly<Record<Subject['kind'], Scale>> = {
  attribute: 'text',
  agentConnected: 'text',
  agentVersion: 'version',
  ec2InstanceId: 'text',
  registeredAt: 'instant',
  runningTasksCount: 'count',
  taskGroup: 'text',
};

export const scaleOf = (subject: Subject): Scale => scales[subject.kind];

/** Everything an expression asks about, as often as it does. */
export const subjectsOf = (expression: Expression): readonly Subject[] => {
  switch (expression.kind) {
    case 'all':
    case 'any':
      return expression.terms.flatMap(subjectsOf);
    case 'not':
      return subjectsOf(expression.term);
    case 'comparison':
      return [expression.subject];
  }
};
