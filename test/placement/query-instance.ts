import { factsOf } from '../../lib/placement/attributes.ts';
import { evaluate, type Facts } from '../../lib/placement/query/evaluate.ts';
import { type ParsedQuery, parseQuery } from '../../lib/placement/query/parser.ts';
import { describeProblem } from '../../lib/placement/query/problem.ts';
import { instance } from '../support/builders.ts';

/** A g2.2xlarge in us-east-1a that runs a web service and a database. */
export const g2 = instance(1, {
  ec2InstanceId: 'i-abcd1234',
  agentVersion: '1.14.4',
  registeredAt: Date.UTC(2018, 1, 12, 23, 59, 59),
  runningTasksCount: 2,
  attributes: {
    'ecs.instance-type': 'g2.2xlarge',
    'ecs.availability-zone': 'us-east-1a',
    'ecs.capability.task-eni': '',
    stack: 'prod',
    team: 'data science',
    rack: '10',
    build: '1.10',
    word: 'apple',
  },
});

export const g2Facts: Facts = factsOf(g2, new Set(['service:production', 'database']));

/** The truth of an expression of an instance, or what is wrong with the expression. */
export const truthOf = (expression: string, facts: Facts = g2Facts): boolean | string => {
  const parsed = parseQuery(expression);
  return parsed.ok ? evaluate(parsed.expression, facts) : describeProblem(parsed.problem);
};

export const problemOf = (expression: string): Extract<ParsedQuery, { readonly ok: false }>['problem'] | undefined => {
  const parsed = parseQuery(expression);
  return parsed.ok ? undefined : parsed.problem;
};
