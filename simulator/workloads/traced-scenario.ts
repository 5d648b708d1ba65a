import { basename, dirname, join } from 'node:path';
import { parseSeries, type Series } from './file/series.ts';
import { parseScenario, type ScenarioResult } from './load-scenario.ts';

/** A series of work to be played as it is. */
export interface TracedOptions {
  readonly file: string;
  readonly text: string;
  /** Work that one task serves a second; chosen from the highest value unless given. */
  readonly perTask: number | undefined;
  /** Over which each value is a sum; the usual distance of the rows unless given. */
  readonly periodMs: number | undefined;
}

/** So that the highest value takes about forty tasks, which is ten instances. */
const suggestedPerTask = ({ points }: Series): number => {
  const highest = points.reduce((most, it) => Math.max(most, it.rate), 0);
  return highest === 0 ? 1 : Number((highest / 40).toPrecision(2));
};

const shortestMs = 60_000;

const documentOf = (file: string, series: Series, perTask: number) => ({
  name: 'traced',
  description: `a trace of ${series.points.length} values, ${perTask} requests a second a task`,
  start: new Date(series.startMs).toISOString().replace('.000Z', 'Z'),
  duration: `${Math.max(shortestMs, (series.points.at(-1)?.atMs ?? 0) + series.periodMs)}ms`,
  cluster: 'local',
  groups: {
    'local-instances': { types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }], minSize: 0, maxSize: 60 },
  },
  services: {
    traced: {
      cpuUnits: 512,
      memoryMiB: 1024,
      demand: { series: { file: basename(file), period: `${series.periodMs}ms` }, perTask, minimum: 1 },
      // Packed, so that instances empty as the load falls.
      placementStrategy: [{ type: 'binpack', field: 'cpu' }],
    },
  },
});

/** One service of a cluster of its own that follows a file of `timestamp,value`; it begins when the file does. */
export const tracedScenario = ({ file, text, perTask, periodMs }: TracedOptions): ScenarioResult => {
  const read = parseSeries(text, periodMs);
  if (!read.ok) {
    const problems = read.problems.map((it) => ({ file, line: it.line, column: undefined, path: '', text: it.text }));
    return { ok: false, problems };
  }
  const document = documentOf(file, read.series, perTask ?? suggestedPerTask(read.series));
  return parseScenario(JSON.stringify(document), join(dirname(file), 'traced.json'), () => text);
};
