import { Command } from 'commander';
import type { CapacityRunAnswer } from '../../lib/flows/capacity-run.ts';
import { atLeastOne } from '../arguments.ts';
import { askByHand, capacityLine } from '../by-hand.ts';
import { type ClusterOptions, clusterCommand } from '../context.ts';
import { reporting } from '../failure.ts';
import { counted, timeText } from '../texts.ts';

interface RequestOptions extends ClusterOptions {
  readonly service?: string;
  readonly taskDefinition?: string;
  readonly capacityProvider?: string;
  readonly tasks: number;
  readonly until: string;
  readonly id?: string;
}

const requestText = (answer: CapacityRunAnswer): readonly string[] =>
  'capacity' in answer && answer.action !== 'listCapacity' ? [capacityLine(answer.capacity)] : [];

const requestCommand = (): Command =>
  clusterCommand('request', 'ask for room ahead of time; asked again under the same id, it replaces what was asked', [
    'capacity request --cluster production --service api --tasks 40 --until 2h --id sale',
    'capacity request --cluster batch --task-definition nightly-report:7 --tasks 12 --until 2026-11-27T18:00:00Z',
  ])
    .requiredOption('--tasks <number>', 'room for so many tasks more', atLeastOne)
    .requiredOption(
      '--until <time>',
      'how long, such as 2h, or until when, such as 2026-11-27T18:00:00Z; 7 days at most',
    )
    .option('--service <name>', 'tasks of this service')
    .option('--task-definition <family:revision>', 'or standalone tasks of this task definition')
    .option('--capacity-provider <name>', 'to which such tasks are bound')
    .option('--id <name>', 'a name of your own choice')
    .action(
      reporting((options: RequestOptions) => {
        const { service, taskDefinition, capacityProvider, tasks, until, id } = options;
        const asked = {
          action: 'requestCapacity',
          service,
          taskDefinition,
          capacityProvider,
          tasks,
          until,
          id,
        } as const;
        return askByHand(asked, options, requestText);
      }),
    );

const listText = (answer: CapacityRunAnswer): readonly string[] => {
  if (answer.action !== 'listCapacity') return [];
  const { capacity, queued, pause } = answer;
  return [
    ...(capacity.length === 0 ? ['No room is asked for.'] : capacity.map(capacityLine)),
    ...queued.map(
      (it) =>
        `queue: ${counted(it.tasks, 'task')} of ${it.taskDefinitionArn.replace(/^.*\//, '')} since ${timeText(it.queuedAt)}`,
    ),
    ...(pause === undefined
      ? []
      : [
          `paused: ${pause.what === 'all' ? 'everything' : 'scale-in'}${pause.until === undefined ? '' : `, until ${timeText(pause.until)}`}`,
        ]),
  ];
};

const listCommand = (): Command =>
  clusterCommand('list', 'show the room that is asked for, tasks in the queue and the pause', [
    'capacity list --cluster production',
  ]).action(reporting((options: ClusterOptions) => askByHand({ action: 'listCapacity' }, options, listText)));

const extendCommand = (): Command =>
  clusterCommand('extend', 'let room that was asked for last longer, or shorter', [
    'capacity extend sale --cluster production --until 4h',
  ])
    .argument('<id>', 'of the request')
    .requiredOption('--until <time>', 'how long from now, or until when')
    .action(
      reporting((id: string, options: ClusterOptions & { readonly until: string }) =>
        askByHand({ action: 'extendCapacity', id, until: options.until }, options, requestText),
      ),
    );

const endCommand = (): Command =>
  clusterCommand('end', 'give up room that was asked for', ['capacity end sale --cluster production'])
    .argument('<id>', 'of the request')
    .action(
      reporting((id: string, options: ClusterOptions) =>
        askByHand({ action: 'endCapacity', id }, options, (answer) => requestText(answer).map((it) => `ended: ${it}`)),
      ),
    );

export const capacityCommand = (): Command =>
  new Command('capacity')
    .description('room ahead of time: request, list, extend, end')
    .addCommand(requestCommand())
    .addCommand(listCommand())
    .addCommand(extendCommand())
    .addCommand(endCommand());
