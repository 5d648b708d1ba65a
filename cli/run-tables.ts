import Table from 'cli-table3';
import type { FunctionFigures, RunResult } from '../simulator/host/run.ts';
import type { Distribution } from '../simulator/score/quantiles.ts';
import { type Stage, stages } from '../simulator/score/waits.ts';

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 2 : 1);

const cells = (of: Distribution | undefined): string[] =>
  of === undefined
    ? ['0', '', '', '', '']
    : [String(of.count), seconds(of.p50), seconds(of.p95), seconds(of.p99), seconds(of.max)];

/** Without lines between rows: a run's tables fit a screen. */
const noRowLines = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

const table = (head: readonly string[]): Table.Table =>
  new Table({
    head: [...head],
    chars: noRowLines,
    style: { head: [], border: [] },
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
  });

const stageNames: Readonly<Record<Stage, string>> = {
  trigger: '  trigger (event emitted and delivered)',
  queue: '  queues',
  decision: '  decision',
  launchCall: '  launch call',
  boot: '  boot (until registered)',
  placement: '  placement by ECS',
  start: '  start (until RUNNING)',
};

const waitTable = ({ waits }: RunResult): string => {
  const rows = table(['Task wait, s', 'tasks', 'p50', 'p95', 'p99', 'max']);
  rows.push(['asked for → RUNNING', ...cells(waits.all)], ['that needed a launch', ...cells(waits.needingLaunch)]);
  for (const stage of stages) rows.push([stageNames[stage], ...cells(waits.byStage[stage])]);
  rows.push(['trigger to launch call', ...cells(waits.ownShare)]);
  return rows.toString();
};

const figureTable = ({ waits, instances }: RunResult): string => {
  const rows = table(['Figure', 'value']);
  rows.push(
    ['tasks asked for / RUNNING', `${waits.wanted} / ${waits.ran}`],
    ['withdrawn / still waiting', `${waits.withdrawn} / ${waits.waitingAtEnd}`],
    ['instance-hours', instances.instanceHours.toFixed(1)],
    ['instances min / mean / max', `${instances.minimum} / ${instances.mean.toFixed(1)} / ${instances.maximum}`],
    ['instances at the end', String(instances.atEnd)],
    ['launches', String(instances.launches)],
    ['drains / restored', `${instances.drains} / ${instances.restores}`],
    ['terminations', String(instances.terminations)],
    ['terminations with a live task', String(instances.terminationsWithLiveTask)],
  );
  return rows.toString();
};

const functionTable = ({ functions }: RunResult): string => {
  const rows = table(['Function', 'invocations', 'errors', 'calls', 'p50 s', 'p99 s', 'own CPU p99 s']);
  const row = ([name, it]: readonly [string, FunctionFigures]): string[] => [
    name,
    String(it.invocations),
    String(it.errors),
    String(it.calls),
    seconds(it.durationMs?.p50 ?? 0),
    seconds(it.durationMs?.p99 ?? 0),
    seconds(it.cpuMs?.p99 ?? 0),
  ];
  for (const entry of Object.entries(functions).sort(([a], [b]) => (a < b ? -1 : 1))) rows.push(row(entry));
  return rows.toString();
};

/** What a run came to, for a terminal of 80 columns. */
export const runTables = (result: RunResult): string => {
  const hours = (result.virtualMs / 3_600_000).toFixed(1);
  const speed = Math.round(result.virtualMs / result.realMs);
  return [
    `${result.complete ? 'Ran' : 'Interrupted after'} ${hours} hours in ${(result.realMs / 1000).toFixed(1)} s (${speed} times real time), seed ${result.seed}`,
    waitTable(result),
    figureTable(result),
    functionTable(result),
    ...Object.entries(result.errors).map(([message, count]) => `${count} errors logged: ${message}`),
    ...Object.entries(result.warnings).map(([message, count]) => `${count} warnings logged: ${message} (see --log)`),
  ].join('\n');
};
