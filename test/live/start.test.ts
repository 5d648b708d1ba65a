import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runBerth, startBerth } from '../support/berth-command.ts';

const pageLine = /hurt it: (http:\/\/127\.0\.0\.1:\d+\/)/;

describe('berth start', () => {
  let folder: string;
  let trace: readonly string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-start-'));
    const file = join(folder, 'requests.csv');
    const rows = [0, 10, 20, 30].map(
      (minute) => `2026-01-05T04:${String(minute).padStart(2, '0')}:00Z,${6 + minute / 5}`,
    );
    await writeFile(file, ['timestamp,value', ...rows].join('\n'));
    trace = ['--trace', file, '--per-task', '1', '--period', '10m'];
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('plays once where there is no terminal, says where to watch it, and ends by itself', async () => {
    const { code, stdout, stderr } = await runBerth('start', ...trace);
    expect(stderr).toMatch(pageLine);
    expect(stderr).toContain('played once, and the page ends with it');
    expect(stdout).toContain('terminations with a live task');
    expect(code).toBe(0);
  });

  it('prints nothing but the result with --json, and has no page', async () => {
    const { code, stdout, stderr } = await runBerth('start', ...trace, '--json');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ complete: true });
  });

  it('plays on with --live beyond the end of the day, until Ctrl-C, which is its good end', async () => {
    using berth = startBerth('start', '--live', '--speed', '6000', ...trace);
    const [, url = ''] = await berth.says(pageLine);
    const dayMs = 40 * 60_000;
    const now = async (): Promise<number> => {
      const response = await fetch(`${url}events`);
      let text = '';
      for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part;
        const state = /event: state\ndata: (.*)\n\n/.exec(text)?.[1];
        if (state !== undefined) return (JSON.parse(state) as { now: number }).now;
      }
      return 0;
    };
    while ((await now()) < Date.parse('2026-01-05T04:00:00Z') + 1.5 * dayMs)
      await new Promise((done) => setTimeout(done, 100));
    berth.child.kill('SIGINT');
    const { code, stdout, stderr } = await berth.ended;
    expect(stderr).toContain('again and again until Ctrl-C');
    expect(stdout).toContain('Interrupted after');
    expect(code).toBe(0);
  });

  it('ends with 130 where a run that would have ended is interrupted, even while time stands still', async () => {
    using berth = startBerth('start', '--speed', '1', ...trace);
    const [, url = ''] = await berth.says(pageLine);
    const html = await (await fetch(url)).text();
    const token = /name="token" content="([^"]+)"/.exec(html)?.[1] ?? '';
    const body = JSON.stringify({ kind: 'speed', speed: 0 });
    const answer = await fetch(`${url}act`, { method: 'POST', headers: { 'x-berth-token': token }, body });
    expect(await answer.json()).toEqual({ ok: true, said: 'Time stands still.' });
    berth.child.kill('SIGINT');
    const { code, stdout } = await berth.ended;
    expect(stdout).toContain('Interrupted after');
    expect(code).toBe(130);
  });

  it('says what to do where the port of the page is taken', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await runBerth('start', ...trace, '--page-port', String(port));
    other.close();
    expect(stderr).toBe(
      `berth: port ${port} of 127.0.0.1 is taken, so the page cannot be shown there: give another --page-port, or leave it out for any free one\n`,
    );
    expect(code).toBe(2);
  });
});
