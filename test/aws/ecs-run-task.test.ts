import { ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { ecsClusterWriter } from '../../lib/aws/ecs-cluster-writer.ts';
import type { RunTaskRequest } from '../../lib/ports/cluster-api.ts';
import { taskArn } from './answers.ts';
import { type Answers, loopbackAws, Refusal } from './loopback-aws.ts';

const request: RunTaskRequest = { clientToken: 'message-1', taskDefinition: 'job:3', count: 2 };

const run = async (answer: Answers[string], over: Partial<RunTaskRequest> = {}) => {
  await using aws = await loopbackAws({ RunTask: answer });
  const client = new ECSClient(aws.config);
  const outcome = await ecsClusterWriter(client).runTask('prod', { ...request, ...over });
  client.destroy();
  return { outcome, calls: aws.calls };
};

const started = (...ids: readonly string[]) => ({ tasks: ids.map((id) => ({ taskArn: taskArn(id) })), failures: [] });

const refused = (code: string, message: string) => () => {
  throw new Refusal(code, message);
};

describe('ecsClusterWriter: runTask', () => {
  it('runs tasks by launch type EC2 where no provider is named', async () => {
    const { outcome, calls } = await run(() => started('1', '2'));

    expect(calls[0]?.input).toEqual({
      cluster: 'prod',
      clientToken: 'message-1',
      taskDefinition: 'job:3',
      count: 2,
      launchType: 'EC2',
    });
    expect(outcome).toEqual({ kind: 'started', taskArns: [taskArn('1'), taskArn('2')], missing: undefined });
  });

  it('binds them to a provider, and passes on what else was asked for', async () => {
    const overrides = {
      cpu: '512',
      containerOverrides: [{ name: 'job', command: ['run'], environment: [{ name: 'DAY', value: '2' }] }],
    };
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } };
    const { calls } = await run(() => started('1'), {
      count: 1,
      capacityProvider: 'workers',
      group: 'nightly',
      startedBy: 'berth',
      overrides,
      networkConfiguration,
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:a == b' }],
      placementStrategy: [{ type: 'binpack', field: 'memory' }],
      tags: { team: 'data' },
    });

    expect(calls[0]?.input).toEqual({
      cluster: 'prod',
      clientToken: 'message-1',
      taskDefinition: 'job:3',
      count: 1,
      capacityProviderStrategy: [{ capacityProvider: 'workers', weight: 1 }],
      group: 'nightly',
      startedBy: 'berth',
      overrides,
      networkConfiguration,
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:a == b' }],
      placementStrategy: [{ type: 'binpack', field: 'memory' }],
      tags: [{ key: 'team', value: 'data' }],
    });
  });

  it('says why there are fewer than were asked for', async () => {
    const { outcome } = await run(() => ({
      ...started('1'),
      failures: [{ reason: 'RESOURCE:CPU' }, { reason: 'RESOURCE:CPU' }, { reason: 'AGENT' }],
    }));

    expect(outcome).toEqual({
      kind: 'started',
      taskArns: [taskArn('1')],
      missing: 'RESOURCE:CPU on 2, AGENT on 1',
    });
  });

  it('tells that no instance has room', async () => {
    const { outcome } = await run(() => ({ tasks: [], failures: [{ reason: 'RESOURCE:MEMORY' }] }));

    expect(outcome).toEqual({ kind: 'noRoom', detail: 'RESOURCE:MEMORY on 1' });
  });

  it.each([
    ['noRoom', 'InvalidParameterException', 'No Container Instances were found in your cluster.'],
    ['failed', 'ClientException', 'Tasks provisioning capacity limit exceeded.'],
    ['failed', 'ThrottlingException', 'Rate exceeded'],
    ['failed', 'ServerException', 'Service Unavailable'],
    ['rejected', 'ClientException', 'TaskDefinition is inactive'],
    ['rejected', 'InvalidParameterException', 'Override for container named nobody is not a container in the task'],
    ['rejected', 'ClusterNotFoundException', 'Cluster not found.'],
    ['rejected', 'AccessDeniedException', 'not authorized to perform: iam:PassRole'],
    ['rejected', 'ConflictException', 'The clientToken that was used is in use for a different task.'],
  ])('takes as %s: %s %s', async (kind, code, message) => {
    const { outcome } = await run(refused(code, message));

    expect(outcome).toEqual({ kind, detail: `RunTask: ${code}: ${message}` });
  });

  it.each<[string, Partial<RunTaskRequest>, string]>([
    ['overrides', { overrides: { command: ['x'] } }, 'RunTask overrides nothing called command'],
    [
      'the overrides of a container',
      { overrides: { containerOverrides: [{ name: 'job', comand: ['x'] }] } },
      'RunTask overrides nothing called comand',
    ],
    [
      'a network configuration',
      { networkConfiguration: { subnets: [] } },
      'a network configuration has nothing called subnets',
    ],
  ])('refuses %s whose members ECS would never see', async (_, over, detail) => {
    const { outcome, calls } = await run(() => started('1'), over);

    expect(outcome).toEqual({ kind: 'rejected', detail });
    expect(calls).toEqual([]);
  });

  it('leaves it to ECS to judge what the members hold', async () => {
    const { outcome, calls } = await run(refused('SerializationException', 'Expected list'), {
      overrides: { containerOverrides: 'run it' },
    });

    expect(calls[0]?.input['overrides']).toEqual({ containerOverrides: 'run it' });
    expect(outcome.kind).toBe('rejected');
  });
});
