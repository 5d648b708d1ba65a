import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventRules } from '../../deployment/event-rules.ts';
import { functionWiring, queueWiring } from '../../deployment/wiring.ts';
import { describeWith } from '../support/external-tools.ts';
import { type MotoServer, motoServer } from '../support/moto-server.ts';
import { osls, type ProjectCopy, projectCopy, runNode } from './project-copy.ts';

const account = { partition: 'aws', region: 'eu-west-1', accountId: '123456789012' };
const clusters = ['production', 'staging'];

const clientsOf = (endpoint: string) => {
  const config = {
    endpoint,
    region: account.region,
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  };
  return {
    lambda: new LambdaClient(config),
    events: new EventBridgeClient(config),
    sqs: new SQSClient(config),
    dynamoDb: new DynamoDBClient(config),
  };
};

describeWith('moto_server', 'osls deploy', () => {
  let moto: MotoServer;
  let project: ProjectCopy;
  let clients: ReturnType<typeof clientsOf>;

  const onMoto = (args: readonly string[]) => osls(project, args, { AWS_ENDPOINT_URL: moto.endpoint });

  beforeAll(async () => {
    project = projectCopy();
    moto = await motoServer();
    clients = clientsOf(moto.endpoint);
    const { code, output } = await onMoto(['deploy', '--param', `clusters=${clusters.join(',')}`]);
    if (code !== 0) throw new Error(output);
  }, 120_000);

  afterAll(async () => {
    await moto[Symbol.asyncDispose]();
    project[Symbol.dispose]();
  });

  const functionNames = async () =>
    ((await clients.lambda.send(new ListFunctionsCommand())).Functions ?? []).map((it) => it.FunctionName);

  const queueNames = async () =>
    ((await clients.sqs.send(new ListQueuesCommand())).QueueUrls ?? []).map((it) => it.split('/').at(-1));

  const ruleNames = async () =>
    ((await clients.events.send(new ListRulesCommand())).Rules ?? []).map((it) => it.Name ?? '');

  it('creates the functions', async () => {
    expect((await functionNames()).sort()).toEqual(
      Object.keys(functionWiring)
        .map((it) => `berth-dev-${it}`)
        .sort(),
    );
  });

  it('creates the queues', async () => {
    expect((await queueNames()).sort()).toEqual([
      'berth-dev-dead-letters',
      'berth-dev-decide-dead-letters.fifo',
      'berth-dev-decide.fifo',
      'berth-dev-state',
      'berth-dev-urgent',
    ]);
  });

  it('feeds three queues to their functions', async () => {
    const { EventSourceMappings = [] } = await clients.lambda.send(new ListEventSourceMappingsCommand());

    expect(EventSourceMappings.map((it) => it.FunctionArn?.split(':').at(-1)).sort()).toEqual(
      Object.values(queueWiring)
        .map((it) => `berth-dev-${it.consumer}`)
        .sort(),
    );
  });

  it('creates a rule for each pattern and one for the minute, each with its target', async () => {
    const rules = await ruleNames();

    expect(rules).toHaveLength(eventRules(clusters, account).length + 1);
    for (const rule of rules) {
      const { Targets = [] } = await clients.events.send(new ListTargetsByRuleCommand({ Rule: rule }));
      expect(Targets).toHaveLength(1);
    }
  });

  it('fills in the account where patterns name clusters', async () => {
    const { Rules = [] } = await clients.events.send(new ListRulesCommand());
    const patterns = Rules.flatMap((it) =>
      it.EventPattern === undefined ? [] : [JSON.parse(it.EventPattern) as unknown],
    );

    for (const { pattern } of eventRules(clusters, account)) expect(patterns).toContainEqual(pattern);
  });

  it('creates a table by both keys', async () => {
    const { TableNames = [] } = await clients.dynamoDb.send(new ListTablesCommand());
    expect(TableNames).toHaveLength(1);

    const { Table } = await clients.dynamoDb.send(new DescribeTableCommand({ TableName: TableNames[0] }));
    expect(Table?.KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
  });

  it('gives a function all it needs: its bundle, run with the environment deployed, asks for a decision', async () => {
    const { Environment } = await clients.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: 'berth-dev-capacityRun' }),
    );
    const call = `
      const { handler } = await import('./dist/capacity-run/index.mjs');
      console.log(JSON.stringify(await handler({ action: 'decide', cluster: 'production' }, { functionName: 'f', awsRequestId: 'r' })));`;

    // A queue's URL has the host of the real SQS, and the SDK goes where it points.
    const variables = Object.fromEntries(
      Object.entries(Environment?.Variables ?? {}).map(([name, value]) => [
        name,
        value.replace(/^https:\/\/sqs\.[^/]+/, moto.endpoint),
      ]),
    );

    const { code, output } = await runNode(project, ['--input-type=module', '--eval', call], {
      ...variables,
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_LAMBDA_FUNCTION_NAME: 'berth-dev-capacityRun',
    });

    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"asked":true') as unknown });
    const { Messages = [] } = await clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: variables['DECIDE_QUEUE_URL'] }),
    );
    expect(Messages.map((it) => JSON.parse(it.Body ?? '') as unknown)).toMatchObject([{ cluster: 'production' }]);
  }, 30_000);

  it('leaves nothing behind when removed, for which no cluster need be named', async () => {
    const { code, output } = await onMoto(['remove']);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });

    expect(await functionNames()).toEqual([]);
    expect(await queueNames()).toEqual([]);
    expect(await ruleNames()).toEqual([]);
    expect((await clients.dynamoDb.send(new ListTablesCommand())).TableNames).toEqual([]);
  }, 60_000);
});
