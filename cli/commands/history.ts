import { type Command, Option } from 'commander';
import { duration } from '../arguments.ts';
import { type ClusterOptions, clusterCommand, openDeployment } from '../context.ts';
import { reporting } from '../failure.ts';
import { historyText } from '../history-text.ts';
import { print, terminalWidth } from '../print.ts';
import { spanText } from '../texts.ts';

interface HistoryOptions extends ClusterOptions {
  readonly since: number;
}

const dayMs = 24 * 3_600_000;

export const historyCommand = (): Command =>
  clusterCommand('history', 'show what Berth did and why; decisions that did something are kept for a week', [
    'history --cluster production',
    'history --cluster production --since 3d --json',
  ])
    .addOption(
      new Option('--since <duration>', 'how far back, such as 90m or 3d').argParser(duration).default(dayMs, '1d'),
    )
    .action(
      reporting(async (options: HistoryOptions) => {
        const context = await openDeployment(options);
        const { history, clock } = context.reading;
        const decisions = await history.decisions(context.cluster, clock.now() - options.since);
        context.endProgress();
        print(options.json, { cluster: context.cluster, decisions }, () =>
          decisions.length === 0
            ? `Berth did nothing in cluster ${context.cluster} in the last ${spanText(options.since)}${context.settings.mode === 'observe' ? ': it is in observe mode' : ''}.`
            : historyText(decisions, terminalWidth()),
        );
      }),
    );
