import type { DemandReport } from '../../model/plan.ts';
import { describeObstacle } from '../../placement/fit.ts';

/** Why one more of such tasks does not fit on the instances there are, a sentence for each cause. */
export const obstacleTexts = ({ obstacles }: DemandReport): readonly string[] =>
  obstacles.map(({ obstacle, instances, mostLeft }) => {
    const left = mostLeft === undefined ? '' : ` (the most that one has left is ${mostLeft})`;
    return `${instances} ${instances === 1 ? 'instance' : 'instances'}: ${describeObstacle(obstacle)}${left}`;
  });
