import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import type { LearnedShape } from '../model/memory.ts';
import type { Reading } from './reading.ts';

/** What EC2 says a new instance of a group would have; used before any instance of it was ever seen. */
export interface ShapeReader {
  shapeOf(group: AutoScalingGroup): Promise<Reading<LearnedShape>>;
}
