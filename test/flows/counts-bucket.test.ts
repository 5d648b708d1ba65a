import { ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { ecsClusterWriter } from '../../lib/aws/ecs-cluster-writer.ts';
import { applyPlan } from '../../lib/flows/apply.ts';
import type { Service } from '../../lib/model/service.ts';
import type { CountHistory } from '../../lib/model/service-counts.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { countOf } from '../../lib/planning/counts/wanted-count.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { listen } from '../../simulator/endpoint/server.ts';
import { scaling } from '../planning/counts/counts.ts';
import { input, now, service } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { sdkOptions } from '../support/sdk-options.ts';
import { smallWorld } from '../support/small-world.ts';

/** UpdateService of an account: 50 at once and 5 a second (ECS API reference, request throttling). */
const burst = 50;

interface Played {
  services: readonly Service[];
  histories: Readonly<Record<string, CountHistory | undefined>>;
}

/** So many services each, the first of them the least loaded. */
const clusterOf = (count: number): Played => ({
  services: Array.from({ length: count }, (_, n) => {
    const name = `service-${String(n).padStart(3, '0')}`;
    return service(4, { name, arn: `arn:${name}`, runningCount: 4 });
  }),
  histories: {},
});

/** One check and its decision; the load of each would be right for twelve tasks and more. Returns what was set. */
const checked = async (it: Played, minute: number, bucket: { left: number }): Promise<readonly string[]> => {
  const at = now + minute * minuteMs;
  const counted = it.services.map((one, n) =>
    countOf({
      name: one.name,
      service: one,
      settings: scaling({ maximum: 400 }),
      history: it.histories[one.name],
      datapoints: new Map([['cpu', { value: ((180 + n) * 4) / one.desiredCount, at: at - minuteMs }]]),
      hasScalableTarget: false,
      acts: true,
      now: at,
    }),
  );
  it.histories = Object.fromEntries(counted.map(({ report, history }) => [report.service, history]));
  const counts = counted.flatMap((one) => one.wanted ?? []);
  const plan = planCluster(input({ services: it.services }, { asked: { counts } }));
  const act = new FakeAws({ services: it.services });
  act.answer = (id) => {
    bucket.left--;
    return bucket.left >= 0
      ? { id, result: 'done', detail: undefined }
      : { id, result: 'failed', detail: 'ThrottlingException: Rate exceeded' };
  };
  const outcomes = await applyPlan(plan, act);
  const set = new Map(
    outcomes.flatMap(({ step, result }) =>
      step.kind === 'setServiceDesiredCount' && result === 'done' ? [[step.service, step.to] as const] : [],
    ),
  );
  it.services = it.services.map((one) => {
    const to = set.get(one.name);
    return to === undefined ? one : { ...one, desiredCount: to, runningCount: to };
  });
  return [...set.keys()];
};

describe('counts of many clusters in one bucket', () => {
  it('are all set within minutes though no throttled call is retried, the most urgent first', async () => {
    const clusters = Array.from({ length: 5 }, () => clusterOf(60));
    const sets: (readonly string[])[] = [];
    for (let minute = 0; minute < 12; minute++) {
      const bucket = { left: burst };
      for (const it of clusters) sets.push(await checked(it, minute, bucket));
    }

    expect(clusters.flatMap((it) => it.services).filter((it) => it.desiredCount < 12)).toEqual([]);
    expect(sets[0]).toHaveLength(40); // of sixty, those that lack the most
    expect(sets[0]).not.toContain('service-000');
    expect(sets[0]).toContain('service-059');
    expect(sets[1]).toHaveLength(10); // what the first cluster left of the bucket
  });
});

describe('ecsClusterWriter', () => {
  it('says that a bucket is empty, and sets the count once it has filled again', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const writer = ecsClusterWriter(new ECSClient(sdkOptions(endpoint.url)));
    world.charge('ecs', 'UpdateService', 50, 'external');
    const count = () => world.view.ecs.clusters.get('shop')?.services.get('web')?.desiredCount;
    const before = count();

    const refused = await writer.setServiceDesiredCount('shop', 'web', 7);
    expect(refused.result).not.toBe('done');
    expect(refused.detail).toContain('ThrottlingException');
    expect(count()).toBe(before);

    await clock.runUntil(clock.now() + minuteMs);
    expect((await writer.setServiceDesiredCount('shop', 'web', 7)).result).toBe('done');
    expect(count()).toBe(7);
  });
});
