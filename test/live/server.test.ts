import { request } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer } from '../../simulator/live/wire.ts';
import { type LiveWorld, liveWorld, smallDay } from './live-world.ts';

interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Unlike fetch, sends any Host header. */
const call = (
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<Reply> =>
  new Promise((done, failed) => {
    const sent = request(url, { method: options.method ?? 'GET', headers: options.headers ?? {} }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        done({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    sent.on('error', failed);
    sent.end(options.body);
  });

const tokenIn = (html: string): string => /name="token" content="([^"]+)"/.exec(html)?.[1] ?? '';

describe('the address of the live page', () => {
  let live: LiveWorld;
  let url: string;
  let token: string;
  beforeAll(async () => {
    live = await liveWorld(smallDay());
    live.goOn();
    ({ url } = live.page);
    token = tokenIn((await call(url)).body);
  });
  afterAll(async () => {
    await live[Symbol.asyncDispose]();
  });

  const act = (body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> =>
    call(`${url}act`, {
      method: 'POST',
      headers: { 'x-berth-token': token, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  const saidBy = ({ body }: Reply): string => (JSON.parse(body) as Answer).said;

  it('is on loopback, and serves a page that may load nothing from elsewhere and may not be framed', async () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { status, headers, body } = await call(url);
    expect(status).toBe(200);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(body).toContain('a small &lt;day&gt; &amp; its night');
    expect(body).not.toMatch(/(?:src|href)="(?!\/|#)/);
    for (const path of ['page.js', 'page.css', 'icon.svg']) expect((await call(`${url}${path}`)).status).toBe(200);
  });

  it.each([
    ['a name that a stranger points at this machine', { host: 'evil.example:80' }],
    ['the right name with another port', { host: '127.0.0.1:1' }],
    ['a foreign origin', { origin: 'http://evil.example' }],
    ['a page of another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['a foreign page, as the browser says', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['another site of this machine, as the browser says', { 'sec-fetch-site': 'same-site' }],
  ])('refuses %s', async (_, headers) => {
    for (const path of ['', 'page.js', 'events']) expect((await call(`${url}${path}`, { headers })).status).toBe(403);
    expect((await act({ kind: 'speed', speed: 60 }, headers)).status).toBe(403);
    expect(live.page.hooks.speed()).toBe(0);
  });

  it('lets a link from elsewhere lead to the page, and to nothing else', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await call(url, { headers })).status).toBe(200);
    expect((await call(`${url}events`, { headers })).status).toBe(403);
  });

  it('acts only on POST with the token of this run', async () => {
    const action = JSON.stringify({ kind: 'speed', speed: 60 });
    expect((await call(`${url}act`)).status).toBe(405);
    expect((await call(`${url}act`, { method: 'POST', body: action })).status).toBe(403);
    const wrong = await act(action, { 'x-berth-token': token.replace(/./, (it) => (it === 'a' ? 'b' : 'a')) });
    expect(wrong.status).toBe(403);
    expect(saidBy(wrong)).toContain('load it again');
    expect(live.page.hooks.speed()).toBe(0);
  });

  it.each([
    ['no JSON', '{'],
    ['no action', { kind: 'explode' }],
    ['a speed that runs backwards', { kind: 'speed', speed: -1 }],
    ['half a task', { kind: 'surge', service: 'web', tasks: 0.5 }],
    ['more tasks than it takes', { kind: 'surge', service: 'web', tasks: 100_000 }],
    ['members that nobody knows', { kind: 'kill', everything: true }],
    ['a body without end', `{"kind":"${'x'.repeat(10_000)}"}`],
  ])('refuses %s as no action of its own', async (_, body) => {
    const reply = await act(body);
    expect(reply.status).toBe(400);
    expect(saidBy(reply)).toBe('That is no action of this page.');
  });

  it.each([
    [{ kind: 'kill', instance: 'i-0' }, 'i-0 is gone already: choose another instance.'],
    [{ kind: 'interrupt', zone: 'eu-west-1z' }, 'There is no instance in eu-west-1z: choose another zone.'],
    [{ kind: 'interrupt' }, 'Say which instance, or which zone.'],
    [{ kind: 'deploy', service: 'nobody' }, 'There is no service nobody yet: try again in a moment.'],
    [{ kind: 'surge', service: 'nobody', tasks: 1 }, 'There is no service nobody yet: try again in a moment.'],
    [
      { kind: 'noCapacity', zone: 'eu-west-1z', minutes: 5 },
      'No group is in eu-west-1z: the zones are eu-west-1a, eu-west-1b, eu-west-1c.',
    ],
  ])('says why it cannot do %j', async (action, said) => {
    const reply = await act(action);
    expect(reply.status).toBe(409);
    expect(saidBy(reply)).toBe(said);
  });

  it('knows no other path, and no other method', async () => {
    expect((await call(`${url}package.json`)).status).toBe(404);
    expect((await call(`${url}..%2fpackage.json`)).status).toBe(404);
    expect((await call(url, { method: 'DELETE' })).status).toBe(405);
  });
});

/** What a stream sends until it is told to stop. */
const readStream = async (url: string, enough: (text: string) => boolean): Promise<string> => {
  const response = await fetch(`${url}events`);
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (enough(text)) break;
  }
  return text;
};

describe('the stream of a run', () => {
  it('begins with the whole state, goes on with what changes, and says when it is over', async () => {
    const live = await liveWorld(smallDay());
    await live.play(10 * 60_000);
    const first = readStream(live.page.url, (text) => text.includes('event: patch'));
    await new Promise((done) => setTimeout(done, 300));
    await live.play(60_000);
    const text = await first;
    expect(text.indexOf('event: state')).toBeGreaterThan(-1);
    expect(text.indexOf('event: state')).toBeLessThan(text.indexOf('event: patch'));

    const last = readStream(live.page.url, (it) => it.includes('event: over'));
    await new Promise((done) => setTimeout(done, 100));
    await live[Symbol.asyncDispose]();
    expect(await last).toContain('"isOver":true');
  });

  it('gives who comes back the state as it is then', async () => {
    await using live = await liveWorld(smallDay());
    await readStream(live.page.url, (text) => text.includes('event: state'));
    await live.play(20 * 60_000);
    const again = await readStream(live.page.url, (text) => text.includes('\n\nevent: state') && text.endsWith('\n\n'));
    const state = /event: state\ndata: (.*)/.exec(again)?.[1] ?? '{}';
    expect(JSON.parse(state)).toMatchObject({ now: live.clock.now(), totals: { runningTasks: 10, waitingTasks: 0 } });
  });

  it('cannot be served where the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(liveWorld(smallDay(), port)).rejects.toThrow('EADDRINUSE');
    other.close();
  });
});
