import { DescribeServicesCommand, DescribeTasksCommand, type ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { ecsClient } from '../../lib/aws/clients.ts';
import { paced } from '../../lib/aws/paced.ts';

/** A client whose calls get no further than its pace; virtual time passes as it sleeps. */
const made = (answer: (at: number) => 'throttled' | 'answered' = () => 'answered') => {
  let at = 0;
  const calls: number[] = [];
  const clock = {
    now: () => at,
    sleep: (ms: number) => {
      at += ms;
      return Promise.resolve();
    },
  };
  const client = ecsClient({
    config: { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
  });
  paced(client, clock);
  client.middlewareStack.add(
    () => () => {
      calls.push(Math.round(at));
      const refusal = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
      if (answer(at) === 'throttled') return Promise.reject(refusal);
      return Promise.resolve({ response: {}, output: { $metadata: {} } });
    },
    { step: 'deserialize', priority: 'high' },
  );
  return { client, calls };
};

const tasks = (client: ECSClient) => client.send(new DescribeTasksCommand({ tasks: ['t'] }));
const services = (client: ECSClient) => client.send(new DescribeServicesCommand({ services: ['s'] }));

describe('paced', () => {
  it('makes five calls a second of each bucket', async () => {
    const { client, calls } = made();
    for (let n = 0; n < 6; n++) await tasks(client);
    expect(calls).toEqual([0, 200, 400, 600, 800, 1_000]);
    await services(client); // of the other bucket: at once
    expect(calls.at(-1)).toBe(calls.at(-2));
  });

  it('makes half as many after a throttle, and more again bit by bit', async () => {
    let throttles = true;
    const { client, calls } = made(() => (throttles ? 'throttled' : 'answered'));
    await expect(tasks(client)).rejects.toThrow('slow down');
    const refused = calls.length;
    expect(refused).toBeGreaterThan(1); // the SDK's retries are paced too
    throttles = false;
    for (let n = 0; n < 120; n++) await tasks(client);
    const gaps = calls.slice(1).map((at, n) => at - (calls[n] ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(800);
    expect(gaps.slice(refused, -1).every((it, n, all) => n === 0 || it <= (all[n - 1] ?? 0) + 1)).toBe(true);
    expect(gaps.at(-1)).toBeLessThanOrEqual(201);
  });
});
