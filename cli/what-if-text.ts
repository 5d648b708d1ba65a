import type { GroupCost, Look } from '../lib/flows/reading/look.ts';
import type { InstanceReport, Plan } from '../lib/model/plan.ts';
import { within } from './print.ts';
import { counted, dollarsText } from './texts.ts';

interface PlanWithCosts {
  readonly plan: Plan;
  readonly costs: readonly GroupCost[];
}

const total = (costs: readonly GroupCost[]): string =>
  dollarsText(
    costs.reduce<number | undefined>(
      (sum, { planned }) => (sum === undefined || planned === undefined ? undefined : sum + planned),
      0,
    ),
  );

const sizes = (before: Plan, after: Plan): readonly string[] =>
  after.groups.flatMap(({ group, planned }) => {
    const was = before.groups.find((it) => it.group === group)?.planned;
    return was === planned ? [] : [`${group} is wanted with ${planned} instances instead of ${was ?? 0}`];
  });

const nameOf = (it: InstanceReport | undefined): string | undefined => {
  if (it === undefined) return undefined;
  return it.verdict.kind === 'keep' ? `keep (${it.verdict.reason})` : it.verdict.kind;
};

/** As many as fit below each other; the plan that follows has all. */
const mostVerdicts = 10;

const verdicts = (before: Plan, after: Plan): readonly string[] => {
  const were = new Map(before.instances.map((it) => [it.ec2InstanceId, it]));
  const changed = after.instances.flatMap((it) => {
    const [was, is] = [nameOf(were.get(it.ec2InstanceId)), nameOf(it)];
    return was === undefined || was === is ? [] : [`${it.ec2InstanceId}: ${is ?? ''} instead of ${was}`];
  });
  const more = changed.length - mostVerdicts;
  return [
    ...changed.slice(0, mostVerdicts),
    ...(more > 0 ? [`and ${counted(more, 'verdict')} more on instances`] : []),
  ];
};

const withoutPlace = ({ demand }: Plan): number =>
  demand
    .filter((it) => it.isReserve !== true)
    .flatMap((it) => it.verdicts)
    .reduce((sum, { tasks, verdict }) => sum + (verdict.kind === 'unplaceable' ? tasks : 0), 0);

/** What the change makes of the plan, in a few lines. */
export const differencesText = (before: Pick<Look, 'plan' | 'costs'>, after: PlanWithCosts, width: number): string => {
  const [cost, then] = [total(before.costs), total(after.costs)];
  const [lacked, lack] = [withoutPlace(before.plan), withoutPlace(after.plan)];
  const lines = [
    ...sizes(before.plan, after.plan),
    ...(cost === then ? [] : [`$${then} an hour instead of $${cost}`]),
    ...(lacked === lack ? [] : [`${counted(lack, 'task')} cannot be placed instead of ${lacked}`]),
    ...verdicts(before.plan, after.plan),
  ];
  return within((lines.length === 0 ? ['nothing'] : lines).map((it) => `  ${it}`).join('\n'), width);
};
