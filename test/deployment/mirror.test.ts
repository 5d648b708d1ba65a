import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventRules } from '../../deployment/event-rules.ts';
import {
  type Asked,
  asksNothing,
  keepMirrorsStatements,
  mirrorStatements,
  statementsOf,
} from '../../deployment/permissions.ts';
import { roleResources } from '../../deployment/roles.ts';
import { askedBy, readSettings } from '../../deployment/settings-file.ts';
import { variableAt } from '../../deployment/variables.ts';
import { optionalFunctions } from '../../deployment/wiring.ts';
import { matchesPattern } from '../../simulator/world/events/pattern.ts';

const clusters = ['production', 'staging'];
const asked: Asked = { ...asksNothing, mirrored: ['production'] };
const variable = (address: string, it = asked) => variableAt(address, { clusters, alarmTopicArn: '', asked: it });
const actionsOf = (statements: readonly { readonly actions: readonly string[] }[]) =>
  statements.flatMap((it) => it.actions);

const account = { partition: 'aws', region: 'eu-west-1', accountId: '111122223333' };
const queuesOf = (type: string, detail: object, cluster = 'production'): readonly string[] =>
  eventRules(clusters, account, false, ['production'])
    .filter((it) =>
      matchesPattern(
        { ...it.pattern },
        {
          account: account.accountId,
          region: account.region,
          source: 'aws.ecs',
          'detail-type': type,
          resources: [],
          detail: { clusterArn: `arn:aws:ecs:eu-west-1:111122223333:cluster/${cluster}`, ...detail },
        },
      ),
    )
    .map((it) => it.queue);

const word = (...words: readonly string[]) => fc.constantFrom(...words);
const taskDetail = fc
  .record({
    lastStatus: word(
      'PROVISIONING',
      'PENDING',
      'ACTIVATING',
      'RUNNING',
      'DEACTIVATING',
      'STOPPING',
      'DEPROVISIONING',
      'STOPPED',
      'DELETED',
    ),
    placed: fc.boolean(),
    launchType: word('EC2', 'EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES'),
  })
  .map(({ lastStatus, placed, launchType }) => ({
    type: 'ECS Task State Change',
    detail: { launchType, lastStatus, ...(placed ? { containerInstanceArn: 'arn:1' } : {}) },
  }));
const instanceDetail = fc
  .record({
    status: word('REGISTERING', 'REGISTRATION_FAILED', 'ACTIVE', 'DRAINING', 'DEREGISTERING', 'INACTIVE'),
    version: fc.nat({ max: 20 }),
    agentConnected: fc.boolean(),
  })
  .map((detail) => ({ type: 'ECS Container Instance State Change', detail }));

describe('a mirrored cluster', () => {
  it('has every change of its tasks and instances heard, and each once', () => {
    fc.assert(
      fc.property(fc.oneof(taskDetail, instanceDetail), ({ type, detail }) => {
        expect(queuesOf(type, detail)).toHaveLength(1);
      }),
    );
  });

  it('has no more of others heard than without it', () => {
    const pending = { launchType: 'EC2', lastStatus: 'PENDING' };
    expect(queuesOf('ECS Task State Change', pending)).toEqual(['mirror']);
    expect(queuesOf('ECS Task State Change', pending, 'staging')).toEqual([]);
    expect(queuesOf('ECS Task State Change', { ...pending, launchType: 'FARGATE' }, 'staging')).toEqual([]);
  });

  it('is one whose section says so', () => {
    const file = readSettings('clusters:\n  production: { mirror: true }\n  staging: { mirror: false }\n', 'berth.yml');
    expect(file.ok && askedBy(file.settings, [...clusters, 'other']).mirrored).toEqual(['production']);
    expect(file.ok && askedBy(file.settings, ['staging']).mirrored).toEqual([]);
    expect(readSettings('defaults: { mirror: true }\n', 'berth.yml').ok).toBe(false);
  });

  it('has nothing deployed for it where there is none', () => {
    expect(variable('function.mirror', asksNothing)).toBeNull();
    expect(variable('function.keepMirrors', asksNothing)).toBeNull();
    expect(variable('resources.mirror', asksNothing)).toEqual({});
    expect(Object.keys(roleResources(clusters, asksNothing)).filter((it) => it.includes('Mirror'))).toEqual([]);
    expect(eventRules(clusters, account).filter((it) => it.queue === 'mirror')).toEqual([]);
  });

  it('has a function that is told, by a queue that EventBridge may send to', () => {
    expect(variable('function.mirror')).toMatchObject({
      handler: 'dist/mirror/index.handler',
      role: { 'Fn::Sub': '${MirrorRole.Arn}' },
      events: [
        {
          sqs: {
            arn: { 'Fn::GetAtt': ['MirrorQueue', 'Arn'] },
            batchSize: 1_000,
            functionResponseType: 'ReportBatchItemFailures',
          },
        },
      ],
    });
    expect(variable('resources.mirror')).toMatchObject({
      MirrorQueue: { Properties: { RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } } },
      MirrorQueuePolicy: {
        Properties: {
          Queues: [{ Ref: 'MirrorQueue' }],
          PolicyDocument: { Statement: [{ Principal: { Service: 'events.amazonaws.com' } }] },
        },
      },
    });
  });

  it('has a function that keeps its mirror, each minute, which nobody tries again', () => {
    expect(variable('function.keepMirrors')).toMatchObject({
      handler: 'dist/keep-mirrors/index.handler',
      role: { 'Fn::Sub': '${KeepMirrorsRole.Arn}' },
      timeout: optionalFunctions.keepMirrors.timeoutSeconds,
      maximumRetryAttempts: 0,
      events: [{ eventBridge: { schedule: 'rate(1 minute)' } }],
    });
  });

  it('lets its functions read that cluster and write the table, and nothing else', () => {
    expect(actionsOf(mirrorStatements()).filter((it) => !/^(logs|sqs):/.test(it))).toEqual(['dynamodb:PutItem']);
    const keeping = keepMirrorsStatements(asked);
    expect(actionsOf(keeping).filter((it) => it.startsWith('ecs:') && !/^ecs:(List|Describe)/.test(it))).toEqual([]);
    expect(JSON.stringify(keeping)).not.toContain('staging');
    const more = (name: 'clusterEvents' | 'urgentEvents' | 'decide' | 'metricCheck') => {
      const without = actionsOf(statementsOf(name, clusters, asksNothing));
      return actionsOf(statementsOf(name, clusters, asked)).filter((it) => !without.includes(it));
    };
    expect(more('clusterEvents')).toEqual(['dynamodb:PutItem']);
    expect(more('decide')).toEqual(['dynamodb:GetItem']);
    expect([...more('urgentEvents'), ...more('metricCheck')]).toEqual([]);
  });

  it('rings where its mirror goes wrong, and stands on the dashboard', () => {
    const alarmsOf = (it: Asked): readonly string[] => Object.keys(variable('resources.alarms', it) ?? {});
    const board = (it: Asked): string => JSON.stringify(variable('resources.dashboard', it));
    expect(alarmsOf(asked).filter((it) => !alarmsOf(asksNothing).includes(it))).toEqual([
      'MirrorErrorsAlarm',
      'KeepMirrorsErrorsAlarm',
      'MirrorDriftAlarm',
    ]);
    expect(board(asked)).toMatch(/MirrorDrift.*service.*berth/);
    expect(board(asked)).toContain('${AWS::StackName}-mirror');
    expect(board(asked)).not.toContain('${AWS::StackName}-tasks');
    expect(board(asksNothing)).not.toMatch(/-mirror|MirrorDrift|-keepMirrors/);
  });
});
