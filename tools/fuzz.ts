/**
 * Plays random worlds with random faults until one breaks a law or does not come to rest, and makes it as small as it
 * can. `npm run fuzz -- --for 10m`; `--help` says more.
 */
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { durationMs } from '../lib/settings/duration.ts';
import { fuzzSchedules } from '../simulator/fuzz/arbitrary.ts';
import { failuresOf, playSchedule } from '../simulator/fuzz/play.ts';

const help = `Plays random small clusters with random faults against Berth, and stops at the first that breaks a law, kills a
live task, or does not come to rest: that one is made as small as it can be.

  npm run fuzz -- [--for 10m] [--runs 100] [--seed 1]

  --for TIME   how long to go on, e.g. 90s, 10m (default 2m)
  --runs N     at most so many schedules (default: as many as there is time for)
  --seed N     of the schedules (default: the clock)

Exit code 0: nothing found; 1: found, and printed as JSON; 2: called wrongly.`;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Options {
  readonly forMs: number;
  readonly runs: number;
  readonly seed: number;
}

const wholeNumber = (name: string, text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} ${text}: write a whole number`);
};

const optionsFrom = (): Options | undefined => {
  const { values } = parseArgs({
    options: {
      for: { type: 'string', default: '2m' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const forMs = durationMs(values.for);
  if (forMs === undefined) throw new UsageError(`--for ${values.for}: write a duration such as 90s or 10m`);
  return {
    forMs,
    runs: wholeNumber('runs', values.runs, 1_000_000),
    seed: wholeNumber('seed', values.seed, Date.now() % 1_000_000_000),
  };
};

const fuzz = async ({ forMs, runs, seed }: Options): Promise<boolean> => {
  console.error(`seed ${seed}, for ${forMs / 1_000} s`);
  let played = 0;
  let kills = 0;
  let faults = 0;
  const property = fc.asyncProperty(fuzzSchedules, async (schedule) => {
    const result = await playSchedule(schedule);
    played++;
    kills += result.kills;
    faults += result.faults;
    if (played % 25 === 0) console.error(`${played} schedules, ${kills} kills, ${faults} failed calls`);
    return failuresOf(result).length === 0;
  });
  const { counterexample, failed } = await fc.check(property, {
    seed,
    numRuns: runs,
    interruptAfterTimeLimit: forMs,
    markInterruptAsFailure: false,
  });
  console.error(`${played} schedules played, ${kills} invocations killed, ${faults} calls failed`);
  const found = counterexample?.[0];
  if (!failed || found === undefined) return true;
  console.log(JSON.stringify(found));
  for (const failure of failuresOf(await playSchedule(found))) console.error(`  ${failure}`);
  return false;
};

try {
  const options = optionsFrom();
  if (options === undefined) console.log(help);
  else if (!(await fuzz(options))) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
