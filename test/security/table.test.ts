import { describe, expect, it } from '@jest/globals';
import {
  type Asked,
  asksNothing,
  forecastStatements,
  keepMirrorsStatements,
  mirrorStatements,
  type Statement,
  statementsOf,
  taskQueueStatements,
} from '../../deployment/permissions.ts';
import { type FunctionName, functionWiring } from '../../deployment/wiring.ts';
import { authorizationOf, isOfKind, knowsKey } from '../support/iam/authorization.ts';
import { resolved } from '../support/iam/resolved.ts';

const clusters = ['production', 'staging'];
const asksAll: Asked = {
  ...asksNothing,
  launchesInstances: true,
  queuedTasks: { clusters, families: ['nightly'], roles: ['arn:aws:iam::123456789012:role/nightly'] },
  forecasts: true,
  hearsRefusedTasks: true,
  mirrored: clusters,
};
const names = Object.keys(functionWiring) as FunctionName[];
const statements: readonly Statement[] = resolved(
  [
    ...names.flatMap((name) => statementsOf(name, clusters, asksAll)),
    ...taskQueueStatements(),
    ...forecastStatements(),
    ...mirrorStatements(),
    ...keepMirrorsStatements(asksAll),
  ],
  { region: 'eu-west-1', accountId: '123456789012' },
);

/** Actions that AWS's table bounds by resource and that are allowed on `*` all the same, with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  'ecs:ListTasks':
    'its kind is the container instance; a whole cluster’s are asked for on *, and ecs:cluster bounds it',
  'cloudwatch:GetMetricData': 'its kind is a dataset, which is optional; metrics have no ARN',
};

describe('the statements, beside AWS’s own table of actions, resources and condition keys', () => {
  it('name a resource wherever the action takes one', async () => {
    const wide = new Set<string>();
    for (const { actions, resources } of statements)
      for (const action of resources.includes('*') ? actions : [])
        if ((await authorizationOf(action)).kinds.length > 0) wide.add(action);

    expect([...wide].sort()).toEqual(Object.keys(exceptions).sort());
  });

  it('name for each action a resource of a kind that it is for', async () => {
    for (const { actions, resources } of statements)
      for (const action of actions) {
        const { kinds } = await authorizationOf(action);
        const fitting = resources.filter((it) => it === '*' || kinds.some(({ arn }) => isOfKind(it, arn)));
        expect([action, fitting.length > 0]).toEqual([action, true]);
      }
  });

  it('make no condition of a key that the action does not know: it would never hold, or always', async () => {
    for (const { actions, condition = {} } of statements)
      for (const key of Object.values(condition).flatMap((it) => Object.keys(it)))
        for (const action of actions)
          expect([action, key, knowsKey(await authorizationOf(action), key)]).toEqual([action, key, true]);
  });

  it('have no action by wildcard', () => {
    expect(statements.flatMap((it) => it.actions).filter((it) => /[*?]/.test(it))).toEqual([]);
  });
});
