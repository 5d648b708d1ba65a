import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MotoServer extends AsyncDisposable {
  readonly endpoint: string;
}

const startMs = 60_000;
const pollMs = 100;

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
};

const answers = async (endpoint: string): Promise<boolean> => {
  try {
    return (await fetch(`${endpoint}/moto-api/data.json`)).ok;
  } catch {
    return false;
  }
};

/** An AWS emulator of others' making in a process of its own; it starts empty and ends with the test. */
export const motoServer = async (): Promise<MotoServer> => {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // a group of its own: where the command is a wrapper, ending the wrapper alone would leave the server
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  for (let waited = 0; waited < startMs; waited += pollMs) {
    if (await answers(endpoint)) return { endpoint, [Symbol.asyncDispose]: stop };
    await sleep(pollMs);
  }
  await stop();
  throw new Error(`moto_server did not answer within ${startMs / 1000} s`);
};
