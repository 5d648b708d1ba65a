import type { Examined } from './examined.ts';
import { type Finding, worstFirst } from './finding.ts';
import { clusterFindings } from './of-cluster.ts';
import { deploymentFindings } from './of-deployment.ts';
import { groupFindings } from './of-groups.ts';

/** Everything that stands in Berth's way in a cluster, or may surprise, the worst first. Pure. */
export const diagnose = (it: Examined): readonly Finding[] =>
  worstFirst([...deploymentFindings(it), ...groupFindings(it), ...clusterFindings(it)]);
