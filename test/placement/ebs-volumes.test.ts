import { describe, expect, it } from '@jest/globals';
import { ebsVolumesForTasks } from '../../lib/placement/ebs-volumes.ts';

describe('the EBS volumes of tasks that an instance may attach', () => {
  it.each<readonly [string | undefined, number, string]>([
    ['m5.large', 24, '27, less two interfaces that it may be given and its root volume'],
    ['m5.24xlarge', 12, '27, less fourteen interfaces'],
    ['c5d.large', 20, 'instance store volumes count too: the least of the family'],
    ['d3.8xlarge', 0, 'none where the others take all'],
    ['m7i.large', 31, 'a limit for volumes alone'],
    ['m7i-flex.4xlarge', 31, 'of flexible ones'],
    ['m7i.metal-48xl', 38, 'on bare metal'],
    ['m7i.16xlarge', 47, 'more of larger sizes'],
    ['r8g.24xlarge', 63, 'and more'],
    ['r8g.48xlarge', 63, 'the least of the family'],
    ['m7g.large', 24, 'Graviton 3 shares its limit'],
    ['c7gd.large', 22, 'with instance store'],
    ['new.large', 24, 'a type that is not known'],
    [undefined, 25, 'no type at all'],
  ])('%s: %i (%s)', (type, volumes) => {
    expect(ebsVolumesForTasks(type)).toBe(volumes);
  });
});
