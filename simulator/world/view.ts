import type { Group } from './auto-scaling/state.ts';
import type { LaunchTemplates } from './ec2/launch-templates.ts';
import type { EcsState } from './ecs/state.ts';

/**
 * The world's own objects, to look at: what would otherwise be read as answers of the APIs can be read here without
 * being written out first. Nobody outside the world changes any of them.
 */
export interface WorldView {
  readonly ecs: Readonly<Pick<EcsState, 'clusters' | 'definitions' | 'providers'>>;
  /** By name. */
  readonly groups: ReadonlyMap<string, Group>;
  readonly templates: LaunchTemplates;
}
