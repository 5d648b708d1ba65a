import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { composeSetUp } from '../../lib/compose-doctor.ts';
import { type Direction, type SnippetFormat, snippet } from '../../lib/contract/snippets.ts';
import { doneText } from '../../lib/contract/wording.ts';
import { type CarriedOut, changeGroup, type Intention, type Looked, lookAtGroup } from '../../lib/flows/attaching.ts';
import { clientOptionsOf } from '../account.ts';
import { type ClusterOptions, type Context, clusterCommand, openCluster } from '../context.ts';
import { RefusedError, reporting, UsageError } from '../failure.ts';
import { terminalWidth } from '../print.ts';
import { brokenOffText, codeNote, diffText } from '../set-up-text.ts';

interface SetUpOptions extends ClusterOptions {
  readonly group: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly format?: SnippetFormat;
}

const withSetUp = (command: Command): Command =>
  command
    .requiredOption('--group <name>', 'Auto Scaling group')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show what would change, and end')
    .addOption(
      new Option('--format <language>', 'print it for a template instead, and change nothing').choices([
        'cloudformation',
        'terraform',
      ]),
    )
    .addHelpText('after', '\nCtrl-C ends it between two changes (exit code 130); the same command goes on from there.');

type Seen = Extract<Looked, { readonly kind: 'seen' }>;

const seen = (looked: Looked, { place }: Context, group: string): Seen => {
  if (looked.kind === 'noSuchGroup')
    throw new UsageError(
      `there is no Auto Scaling group ${group} in ${place.region}; check --group, --region and --profile`,
    );
  if (looked.kind === 'unread')
    throw new RefusedError(`group ${group} could not be read, and nothing was changed: ${looked.gap.detail}`);
  return looked;
};

const confirmed = async (question: string): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const stop = new AbortController();
  terminal.once('SIGINT', () => {
    stop.abort();
  });
  try {
    return /^y(es)?$/i.test((await terminal.question(question, { signal: stop.signal })).trim());
  } catch {
    return false; // Ctrl-C or Ctrl-D is no
  } finally {
    terminal.close();
  }
};

const commandFor = (direction: Direction, { cluster, group }: SetUpOptions): string =>
  `npx berth ${direction} --cluster ${cluster} --group ${group}`;

const other: Readonly<Record<Direction, Direction>> = { attach: 'detach', detach: 'attach' };

const intentionOf = async (direction: Direction, context: Context): Promise<Intention> => {
  if (direction === 'detach') return { kind: 'detach', cluster: context.cluster };
  const { cluster: reader } = context.reading.read;
  const { items } = await reader.cluster(context.cluster);
  const providers = await reader.capacityProviders(items[0]?.capacityProviders ?? []);
  return {
    kind: 'attach',
    wanted: {
      cluster: context.cluster,
      lifecycleHookName: context.settings.lifecycleHookName,
      capacityProviders: providers.items,
    },
  };
};

const show = (options: SetUpOptions, data: object, text: () => string): void => {
  if (options.json !== true) console.log(text());
  else console.log(JSON.stringify({ cluster: options.cluster, group: options.group, ...data }, undefined, 2));
};

/** Asks where a person can answer; a script says --yes. */
const mayChange = async (direction: Direction, options: SetUpOptions): Promise<boolean> => {
  if (options.yes === true) return true;
  if (!process.stdin.isTTY || options.json === true)
    throw new UsageError('nothing was changed, for nobody is there to be asked: give --yes, or --dry-run to look only');
  return confirmed(`\n${direction === 'attach' ? 'Attach' : 'Detach'} ${options.group}? [y/N] `);
};

const finish = (direction: Direction, options: SetUpOptions, carried: CarriedOut, interrupted: boolean): void => {
  if (carried.failed === undefined && carried.left.length === 0) {
    const next =
      direction === 'attach'
        ? `${options.group} is attached. What else stands in the way: npx berth doctor --cluster ${options.cluster}`
        : `${options.group} is as it was before it was attached.`;
    if (options.json !== true) console.log(next);
    return;
  }
  const again = commandFor(direction, options);
  const back = commandFor(other[direction], options);
  console.error(`berth: ${brokenOffText(carried, again, back)}`);
  process.exitCode = interrupted ? 130 : 3;
};

const setUp = async (direction: Direction, options: SetUpOptions): Promise<void> => {
  const context = await openCluster(options);
  const api = composeSetUp(clientOptionsOf(options));
  const intention = await intentionOf(direction, context);
  const { setUp: found, plan } = seen(await lookAtGroup(options.group, intention, api), context, options.group);
  context.endProgress();
  if (options.format !== undefined) {
    const { lifecycleHookName } = context.settings;
    console.log(snippet(options.format, direction, { cluster: context.cluster, lifecycleHookName, setUp: found }));
    return;
  }
  if (plan.kind === 'refused') throw new UsageError(`group ${options.group}: ${plan.reason}`);
  const left = [...plan.left, ...codeNote(found.tags, commandFor(direction, options))];
  const title = `${direction === 'attach' ? 'Attach' : 'Detach'} ${options.group} ${direction === 'attach' ? 'to' : 'from'} cluster ${context.cluster} (${context.place.region})`;
  const looksOnly = plan.changes.length === 0 || options.dryRun === true;
  if (looksOnly || options.json !== true)
    show(options, { ...plan, left }, () => diffText(title, { ...plan, left }, terminalWidth()));
  if (looksOnly) return;
  if (!(await mayChange(direction, options))) {
    console.error('Nothing was changed.');
    return;
  }
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt); // the second Ctrl-C ends the process at once
  process.once('SIGTERM', interrupt);
  const changed = await changeGroup(options.group, intention, plan.changes, api, {
    write: api.write,
    isInterrupted: () => interrupted,
    onDone: (change) => {
      if (options.json !== true) console.log(`done: ${doneText(change)}`);
    },
  });
  if (changed.kind === 'differs')
    throw new UsageError(`nothing was changed: group ${options.group} is no longer as it was shown; look again`);
  if (changed.kind !== 'changed') {
    seen(changed, context, options.group);
    return;
  }
  if (options.json === true) show(options, changed, () => '');
  finish(direction, options, changed, interrupted);
};

export const attachCommand = (): Command =>
  withSetUp(
    clusterCommand('attach', 'set a group up for Berth: shows what changes, asks, and remembers how it was', [
      'attach --cluster production --group workers',
      'attach --cluster production --group workers --dry-run',
      'attach --cluster production --group workers --format terraform',
    ]),
  ).action(reporting((options: SetUpOptions) => setUp('attach', options)));

export const detachCommand = (): Command =>
  withSetUp(
    clusterCommand('detach', 'make a group what it was before it was attached', [
      'detach --cluster production --group workers',
      'detach --cluster production --group workers --format cloudformation',
    ]),
  ).action(reporting((options: SetUpOptions) => setUp('detach', options)));
