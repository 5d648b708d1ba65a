import { spawnSync } from 'node:child_process';
import { describe, it } from '@jest/globals';

/** A program some tests need and npm does not install. */
export type ExternalTool = 'aws' | 'chromium' | 'moto_server';

/** How each answers quickly that it is there; what it prints does not matter. */
const probes: Readonly<Record<ExternalTool, readonly string[]>> = {
  aws: ['--version'],
  chromium: ['--version'],
  moto_server: ['--help'],
};

/** Asked before any test of the file runs, so blocking here blocks nobody's server. */
const isInstalled = (tool: ExternalTool): boolean =>
  spawnSync(tool, probes[tool], { stdio: 'ignore', timeout: 60_000 }).status === 0;

/**
 * A `describe` that needs an external program. Where it is missing the tests are skipped and the console says which;
 * with BERTH_REQUIRE_TOOLS=1 that is a failure instead: where the programs are promised, a skipped test is a lie.
 */
export const describeWith = (tool: ExternalTool, name: string, body: () => void): void => {
  if (isInstalled(tool)) {
    describe(name, body);
  } else if (process.env['BERTH_REQUIRE_TOOLS'] === '1') {
    describe(name, () => {
      it(`finds \`${tool}\` on the PATH`, () => {
        throw new Error(`BERTH_REQUIRE_TOOLS=1, but \`${tool}\` is not on the PATH`);
      });
    });
  } else {
    console.warn(`SKIPPED, because \`${tool}\` is not on the PATH: ${name}`);
    describe.skip(name, body);
  }
};
