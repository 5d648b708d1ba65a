import { describe, expect, it } from '@jest/globals';
import { RequestError, runByHand } from '../../lib/flows/capacity-run.ts';
import { group, instance, member, now, service, settings } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { ingest } from '../support/ingest.ts';

const flow = () => {
  const aws = new FakeAws({ containerInstances: [instance(1)], services: [service(8)], groups: [group([member(1)])] });
  const base = ingest();
  return {
    ...base,
    aws,
    read: aws,
    settings: { defaults: settings(), clusters: {} },
    clock: { now: () => now, sleep: () => Promise.resolve() },
  };
};

describe('runByHand', () => {
  it('plans without writing anything anywhere', async () => {
    const deps = flow();

    const answer = await runByHand({ action: 'plan', cluster: 'main' }, deps);

    expect(answer).toMatchObject({ action: 'plan', plan: { steps: [{ kind: 'setGroupDesiredCapacity', to: 2 }] } });
    expect(deps.aws.writes).toEqual([]);
    expect(await deps.store.generation('main')).toBe(0);
  });

  it('explains why an instance is there', async () => {
    const answer = await runByHand({ action: 'explain', cluster: 'main', instance: 'i-1' }, flow());

    expect(answer).toMatchObject({
      report: { ec2InstanceId: 'i-1', verdict: { kind: 'keep', reason: 'neededForWaitingTasks' } },
    });
  });

  it('asks for a decision', async () => {
    const deps = flow();

    await runByHand({ action: 'decide', cluster: 'main' }, deps);

    expect(deps.asked).toEqual(['main#0 asked for by hand']);
  });

  it.each([
    ['nothing', undefined, 'expected {"action":"plan"|"decide"'],
    ['an unknown action', { action: 'explode', cluster: 'main' }, 'input.action'],
    ['a misspelt member', { action: 'plan', cluster: 'main', clutser: 'x' }, 'clutser'],
    [
      'a cluster that is not this deployment’s',
      { action: 'plan', cluster: 'foreign' },
      "cluster foreign is not one of this deployment's (main, other)",
    ],
    [
      'an instance of another cluster',
      { action: 'explain', cluster: 'main', instance: 'i-9' },
      'i-9 is no container instance of cluster main, which has 1',
    ],
  ])('refuses %s', async (_, input, message) => {
    const refused = runByHand(input, flow());

    await expect(refused).rejects.toThrow(RequestError);
    await expect(refused).rejects.toThrow(message);
  });
});
