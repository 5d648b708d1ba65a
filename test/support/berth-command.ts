import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningBerth {
  readonly child: ChildProcess;
  /** Resolves as soon as stderr holds it; rejects where the command ends before. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<Outcome>;
  [Symbol.dispose](): void;
}

/** The command line as somebody would start it in such an environment: a process of its own. */
export const startBerthIn = (env: NodeJS.ProcessEnv, ...args: readonly string[]): RunningBerth => {
  const child = spawn(process.execPath, ['cli/berth.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    child.emit('said');
  });
  const ended = once(child, 'close').then((): Outcome => ({ code: child.exitCode, stdout, stderr }));
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(stderr);
      if (found !== null) return found;
      const over = await Promise.race([once(child, 'said').then(() => false), ended.then(() => true)]);
      if (over) throw new Error(`it ended without saying ${String(pattern)}, but:\n${stderr}`);
    }
  };
  return { child, says, ended, [Symbol.dispose]: () => child.kill('SIGKILL') };
};

export const startBerth = (...args: readonly string[]): RunningBerth => startBerthIn(process.env, ...args);

export const runBerthIn = async (env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Outcome> =>
  await startBerthIn(env, ...args).ended;

export const runBerth = async (...args: readonly string[]): Promise<Outcome> => await startBerth(...args).ended;
