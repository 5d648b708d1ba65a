import { ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { ecsClusterWriter } from '../../lib/aws/ecs-cluster-writer.ts';
import type { ClusterWriter } from '../../lib/ports/cluster-api.ts';
import type { ItemOutcome } from '../../lib/ports/reading.ts';
import { instanceArn, numbered, taskArn } from './answers.ts';
import { strings, throttle } from './ecs-harness.ts';
import { type Answers, loopbackAws, Refusal } from './loopback-aws.ts';

const writing = async (answers: Answers, write: (writer: ClusterWriter) => Promise<readonly ItemOutcome[]>) => {
  await using aws = await loopbackAws(answers);
  const client = new ECSClient(aws.config);
  const outcomes = await write(ecsClusterWriter(client));
  client.destroy();
  return { outcomes, calls: aws.calls };
};

const drain = (arns: readonly string[], answer: Answers[string]) =>
  writing({ UpdateContainerInstancesState: answer }, (writer) =>
    writer.setContainerInstancesState('prod', arns, 'DRAINING'),
  );

describe('ecsClusterWriter', () => {
  it('changes ten container instances a call, and says of each that it is done', async () => {
    const arns = numbered(23, instanceArn);

    const { outcomes, calls } = await drain(arns, () => ({ containerInstances: [], failures: [] }));

    expect(calls.map((it) => strings(it.input['containerInstances']).length).sort((a, b) => a - b)).toEqual([
      3, 10, 10,
    ]);
    expect(calls[0]?.input).toMatchObject({ cluster: 'prod', status: 'DRAINING' });
    expect(outcomes).toEqual(arns.map((id) => ({ id, result: 'done', detail: undefined })));
  });

  it('tells the instances that failed in an answer from those that were done', async () => {
    const { outcomes } = await drain(numbered(3, instanceArn), () => ({
      containerInstances: [],
      failures: [
        { arn: instanceArn('1'), reason: 'MISSING' },
        { arn: instanceArn('2'), reason: 'INTERNAL', detail: 'odd' },
      ],
    }));

    expect(outcomes).toEqual([
      { id: instanceArn('0'), result: 'done', detail: undefined },
      { id: instanceArn('1'), result: 'gone', detail: 'MISSING' },
      { id: instanceArn('2'), result: 'failed', detail: 'INTERNAL: odd' },
    ]);
  });

  it('writes each alone where ECS refuses a batch because of one', async () => {
    const { outcomes, calls } = await drain(numbered(3, instanceArn), (input) => {
      if (strings(input['containerInstances']).includes(instanceArn('1')))
        throw new Refusal('InvalidParameterException', 'The container instance is in status DEREGISTERING.');
      return {};
    });

    expect(calls).toHaveLength(4);
    expect(outcomes.map((it) => it.result)).toEqual(['done', 'failed', 'done']);
    expect(outcomes[1]?.detail).toBe(
      'UpdateContainerInstancesState DRAINING: InvalidParameterException: The container instance is in status DEREGISTERING.',
    );
  });

  it('reports a throttled batch as busy, and carries on with the others', async () => {
    const { outcomes, calls } = await drain(numbered(12, instanceArn), (input) =>
      strings(input['containerInstances']).length === 10 ? throttle() : {},
    );

    expect(calls).toHaveLength(2);
    expect(outcomes.filter((it) => it.result === 'busy')).toHaveLength(10);
    expect(outcomes.filter((it) => it.result === 'done')).toHaveLength(2);
  });

  it('stops tasks one by one, and takes one that is not there any more as gone', async () => {
    const { outcomes, calls } = await writing(
      {
        StopTask: (input) => {
          if (input['task'] === taskArn('1'))
            throw new Refusal('InvalidParameterException', 'The referenced task was not found.');
          return input['task'] === taskArn('2') ? throttle() : {};
        },
      },
      (writer) => writer.stopTasks('prod', numbered(3, taskArn), 'past its deadline'),
    );

    expect(calls[0]?.input).toEqual({ cluster: 'prod', task: taskArn('0'), reason: 'past its deadline' });
    expect(outcomes).toMatchObject([
      { id: taskArn('0'), result: 'done' },
      { id: taskArn('1'), result: 'gone' },
      { id: taskArn('2'), result: 'busy' },
    ]);
  });

  it('has no more than eight calls under way at once', async () => {
    let [underWay, most] = [0, 0];
    const { calls } = await writing(
      {
        StopTask: async () => {
          most = Math.max(most, ++underWay);
          await new Promise((resolve) => setImmediate(resolve));
          underWay--;
          return {};
        },
      },
      (writer) => writer.stopTasks('prod', numbered(30, taskArn), 'past its deadline'),
    );

    expect(calls).toHaveLength(30);
    expect(most).toBeLessThanOrEqual(8);
    expect(most).toBeGreaterThan(1);
  });

  it('deregisters instances whatever runs on them', async () => {
    const { outcomes, calls } = await writing(
      {
        DeregisterContainerInstance: (input) => {
          if (input['containerInstance'] === instanceArn('1'))
            throw new Refusal('InvalidParameterException', 'Referenced container instance was not found.');
          return {};
        },
      },
      (writer) => writer.deregisterInstances('prod', numbered(2, instanceArn)),
    );

    expect(calls[0]?.input).toEqual({ cluster: 'prod', containerInstance: instanceArn('0'), force: true });
    expect(outcomes.map((it) => it.result)).toEqual(['done', 'gone']);
  });

  it('marks instances with why they leave, and takes the mark away', async () => {
    const { outcomes, calls } = await writing(
      { TagResource: () => ({}), UntagResource: () => throttle() },
      async (writer) => [
        ...(await writer.markInstances('prod', [instanceArn('0')], 'rotation')),
        ...(await writer.markInstances('prod', [instanceArn('0')], undefined)),
      ],
    );

    expect(calls).toEqual([
      {
        operation: 'TagResource',
        input: { resourceArn: instanceArn('0'), tags: [{ key: 'berth:drain', value: 'rotation' }] },
      },
      { operation: 'UntagResource', input: { resourceArn: instanceArn('0'), tagKeys: ['berth:drain'] } },
    ]);
    expect(outcomes.map((it) => it.result)).toEqual(['done', 'busy']);
  });
});
