import { describe, expect, it } from '@jest/globals';
import { interfacesForTasks } from '../../lib/placement/network-interfaces.ts';

describe('the network interfaces an instance has for awsvpc tasks', () => {
  it.each([
    ['c5.large', false, 2],
    ['c5.large', true, 10],
    ['m5.large', false, 2],
    ['m5.xlarge', false, 3],
    ['c5.18xlarge', true, 120],
    ['m7g.medium', false, 1],
    ['m7i.large', false, 2],
    ['m7i.large', true, 2], // the guide lists no figure with a trunk
    ['c1.medium', true, 1],
  ])('%s, with a trunk: %s, has %i', (type, hasTrunk, tasks) => {
    expect(interfacesForTasks(type, hasTrunk)).toBe(tasks);
  });

  it.each([
    ['x99.large', 2],
    ['x99.xlarge', 3],
    ['x99.galactic', 1],
    ['nonsense', 1],
    [undefined, 1],
  ])('a type too new for the table has what most of its size have: %s has %i', (type, tasks) => {
    expect(interfacesForTasks(type, false)).toBe(tasks);
  });
});
