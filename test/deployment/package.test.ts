import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { budgetedFunctions, budgetKb, bundleFunctions, zippedBytes } from '../../deployment/bundle.ts';
import { type environmentNames, functionWiring, queueWiring } from '../../deployment/wiring.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { powertoolsTelemetry } from '../../lib/telemetry/powertools-telemetry.ts';
import { osls, projectCopy } from './project-copy.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

const project = projectCopy();
afterAll(() => {
  project[Symbol.dispose]();
});

const inProject = (...path: readonly string[]): string => join(project.folder, ...path);

describe('osls package', () => {
  let template: Readonly<Record<string, Resource>>;

  beforeAll(async () => {
    const { code, output } = await osls(project, ['package', '--param', 'clusters=production,staging']);
    if (code !== 0) throw new Error(output);
    const file = inProject('.serverless', 'cloudformation-template-update-stack.json');
    template = (JSON.parse(readFileSync(file, 'utf8')) as { Resources: typeof template }).Resources;
  }, 60_000);

  const ofType = (type: string): readonly (readonly [string, Resource['Properties']])[] =>
    Object.entries(template)
      .filter(([, it]) => it.Type === type)
      .map(([id, it]) => [id, it.Properties]);

  const propertiesOf = (id: string): Resource['Properties'] => template[id]?.Properties ?? {};

  it('has the five functions on arm64 and Node 24, with their time-outs and memory', () => {
    const functions = ofType('AWS::Lambda::Function').map(([, it]) => it);

    expect(functions).toHaveLength(5);
    for (const [name, { file, timeoutSeconds, memoryMiB }] of Object.entries(functionWiring)) {
      expect(functions).toContainEqual(
        expect.objectContaining({
          FunctionName: `berth-dev-${name}`,
          Handler: `dist/${file}/index.handler`,
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          Timeout: timeoutSeconds,
          MemorySize: memoryMiB,
        }),
      );
    }
  });

  it('reserves no concurrency, which a fresh account does not have, and traces nothing', () => {
    for (const [, it] of ofType('AWS::Lambda::Function')) {
      expect(it).not.toHaveProperty('ReservedConcurrentExecutions');
      expect(it).not.toHaveProperty('TracingConfig');
    }
  });

  it('lets the functions that wake themselves do so, and no other', () => {
    const looping = ofType('AWS::Lambda::Function').filter(([, it]) => it['RecursiveLoop'] === 'Allow');

    expect(looping.map(([, it]) => it['FunctionName'])).toEqual(
      Object.entries(functionWiring).flatMap(([name, { inLoop }]) => (inLoop ? [`berth-dev-${name}`] : [])),
    );
  });

  it('gives every function the names of what it works on', () => {
    for (const [, it] of ofType('AWS::Lambda::Function')) {
      expect(it['Environment']).toEqual({
        Variables: {
          CLUSTERS: 'production,staging',
          TABLE: { Ref: 'Table' },
          DECIDE_QUEUE_URL: { Ref: 'DecideQueue' },
          URGENT_QUEUE_URL: { Ref: 'UrgentQueue' },
          DEAD_LETTER_QUEUE_URL: { Ref: 'DeadLetters' },
        } satisfies Record<(typeof environmentNames)[number], unknown>,
      });
    }
  });

  it('gives every function a role of its own', () => {
    const roles = ofType('AWS::Lambda::Function').map(([, it]) => JSON.stringify(it['Role']));

    expect(new Set(roles).size).toBe(5);
    expect(ofType('AWS::IAM::Role')).toHaveLength(5);
  });

  it.each(Object.entries(queueWiring))('feeds the queue %s to its function', (name, wiring) => {
    const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}Queue`;
    const mapping = ofType('AWS::Lambda::EventSourceMapping').find(
      ([, it]) => JSON.stringify(it['EventSourceArn']) === JSON.stringify({ 'Fn::GetAtt': [id, 'Arn'] }),
    )?.[1];

    expect(mapping).toMatchObject({
      BatchSize: wiring.batchSize,
      ScalingConfig: { MaximumConcurrency: wiring.maximumConcurrency },
    });
    expect(mapping?.['MaximumBatchingWindowInSeconds'] ?? 0).toBe(wiring.batchWindowSeconds);
    expect(mapping?.['FunctionResponseTypes']).toEqual(
      wiring.reportsBatchItemFailures ? ['ReportBatchItemFailures'] : undefined,
    );
    expect(propertiesOf(id)).toMatchObject({
      VisibilityTimeout: wiring.visibilityTimeoutSeconds,
      RedrivePolicy: {
        deadLetterTargetArn: { 'Fn::GetAtt': [wiring.fifo ? 'DecideDeadLetters' : 'DeadLetters', 'Arn'] },
        maxReceiveCount: wiring.maxReceiveCount,
      },
    });
    expect(propertiesOf(id)['FifoQueue']).toBe(wiring.fifo ? true : undefined);
  });

  it('encrypts every queue, and keeps dead letters for fourteen days', () => {
    for (const [, it] of ofType('AWS::SQS::Queue')) expect(it['SqsManagedSseEnabled']).toBe(true);
    for (const id of ['DeadLetters', 'DecideDeadLetters'])
      expect(propertiesOf(id)['MessageRetentionPeriod']).toBe(1_209_600);
  });

  it('gives every target of a rule retries and dead letters', () => {
    const rules = ofType('AWS::Events::Rule');

    expect(rules.length).toBeGreaterThan(10);
    for (const [, it] of rules) {
      expect(it['Targets']).toEqual([
        expect.objectContaining({
          RetryPolicy: expect.anything() as unknown,
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } },
        }),
      ]);
    }
  });

  it('looks each minute', () => {
    expect(ofType('AWS::Events::Rule').filter(([, it]) => it['ScheduleExpression'] === 'rate(1 minute)')).toHaveLength(
      1,
    );
  });

  it('lets EventBridge send to the queues for this stack’s rules alone', () => {
    const { PolicyDocument } = propertiesOf('QueuePolicy') as { PolicyDocument: { Statement: readonly object[] } };

    expect(PolicyDocument.Statement).toHaveLength(3);
    for (const it of PolicyDocument.Statement) expect(it).toHaveProperty(['Condition', 'ArnLike', 'aws:SourceArn']);
  });

  it('keeps a table that can be restored to any second', () => {
    expect(propertiesOf('Table')).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  it('keeps logs for thirty days', () => {
    const groups = ofType('AWS::Logs::LogGroup');

    expect(groups).toHaveLength(5);
    for (const [, it] of groups) expect(it['RetentionInDays']).toBe(30);
  });

  it('rings on dead letters, errors, late decisions, a stopped check and what Berth itself reports', () => {
    const alarms = ofType('AWS::CloudWatch::Alarm').map(([id]) => id.replace(/Alarm$/, ''));

    expect(alarms.sort()).toEqual(
      [
        'DeadLetters',
        'DecideDeadLetters',
        'DecisionsLate',
        'MinuteCheckStopped',
        'UnplaceableTasks',
        'StepFailures',
        'ObservationGaps',
        'OverdueInstances',
        'MetricsWithoutData',
        'ClusterEventsErrors',
        'UrgentEventsErrors',
        'DecideErrors',
        'MetricCheckErrors',
        'CapacityRunErrors',
      ].sort(),
    );
  });

  it('watches Berth’s metrics where Berth publishes them', () => {
    const lines: string[] = [];
    const output = new PassThrough().on('data', (line: Buffer) => lines.push(line.toString()));
    const telemetry = powertoolsTelemetry({ output });
    telemetry.count('UnplaceableTasks', 1);
    telemetry.flush();
    const published = JSON.parse(lines.join('')) as {
      readonly service: string;
      readonly _aws: {
        readonly CloudWatchMetrics: readonly { readonly Namespace: string; readonly Dimensions: readonly string[][] }[];
      };
    };

    expect(published._aws.CloudWatchMetrics).toMatchObject([{ Namespace: 'Berth', Dimensions: [['service']] }]);
    expect(propertiesOf('UnplaceableTasksAlarm')).toMatchObject({
      Namespace: 'Berth',
      Dimensions: [{ Name: 'service', Value: published.service }],
    });
  });

  it('has a dashboard that is JSON', () => {
    const { DashboardBody } = propertiesOf('Dashboard') as { DashboardBody: { 'Fn::Sub': string } };

    expect(JSON.parse(DashboardBody['Fn::Sub'])).toHaveProperty('widgets');
  });

  it('tells nobody of alarms, unless it is given a topic', () => {
    expect(propertiesOf('DeadLettersAlarm')['AlarmActions']).toEqual([]);
  });

  it('puts nothing into a function’s archive but its bundle and the compiled settings', () => {
    const parsed = parseSettings({});

    for (const { file } of Object.values(functionWiring)) {
      expect(readdirSync(inProject('dist', file)).sort()).toEqual(['index.mjs', 'settings.json']);
      expect(JSON.parse(readFileSync(inProject('dist', file, 'settings.json'), 'utf8'))).toEqual(
        parsed.ok && parsed.settings,
      );
    }
  });

  it('keeps the functions that start on events small, and knows their size', () => {
    for (const name of budgetedFunctions) {
      const archive = statSync(inProject('.serverless', `${name}.zip`)).size;

      expect(archive).toBeLessThanOrEqual(budgetKb * 1024);
      expect(Math.abs(archive - zippedBytes(inProject('dist', functionWiring[name].file)))).toBeLessThan(1024);
    }
  });

  it('stops where a function outgrew its budget, and says by how much', async () => {
    const building = bundleFunctions(project.folder, 1);

    await expect(building).rejects.toThrow(
      /^these functions are over their budget of 1 KB zipped:\n {2}clusterEvents: \d+ KB zipped\n {2}urgentEvents: /,
    );
  });

  const failing = async (args: readonly string[]): Promise<string> => {
    const { code, output } = await osls(project, args);
    expect(code).toBe(1);
    return output;
  };

  it('asks for clusters when none are named, once', async () => {
    const output = await failing(['package']);

    expect(output.match(/name the ECS clusters that Berth may touch/g)).toHaveLength(1);
  }, 30_000);

  it('gives alarms the topic it is given', async () => {
    const topic = 'arn:aws:sns:eu-west-1:111122223333:on-call';
    const { output } = await osls(project, [
      'print',
      '--path',
      'resources.Resources.DeadLettersAlarm.Properties.AlarmActions',
      '--param',
      'clusters=production',
      '--param',
      `alarmTopicArn=${topic}`,
    ]);

    expect(output).toContain(topic);
  }, 30_000);

  it('warns of settings for clusters that are not deployed to', async () => {
    writeFileSync(inProject('berth.yml'), 'clusters:\n  prodution:\n    mode: act\n');

    const { code, output } = await osls(project, ['package', '--param', 'clusters=production']);

    expect(code).toBe(0);
    expect(output).toContain('berth.yml has sections for prodution; this deployment may only touch production');
  }, 30_000);

  it('stops at a bad berth.yml, says all that is wrong, and leaves what was built before', async () => {
    const before = statSync(inProject('dist', 'decide', 'index.mjs')).mtimeMs;
    writeFileSync(inProject('berth.yml'), 'defaults:\n  mode: acts\n  quitTime: 1m\n');

    const output = await failing(['package', '--param', 'clusters=production']);

    expect(output).toContain('berth.yml has 2 problems:\nberth.yml:2:3 defaults.mode: found "acts"');
    expect(output).toContain('berth.yml:3:3 defaults.quitTime: found an unknown key');
    expect(statSync(inProject('dist', 'decide', 'index.mjs')).mtimeMs).toBe(before);
    expect(readdirSync(project.folder).filter((it) => it.startsWith('dist.'))).toEqual([]);
  }, 30_000);
});
