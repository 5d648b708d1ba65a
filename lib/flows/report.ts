import type { DemandReport, InstanceReport, Plan, StepOutcome } from '../model/plan.ts';
import type { Mode } from '../model/settings.ts';
import type { Telemetry } from '../ports/telemetry.ts';

const stepFields = ({ step, result, detail }: StepOutcome): object => ({
  kind: step.kind,
  result,
  detail,
  reason: step.reason,
  ...('group' in step ? { group: step.group } : {}),
  ...('service' in step ? { service: step.service } : {}),
  ...('to' in step ? { from: step.from, to: step.to } : {}),
  ...('count' in step ? { count: step.count, availabilityZone: step.availabilityZone } : {}),
  ...('taskArns' in step ? { tasks: step.taskArns } : {}),
  ...('instances' in step ? { instances: step.instances.map((it) => it.ec2InstanceId) } : {}),
});

/** Instances by what was said of them: one line says all, however many there are. */
const verdictCounts = (instances: readonly InstanceReport[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { verdict } of instances) {
    const name = verdict.kind === 'keep' ? verdict.reason : verdict.kind;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

const unplaceableTasks = (demand: readonly DemandReport[]): number =>
  demand.flatMap((it) => it.verdicts).reduce((sum, it) => sum + (it.verdict.kind === 'unplaceable' ? it.tasks : 0), 0);

/** One structured record a decision, and the few metrics that are worth their price. */
export const report = (plan: Plan, outcomes: readonly StepOutcome[], mode: Mode, telemetry: Telemetry): void => {
  const failures = outcomes.filter((it) => it.result === 'failed');
  const unplaceable = unplaceableTasks(plan.demand);
  const overdue = plan.groups.reduce((sum, it) => sum + it.overdue, 0);
  telemetry.count('UnplaceableTasks', unplaceable);
  telemetry.count('StepFailures', failures.length);
  telemetry.count('ObservationGaps', plan.gaps.length);
  telemetry.count('OverdueInstances', overdue);
  // CloudWatch Logs Insights finds a line's first 200 fields: those that grow with the cluster come last.
  const fields = {
    cluster: plan.cluster,
    mode,
    failed: failures.length,
    unplaceable,
    overdue,
    nextTimerAt: plan.nextTimerAt,
    instances: verdictCounts(plan.instances),
    steps: outcomes.map(stepFields),
    gaps: plan.gaps,
    notices: plan.notices,
    demand: plan.demand,
    groups: plan.groups,
  };
  const worrying =
    plan.notices.length > 0 || failures.length > 0 || unplaceable > 0 || plan.gaps.length > 0 || overdue > 0;
  if (worrying) telemetry.warn('decision', fields);
  else telemetry.info('decision', fields);
};
