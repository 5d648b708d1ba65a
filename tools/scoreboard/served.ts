import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Simulation } from '../../simulator/score/simulation.ts';
import type { Job } from './job.ts';

/** A program of examples/controllers in Python with boto3, which drives the scenario over the wire from its own process. */
export const served = async ({ path, seed, controller }: Job): Promise<Simulation> => {
  const options = ['--serve', '--json', '--seed', String(seed), '--controller', controller];
  const berth = spawn(process.execPath, ['cli/berth.ts', 'simulate', path, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const addresses = new Map<string, string>();
  let output = '';
  berth.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = once(berth, 'close');
  for await (const line of createInterface({ input: berth.stderr })) {
    const [name = '', ...value] = line.split('=');
    addresses.set(name, value.join('='));
    if (addresses.has('BERTH_CONTROL_URL')) break;
  }
  const control = addresses.get('BERTH_CONTROL_URL');
  if (control === undefined) throw new Error(`${path} could not be served: ${[...addresses.keys()].join('\n')}`);
  await promisify(execFile)('python3', [`examples/controllers/${controller}`, control], {
    env: { ...process.env, AWS_ENDPOINT_URL: addresses.get('AWS_ENDPOINT_URL') },
  });
  await fetch(`${control}/end`, { method: 'POST' });
  await closed;
  const { simulations } = JSON.parse(output) as { readonly simulations: readonly [Simulation] };
  return simulations[0];
};
