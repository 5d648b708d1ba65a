import { describe, expect, it } from '@jest/globals';
import { applyPlan } from '../../lib/flows/apply.ts';
import type { Observation } from '../../lib/model/observation.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { deployment, input, now, service } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';

/** A plan that sets the count of `api`, carried out on what is seen by then. */
const carriedOut = async (from: number, to: number, then: Partial<Observation>) => {
  const wanted = { service: 'api', from, to, reason: 'cpu', at: now };
  const plan = planCluster(input({ services: [service(from)] }, { asked: { counts: [wanted] } }));
  const act = new FakeAws({ services: [service(from)] });
  act.beforeCheck = () => {
    act.seen = { ...act.seen, ...then };
  };
  const outcomes = await applyPlan(plan, act);
  const outcome = outcomes.find((it) => it.step.kind === 'setServiceDesiredCount');
  return { result: outcome?.result, detail: outcome?.detail, writes: act.writes };
};

describe('applyPlan: setServiceDesiredCount', () => {
  it('sets the count of a service that is as it was', async () => {
    expect(await carriedOut(4, 10, {})).toEqual({ result: 'done', detail: undefined, writes: ['count api 10'] });
  });

  it.each([
    ['somebody changed it', [service(6)], 'desired count is 6 by now, not 4: somebody changed it'],
    ['the service is gone', [], 'api was not found'],
  ])('drops it where %s', async (_, services, detail) => {
    expect(await carriedOut(4, 10, { services })).toEqual({ result: 'dropped', detail, writes: [] });
  });

  it('has nothing to do where the count is there already', async () => {
    expect(await carriedOut(4, 10, { services: [service(10)] })).toEqual({
      result: 'done',
      detail: 'desired count is 10 already',
      writes: [],
    });
  });

  it('raises during a deployment that began meanwhile, and does not lower', async () => {
    const deploying = (count: number) => ({
      services: [service(count, { deployments: [deployment({ desiredCount: count, rolloutState: 'IN_PROGRESS' })] })],
    });

    expect((await carriedOut(4, 10, deploying(4))).writes).toEqual(['count api 10']);
    expect(await carriedOut(4, 2, deploying(4))).toMatchObject({
      result: 'dropped',
      detail: 'a deployment began',
      writes: [],
    });
  });
});
