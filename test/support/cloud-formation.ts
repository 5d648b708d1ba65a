import { execFile } from 'node:child_process';

/** Deploys a template by the AWS CLI, to its end. */
export const deployTemplate = (
  file: string,
  stack: string,
  parameters: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((done) => {
    const overrides = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
    const what = ['--template-file', file, '--stack-name', stack, '--capabilities', 'CAPABILITY_IAM'];
    const args = ['cloudformation', 'deploy', ...what, '--parameter-overrides', ...overrides];
    execFile('aws', args, { env: { ...process.env, ...env }, timeout: 100_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      done({ code, output: `${stdout}${stderr}` });
    });
  });
