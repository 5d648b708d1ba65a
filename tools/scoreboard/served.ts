import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Simulation } from '../../simulator/score/simulation.ts';
import type { Job } from './job.ts';

/** A program of examples/controllers in Python with boto3, which drives the scenario over the wire from its own process. */
export const served = async ({ path, seed, controller }: Job): Promise<Simulation> => {
  const options = ['--serve', '--json', '--seed', String(seed), '--controller', controller];
  const berth = spawn(process.execPath, ['cli/berth.ts', 'simulate', path, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = text(berth.stdout);
  try {
    const { endpoint, control } = await addressesIn(berth.stderr);
    berth.stderr.resume(); // nobody reads on; what it says must not fill the pipe
    await promisify(execFile)('python3', [`examples/controllers/${controller}`, control], {
      env: { ...process.env, AWS_ENDPOINT_URL: endpoint },
    });
    await closed(berth);
  } finally {
    berth.kill();
  }
  const { simulations } = JSON.parse(await output) as { readonly simulations: readonly [Simulation] };
  return simulations[0];
};

const closed = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null) await once(child, 'close');
};

/** The two lines it says first; whatever else it says instead is why there are none. */
const addressesIn = async (stream: Readable): Promise<{ readonly endpoint: string; readonly control: string }> => {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    lines.push(line);
    const addresses = new Map(lines.map((it) => [it.slice(0, it.indexOf('=')), it.slice(it.indexOf('=') + 1)]));
    const endpoint = addresses.get('AWS_ENDPOINT_URL');
    const control = addresses.get('BERTH_CONTROL_URL');
    if (endpoint !== undefined && control !== undefined) return { endpoint, control };
  }
  throw new Error(`it could not be served: ${lines.join('\n')}`);
};
