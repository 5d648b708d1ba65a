import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { ecsClusterWriter } from '../../lib/aws/ecs-cluster-writer.ts';
import { scalableTargetsReader } from '../../lib/aws/scalable-targets-reader.ts';
import { numbered } from './answers.ts';
import { strings } from './ecs-harness.ts';
import { type Answers, loopbackAws, Refusal } from './loopback-aws.ts';

const read = async (count: number, answer: Answers[string]) => {
  await using aws = await loopbackAws({ DescribeScalableTargets: answer });
  const client = new ApplicationAutoScalingClient(aws.config);
  const services = numbered(count, (n) => `s${n}`).map((service) => ({ cluster: 'prod', service }));
  const result = await scalableTargetsReader(client).scalableTargets(services);
  client.destroy();
  return { result, calls: aws.calls };
};

const all = { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true };

describe('scalableTargetsReader', () => {
  it('asks for 50 services a call, and leaves out what is wholly suspended', async () => {
    const { result, calls } = await read(51, (request) => ({
      ScalableTargets: strings(request['ResourceIds']).map((ResourceId) => ({
        ResourceId,
        ...(ResourceId === 'service/prod/s7' ? { SuspendedState: all } : {}),
        ...(ResourceId === 'service/prod/s8' ? { SuspendedState: { ...all, ScheduledScalingSuspended: false } } : {}),
      })),
    }));

    expect(calls.map((it) => strings(it.input['ResourceIds']).length).sort((a, b) => a - b)).toEqual([1, 50]);
    expect(calls[0]?.input).toMatchObject({ ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' });
    expect(result.items).toHaveLength(50);
    expect(result.items.map((it) => it.service)).not.toContain('s7');
  });

  it('has a gap where Application Auto Scaling does not answer', async () => {
    const { result } = await read(1, () => {
      throw new Refusal('AccessDeniedException', 'no');
    });

    expect(result).toMatchObject({ items: [], gaps: [{ subject: 'services', cause: 'accessDenied' }] });
  });
});

describe('ecsClusterWriter: setServiceDesiredCount', () => {
  const set = async (answer: Answers[string]) => {
    await using aws = await loopbackAws({ UpdateService: answer });
    const client = new ECSClient(aws.config);
    const outcome = await ecsClusterWriter(client).setServiceDesiredCount('prod', 'api', 7);
    client.destroy();
    return { outcome, inputs: aws.calls.map((it) => it.input) };
  };

  it('sends the count and nothing else, so that no deployment begins', async () => {
    const { outcome, inputs } = await set(() => ({}));

    expect(inputs).toEqual([{ cluster: 'prod', service: 'api', desiredCount: 7 }]);
    expect(outcome).toEqual({ id: 'api', result: 'done', detail: undefined });
  });

  it('says what ECS refused', async () => {
    const { outcome } = await set(() => {
      throw new Refusal('InvalidParameterException', 'not for EXTERNAL');
    });

    expect(outcome).toMatchObject({ id: 'api', result: 'failed', detail: expect.stringContaining('not for EXTERNAL') });
  });
});
