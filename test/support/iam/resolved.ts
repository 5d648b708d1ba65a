import type { Statement } from '../../../deployment/permissions.ts';
import type { World } from '../../../simulator/world/world.ts';

/** What is named by a logical id of the template, as the local AWS names it. */
const deployedNames: Readonly<Record<string, string>> = {
  Table: 'dynamodb:%:table/berth',
  StateQueue: 'sqs:%:berth-state',
  UrgentQueue: 'sqs:%:berth-urgent',
  DecideQueue: 'sqs:%:berth-decide.fifo',
  TasksQueue: 'sqs:%:berth-tasks',
  MirrorQueue: 'sqs:%:berth-mirror',
  DeadLetters: 'sqs:%:berth-dead-letters',
};

/** CloudFormation's part: placeholders become what they stand for. */
export const resolved = (
  statements: readonly Statement[],
  { region, accountId }: Pick<World, 'region' | 'accountId'>,
): readonly Statement[] => {
  const account = `${region}:${accountId}`;
  const pseudo: Readonly<Record<string, string>> = {
    Partition: 'aws',
    Region: region,
    AccountId: accountId,
    StackName: 'berth',
  };
  const text = JSON.stringify(statements)
    .replaceAll(/\$\{AWS::(\w+)\}/g, (_, name: string) => pseudo[name] ?? `unknown pseudo parameter ${name}`)
    .replaceAll(
      /\$\{(\w+)\.Arn\}/g,
      (_, id: string) => `arn:aws:${(deployedNames[id] ?? `unknown:%:${id}`).replace('%', account)}`,
    );
  return JSON.parse(text) as readonly Statement[];
};
