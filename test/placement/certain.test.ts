import { describe, expect, it } from '@jest/globals';
import type { PlacementConstraint } from '../../lib/model/service.ts';
import type { Requirements } from '../../lib/model/task-definition.ts';
import { factsOf } from '../../lib/placement/attributes.ts';
import { certainlyPlaced } from '../../lib/placement/certain.ts';
import { constraintsOf } from '../../lib/placement/constraints.ts';
import { groundsOf } from '../../lib/placement/replay/grounds.ts';
import { type Room, roomOf } from '../../lib/placement/room.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { instance, taskDefinition } from '../support/builders.ts';

const site = (n: number, room: Partial<Room> = {}, gpus = room.gpus ?? 0): Site => ({
  id: `i-${n}`,
  room: { ...roomOf({ cpuUnits: 1000, memoryMiB: 1000 }), ...room },
  gpus,
  facts: factsOf(instance(n, { attributes: n === 1 ? { first: '' } : {} }), new Set()),
  capacityProvider: undefined,
  tasksByGroup: new Map(),
});

const ask = (
  name: string,
  count: number,
  over: Partial<Requirements>,
  placed: readonly PlacementConstraint[] = [],
): Ask => {
  const definition = taskDefinition(name, { cpuUnits: 0, memoryMiB: 0, ...over });
  const group = `service:${name}`;
  const { requirements } = definition;
  return {
    id: name,
    count,
    group,
    requirements,
    constraints: constraintsOf(definition, group, placed),
    strategy: [],
    capacityProvider: undefined,
    apart: undefined,
  };
};

const certain = (asks: readonly Ask[], present: readonly Site[], later: readonly Site[] = []): readonly number[] =>
  certainlyPlaced(groundsOf(asks, present, later), present.length);

const memberOf = (expression: string): readonly PlacementConstraint[] => [{ type: 'memberOf', expression }];
const port = { hostPorts: [{ protocol: 'tcp', port: 80 }] } as const;

describe('how many tasks are placed in any event', () => {
  it('are all that there is room for, where nothing else waits', () => {
    expect(certain([ask('a', 9, { cpuUnits: 300 })], [site(1), site(2)])).toEqual([6]);
    expect(certain([ask('a', 4, { cpuUnits: 300 })], [site(1), site(2)])).toEqual([4]);
  });

  it('does not count on what has yet to come', () => {
    expect(certain([ask('a', 9, { cpuUnits: 300 })], [site(1)], [site(2)])).toEqual([3]);
  });

  it('counts instances only that the task may be on', () => {
    expect(certain([ask('a', 9, { cpuUnits: 300 }, memberOf('attribute:first exists'))], [site(1), site(2)])).toEqual([
      3,
    ]);
  });

  it.each<readonly [string, Partial<Requirements>, Partial<Requirements>, readonly number[]]>([
    ['as much as it takes', { cpuUnits: 200 }, { cpuUnits: 200 }, [9, 1]],
    ['rounded up', { cpuUnits: 200 }, { cpuUnits: 201 }, [8, 0]],
    ['by what it takes most of', { cpuUnits: 200, memoryMiB: 100 }, { cpuUnits: 200, memoryMiB: 300 }, [7, 0]],
    ['nothing of what the other does not need', { cpuUnits: 200 }, { memoryMiB: 1000 }, [9, 1]],
    ['no more than one instance holds', { cpuUnits: 200 }, { cpuUnits: 1000 }, [5, 0]],
  ])('loses to each other task %s', (_, mine, other, expected) => {
    expect(certain([ask('a', 9, mine), ask('b', 1, other)], [site(1), site(2)])).toEqual(expected);
  });

  it('loses no more tasks than there is room for of the other', () => {
    expect(certain([ask('a', 9, { cpuUnits: 200 }), ask('b', 50, { cpuUnits: 900 })], [site(1), site(2)])).toEqual([
      0, 0,
    ]);
    expect(
      certain([ask('a', 9, { cpuUnits: 200 }), ask('b', 50, { cpuUnits: 200, memoryMiB: 900 })], [site(1), site(2)]),
    ).toEqual([8, 0]);
  });

  it('loses an instance where both claim the same', () => {
    const sites = [site(1), site(2), site(3)];

    expect(certain([ask('a', 3, port), ask('b', 1, port)], sites)).toEqual([2, 0]);
    expect(certain([ask('a', 3, port), ask('b', 1, {})], sites)).toEqual([3, 1]);
  });

  it('loses all GPUs of an instance to a task that takes every one', () => {
    const sites = [site(1, { gpus: 4 }), site(2, { gpus: 2 })];

    expect(certain([ask('a', 9, { gpus: 1 }), ask('b', 1, { gpus: 1, allGpus: true })], sites)).toEqual([2, 0]);
    expect(certain([ask('a', 9, { gpus: 1, allGpus: true }), ask('b', 1, { gpus: 1 })], sites)).toEqual([1, 0]);
    expect(certain([ask('a', 9, { gpus: 1, allGpus: true })], [...sites, site(3, { gpus: 1 }, 2), site(4)])).toEqual([
      2,
    ]);
    expect(certain([ask('a', 9, { cpuUnits: 500 }), ask('b', 1, { gpus: 1, allGpus: true })], sites)).toEqual([4, 1]);
  });

  it('counts resources of the user’s own', () => {
    const sites = [site(1, { custom: { licence: 5 } }), site(2, { custom: { licence: 2 } }), site(3)];

    expect(certain([ask('a', 9, { custom: { licence: 2 } })], sites)).toEqual([3]);
    expect(certain([ask('a', 9, { custom: { licence: 2 } }), ask('b', 1, { custom: { licence: 1 } })], sites)).toEqual([
      1, 0,
    ]);
    expect(certain([ask('a', 9, { custom: { licence: 2 } }), ask('b', 1, { cpuUnits: 1 })], sites)).toEqual([3, 1]);
  });

  it('promises nothing that depends on where others will be', () => {
    const shy = ask('a', 5, { cpuUnits: 100 }, memberOf('not(task:group == service:a)'));

    expect(certain([shy], [site(1), site(2)])).toEqual([2]);
    expect(certain([shy, ask('b', 1, { cpuUnits: 100 })], [site(1), site(2)])).toEqual([0, 1]);
    expect(certain([shy, ask('b', 20, { cpuUnits: 100 })], [site(1), site(2)])).toEqual([0, 15]);
  });
});
