import { type Command, Option } from 'commander';
import { look } from '../../lib/flows/reading/look.ts';
import type { Plan } from '../../lib/model/plan.ts';
import { atLeastOne } from '../arguments.ts';
import { type ClusterOptions, clusterCommand, openCluster } from '../context.ts';
import { reporting } from '../failure.ts';
import { exitCodeOf, headingData, headingText, stepsTitle } from '../heading.ts';
import { planText, type Shown } from '../plan-text.ts';
import { print, terminalWidth } from '../print.ts';

interface PlanOptions extends ClusterOptions {
  readonly limit: number;
  readonly all?: boolean;
  readonly group?: string;
  readonly verdict?: readonly string[];
  readonly sort: Shown['sort'];
}

/** Options that say which instances of a plan are shown. */
export const withShown = (command: Command): Command =>
  command
    .option('--limit <number>', 'show so many instances', atLeastOne, 40)
    .option('--all', 'show every instance')
    .option('--group <name>', 'show the instances of this group only')
    .option('--verdict <name...>', 'show instances with these verdicts or reasons to stay only, see docs/verdicts.md')
    .addOption(
      new Option('--sort <order>', 'those that leave first, or by instance id')
        .choices(['verdict', 'instance'])
        .default('verdict'),
    );

export const shownBy = ({ limit, all, group, verdict, sort }: Omit<PlanOptions, keyof ClusterOptions>): Shown => ({
  limit: all === true ? Number.POSITIVE_INFINITY : limit,
  group,
  verdicts: verdict ?? [],
  sort,
});

/** What only the next decision needs. */
const inward: ReadonlySet<string> = new Set(['memory', 'questions', 'drains', 'endedDrains'] satisfies (keyof Plan)[]);

/** What programs want of a plan. */
export const planData = (plan: Plan): Partial<Plan> =>
  Object.fromEntries(Object.entries(plan).filter(([name]) => !inward.has(name)));

export const planCommand = (): Command =>
  withShown(
    clusterCommand('plan', 'show what Berth would do now, and why everything else stays; changes nothing', [
      'plan --cluster production',
      'plan --cluster production --profile prod --region eu-west-1 --verdict drain terminate',
      'plan --cluster production --settings berth.yml --json',
      'plan --cluster shop --endpoint-url http://127.0.0.1:4566 --table berth',
    ]),
  ).action(
    reporting(async (options: PlanOptions) => {
      const context = await openCluster(options);
      const found = await look(context.cluster, context.reading);
      context.endProgress();
      const { plan, costs } = found;
      print(options.json, { ...headingData(context, found), costs, plan: planData(plan) }, () =>
        [
          headingText(context, found),
          planText(plan, costs, {
            shown: shownBy(options),
            width: terminalWidth(),
            stepsTitle: stepsTitle(context, found),
          }),
        ].join('\n'),
      );
      process.exitCode = exitCodeOf(found);
    }),
  );
