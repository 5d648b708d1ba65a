import type { RatePolicy, SignalMeasure } from '../../../lib/model/settings.ts';
import { minuteMs, secondMs } from '../../../lib/model/time.ts';

/**
 * What the Kubernetes Horizontal Pod Autoscaler makes of one signal, as its own tests and its documentation have it.
 * `from` names the test of pkg/controller/podautoscaler/replica_calculator_test.go, without its beginning
 * TestReplicaCalc, or the page. Its cases of single pods without a sample that are scaled in (MissingMetrics,
 * MissingMetricsNoChangeLt, MissingMetricsUnreadyScaleDown, DuringRollingUpdateWithMaxSurge) have no counterpart: what
 * CloudWatch has of an ECS service is one average, and which tasks are not in it nobody can tell.
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
  of('ScaleUpCMUnreadyHotCpuScaleWouldScaleDown', 'perTask', [31_666, 15_000], [3, 3, 0], 7),
  of('ScaleUpCMObject', 'ofService', [20_000, 15_000], [3, 3, 0], 4),
  of('ScaleUpCMPerPodObject', 'total', [20_000, 5_000], [3, 3, 0], 4),
  of('ScaleUpCMObjectIgnoresUnreadyPods', 'ofService', [50_000, 10_000], [3, 1, 2], 5),
  of('ScaleUpCMExternal', 'ofService', [8_600, 4_400], [1, 1, 0], 2),
  of('ScaleUpPerPodCMExternal', 'total', [8_600, 2_150], [3, 3, 0], 4),
  of('ScaleDown', 'perTask', [28, 50], [5, 5, 0], 3),
  of('ScaleDownCM', 'perTask', [12_000, 20_000], [5, 5, 0], 3),
  of('ScaleDownCMObject', 'ofService', [12_000, 20_000], [5, 5, 0], 3),
  of('ScaleDownPerPodCMObject', 'total', [6_000, 2_000], [5, 5, 0], 3),
  of('ScaleDownCMExternal', 'ofService', [8_600, 14_334], [5, 5, 0], 3),
  of('ScaleDownPerPodCMExternal', 'total', [8_600, 2_867], [5, 5, 0], 3),
  of('ScaleDownIncludeUnreadyPods', 'perTask', [30, 50], [5, 3, 2], 2),
  of('ScaleDownIgnoreHotCpuPods', 'perTask', [30, 50], [5, 3, 2], 2),
  of('ScaleDownExcludeUnscheduledPods', 'perTask', [10, 50], [5, 1, 4], 1),
  of('ScaleDownIgnoresFailedPods', 'perTask', [28, 50], [5, 5, 0], 3),
  of('ScaleDownIgnoresDeletionPods', 'perTask', [28, 50], [5, 5, 0], 3),
  of('ScaleUpIgnoresDeletionPods', 'perTask', [60, 30], [2, 2, 0], 4),
  of('ScaleUpCMExternalNoLabels', 'ofService', [8_600, 4_400], [1, 1, 0], 2),
  of('SuperfluousMetrics', 'perTask', [587, 100], [4, 4, 0], 24),
  of('MissingMetricsNoChangeEq', 'perTask', [100, 100], [2, 1, 1], 2),
  of('MissingMetricsNoChangeGt', 'perTask', [190, 100], [2, 1, 1], 2),
  of('MissingMetricsUnreadyChange', 'perTask', [45, 50], [3, 1, 2], 3),
  of('MissingMetricsHotCpuNoChange', 'perTask', [45, 50], [3, 1, 2], 3),
  of('MissingMetricsUnreadyScaleUp', 'perTask', [200, 50], [3, 1, 2], 4),
  of('MissingMetricsHotCpuScaleUp', 'perTask', [200, 50], [3, 1, 2], 4),
  of('ComputedToleranceAlgImplementation, beyond', 'perTask', [50, 56], [10, 10, 0], 9),
  of('ComputedToleranceAlgImplementation, within', 'perTask', [50, 55], [10, 10, 0], 10),
  of('Tolerance', 'perTask', [102, 100], [3, 3, 0], 3),
  of('ToleranceCM', 'perTask', [20_666, 20_000], [3, 3, 0], 3),
  of('ToleranceCMObject', 'ofService', [20_666, 20_000], [3, 3, 0], 3),
  of('TolerancePerPodCMObject', 'total', [20_166, 5_000], [4, 4, 0], 4),
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

/** What a count becomes by policies of rate, within bounds. `changes`: seconds ago, and by how much. */
export interface HpaRateCase {
  readonly from: string;
  readonly desired: number;
  readonly wanted: number;
  readonly bounds: readonly [minimum: number, maximum: number];
  readonly changes: readonly (readonly [secondsAgo: number, tasks: number])[];
  readonly policies: readonly RatePolicy[];
  readonly expected: number;
}

const tasks = (most: number, seconds: number): RatePolicy => ({
  tasks: most,
  share: undefined,
  periodMs: seconds * secondMs,
});
const share = (percent: number, seconds: number): RatePolicy => ({
  tasks: undefined,
  share: percent / 100,
  periodMs: seconds * secondMs,
});

/** What holds upwards where a behaviour says nothing; downwards: everything within 15 s. (Kubernetes documentation, default behavior.) */
const defaultsOut = [tasks(4, 15), share(100, 15)];
const defaultsIn = [share(100, 15)];

/** In the middle of so many equal parts of two minutes, the last half a part ago. */
const spread = (...byTasks: readonly number[]): HpaRateCase['changes'] =>
  byTasks.map((it, n) => [120 - (120 / byTasks.length) * (n + 0.5), it]);

const rate = (
  from: string,
  [desired, wanted]: readonly [number, number],
  bounds: HpaRateCase['bounds'],
  policies: readonly RatePolicy[],
  expected: number,
  changes: HpaRateCase['changes'] = [],
): HpaRateCase => ({ from, desired, wanted, bounds, changes, policies, expected });

/** TestScalingWithRules of pkg/controller/podautoscaler/horizontal_test.go, by its names of cases. */
export const hpaRateCases: readonly HpaRateCase[] = [
  rate('prenormalized desired replicas within range', [5, 7], [3, 8], defaultsOut, 7),
  rate('prenormalized desired replicas < minReplicas', [3, 1], [2, 8], defaultsIn, 2),
  rate('prenormalized desired replicas within range when minReplicas is 0', [1, 0], [0, 10], defaultsIn, 0),
  rate('maxReplicas is the limit because maxReplicas < scaleUpLimit', [20, 1_000], [1, 10], defaultsOut, 10),
  rate('desired replica count is more than the maximum replica count', [100, 1_000], [100, 150], defaultsOut, 150),
  rate('scaleUpLimit is the limit because scaleUpLimit < maxReplicas', [3, 1_000], [1, 2_000], [share(1, 60)], 4),
  rate('scaleUp with default behavior', [10, 50], [1, 1_000], defaultsOut, 20),
  rate('scaleUp with pods policy larger', [10, 500], [1, 1_000], [tasks(100, 60), share(100, 60)], 110),
  rate('scaleUp with percent policy larger', [10, 500], [1, 1_000], [tasks(2, 60), share(100, 60)], 20),
  rate('scaleUp with large pod policy', [10, 50], [1, 1_000], [tasks(100, 60)], 50),
  rate('scaleUp with very large pod policy', [10, 50], [1, 1_000], [tasks(10_000, 60)], 50),
  rate('scaleUp with pod policy limitation', [10, 50], [1, 1_000], [tasks(30, 60)], 40),
  rate('scaleUp with percent policy limitation', [10, 50], [1, 1_000], [share(200, 60)], 30),
  rate('scaleDown with pod policy of 20 over 1 percent', [100, 2], [1, 1_000], [tasks(20, 60), share(1, 60)], 80),
  rate('scaleDown with pod policy of 2 over 1 percent', [100, 2], [1, 1_000], [tasks(2, 60), share(1, 60)], 98),
  rate('scaleDown with large pod policy', [10, 0], [1, 1_000], [tasks(100, 60)], 1),
  rate('scaleDown with large percent policy', [10, 2], [5, 1_000], [share(100, 60)], 5),
  rate('scaleDown with pod policy limitation', [10, 2], [1, 1_000], [tasks(5, 60)], 5),
  rate('scaleDown with percent policy limitation', [10, 5], [1, 1_000], [share(50, 60)], 5),
  rate('scaleUp, large pod policy and events', [100, 500], [1, 200], [tasks(300, 60)], 200, spread(1, 5, 9)),
  rate('scaleUp, large percent policy and events', [100, 500], [1, 200], [share(10_000, 60)], 200, spread(1, 5, 9)),
  rate('scaleUp, a lot of recent events', [100, 500], [1, 1_000], [tasks(5, 120)], 100, spread(1, 5, 9)),
  rate('scaleUp, pod policy and events', [100, 500], [1, 1_000], [tasks(150, 120)], 235, spread(1, 5, 9)),
  rate('scaleUp, percent policy and events', [100, 500], [1, 1_000], [share(200, 120)], 255, spread(1, 5, 9)),
  rate('scaleDown, default policy and events', [10, 5], [1, 1_000], defaultsIn, 5, spread(-1, -5, -9)),
  rate('scaleDown, large pod policy and events', [100, 0], [5, 1_000], [tasks(130, 120)], 5, spread(-1, -5, -9)),
  rate('scaleDown, large percent policy and events', [100, 2], [5, 1_000], [share(100, 120)], 5, spread(-1, -5, -9)),
  rate('scaleDown, pod policy and events', [100, 2], [1, 1_000], [tasks(5, 120)], 100, spread(-1, -5, -9)),
  rate('scaleDown, percent policy and events', [100, 0], [1, 1_000], [share(50, 120)], 56, spread(-2, -4, -6)),
  rate('scaleDown, events prevent it', [100, 0], [1, 1_000], [share(10, 120)], 100, spread(-10, -10, -10)),
  rate('scaleDown, events still allow it', [10, 5], [1, 1_000], [share(1_000, 120)], 5, spread(-10, -10, -10)),
  rate(
    'scaleUp, two policies of different periods',
    [100, 200],
    [1, 1_000],
    [tasks(1_000, 30), share(100, 60)],
    200,
    spread(8, 12, 9, 11),
  ),
  rate(
    'scaleDown, two policies of different periods',
    [100, 5],
    [1, 1_000],
    [tasks(1_000, 30), share(100, 60)],
    5,
    spread(-8, -12, -9, -11),
  ),
];

/** What windows make of a recommendation. `past`: minutes ago, and what was right then. */
export interface HpaWindowCase {
  readonly from: string;
  readonly desired: number;
  readonly recommended: number;
  readonly past: readonly (readonly [minutesAgo: number, tasks: number])[];
  readonly outMs: number;
  readonly inMs: number;
  readonly expected: number;
}

const windowed = (
  from: string,
  [desired, recommended]: readonly [number, number],
  past: HpaWindowCase['past'],
  [outMinutes, inMinutes]: readonly [number, number],
  expected: number,
): HpaWindowCase => ({
  from,
  desired,
  recommended,
  past,
  outMs: outMinutes * minuteMs,
  inMs: inMinutes * minuteMs,
  expected,
});

const normalize = 'TestNormalizeDesiredReplicas';
const behaviour = 'TestNormalizeDesiredReplicasWithBehavior';
const mixed: HpaWindowCase['past'] = [
  [10, 10],
  [9, 9],
  [2, 5],
  [1, 4],
];
const rising: HpaWindowCase['past'] = [
  [2, 4],
  [1, 5],
];
const old: HpaWindowCase['past'] = [
  [10, 10],
  [9, 9],
];
const low: HpaWindowCase['past'] = [
  [2, 1],
  [1, 2],
];

/** Two tests of pkg/controller/podautoscaler/horizontal_test.go. The first has no current count: it is above all others. */
export const hpaWindowCases: readonly HpaWindowCase[] = [
  windowed(`${normalize}: empty log`, [100, 5], [], [0, 5], 5),
  windowed(`${normalize}: stabilize`, [100, 3], rising, [0, 5], 5),
  windowed(`${normalize}: no stabilize`, [100, 3], low, [0, 5], 3),
  windowed(`${normalize}: no stabilize - old recommendations`, [100, 3], old, [0, 5], 3),
  windowed(`${normalize}: stabilize - old recommendations`, [100, 3], mixed, [0, 5], 5),
  windowed(`${behaviour}: empty recommendations for scaling down`, [100, 5], [], [0, 0], 5),
  windowed(`${behaviour}: simple scale down stabilization`, [100, 3], rising, [0, 3], 5),
  windowed(`${behaviour}: simple scale up stabilization`, [1, 7], rising, [5, 0], 4),
  windowed(`${behaviour}: no scale down stabilization`, [100, 3], low, [5, 0], 3),
  windowed(`${behaviour}: no scale up stabilization`, [1, 3], rising, [0, 5], 3),
  windowed(`${behaviour}: no scale down stabilization, old ones`, [100, 3], old, [0, 0], 3),
  windowed(`${behaviour}: no scale up stabilization, old ones`, [1, 100], old, [0, 0], 100),
  windowed(`${behaviour}: scale down stabilization, some old`, [100, 3], mixed, [0, 3], 5),
  windowed(
    `${behaviour}: scale up stabilization, some old`,
    [1, 100],
    [
      [100, 10],
      [3, 9],
      [2, 5],
      [1, 6],
    ],
    [5, 0],
    5,
  ),
];

/** Several metrics of which one says nothing: TestScaleUpOneMetricEmpty and others of horizontal_test.go. */
export const hpaMissingCases = [
  { from: 'TestScaleUpOneMetricInvalid', desired: 3, value: 40, target: 30, bounds: [2, 6], expected: 4 },
  { from: 'TestScaleUpOneMetricEmpty', desired: 3, value: 40, target: 30, bounds: [2, 6], expected: 4 },
  { from: 'TestNoScaleDownOneMetricInvalid', desired: 5, value: 28, target: 50, bounds: [2, 6], expected: 5 },
  { from: 'TestNoScaleDownOneMetricEmpty', desired: 5, value: 28, target: 50, bounds: [2, 6], expected: 5 },
] as const;
