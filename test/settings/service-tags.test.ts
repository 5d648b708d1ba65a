import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scalingFromTags, type Tags } from '../../lib/settings/service-tags.ts';
import { scaling } from '../planning/counts/counts.ts';

const template = scaling({ minimum: 1, maximum: 1, signals: [] });
const from = (tags: Tags) => scalingFromTags(tags, template);
const problemsOf = (tags: Tags): readonly string[] => from(tags)?.problems ?? [];
const good = { 'berth:max': '20', 'berth:target-cpu': '60' };

describe('scalingFromTags', () => {
  it('takes a service without tags of Berth for one that nobody asked to scale', () => {
    expect(from({})).toBeUndefined();
    expect(from({ team: 'web', 'berth:cluster': 'prod' })).toBeUndefined();
  });

  it('reads bounds and targets; the rest is as in the template', () => {
    const tags = {
      ...good,
      'berth:min': '2',
      'berth:target-memory': '72.5',
      'berth:queue': 'jobs',
      'berth:target-backlog': '10',
      'berth:pause': 'scale-in until 2026-12-24T18:00Z',
      team: 'web',
    };

    expect(from(tags)).toMatchObject({
      problems: [],
      settings: {
        ...template,
        minimum: 2,
        maximum: 20,
        signals: [
          { name: 'cpu', source: { kind: 'cpu' }, measure: 'perTask', rule: { kind: 'target', target: 60 } },
          { name: 'memory', rule: { kind: 'target', target: 72.5 } },
          { name: 'backlog jobs', source: { kind: 'backlog', queue: 'jobs' }, measure: 'total' },
        ],
        pause: { what: 'scaleIn', until: Date.parse('2026-12-24T18:00Z') },
      },
    });
    expect(from(good)?.settings).toMatchObject({ minimum: 1, maximum: 20 });
  });

  it.each<[string, Tags, string]>([
    ['a minimum above the maximum', { ...good, 'berth:min': '21' }, 'tag berth:min is "21": write at most 20'],
    ['a target of 0', { ...good, 'berth:target-cpu': '0' }, 'tag berth:target-cpu is "0": write a number above 0'],
    ['garbage', { ...good, 'berth:target-memory': 'NaN' }, 'tag berth:target-memory is "NaN"'],
    ['an empty value', { ...good, 'berth:max': '' }, 'tag berth:max is ""'],
    ['a count with a sign', { ...good, 'berth:min': '-1' }, 'tag berth:min is "-1"'],
    ['no maximum', { 'berth:target-cpu': '60' }, 'tag berth:max is missing'],
    ['no target', { 'berth:max': '20' }, 'no tag says by what it is to be scaled'],
    ['a misspelt tag', { ...good, 'berth:maximum': '3' }, 'tag berth:maximum is "3": there is no such tag'],
    ['a queue without a target', { ...good, 'berth:queue': 'jobs' }, 'add berth:target-backlog'],
    ['a backlog without a queue', { ...good, 'berth:target-backlog': '5' }, 'add berth:queue'],
    ['a queue that is none', { ...good, 'berth:queue': 'a b', 'berth:target-backlog': '5' }, 'name of an SQS queue'],
    ['from zero without a queue', { ...good, 'berth:min': '0' }, 'write 1, or add berth:queue'],
    ['a pause nobody knows', { ...good, 'berth:pause': 'until tomorrow' }, 'tag berth:pause is "until tomorrow"'],
    ['a time that is none', { ...good, 'berth:pause': 'all until 2026-13-44T18:00Z' }, 'tag berth:pause'],
  ])('names %s with its tag, and has no settings then', (_, tags, problem) => {
    expect(problemsOf(tags)).toEqual([expect.stringContaining(problem)]);
    expect(from(tags)?.settings).toBeUndefined();
  });

  it('never throws, and gives either settings within bounds or a problem', () => {
    const name = fc.constantFrom(
      'min',
      'max',
      'target-cpu',
      'target-memory',
      'queue',
      'target-backlog',
      'pause',
      '__proto__',
    );
    const value = fc.oneof(fc.string({ maxLength: 12 }), fc.nat(6_000).map(String), fc.double().map(String));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { minLength: 1 }), (tags) => {
        const read = from(Object.fromEntries(tags.map(([key, it]) => [`berth:${key}`, it])));
        expect(read?.settings === undefined).toBe((read?.problems.length ?? 0) > 0);
        const { minimum = 0, maximum = 0 } = read?.settings ?? {};
        expect(minimum).toBeLessThanOrEqual(maximum);
      }),
    );
  });
});
