#!/usr/bin/env node
import { Command, type CommanderError } from 'commander';
import { simulateCommand } from './simulate.ts';
import { startCommand } from './start.ts';

const program = new Command('berth')
  .description('An event-driven autoscaler for Amazon ECS clusters on EC2')
  .showHelpAfterError()
  .addCommand(startCommand())
  .addCommand(simulateCommand());

/** Commander's own code for a mistake is 1, which here means that something was found broken. */
const exit = ({ exitCode }: CommanderError): never => process.exit(exitCode === 0 ? 0 : 2);
for (const command of [program, ...program.commands]) command.exitOverride(exit);

await program.parseAsync();
