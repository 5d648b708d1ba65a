import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { closeServer, listenOnLoopback } from '../endpoint/loopback.ts';
import { readBody } from '../endpoint/request-body.ts';
import { bundledScript, stylesWithCharts } from '../report/bundle.ts';
import { parseAction } from './actions.ts';
import { Broadcast } from './broadcast.ts';
import { iconSvg, pageHtml, type Shell } from './page-html.ts';
import type { Action, Answer, LiveState } from './wire.ts';

export interface PageServerOptions {
  readonly shell: Shell;
  /** Any free one where it is 0. */
  readonly port: number;
  readonly look: () => LiveState;
  readonly act: (action: Action) => Promise<Answer>;
}

export interface PageServer {
  readonly url: string;
  /** Tells the browsers that it is over, and lets go of them. */
  close(): Promise<void>;
}

/** Four times a second is as often as an eye can follow figures. */
const tickMs = 250;
const largestBody = 4 * 1024;
/** A browser opens a stream for each of its tabs. */
const mostStreams = 32;

/** Nothing of the page comes from elsewhere, runs inline, or can be framed. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const commonHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

const write = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, {
    ...commonHeaders,
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

const refuse = (response: ServerResponse, status: number, said: string): void => {
  write(response, status, 'application/json', JSON.stringify({ ok: false, said } satisfies Answer));
};

/** Under a name of its own, which it points here, a foreign page could reach this one: only loopback names are answered. */
const isLoopbackHost = (host: string | undefined, port: number): boolean =>
  host === `127.0.0.1:${port}` || host === `localhost:${port}`;

/** Whether a request comes from this page itself, or from somebody's address bar; browsers say so in these headers. */
const isFromHere = ({ headers }: IncomingMessage): boolean => {
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host ?? ''}`) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
};

/** A link from elsewhere may lead to the page: it shows it to the person, not to where the link was. */
const isLinkHere = ({ headers, method, url }: IncomingMessage): boolean =>
  method === 'GET' && url === '/' && headers['sec-fetch-mode'] === 'navigate';

const isSame = (given: string | readonly string[] | undefined, token: string): boolean =>
  typeof given === 'string' &&
  Buffer.byteLength(given) === Buffer.byteLength(token) &&
  timingSafeEqual(Buffer.from(given), Buffer.from(token));

const portOf = (url: string): number => Number(new URL(url).port);

/**
 * Serves the live page on 127.0.0.1: the page and what it needs, a stream of what changes, and one path for what it asks.
 * Nobody outside this machine can connect, and no other page in a browser on it is answered.
 */
export const servePage = async ({ shell, port: askedPort, look, act }: PageServerOptions): Promise<PageServer> => {
  const folder = join(import.meta.dirname, 'page');
  const [script, styles] = await Promise.all([
    bundledScript(join(folder, 'main.ts')),
    stylesWithCharts(join(folder, 'page.css')),
  ]);
  const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
    '/': ['text/html', pageHtml(shell)],
    '/page.js': ['text/javascript', script],
    '/page.css': ['text/css', styles],
    '/icon.svg': ['image/svg+xml', iconSvg],
  };
  const broadcast = new Broadcast(look);
  let streams = 0;
  let port = askedPort;

  const stream = (response: ServerResponse): void => {
    if (streams >= mostStreams) {
      refuse(response, 503, `${mostStreams} pages watch already: close one of them.`);
      return;
    }
    streams++;
    response.writeHead(200, { ...commonHeaders, 'content-type': 'text/event-stream' });
    const forget = broadcast.add(response);
    response.on('close', () => {
      streams--;
      forget();
    });
  };

  const doAction = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isSame(request.headers['x-berth-token'], shell.token)) {
      refuse(response, 403, 'This page belongs to another run: load it again.');
      return;
    }
    const body = await readBody(request, largestBody).catch(() => undefined);
    const action = body === undefined ? undefined : parseAction(body.toString());
    if (action === undefined) {
      refuse(response, 400, 'That is no action of this page.');
      return;
    }
    const answer = await act(action);
    broadcast.tick();
    write(response, answer.ok ? 200 : 409, 'application/json', JSON.stringify(answer));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isLoopbackHost(request.headers.host, port) || !(isFromHere(request) || isLinkHere(request))) {
      refuse(response, 403, 'Only this page, under a loopback name, is answered.');
      return;
    }
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/act') {
      if (request.method === 'POST') await doAction(request, response);
      else refuse(response, 405, '/act is for POST.');
    } else if (request.method !== 'GET') refuse(response, 405, `${path} is for GET.`);
    else if (path === '/events') stream(response);
    else if (Object.hasOwn(files, path)) {
      const [type, body] = files[path] ?? ['text/plain', ''];
      write(response, 200, type, body);
    } else refuse(response, 404, 'There is nothing here: the page is at /.');
  };

  const server = createServer((request, response) => {
    response.on('error', () => undefined); // the browser went away: there is nobody to tell
    answer(request, response).catch((error: unknown) => {
      console.error('The live page could not answer:', error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'The run could not answer; the terminal says why.');
    });
  });
  const url = await listenOnLoopback(server, askedPort);
  port = portOf(url);
  const timer = setInterval(() => {
    broadcast.tick();
  }, tickMs);
  return {
    url,
    close: async () => {
      clearInterval(timer);
      await Promise.race([broadcast.end(), new Promise((done) => setTimeout(done, 500))]);
      await closeServer(server);
    },
  };
};
