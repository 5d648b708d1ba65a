import type { Command } from 'commander';
import { explainNow } from '../../lib/flows/reading/explain.ts';
import { type ClusterOptions, clusterCommand, openCluster } from '../context.ts';
import { explainedText } from '../explain-text.ts';
import { reporting } from '../failure.ts';
import { exitCodeOf, headingData, headingText } from '../heading.ts';
import { worriesText } from '../plan-text.ts';
import { print, terminalWidth } from '../print.ts';

export const explainCommand = (): Command =>
  clusterCommand('explain', 'say why an instance is here, a task waits, or a service or group has its count', [
    'explain i-0123456789abcdef0 --cluster production',
    'explain api --cluster production',
    'explain 0f9de17a6465404e8b1b2356dc13c2f8 --cluster production --json',
  ])
    .argument('<what>', 'EC2 instance id, task id, service or group; an ARN will do')
    .action(
      reporting(async (what: string, options: ClusterOptions) => {
        const context = await openCluster(options);
        const { look, explained } = await explainNow(context.cluster, what, context.reading);
        context.endProgress();
        print(options.json, { ...headingData(context, look), explained }, () =>
          [
            headingText(context, look),
            ...explained.flatMap((it) => [
              '',
              explainedText(
                it,
                { now: look.plan.observedAt, width: terminalWidth(), costs: look.costs },
                context.table !== undefined,
              ),
            ]),
            ...worriesText({ gaps: look.plan.gaps, notices: [] }),
          ].join('\n'),
        );
        process.exitCode = exitCodeOf(look);
      }),
    );
