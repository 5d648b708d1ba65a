import type { Simulation } from '../score/simulation.ts';

/** The parts of a table of figures, in the order in which they are shown. */
export const sections = ['Wait', 'Cost', 'Elasticity', 'Disruption', 'Churn', 'Calls', 'Safety'] as const;
export type Section = (typeof sections)[number];

/** One line of every table: what it is called, its unit, and how it is read from a run. */
export interface Figure {
  readonly id: string;
  readonly section: Section;
  readonly label: string;
  readonly unit: string;
  /** Digits after the point. */
  readonly digits: number;
  /** Which way is better; figures that only describe have none. */
  readonly better: 'lower' | 'higher' | undefined;
  /** Undefined where the run has no such figure. */
  readonly of: (run: Simulation) => number | undefined;
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
const percent = (share: number): number => share * 100;

const figure = (
  section: Section,
  id: string,
  label: string,
  of: Figure['of'],
  { unit = '', digits = 0, better }: Partial<Pick<Figure, 'unit' | 'digits' | 'better'>> = {},
): Figure => ({ id, section, label, unit, digits, better, of });

const lower = { better: 'lower' } as const;

/** Every figure a run is judged by; their formulas stand in docs/score.md. */
export const figures: readonly Figure[] = [
  figure('Wait', 'wait_p50_s', 'task wait p50', (it) => seconds(it.score.wait.all?.p50), {
    unit: 's',
    digits: 1,
    ...lower,
  }),
  figure('Wait', 'wait_p95_s', 'task wait p95', (it) => seconds(it.score.wait.all?.p95), {
    unit: 's',
    digits: 1,
    ...lower,
  }),
  figure('Wait', 'wait_p99_s', 'task wait p99', (it) => seconds(it.score.wait.all?.p99), {
    unit: 's',
    digits: 1,
    ...lower,
  }),
  figure('Wait', 'wait_max_s', 'task wait, longest', (it) => seconds(it.score.wait.all?.max), {
    unit: 's',
    digits: 1,
    ...lower,
  }),
  figure('Wait', 'decision_p95_s', 'needing a launch: decision p95', (it) => seconds(it.score.wait.decision?.p95), {
    unit: 's',
    digits: 1,
  }),
  figure('Wait', 'launch_p95_s', 'needing a launch: launch p95', (it) => seconds(it.score.wait.launch?.p95), {
    unit: 's',
    digits: 1,
  }),
  figure('Wait', 'placement_p95_s', 'needing a launch: placement p95', (it) => seconds(it.score.wait.placement?.p95), {
    unit: 's',
    digits: 1,
  }),
  figure('Wait', 'own_p99_s', 'trigger to launch call p99', (it) => seconds(it.score.wait.ownShare?.p99), {
    unit: 's',
    digits: 2,
    ...lower,
  }),
  figure('Wait', 'backlog_task_h', 'backlog', (it) => it.score.wait.backlogTaskSeconds / 3600, {
    unit: 'task-h',
    digits: 2,
    ...lower,
  }),
  figure('Wait', 'waiting_at_end', 'tasks waiting at the end', (it) => it.score.wait.waitingAtEnd, lower),
  figure('Cost', 'instance_h', 'instance-hours', (it) => it.score.cost.instanceHours, {
    unit: 'h',
    digits: 1,
    ...lower,
  }),
  figure('Cost', 'dollars', 'cost', (it) => it.score.cost.dollars, { unit: '$', digits: 2, ...lower }),
  figure('Cost', 'over_free', 'cost ÷ free-migration bound', (it) => it.score.cost.overFreeMigration, {
    digits: 3,
    ...lower,
  }),
  figure('Cost', 'over_no_migration', 'cost ÷ no-migration bound', (it) => it.score.cost.overNoMigration, {
    digits: 3,
    ...lower,
  }),
  figure('Cost', 'reserved', 'reserved utilisation', (it) => percent(it.score.cost.reservedUtilisation), {
    unit: '%',
    digits: 1,
    better: 'higher',
  }),
  figure('Cost', 'stranded', 'stranded capacity', (it) => percent(it.score.cost.strandedCapacity), {
    unit: '%',
    digits: 1,
    ...lower,
  }),
  figure('Cost', 'empty_h', 'empty instance-hours', (it) => it.score.cost.emptyInstanceHours, {
    unit: 'h',
    digits: 1,
    ...lower,
  }),
  figure('Cost', 'terminating_wait_h', 'of them in Terminating:Wait', (it) => it.score.cost.terminatingWaitHours, {
    unit: 'h',
    digits: 2,
    ...lower,
  }),
  figure('Elasticity', 'under_accuracy', 'under-provisioning accuracy', (it) => it.score.elasticity.underAccuracy, {
    unit: '%',
    digits: 2,
    ...lower,
  }),
  figure('Elasticity', 'over_accuracy', 'over-provisioning accuracy', (it) => it.score.elasticity.overAccuracy, {
    unit: '%',
    digits: 1,
    ...lower,
  }),
  figure('Elasticity', 'under_timeshare', 'under-provisioned time', (it) => it.score.elasticity.underTimeshare, {
    unit: '%',
    digits: 1,
    ...lower,
  }),
  figure('Elasticity', 'over_timeshare', 'over-provisioned time', (it) => it.score.elasticity.overTimeshare, {
    unit: '%',
    digits: 1,
    ...lower,
  }),
  figure('Elasticity', 'instability', 'instability', (it) => it.score.elasticity.instability, {
    unit: '%',
    digits: 1,
    ...lower,
  }),
  figure('Disruption', 'moved', 'tasks moved', (it) => it.score.disruption.tasksMoved),
  figure('Disruption', 'moved_twice', 'moved twice in 30 min', (it) => it.score.disruption.tasksMovedTwice, lower),
  figure(
    'Disruption',
    'interrupted_task_s',
    'interrupted without replacement',
    (it) => it.score.disruption.interruptedTaskSeconds,
    { unit: 'task-s', ...lower },
  ),
  figure('Churn', 'launches', 'launches', (it) => it.score.churn.launches),
  figure('Churn', 'useless', 'useless launches', (it) => it.score.churn.uselessLaunches, lower),
  figure('Churn', 'unused_replacements', 'unused replacements', (it) => it.score.churn.unusedReplacements, lower),
  figure('Churn', 'withdrawn', 'launches whose demand was withdrawn', (it) => it.score.churn.withdrawnLaunches),
  figure('Churn', 'regretted', 'regretted removals', (it) => it.score.churn.regrettedRemovals, lower),
  figure('Churn', 'flaps', 'flaps', (it) => it.score.churn.flaps, lower),
  figure('Calls', 'calls', 'AWS calls', (it) => it.score.calls.calls),
  figure('Calls', 'throttled', 'throttled', (it) => it.score.calls.throttled, lower),
  figure('Calls', 'decisions', 'decisions', (it) => it.decisions),
  figure(
    'Safety',
    'live_terminations',
    'terminated with a live task',
    (it) => it.score.safety.terminationsWithLiveTask,
    lower,
  ),
  figure('Safety', 'violations', 'laws broken', (it) => it.violations.length, lower),
];
