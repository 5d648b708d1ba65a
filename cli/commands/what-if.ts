import type { Command } from 'commander';
import { type Supposed, suppose, type Wondered } from '../../lib/flows/reading/suppose.ts';
import { atLeastOne } from '../arguments.ts';
import { type ClusterOptions, clusterCommand, openCluster } from '../context.ts';
import { reporting, UsageError } from '../failure.ts';
import { exitCodeOf, headingData, headingText } from '../heading.ts';
import { planText, type Shown } from '../plan-text.ts';
import { print, styled, terminalWidth } from '../print.ts';
import { differencesText } from '../what-if-text.ts';
import { planData, shownBy, withShown } from './plan.ts';

interface WhatIfOptions extends ClusterOptions {
  readonly add?: number;
  readonly service?: string;
  readonly removeInstance?: readonly string[];
  readonly type?: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly group?: string;
  readonly verdict?: readonly string[];
  readonly sort: Shown['sort'];
}

/** Options that belong together are given together: half of a wish is none. */
const wonderedIn = ({ add, service, removeInstance, type, group }: WhatIfOptions): readonly Wondered[] => {
  if ((add === undefined) !== (service === undefined))
    throw new UsageError('--add and --service go together: --add 40 --service api');
  if (type !== undefined && group === undefined)
    throw new UsageError('--type needs the --group whose new instances are of it: --type m5.xlarge --group workers');
  const wondered: readonly Wondered[] = [
    ...(type === undefined || group === undefined
      ? []
      : [{ kind: 'instanceType' as const, group, instanceType: type }]),
    ...(removeInstance ?? []).map((ec2InstanceId) => ({ kind: 'removeInstance' as const, ec2InstanceId })),
    ...(add === undefined || service === undefined ? [] : [{ kind: 'addTasks' as const, service, tasks: add }]),
  ];
  if (wondered.length > 0) return wondered;
  throw new UsageError('say what is to be supposed: --add with --service, --remove-instance, or --type with --group');
};

/** With --type the group says what is changed, not what is shown. */
const shownOf = ({ group, ...options }: WhatIfOptions): Shown =>
  shownBy(group === undefined || options.type !== undefined ? options : { ...options, group });

const textOf = ({ before, after, notes }: Supposed, options: WhatIfOptions): string =>
  [
    ...notes.map((it) => `supposed: ${it}`),
    '',
    styled('bold', 'Otherwise than now'),
    differencesText(before, after, terminalWidth()),
    planText(after.plan, after.costs, {
      shown: shownOf(options),
      width: terminalWidth(),
      stepsTitle: 'Would be done then',
    }),
  ].join('\n');

export const whatIfCommand = (): Command =>
  withShown(
    clusterCommand('what-if', 'show the plan that would follow a change; changes nothing', [
      'what-if --add 40 --service api --cluster production',
      'what-if --remove-instance i-0123456789abcdef0 --cluster production',
      'what-if --type m5.2xlarge --group workers --add 40 --service api --cluster production',
    ]),
  )
    .option('--add <tasks>', 'so many tasks more of --service', atLeastOne)
    .option('--service <name>', 'the service that --add is about')
    .option('--remove-instance <id...>', 'these instances are gone, and their groups as much smaller')
    .option('--type <type>', 'new instances of --group are of this EC2 instance type')
    .action(
      reporting(async (options: WhatIfOptions) => {
        const wondered = wonderedIn(options);
        const context = await openCluster(options);
        const supposed = await suppose(context.cluster, wondered, context.reading);
        context.endProgress();
        const { before, after, notes } = supposed;
        const data = {
          ...headingData(context, before),
          supposed: notes,
          before: { costs: before.costs, plan: planData(before.plan) },
          after: { costs: after.costs, plan: planData(after.plan) },
        };
        print(options.json, data, () => [headingText(context, before), textOf(supposed, options)].join('\n'));
        process.exitCode = exitCodeOf(before);
      }),
    );
