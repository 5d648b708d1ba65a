import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { patchBetween, patched } from '../../simulator/live/patch.ts';
import type { FeedEntry, LiveInstance, LivePoint, LiveState } from '../../simulator/live/wire.ts';

const point = (at: number): LivePoint => ({
  at,
  needVcpu: at % 7,
  activeVcpu: 8,
  paidVcpu: 8,
  needGib: 3,
  activeGib: 30,
  paidGib: 30,
  waiting: 0,
});

const entry = (number: number): FeedEntry => ({ number, at: number, from: 'berth', lines: [], notes: [`${number}`] });

/** Lists as a run keeps them: one object for each moment, the oldest forgotten. */
const points = Array.from({ length: 40 }, (_, n) => point(n));
const entries = Array.from({ length: 40 }, (_, n) => entry(n));

const instance = (id: string, label: string): LiveInstance => ({
  id,
  group: 'g',
  zone: 'eu-west-1a',
  type: 'm5.large',
  launchedAt: 0,
  stage: 'active',
  tone: 'use',
  label,
  detail: '',
  until: undefined,
  cpuUnits: 2048,
  memoryMiB: 7680,
  tasks: [{ of: 'web', cpuUnits: 512, memoryMiB: 1024, status: 'running' }],
});

const cut = (length: number) =>
  fc.tuple(fc.nat({ max: length }), fc.nat({ max: length })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

const states: fc.Arbitrary<LiveState> = fc
  .record({
    now: fc.nat({ max: 5 }),
    speed: fc.constantFrom(0, 60, null),
    ids: fc.uniqueArray(fc.constantFrom('i-1', 'i-2', 'i-3', 'i-4'), { maxLength: 4 }),
    label: fc.constantFrom('in use', 'too young'),
    running: fc.nat({ max: 3 }),
    kept: cut(points.length),
    told: cut(entries.length),
  })
  .map(({ now, speed, ids, label, running, kept, told }) => ({
    scene: { run: 'r', speeds: [0, null], services: [] },
    now,
    speed,
    pace: 0,
    isOver: false,
    totals: { runningTasks: running, waitingTasks: 0, instanceHours: 0, terminationsWithLiveTask: 0 },
    groups: [],
    services: [],
    faults: [],
    instances: Object.fromEntries(ids.map((id) => [id, instance(id, label)])),
    points: points.slice(...kept),
    feed: entries.slice(...told),
  }));

const overTheWire = <T>(it: T): T => JSON.parse(JSON.stringify(it)) as T;

describe('a patch', () => {
  it('leads from any state to any other, over the wire', () => {
    fc.assert(
      fc.property(states, states, (before, after) => {
        const patch = patchBetween(before, after);
        const got = patch === undefined ? before : patched(before, overTheWire(patch));
        expect(overTheWire(got)).toEqual(overTheWire(after));
      }),
      { numRuns: 500 },
    );
  });

  it('is nothing where nothing changed, and leaves what did not change the same objects', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(patchBetween(state, overTheWireAlike(state))).toBeUndefined();
        const patch = patchBetween(state, { ...state, now: state.now + 1 });
        expect(patch).toEqual({
          set: { now: state.now + 1 },
          instances: {},
          gone: [],
          points: { dropped: 0, added: [] },
          feed: { dropped: 0, added: [] },
        });
        if (patch !== undefined) expect(patched(state, patch).instances).toBe(state.instances);
      }),
    );
  });

  it('names one instance where one of many changed', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`i-${n}`, instance(`i-${n}`, 'in use')]));
    const [state] = fc.sample(states, 1);
    if (state === undefined) throw new Error('no sample');
    const before = { ...state, instances: many };
    const after = { ...state, instances: { ...many, 'i-7': instance('i-7', 'draining') } };
    expect(Object.keys(patchBetween(before, after)?.instances ?? {})).toEqual(['i-7']);
  });
});

/** As the next look at an unchanged run: instances are described anew, lists are the same. */
const overTheWireAlike = (state: LiveState): LiveState => ({
  ...state,
  instances: structuredClone(state.instances),
  totals: { ...state.totals },
});
