import { capitalised, type Resources, substituted, type Value } from './cloudformation.ts';
import { statementsOf } from './permissions.ts';
import { type FunctionName, functionWiring } from './wiring.ts';

const names = Object.keys(functionWiring) as FunctionName[];

const policy = (name: FunctionName, clusters: readonly string[], to: (it: unknown) => unknown): object => ({
  Version: '2012-10-17',
  Statement: statementsOf(name, clusters).map(({ actions, resources, condition }) => ({
    Effect: 'Allow',
    Action: to(actions),
    Resource: to(resources),
    Condition: condition === undefined ? undefined : to(condition),
  })),
});

const role = (name: FunctionName, clusters: readonly string[]): Resources[string] => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    Policies: [
      {
        PolicyName: 'berth',
        PolicyDocument: policy(name, clusters, substituted) as Value,
      },
    ],
  },
});

/** What AWS counts of a role's inline policies, white space aside. */
export const policyCharacters = 10_240;

/** How long the longest policy becomes with the longest names of region and partition. */
export const longestPolicy = (clusters: readonly string[]): number => {
  const filledIn = (text: string): string =>
    text
      .replaceAll('${AWS::Partition}', 'aws-us-gov')
      .replaceAll('${AWS::Region}', 'ap-southeast-1')
      .replaceAll('${AWS::AccountId}', '123456789012')
      .replaceAll(/\$\{[\w:.]+\}/g, 'x'.repeat(80));
  return Math.max(...names.map((name) => filledIn(JSON.stringify(policy(name, clusters, (it) => it))).length));
};

/** One role a function, so that each can do only what its own flow needs. */
export const roleResources = (clusters: readonly string[]): Resources =>
  Object.fromEntries(names.map((name) => [`${capitalised(name)}Role`, role(name, clusters)]));
