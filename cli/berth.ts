#!/usr/bin/env node
import { Command, type CommanderError } from 'commander';
import { attachCommand, detachCommand } from './commands/attach.ts';
import { capacityCommand } from './commands/capacity.ts';
import { doctorCommand } from './commands/doctor.ts';
import { drainCommand, restoreCommand } from './commands/drain.ts';
import { explainCommand } from './commands/explain.ts';
import { historyCommand } from './commands/history.ts';
import { pauseCommand, resumeCommand } from './commands/pause.ts';
import { planCommand } from './commands/plan.ts';
import { recordCommand } from './commands/record.ts';
import { simulateCommand } from './commands/simulate.ts';
import { startCommand } from './commands/start.ts';
import { whatIfCommand } from './commands/what-if.ts';

const program = new Command('berth')
  .description('An event-driven autoscaler for Amazon ECS clusters on EC2')
  .showHelpAfterError()
  .addHelpText(
    'after',
    '\nExamples:\n  $ npx berth plan --cluster production\n  $ npx berth explain i-0123456789abcdef0 --cluster production\n  $ npx berth simulate examples/scenarios/daily-curve.yml',
  )
  .commandsGroup('Look at a cluster:')
  .addCommand(planCommand())
  .addCommand(explainCommand())
  .addCommand(whatIfCommand())
  .addCommand(historyCommand())
  .addCommand(doctorCommand())
  .addCommand(recordCommand())
  .commandsGroup('Opt a group in or out:')
  .addCommand(attachCommand())
  .addCommand(detachCommand())
  .commandsGroup('Ask Berth for something:')
  .addCommand(capacityCommand())
  .addCommand(drainCommand())
  .addCommand(restoreCommand())
  .addCommand(pauseCommand())
  .addCommand(resumeCommand())
  .commandsGroup('Without an AWS account:')
  .addCommand(startCommand())
  .addCommand(simulateCommand());

/** Commander's own code for a mistake is 1, which here means that something was found broken. */
const exit = ({ exitCode }: CommanderError): never => process.exit(exitCode === 0 ? 0 : 2);
const overrideExit = (command: Command): void => {
  command.exitOverride(exit);
  for (const it of command.commands) overrideExit(it);
};
overrideExit(program);

await program.parseAsync();
