import { spawnSync } from 'node:child_process';
import { describe, it } from '@jest/globals';

/** What some tests need and npm does not install: programs, and boto3 for the `python3` on the PATH. */
export type ExternalTool = 'aws' | 'boto3' | 'chromium' | 'moto_server';

/** A command by which each answers quickly that it is there; what it prints does not matter. */
const probes: Readonly<Record<ExternalTool, readonly [string, ...string[]]>> = {
  aws: ['aws', '--version'],
  boto3: ['python3', '-c', 'import boto3'],
  chromium: ['chromium', '--version'],
  moto_server: ['moto_server', '--help'],
};

/** Asked before any test of the file runs, so blocking here blocks nobody's server. */
const isInstalled = (tool: ExternalTool): boolean => {
  const [program, ...rest] = probes[tool];
  return spawnSync(program, rest, { stdio: 'ignore', timeout: 60_000 }).status === 0;
};

/**
 * A `describe` that needs an external program. Where it is missing the tests are skipped and the console says which;
 * with BERTH_REQUIRE_TOOLS=1 that is a failure instead: where the programs are promised, a skipped test is a lie.
 */
export const describeWith = (tool: ExternalTool, name: string, body: () => void): void => {
  if (isInstalled(tool)) {
    describe(name, body);
  } else if (process.env['BERTH_REQUIRE_TOOLS'] === '1') {
    describe(name, () => {
      it(`finds \`${tool}\``, () => {
        throw new Error(`BERTH_REQUIRE_TOOLS=1, but \`${probes[tool].join(' ')}\` fails`);
      });
    });
  } else {
    console.warn(`SKIPPED, because \`${probes[tool].join(' ')}\` fails: ${name}`);
    describe.skip(name, body);
  }
};
