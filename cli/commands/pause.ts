import type { Command } from 'commander';
import type { CapacityRunAnswer } from '../../lib/flows/capacity-run.ts';
import { askByHand } from '../by-hand.ts';
import { type ClusterOptions, clusterCommand } from '../context.ts';
import { reporting } from '../failure.ts';
import { timeText } from '../texts.ts';

interface PauseOptions extends ClusterOptions {
  readonly scaleIn?: boolean;
  readonly until?: string;
}

const pauseText = (answer: CapacityRunAnswer): readonly string[] => {
  if (answer.action !== 'pause') return [];
  const { what, until } = answer.pause;
  return [
    `paused: ${what === 'all' ? 'everything' : 'scale-in; tasks that wait are still launched for'}, ${until === undefined ? 'until it is resumed' : `until ${timeText(until)}`}`,
  ];
};

export const pauseCommand = (): Command =>
  clusterCommand('pause', 'let Berth change nothing, or take nothing away', [
    'pause --cluster production --until 2h',
    'pause --cluster production --scale-in --until 2026-11-27T18:00:00Z',
  ])
    .option('--scale-in', 'only what takes instances away')
    .option('--until <time>', 'how long, such as 2h, or until when; until it is resumed unless given')
    .action(
      reporting((options: PauseOptions) => {
        const what = options.scaleIn === true ? 'scaleIn' : 'all';
        return askByHand({ action: 'pause', what, until: options.until }, options, pauseText);
      }),
    );

export const resumeCommand = (): Command =>
  clusterCommand('resume', 'end a pause', ['resume --cluster production']).action(
    reporting((options: ClusterOptions) => askByHand({ action: 'resume' }, options, () => ['resumed'])),
  );
