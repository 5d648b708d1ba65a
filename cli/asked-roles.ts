import { capitalised } from '../deployment/cloudformation.ts';
import { type Asked, type Statement, statementsOf } from '../deployment/permissions.ts';
import { deadLetters, queueId, queueName } from '../deployment/queues.ts';
import { askedBy } from '../deployment/settings-file.ts';
import { type FunctionName, functionWiring, type QueueName, queueWiring } from '../deployment/wiring.ts';
import type { Settings } from '../lib/model/settings.ts';
import type { BerthDeployment } from '../lib/model/surroundings-of-berth.ts';
import type { AskedPermission, AskedRole } from '../lib/ports/doctor-api.ts';

/** `arn:PARTITION:iam::ACCOUNT:role/…` */
const accountOf = (role: string) => {
  const [, partition = 'aws', , , accountId = ''] = role.split(':');
  return { partition, accountId };
};

/** What stands for CloudFormation's placeholders in a deployment. */
const placeholders = ({ name, table }: BerthDeployment, role: string, region: string): ReadonlyMap<string, string> => {
  const { partition, accountId } = accountOf(role);
  const arn = (service: string, resource: string): string =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const queue = (own: string, fifo: boolean): string => queueName(own, fifo).replace('${AWS::StackName}', name);
  const queues = Object.entries(queueWiring).map(
    ([own, { fifo }]) => [`\${${queueId(own as QueueName)}.Arn}`, arn('sqs', queue(own, fifo))] as const,
  );
  return new Map([
    ['${AWS::Partition}', partition],
    ['${AWS::Region}', region],
    ['${AWS::AccountId}', accountId],
    ['${AWS::StackName}', name],
    ['${Table.Arn}', arn('dynamodb', `table/${table}`)],
    [`\${${capitalised(deadLetters)}.Arn}`, arn('sqs', queue('dead-letters', false))],
    ...queues,
  ]);
};

const filledIn = (text: string, values: ReadonlyMap<string, string>): string =>
  [...values].reduce((it, [placeholder, value]) => it.replaceAll(placeholder, value), text);

/** The keys of a statement's conditions, without their operators. */
const asked = (
  { actions, resources, condition = {} }: Statement,
  values: ReadonlyMap<string, string>,
): AskedPermission => ({
  actions,
  resources: resources.map((it) => filledIn(it, values)),
  context: Object.fromEntries(
    Object.values(condition).flatMap((keys) =>
      Object.entries(keys).map(([key, all]) => [key, all.slice(0, 1).map((it) => filledIn(it, values))]),
    ),
  ),
});

const isFunction = (name: string): name is FunctionName => name in functionWiring;

/** What the functions of a deployment must be allowed, by the policies that this version ships. */
export const askedRoles =
  (settings: Settings, region: string) =>
  (deployment: BerthDeployment): readonly AskedRole[] => {
    const shipped: Asked = askedBy(settings, deployment.clusters);
    return Object.entries(deployment.roles).flatMap(([name, role]) => {
      if (!isFunction(name)) return [];
      const values = placeholders(deployment, role, region);
      const statements = statementsOf(name, deployment.clusters, shipped);
      return [{ functionName: `${deployment.name}-${name}`, role, asked: statements.map((it) => asked(it, values)) }];
    });
  };
