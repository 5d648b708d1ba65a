import { capitalised, type Resources, substituted, type Value } from './cloudformation.ts';
import { hasMirrors } from './mirror.ts';
import {
  type Asked,
  forecastStatements,
  keepMirrorsStatements,
  mirrorStatements,
  type Statement,
  statementsOf,
  taskQueueStatements,
} from './permissions.ts';
import { hasTaskQueue } from './task-queue.ts';
import { type FunctionName, functionWiring } from './wiring.ts';

const names = Object.keys(functionWiring) as FunctionName[];

const policy = (statements: readonly Statement[], to: (it: unknown) => unknown): object => ({
  Version: '2012-10-17',
  Statement: statements.map(({ actions, resources, condition }) => ({
    Effect: 'Allow',
    Action: to(actions),
    Resource: to(resources),
    Condition: condition === undefined ? undefined : to(condition),
  })),
});

const role = (statements: readonly Statement[]): Resources[string] => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    Policies: [
      {
        PolicyName: 'berth',
        PolicyDocument: policy(statements, substituted) as Value,
      },
    ],
  },
});

/** What AWS counts of a role's inline policies, white space aside. */
export const policyCharacters = 10_240;

/** How long the longest policy becomes with the longest names of region and partition. */
export const longestPolicy = (clusters: readonly string[], asked: Asked): number => {
  const filledIn = (text: string): string =>
    text
      .replaceAll('${AWS::Partition}', 'aws-us-gov')
      .replaceAll('${AWS::Region}', 'ap-southeast-1')
      .replaceAll('${AWS::AccountId}', '123456789012')
      .replaceAll(/\$\{[\w:.]+\}/g, 'x'.repeat(80));
  const all = names.map((name) => statementsOf(name, clusters, asked));
  return Math.max(...all.map((its) => filledIn(JSON.stringify(policy(its, (it) => it))).length));
};

/** One role a function, so that each can do only what its own flow needs. */
export const roleResources = (clusters: readonly string[], asked: Asked): Resources => ({
  ...Object.fromEntries(names.map((name) => [`${capitalised(name)}Role`, role(statementsOf(name, clusters, asked))])),
  ...(hasTaskQueue(asked) ? { TaskQueueRole: role(taskQueueStatements()) } : {}),
  ...(asked.forecasts ? { ForecastRole: role(forecastStatements()) } : {}),
  ...(hasMirrors(asked)
    ? { MirrorRole: role(mirrorStatements()), KeepMirrorsRole: role(keepMirrorsStatements(asked)) }
    : {}),
});
