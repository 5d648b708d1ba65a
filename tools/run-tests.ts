/**
 * Runs Jest under a time-out (one open server would hang it for ever) and ends with one plain line,
 * `N passed, N failed`, taken from Jest's own figures. Arguments go to Jest.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface JestFigures {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

const timeLimitMs = 30 * 60_000; // the whole suite takes a few minutes on two cores
const folder = mkdtempSync(join(tmpdir(), 'berth-tests-'));
const figuresFile = join(folder, 'figures.json');
const jest = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${figuresFile}`,
    ...process.argv.slice(2),
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
const timer = setTimeout(() => {
  console.error(`Jest did not end within ${timeLimitMs / 60_000} minutes: killed`);
  jest.kill('SIGKILL');
}, timeLimitMs);
/** Jest has written its figures and waits for something a test left open: it is given this long, then ended. */
const graceMs = 60_000;
let endedInGrace = false;
const watch = setInterval(() => {
  if (!existsSync(figuresFile)) return;
  clearInterval(watch);
  setTimeout(() => {
    console.error(`Jest was done and did not exit within ${graceMs / 1000} s: a test leaves something open; ended`);
    endedInGrace = true;
    jest.kill('SIGKILL');
  }, graceMs).unref();
}, 1_000);
jest.on('close', (code) => {
  clearTimeout(timer);
  clearInterval(watch);
  process.exitCode = endedInGrace ? 0 : (code ?? 1);
  try {
    const figures = JSON.parse(readFileSync(figuresFile, 'utf8')) as JestFigures;
    const failed = figures.numFailedTests + figures.numRuntimeErrorTestSuites;
    if (failed > 0) process.exitCode ||= 1;
    const skipped = figures.numPendingTests > 0 ? `, ${figures.numPendingTests} skipped` : '';
    console.log(`${figures.numPassedTests} passed, ${failed} failed${skipped}`);
  } catch {
    console.error('Jest left no figures behind');
    process.exitCode = 1;
  }
  rmSync(folder, { recursive: true, force: true });
});
