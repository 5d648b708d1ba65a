import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What deploying needs, in a folder of its own: tests that build at the same time do not meet in `dist`. */
export interface ProjectCopy extends Disposable {
  readonly folder: string;
}

export const projectCopy = (): ProjectCopy => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-deployment-'));
  for (const name of ['lib', 'functions', 'deployment', 'node_modules']) symlinkSync(resolve(name), join(folder, name));
  for (const name of ['serverless.yml', 'berth.yml', 'package.json']) copyFileSync(name, join(folder, name));
  return {
    folder,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Credentials that lead nowhere, and no file of the user's that could say otherwise. */
const noAccount = {
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_REGION: 'eu-west-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9', // nobody listens there
};

/** Runs Node in the copy to its end, whatever that is; `env` goes over credentials that lead nowhere. */
export const runNode = (
  { folder }: ProjectCopy,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> =>
  new Promise((done) => {
    const options = { cwd: folder, env: { ...process.env, ...noAccount, ...env }, timeout: 120_000 };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      done({ code, output: `${stdout}${stderr}` });
    });
  });

export const osls = (
  project: ProjectCopy,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> => runNode(project, [join('node_modules', 'osls', 'bin', 'serverless.js'), ...args], env);
