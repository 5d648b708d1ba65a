import type { Writable } from 'node:stream';
import type { Surroundings } from '../../lib/compose.ts';
import type { Decision } from '../../lib/flows/decide.ts';
import { type InstanceFigures, instanceMeter } from '../score/instances.ts';
import { type Distribution, distributionOf } from '../score/quantiles.ts';
import { type WaitFigures, waitMeter } from '../score/waits.ts';
import type { Scenario } from '../workloads/scenario.ts';
import { stageScenario } from '../workloads/stage.ts';
import { scheduleCapacityRuns, setupFor } from './asked-of-berth.ts';
import type { InvocationRecord } from './lambda.ts';
import { LaunchPaths } from './launch-paths.ts';
import { type LocalAws, localAws } from './local-aws.ts';
import { spokenTelemetry } from './telemetry.ts';

export interface RunOptions {
  readonly scenario: Scenario;
  readonly settings: Surroundings['settings'];
  readonly seed: number;
  /**
   * Virtual seconds a real second, asked again and again: at 0 time stands still, and at Infinity, as where nobody says,
   * it goes as fast as it can.
   */
  readonly speed?: () => number;
  readonly log?: Writable;
  readonly port?: number;
  readonly onProgress?: (done: number, instances: InstanceFigures) => void;
  readonly interrupted?: () => boolean;
  /** Called before anything is there, for who follows the world from its beginning. */
  readonly onWorld?: (aws: Pick<LocalAws, 'world' | 'clock'>) => void;
  readonly onDecision?: (decision: Decision) => void;
  /** Called once everything stands, before time moves. */
  readonly onStarted?: (aws: LocalAws) => void;
}

/** What a function did in the run, by its name. */
export interface FunctionFigures {
  readonly invocations: number;
  readonly errors: number;
  readonly calls: number;
  readonly durationMs: Distribution | undefined;
  /** Charged for Berth's own CPU, apart from what AWS took. */
  readonly cpuMs: Distribution | undefined;
}

export interface RunResult {
  readonly title: string;
  readonly seed: number;
  readonly virtualMs: number;
  readonly complete: boolean;
  readonly realMs: number;
  readonly waits: WaitFigures;
  readonly instances: InstanceFigures;
  readonly functions: Readonly<Record<string, FunctionFigures>>;
  readonly warnings: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

const sliceMs = 10 * 60_000;

/** Real time, where the pace is given. */
const stepMs = 100;

const atOnce = (): number => Number.POSITIVE_INFINITY;

/** Plays a scenario on a local AWS with Berth's functions deployed to it, and scores what happened. */
export const run = async (options: RunOptions): Promise<RunResult> => {
  const { scenario, seed } = options;
  const realStart = performance.now();
  await using aws = await localAws({
    start: scenario.startMs,
    seed,
    constants: scenario.world,
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  options.onWorld?.(aws);
  const paths = new LaunchPaths();
  const waits = waitMeter(aws.world, paths.pathOf);
  const instances = instanceMeter(aws.world, scenario.startMs);
  const telemetry = spokenTelemetry(() => aws.clock.now(), options.log);
  const invocations = new Map<string, InvocationRecord[]>();
  const { functions } = await aws.deploy({
    clusters: [scenario.cluster],
    environment: {
      settings: options.settings,
      telemetry: (name) => telemetry.of(name),
      ...(options.onDecision === undefined ? {} : { onDecision: options.onDecision }),
    },
    onInvocation: {
      onStart: paths.onStart,
      onEnd: (record) => {
        const of = invocations.get(record.functionName);
        const lean = { ...record, event: undefined };
        if (of === undefined) invocations.set(record.functionName, [lean]);
        else of.push(lean);
      },
    },
    onCall: paths.onCall,
  });
  stageScenario(aws.world, aws.clock, scenario, setupFor(options.settings), { recorded: true });
  scheduleCapacityRuns(aws.clock, scenario, functions.capacityRun);
  options.onStarted?.(aws);
  const end = await advance(aws, options, instances);
  return {
    title: scenario.description,
    seed,
    virtualMs: end - scenario.startMs,
    complete: end >= scenario.startMs + scenario.durationMs,
    realMs: performance.now() - realStart,
    waits: waits(end),
    instances: instances(end),
    functions: Object.fromEntries([...invocations].map(([name, records]) => [name, figuresOf(records)])),
    warnings: Object.fromEntries(telemetry.warnings),
    errors: Object.fromEntries(telemetry.errors),
  };
};

/** Moves time in slices, so that progress can be shown and the run interrupted between any two events. */
const advance = async (
  aws: LocalAws,
  { scenario, speed = atOnce, onProgress, interrupted = () => false }: RunOptions,
  instances: (now: number) => InstanceFigures,
): Promise<number> => {
  const end = scenario.startMs + scenario.durationMs;
  while (aws.clock.now() < end && !interrupted()) {
    const realStart = performance.now();
    const factor = speed();
    const step = Number.isFinite(factor) ? Math.round(factor * stepMs) : sliceMs;
    await aws.clock.runUntil(Math.min(end, aws.clock.now() + step), () => interrupted() || speed() !== factor);
    onProgress?.((aws.clock.now() - scenario.startMs) / scenario.durationMs, instances(aws.clock.now()));
    if (Number.isFinite(factor)) await pause(stepMs - (performance.now() - realStart));
  }
  return aws.clock.now();
};

const pause = (ms: number): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, Math.max(0, ms));
  });

const figuresOf = (records: readonly InvocationRecord[]): FunctionFigures => ({
  invocations: records.length,
  errors: records.filter((it) => it.error !== undefined).length,
  calls: records.reduce((sum, it) => sum + it.calls, 0),
  durationMs: distributionOf(records.map((it) => it.endedAt - it.startedAt)),
  cpuMs: distributionOf(records.map((it) => it.cpuMs)),
});
