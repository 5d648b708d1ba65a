import { ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { ecsClusterWriter } from '../../lib/aws/ecs-cluster-writer.ts';
import { instanceArn, numbered } from './answers.ts';
import { strings, throttle } from './ecs-harness.ts';
import { type Answers, loopbackAws, Refusal } from './loopback-aws.ts';

const drain = async (arns: readonly string[], answer: Answers[string]) => {
  await using aws = await loopbackAws({ UpdateContainerInstancesState: answer });
  const client = new ECSClient(aws.config);
  const outcomes = await ecsClusterWriter(client).setContainerInstancesState('prod', arns, 'DRAINING');
  client.destroy();
  return { outcomes, calls: aws.calls };
};

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
});
