import type { SignalMeasure } from '../../../lib/model/settings.ts';

/**
 * What the Kubernetes Horizontal Pod Autoscaler makes of one signal, as its own tests and its documentation have it.
 * `from` names the test of pkg/controller/podautoscaler/replica_calculator_test.go, or the page.
 */
export interface HpaCase {
  readonly from: string;
  readonly measure: SignalMeasure;
  readonly value: number;
  readonly target: number;
  readonly desired: number;
  readonly ready: number;
  readonly unready: number;
  readonly expected: number;
  readonly tolerance?: { readonly out: number; readonly in: number };
}

const of = (
  from: string,
  measure: SignalMeasure,
  [value, target]: readonly [number, number],
  [desired, ready, unready]: readonly [number, number, number],
  expected: number,
  tolerance?: HpaCase['tolerance'],
): HpaCase => ({ from, measure, value, target, desired, ready, unready, expected, ...(tolerance && { tolerance }) });

const documentation = 'documentation, algorithm details';
const tolerancePage = 'documentation, tolerance';

export const hpaCases: readonly HpaCase[] = [
  of('ScaleUp', 'perTask', [50, 30], [3, 3, 0], 5),
  of('ScaleUpUnreadyLessScale', 'perTask', [60, 30], [3, 2, 1], 4),
  of('ScaleUpHotCpuLessScale', 'perTask', [60, 30], [3, 2, 1], 4),
  of('ScaleUpUnreadyNoScale', 'perTask', [40, 30], [3, 1, 2], 3),
  of('ScaleHotCpuNoScale', 'perTask', [50, 30], [3, 1, 2], 3),
  of('ScaleUpIgnoresFailedPods', 'perTask', [60, 30], [2, 2, 0], 4),
  of('ScaleUpCM', 'perTask', [20_000, 15_000], [3, 3, 0], 4),
  of('ScaleUpCMUnreadyHotCpuNoLessScale', 'perTask', [30_000, 15_000], [3, 3, 0], 6),
  of('ScaleUpCMUnreadyHotCpuScaleWouldScaleDown', 'perTask', [31_667, 15_000], [3, 3, 0], 7),
  of('ScaleUpCMObject', 'ofService', [20_000, 15_000], [3, 3, 0], 4),
  of('ScaleUpCMPerPodObject', 'total', [20_000, 5_000], [3, 3, 0], 4),
  of('ScaleUpCMObjectIgnoresUnreadyPods', 'ofService', [50_000, 10_000], [3, 1, 2], 5),
  of('ScaleUpCMExternal', 'ofService', [8_600, 4_400], [1, 1, 0], 2),
  of('ScaleUpPerPodCMExternal', 'total', [8_600, 2_150], [3, 3, 0], 4),
  of('ScaleDown', 'perTask', [28, 50], [5, 5, 0], 3),
  of('ScaleDownCM', 'perTask', [12_000, 20_000], [5, 5, 0], 3),
  of('ScaleDownCMObject', 'ofService', [12_000, 20_000], [5, 5, 0], 3),
  of('ScaleDownPerPodCMObject', 'total', [60_000, 20_000], [5, 5, 0], 3),
  of('ScaleDownCMExternal', 'ofService', [8_600, 14_334], [5, 5, 0], 3),
  of('ScaleDownPerPodCMExternal', 'total', [8_600, 2_867], [5, 5, 0], 3),
  of('ScaleDownExcludeUnreadyPods', 'perTask', [30, 50], [5, 3, 2], 2),
  of('ScaleDownOneUnready', 'perTask', [25, 50], [2, 1, 1], 1),
  of('Tolerance', 'perTask', [102, 100], [3, 3, 0], 3),
  of('ToleranceCM', 'perTask', [20_666, 20_000], [3, 3, 0], 3),
  of('ToleranceCMObject', 'ofService', [20_666, 20_000], [3, 3, 0], 3),
  of('ToleranceCMExternal', 'ofService', [8_600, 8_888], [3, 3, 0], 3),
  of('TolerancePerPodCMExternal', 'total', [8_600, 2_900], [3, 3, 0], 3),
  of(documentation, 'perTask', [200, 100], [4, 4, 0], 8),
  of(documentation, 'perTask', [50, 100], [4, 4, 0], 2),
  of(documentation, 'perTask', [110, 100], [4, 4, 0], 4), // at the edge: within
  of(documentation, 'perTask', [111, 100], [4, 4, 0], 5),
  of(documentation, 'perTask', [90, 100], [4, 4, 0], 4),
  of(documentation, 'perTask', [89, 100], [20, 20, 0], 18),
  of(documentation, 'total', [110, 10], [10, 10, 0], 10),
  of(documentation, 'total', [111, 10], [10, 10, 0], 12),
  of(documentation, 'total', [90, 10], [10, 10, 0], 10),
  of(documentation, 'total', [89, 10], [10, 10, 0], 9),
  of(tolerancePage, 'perTask', [103, 100], [100, 100, 0], 103, { out: 0.02, in: 0.1 }),
  of(tolerancePage, 'perTask', [97, 100], [100, 100, 0], 100, { out: 0.02, in: 0.1 }),
  of(tolerancePage, 'perTask', [97, 100], [100, 100, 0], 97, { out: 0.1, in: 0 }),
  of(tolerancePage, 'perTask', [100, 100], [100, 100, 0], 100, { out: 0, in: 0 }),
  of('getUsageRatioReplicaCount, from zero', 'ofService', [25_000, 10_000], [0, 0, 0], 3),
  of('GetExternalPerPodMetricReplicas, from zero', 'total', [41, 10], [0, 0, 0], 5),
  of('kubernetes#138505: a surge within tolerance does not ratchet', 'perTask', [95, 100], [10, 20, 0], 10),
];
