import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { composeRecording } from '../../lib/compose-cli.ts';
import { capturePast, captureShape, type Past, pastQueries, type Shape } from '../../lib/flows/reading/capture.ts';
import type { Gap } from '../../lib/model/observation.ts';
import { problemText } from '../../simulator/workloads/file/problem.ts';
import { parseScenario } from '../../simulator/workloads/load-scenario.ts';
import { clientOptionsOf } from '../account.ts';
import { whole } from '../arguments.ts';
import { type ClusterOptions, type Context, clusterCommand, openCluster } from '../context.ts';
import { RefusedError, reporting, UsageError } from '../failure.ts';
import { print, styled, terminalWidth, within } from '../print.ts';
import { spanOf } from '../recording/counts.ts';
import { type RecordedDocument, type Recording, recordingOf } from '../recording/recording.ts';
import { recordingText } from '../recording/text.ts';
import { counted, spanText, timeText } from '../texts.ts';

interface RecordOptions extends ClusterOptions {
  readonly out?: string;
  readonly days: number;
  readonly anonymous?: boolean;
}

const dayMs = 86_400_000;

/** CloudWatch keeps five minutes for 63 days (CloudWatch user guide, metrics retention). */
const mostDays = 63;

export const recordCommand = (): Command =>
  clusterCommand(
    'record',
    'write down a cluster and its last two weeks as a scenario to be simulated; changes nothing in AWS',
    [
      'record --cluster production',
      'record --cluster production --out shop.yml --days 7 --anonymous',
      'record --cluster production --days 0',
      'simulate production.yml --controller berth --controller managed-scaling --report report.html',
    ],
  )
    .option('--out <file>', 'file to be written; CLUSTER.yml unless given')
    .option('--days <number>', `days of the past, up to ${mostDays}; 0: what there is now, standing still`, whole, 14)
    .option('--anonymous', 'made-up names for the cluster, its groups, services and attributes')
    .action(
      reporting(async (options: RecordOptions) => {
        if (options.days > mostDays)
          throw new UsageError(
            `--days ${options.days}: CloudWatch keeps task counts for ${mostDays} days; give at most that`,
          );
        const context = await openCluster(options);
        const file = options.out ?? `${options.anonymous === true ? 'cluster' : context.cluster}.yml`;
        if (existsSync(file)) throw new UsageError(`${file} is there already: give another --out, or remove it`);
        process.once('SIGINT', interrupted);
        await record(options, context, file);
        process.off('SIGINT', interrupted);
      }),
    );

/** Heard between two steps only: never in the middle of what is written. */
const interrupted = (): never => process.exit(130);

const inWords: Readonly<Record<Gap['cause'], string>> = {
  accessDenied: 'these credentials may not read it; docs/record.md lists the actions to allow',
  throttled: 'AWS answers no more for now; try again in a moment',
  notFound: 'it is not there any more; try again',
  missing: 'AWS left it out; try again',
  malformed: 'AWS answered otherwise than expected; try again',
  failed: 'AWS answered with an error; try again',
};

/** Half a cluster would be simulated as if it were whole; a launch template alone can be done without. */
const refuseHalves = ({ gaps }: Shape): void => {
  const gap = gaps.find((it) => it.subject !== 'surroundings' && it.cause !== 'notFound');
  if (gap !== undefined)
    throw new RefusedError(`nothing is recorded, for a part could not be read (${gap.detail}): ${inWords[gap.cause]}`);
};

/** GetMetricData, for each metric asked for (Amazon CloudWatch pricing). */
const dollarsPerMetric = 0.01 / 1_000;

/** Nobody else would say what it costs, little as it is. */
const sayCost = (metrics: number, days: number): void => {
  const dollars = metrics * dollarsPerMetric;
  const cost = dollars < 0.01 ? 'less than 1 cent' : `about $${dollars.toFixed(2)}`;
  console.error(`CloudWatch is asked for ${counted(metrics, 'metric')} of ${counted(days, 'day')}: ${cost}`);
};

const nothingKnown = (cluster: string, days: number): string =>
  `CloudWatch has no half hour of task counts of ${cluster} in the last ${counted(days, 'day')}: it is new, or its agents send no metrics (ECS_DISABLE_METRICS, ecs:StartTelemetrySession); record it again tomorrow, or now with --days 0, as it stands`;

const pastOf = async (
  shape: Shape,
  options: RecordOptions,
  { cluster, endProgress }: Context,
): Promise<Past | undefined> => {
  if (options.days === 0) return undefined;
  const queries = pastQueries(cluster, shape);
  endProgress();
  sayCost(queries.length, options.days);
  const past = await capturePast(queries, options.days * dayMs, shape.at, composeRecording(clientOptionsOf(options)));
  const [gap] = past.gaps;
  if (gap !== undefined)
    throw new RefusedError(
      `nothing is recorded, for CloudWatch did not tell the past (${gap.detail}): ${inWords[gap.cause]}; --days 0 records what there is now, without it`,
    );
  if (spanOf(past) === undefined) throw new UsageError(nothingKnown(cluster, options.days));
  return past;
};

const without = <T>(items: Readonly<Record<string, T>>, names: ReadonlySet<string>): Record<string, T> =>
  Object.fromEntries(Object.entries(items).filter(([name]) => !names.has(name)));

const placeIn = (path: string): { readonly service?: string | undefined; readonly task?: string | undefined } => ({
  service: /^services\.([\w-]+)/.exec(path)?.[1],
  task: /^tasks\[(\d+)\]/.exec(path)?.[1],
});

interface Accepted {
  readonly document: RecordedDocument;
  readonly notes: readonly string[];
}

/** Leaves out what the simulator cannot play, such as a service whose tasks fit on no type of its groups. */
const accepted = ({ document, notes }: Recording): Accepted => {
  const readFile = (path: string): string => {
    throw new Error(`a recording names no file, but ${path}`);
  };
  const parse = (it: RecordedDocument) => parseScenario(JSON.stringify(it), 'recording', readFile);
  const first = parse(document);
  if (first.ok) return { document, notes };
  const places = first.problems.map((it) => ({ ...placeIn(it.path), text: it.text }));
  const services = new Set(places.flatMap((it) => it.service ?? []));
  const tasks = new Set(places.flatMap((it) => it.task ?? []));
  const rest = {
    ...document,
    services: without(document.services, services),
    ...(document.tasks === undefined ? {} : { tasks: document.tasks.filter((_, n) => !tasks.has(String(n))) }),
  };
  const second = parse(rest);
  if (!second.ok)
    throw new UsageError([`the simulator cannot play this cluster:`, ...second.problems.map(problemText)].join('\n'));
  return {
    document: rest,
    notes: [
      ...notes,
      ...places.flatMap(({ service, task, text }) => {
        const name = service === undefined ? `a kind of standalone task (${task ?? ''})` : `service ${service}`;
        return [`${name} is left out, for the simulator cannot play it: ${text}`];
      }),
    ],
  };
};

/** All of it or nothing: what is written appears under its name at once. */
const write = (file: string, text: string): void => {
  const part = `${file}.part`;
  try {
    writeFileSync(part, text, { flag: 'wx' });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const record = async (options: RecordOptions, context: Context, file: string): Promise<void> => {
  const { cluster, reading, settings } = context;
  const launching = composeRecording(clientOptionsOf(options));
  const shape = await captureShape(cluster, { ...reading.read, launching }, reading.clock);
  refuseHalves(shape);
  if (shape.groups.length === 0)
    throw new UsageError(
      `${cluster} has no instances of Auto Scaling groups and no capacity providers of any: there is nothing that could be sized`,
    );
  const past = await pastOf(shape, options, context);
  const recording = recordingOf(shape, past, {
    cluster,
    anonymous: options.anonymous === true,
    pricePerHour: (group) => settings.groups[group]?.pricePerHour,
  });
  const { document, notes } = accepted(recording);
  const known = [
    ...notes,
    ...new Set(shape.gaps.map((it) => `some of this could not be read (${it.cause}): ${it.subject}`)),
  ];
  const command = `berth record${options.anonymous === true ? ' --anonymous' : ` --cluster ${cluster}`} --days ${options.days}`;
  context.endProgress();
  write(file, recordingText(document, known, command));
  const { span, withPast, standaloneTasks, instanceHours } = recording;
  const data = { file, cluster, span: span ?? null, withPast, standaloneTasks, instanceHours: instanceHours ?? null };
  print(options.json, { ...data, notes: known, scenario: document }, () =>
    within(recordedText(file, context, { ...recording, document, notes: known }), terminalWidth()),
  );
};

const recordedText = (file: string, { cluster }: Context, recording: Recording): string => {
  const { document, span, withPast, standaloneTasks, instanceHours, notes } = recording;
  const services = Object.keys(document.services).length;
  const parts = [
    counted(Object.keys(document.groups).length, 'group'),
    counted(services, 'service'),
    counted(standaloneTasks, 'standalone task'),
  ];
  return [
    `${styled('bold', file)}: ${cluster} with ${parts.join(', ')}`,
    span === undefined
      ? 'as it is now, standing still for a day'
      : `${timeText(span.from)} to ${timeText(span.to)} (${spanText(span.to - span.from)}), with the counts of ${counted(withPast, 'service')}`,
    ...(instanceHours === undefined
      ? []
      : [`its groups had ${counted(Math.round(instanceHours * 10) / 10, 'instance-hour')} in that time`]),
    '',
    'What it does not know, or has otherwise than in life:',
    ...notes.map((it) => `  ${it}`),
    '',
    `Try it: npx berth simulate ${file}`,
  ].join('\n');
};
