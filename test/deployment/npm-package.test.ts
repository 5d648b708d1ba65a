import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Ended {
  readonly code: number;
  readonly output: string;
}

const folder = mkdtempSync(join(tmpdir(), 'berth-package-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const sources = join(folder, 'sources');
const empty = join(folder, 'empty');

/** Of Node that runs the tests, and without a network: what is installed has to be all in the tarball. */
const environment = {
  ...process.env,
  PATH: `${resolve('node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
  npm_config_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
};

const run = (cwd: string, command: string, ...args: readonly string[]): Promise<Ended> =>
  new Promise((done) => {
    execFile(command, args, { cwd, env: environment, timeout: 180_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      done({ code, output: `${stdout}${stderr}` });
    });
  });

const filesIn = (at: string): readonly string[] =>
  readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name).slice(at.length + 1));

describe('npm pack', () => {
  const installed = join(empty, 'node_modules', 'berth');

  beforeAll(async () => {
    const needed = ['cli', 'lib', 'simulator', 'functions', 'deployment', 'examples', 'tools'];
    mkdirSync(empty, { recursive: true });
    for (const it of [...needed, 'package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'])
      cpSync(it, join(sources, it), { recursive: true });
    for (const it of ['berth.schema.json', 'scenario.schema.json']) cpSync(it, join(sources, it));
    symlinkSync(resolve('node_modules'), join(sources, 'node_modules'));
    const packed = await run(sources, 'npm', 'pack', '--pack-destination', folder);
    if (packed.code !== 0) throw new Error(packed.output);
    writeFileSync(join(empty, 'package.json'), '{ "private": true }');
    const tarball = readdirSync(folder).find((it) => it.endsWith('.tgz')) ?? '';
    const installedSo = await run(empty, 'npm', 'install', join(folder, tarball));
    if (installedSo.code !== 0) throw new Error(installedSo.output);
  }, 240_000);

  it('holds built JavaScript and what it reads, and nothing else', () => {
    const files = filesIn(installed);

    expect(files.filter((it) => it.endsWith('.ts') || it.includes('test') || it.includes('node_modules'))).toEqual([]);
    expect(files.filter((it) => !it.startsWith('examples/')).sort()).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'berth.schema.json',
        'cli/berth.mjs',
        'dist-cli/LICENCES.txt',
        'dist-cli/berth.js',
        'dist-cli/live.css',
        'dist-cli/live.js',
        'dist-cli/report.css',
        'dist-cli/report.js',
        'package.json',
        'scenario.schema.json',
      ].sort(),
    );
  });

  it('needs no other package', () => {
    expect(readdirSync(join(empty, 'node_modules')).filter((it) => !it.startsWith('.'))).toEqual(['berth']);
  });

  it('hands on the licences of what is in it', () => {
    const licences = readFileSync(join(installed, 'dist-cli', 'LICENCES.txt'), 'utf8');

    expect(licences).toMatch(/^commander \d+\.\d+\.\d+ \(MIT\)$/m);
    expect(licences).toMatch(/^@aws-sdk\/client-ecs \d+\.\d+\.\d+ \(Apache-2.0\)$/m);
  });

  it.each([
    [['--help'], 'Usage: berth [options] [command]'],
    [['doctor', '--help'], 'Usage: berth doctor'],
  ])(
    'answers npx berth %j',
    async (args, answer) => {
      const { code, output } = await run(empty, 'npx', 'berth', ...args);

      expect([code, output]).toEqual([0, expect.stringContaining(answer)]);
    },
    60_000,
  );

  it('plays a scenario and draws its report, without what made the pages', async () => {
    cpSync('test/cli/half-hour.yml', join(empty, 'half-hour.yml'));

    const { code, output } = await run(empty, 'npx', 'berth', 'simulate', 'half-hour.yml', '--report', 'out.html');

    expect([code, output]).toEqual([0, expect.stringContaining('terminated with a live task')]);
    expect(readFileSync(join(empty, 'out.html'), 'utf8')).toContain('uplot');
  }, 120_000);

  it('has its examples with it', async () => {
    const example = join('node_modules', 'berth', 'examples', 'scenarios', 'headroom.yml');

    const { code, output } = await run(empty, 'npx', 'berth', 'simulate', example, '--seeds', '1');

    expect([code, output]).toEqual([0, expect.stringContaining('laws broken')]);
  }, 180_000);
});
