import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { eventRules } from '../../deployment/event-rules.ts';
import { type Asked, asksNothing } from '../../deployment/permissions.ts';
import { roleResources } from '../../deployment/roles.ts';
import { variableAt } from '../../deployment/variables.ts';
import { parseEvent } from '../../lib/events/parse.ts';

const clusters = ['production', 'staging'];
const role = 'arn:aws:iam::123456789012:role/nightly';
const asksAll: Asked = {
  ...asksNothing,
  launchesInstances: true,
  queuedTasks: { clusters, families: ['nightly'], roles: [role] },
  hearsRefusedTasks: true,
};
const variable = (address: string, asked = asksAll) => variableAt(address, { clusters, alarmTopicArn: '', asked });
const resourcesAt = (address: string) =>
  Object.values(
    (variable(address) ?? {}) as Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>,
  );

describe('the template', () => {
  const service = parse(readFileSync('serverless.yml', 'utf8')) as {
    readonly provider: { readonly logRetentionInDays: number; readonly deploymentBucket: object };
    readonly resources: readonly { readonly Resources?: Readonly<Record<string, { readonly Properties?: object }>> }[];
  };

  it('encrypts every queue, those of dead letters too', () => {
    const queues = [...resourcesAt('resources.queues'), ...resourcesAt('resources.taskQueue')].filter(
      (it) => it.Type === 'AWS::SQS::Queue',
    );

    expect(queues).toHaveLength(6);
    for (const { Properties } of queues) expect(Properties).toMatchObject({ SqsManagedSseEnabled: true });
  });

  it('lets nobody send to a queue but EventBridge, for the rules of this stack alone', () => {
    const policies = [...resourcesAt('resources.queues'), ...resourcesAt('resources.taskQueue')].filter(
      (it) => it.Type === 'AWS::SQS::QueuePolicy',
    );

    expect(policies).toHaveLength(1);
    const text = JSON.stringify(policies);
    expect(text.match(/"Principal"/g)).toHaveLength(3);
    expect(text.match(/"Principal":\{"Service":"events.amazonaws.com"\}/g)).toHaveLength(3);
    expect(text.match(/"aws:SourceArn":\{"Fn::Sub":"arn:[^"]*:rule\/\$\{AWS::StackName\}-\*"\}/g)).toHaveLength(3);
  });

  it('keeps the table by DynamoDB’s own encryption, which cannot be turned off, with nothing weaker asked for', () => {
    const table = service.resources.flatMap((it) => it.Resources?.['Table'] ?? []);

    expect(table).toHaveLength(1);
    expect(table[0]?.Properties).toMatchObject({
      TimeToLiveSpecification: { Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(JSON.stringify(table)).not.toContain('"SSEEnabled":false');
  });

  it('keeps logs for a month and its bucket to itself', () => {
    expect(service.provider.logRetentionInDays).toBe(30);
    expect(service.provider.deploymentBucket).toEqual({ blockPublicAccess: true });
  });

  it('has what settings opt in to only where they do', () => {
    const [with_, without] = [asksAll, asksNothing].map((it) => JSON.stringify(roleResources(clusters, it)));

    for (const action of ['LaunchInstances', 'ec2:CreateFleet', 'ecs:RunTask', 'iam:PassRole']) {
      expect(with_).toContain(action);
      expect(without).not.toContain(action);
    }
  });
});

describe('an event', () => {
  const account = { partition: 'aws', region: 'eu-west-1', accountId: '123456789012' };
  const rules = eventRules(clusters, account, true);

  it('is heard from AWS’s own sources only: nobody else may write one that begins with aws.', () => {
    for (const { pattern } of rules)
      for (const source of pattern.source) expect(['aws.ecs', 'aws.ec2', 'aws.autoscaling']).toContain(source);
  });

  it('is heard of this account and region only: a bus may be open to others', () => {
    for (const { pattern } of rules)
      expect(pattern).toMatchObject({ account: ['123456789012'], region: ['eu-west-1'] });
  });

  it.each(['custom.ecs', 'ecs', 'AWS.ECS', 'aws.ecs ', '', 'my.app'])(
    'of source %j is refused by the handler',
    (source) => {
      const detail = { clusterArn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/production', lastStatus: 'RUNNING' };

      expect(parseEvent({ source, 'detail-type': 'ECS Task State Change', detail })).toMatchObject({
        kind: 'unreadable',
      });
    },
  );
});
