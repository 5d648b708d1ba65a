import type { Command } from 'commander';
import type { CapacityRunAnswer } from '../../lib/flows/capacity-run.ts';
import { askByHand } from '../by-hand.ts';
import { type ClusterOptions, clusterCommand } from '../context.ts';
import { reporting } from '../failure.ts';

const drainsText =
  (said: string, none: string) =>
  (answer: CapacityRunAnswer): readonly string[] => {
    if (answer.action !== 'drain' && answer.action !== 'restore') return [];
    const ids = answer.drains.map((it) => it.ec2InstanceId);
    return [ids.length === 0 ? none : `${said}: ${ids.join(', ')}`];
  };

export const drainCommand = (): Command =>
  clusterCommand('drain', 'take instances out of service: their tasks move, then they are terminated', [
    'drain i-0123456789abcdef0 --cluster production',
    'explain i-0123456789abcdef0 --cluster production',
    'restore i-0123456789abcdef0 --cluster production',
  ])
    .argument('<instance...>', 'EC2 instance ids')
    .action(
      reporting((instances: readonly string[], options: ClusterOptions) =>
        askByHand(
          { action: 'drain', instances },
          options,
          drainsText('to be drained', 'Nothing to do: they are on their way out already.'),
        ),
      ),
    );

export const restoreCommand = (): Command =>
  clusterCommand('restore', 'take drains back, as long as the instance is not being terminated', [
    'restore i-0123456789abcdef0 --cluster production',
  ])
    .argument('<instance...>', 'EC2 instance ids')
    .action(
      reporting((instances: readonly string[], options: ClusterOptions) =>
        askByHand({ action: 'restore', instances }, options, drainsText('to be ACTIVE again', 'Nothing to do.')),
      ),
    );
