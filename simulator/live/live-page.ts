import { randomBytes } from 'node:crypto';
import type { RunOptions } from '../host/run.ts';
import type { Scenario } from '../workloads/scenario.ts';
import type { PlanWords } from './feed.ts';
import { LiveRun } from './live-run.ts';
import { servePage } from './server.ts';
import type { Speed } from './wire.ts';

export interface LivePageOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Any free one where it is 0. */
  readonly port: number;
  /** How fast the run goes until somebody asks for something else. */
  readonly speed: Speed;
  readonly words: PlanWords;
}

export interface LivePage extends AsyncDisposable {
  readonly url: string;
  /** What the run is to be given, so that the page sees it and its controls work. */
  readonly hooks: Required<Pick<RunOptions, 'speed' | 'onWorld' | 'onDecision'>>;
  /** How many tasks' instances Berth ended while they worked: what people and EC2 ended is not among them. */
  readonly terminationsWithLiveTask: () => number;
}

/** Those that the page offers, slowest first. */
const offeredSpeeds: readonly Speed[] = [0, 60, 600, null];

const withSpeed = (speed: Speed): readonly Speed[] =>
  offeredSpeeds.includes(speed)
    ? offeredSpeeds
    : [...offeredSpeeds, speed].sort((a, b) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY));

/** A page on 127.0.0.1 that shows a run as it happens, and lets who looks on set its pace and hurt the cluster. */
export const livePage = async ({ scenario, seed, port, speed, words }: LivePageOptions): Promise<LivePage> => {
  const run = new LiveRun({
    scenario,
    speed,
    words,
    scene: {
      run: randomBytes(8).toString('hex'),
      speeds: withSpeed(speed),
      services: scenario.services.filter((it) => it.schedulingStrategy === 'REPLICA').map((it) => it.name),
    },
  });
  const server = await servePage({
    shell: { title: scenario.description, seed, token: randomBytes(24).toString('base64url') },
    port,
    look: () => run.state(),
    act: (action) => run.act(action),
  });
  return {
    url: `${server.url}/`,
    hooks: { speed: run.speed, onWorld: run.onWorld, onDecision: run.onDecision },
    terminationsWithLiveTask: () => run.state().totals.terminationsWithLiveTask,
    async [Symbol.asyncDispose]() {
      run.end();
      await server.close();
    },
  };
};
