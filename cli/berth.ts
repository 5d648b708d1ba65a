#!/usr/bin/env node
import { Command } from 'commander';
import { simulateCommand } from './simulate.ts';
import { startCommand } from './start.ts';

const program = new Command('berth')
  .description('An event-driven autoscaler for Amazon ECS clusters on EC2')
  .showHelpAfterError()
  .addCommand(startCommand())
  .addCommand(simulateCommand());

await program.parseAsync();
