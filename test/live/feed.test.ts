import { describe, expect, it } from '@jest/globals';
import type { Decision } from '../../lib/flows/decide.ts';
import { watchedBerth } from '../../simulator/host/ports/watched-berth.ts';
import { tell } from '../../simulator/live/feed.ts';
import { packedService } from '../support/scenarios.ts';
import { planWords, smallDay } from './live-world.ts';

const minutes = 60_000;

/** Six tasks of web and four of api from the start; after half an hour, forty of web. */
const decisionsOfASurge = async (): Promise<readonly Decision[]> => {
  const services = {
    web: packedService(512, 1024, {
      steps: [
        { at: '0s', value: 6 },
        { at: '30m', value: 40 },
      ],
    }),
    api: packedService(256, 512, { steps: [{ at: '0s', value: 4 }] }),
  };
  const berth = await watchedBerth({ scenario: smallDay({ services }), seed: 1 });
  await berth.clock.runUntil(berth.clock.now() + 45 * minutes);
  return berth.decisions;
};

const told = (decisions: readonly Decision[]) => {
  let news = '';
  return decisions.map((decision) => {
    const it = tell(decision, news, planWords);
    ({ news } = it);
    return { decision, ...it };
  });
};

describe('the feed', () => {
  it('tells every decision that takes a step, each step with its reason', async () => {
    const all = told(await decisionsOfASurge());
    const steps = all.filter(({ decision }) => decision.outcomes.length > 0);
    expect(steps.length).toBeGreaterThan(0);
    for (const { decision, entry } of steps) {
      expect(entry?.at).toBe(decision.plan.observedAt);
      expect(entry?.lines).toHaveLength(decision.outcomes.length);
      for (const line of entry?.lines ?? []) expect(line.reason).not.toBe('');
    }
    expect(steps.flatMap(({ entry }) => entry?.lines ?? []).map((it) => it.text)).toContainEqual(
      expect.stringMatching(/^set the desired capacity of large from 3 to \d+$/),
    );
  });

  it('counts waiting tasks by what becomes of them, and instances by why they stay', async () => {
    const [first] = told(await decisionsOfASurge()).filter(({ entry }) => entry !== undefined);
    expect(first?.entry?.notes[0]).toMatch(/^10 tasks without a place \(service api 4, service web 6\): /);
    const stays = told(await decisionsOfASurge()).flatMap(({ entry }) => entry?.notes ?? []);
    expect(stays).toContainEqual(expect.stringMatching(/^stays: .+ \d+/));
  });

  it('is silent where nothing was done and nothing is new', async () => {
    const all = told(await decisionsOfASurge());
    const silent = all.filter(({ entry }) => entry === undefined);
    expect(silent.length).toBeGreaterThan(5);
    for (const { decision } of silent) expect(decision.outcomes).toEqual([]);
  });

  it('cuts what is too long for a page, and says how much', async () => {
    const [one] = (await decisionsOfASurge()).filter((it) => it.outcomes.length > 0);
    if (one === undefined) throw new Error('no decision took a step');
    const many = {
      ...one,
      outcomes: Array.from({ length: 40 }, () => one.outcomes)
        .flat()
        .slice(0, 40),
    };
    const lines = tell(many, '', planWords).entry?.lines ?? [];
    expect(lines).toHaveLength(12);
    expect(lines.at(-1)).toEqual({ text: 'and 29 more', reason: undefined, isTrouble: false });
  });

  it('marks a step that did not come to be, and says why', async () => {
    const [one] = (await decisionsOfASurge()).filter((it) => it.outcomes.length > 0);
    if (one === undefined) throw new Error('no decision took a step');
    const outcomes = one.outcomes.map((it) => ({ ...it, result: 'failed' as const, detail: 'Throttling' }));
    const [line] = tell({ ...one, outcomes }, '', planWords).entry?.lines ?? [];
    expect(line?.isTrouble).toBe(true);
    expect(line?.text).toMatch(/ \(failed: Throttling\)$/);
  });
});
