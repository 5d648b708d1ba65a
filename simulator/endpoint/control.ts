import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { JsonObject } from '../world/api.ts';
import { closeServer, listenOnLoopback } from './loopback.ts';
import { readBody } from './request-body.ts';

/** As much of the virtual clock as it takes to move it by hand. */
export interface SteppedClock {
  now(): number;
  nextAt(): number | undefined;
  runUntil(end: number, interrupted?: () => boolean): Promise<void>;
}

export interface ControlOptions {
  readonly clock: SteppedClock;
  /** Time does not go beyond, epoch milliseconds. */
  readonly endMs: number;
  /** Tells of each event that reaches the controller, at the moment it does; returns how to stop. `eventFeed` is one. */
  readonly subscribe: (listener: (event: JsonObject) => void) => () => void;
  /** The score so far: plain data. */
  readonly score: () => unknown;
  /** Called once, when the driving program has asked for the end and been answered. */
  readonly onEnd?: () => void;
  /** Any free one unless given. */
  readonly port?: number;
}

export interface Control {
  readonly url: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Why a request is not answered as it asked. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const badRequest = (message: string): Refusal => new Refusal(400, 'BadRequest', message);

const largestBody = 64 * 1024;
const longestStepSeconds = 366 * 86_400;

const hostName = (authority: string | undefined): string | undefined =>
  authority !== undefined && URL.canParse(`http://${authority}`) ? new URL(`http://${authority}`).hostname : undefined;

const isLoopback = (name: string | undefined): boolean =>
  name !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(name);

/** A page in a browser reaches loopback too, under a name of its own or from an origin of its own: neither may in. */
const refuseStrangers = ({ host, origin }: IncomingHttpHeaders): void => {
  const originName = origin !== undefined && URL.canParse(origin) ? new URL(origin).hostname : origin;
  if (!isLoopback(hostName(host)) || (originName !== undefined && !isLoopback(originName)))
    throw new Refusal(403, 'NotLoopback', 'Only programs on this machine, under a loopback name, are answered.');
};

const bodyOf = async (incoming: IncomingMessage): Promise<ReadonlyMap<string, unknown>> => {
  const body = (await readBody(incoming, largestBody).catch(() => undefined))?.toString();
  if (body === undefined) throw new Refusal(413, 'TooLarge', `A body is at most ${largestBody} bytes.`);
  if (body === '') return new Map();
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw badRequest('The body is not JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw badRequest('The body is not a JSON object.');
  return new Map(Object.entries(parsed));
};

/** How far an advance goes. */
interface Step {
  readonly seconds: number | undefined;
  readonly untilEvent: boolean;
}

const stepOf = (body: ReadonlyMap<string, unknown>): Step => {
  const seconds = body.get('seconds');
  const until = body.get('until');
  const unknown = [...body.keys()].filter((it) => it !== 'seconds' && it !== 'until');
  if (unknown.length > 0) throw badRequest(`There is no ${unknown.join(', ')}: only "seconds" and "until".`);
  if (until !== undefined && until !== 'nextEvent') throw badRequest('"until" can only be "nextEvent".');
  if (seconds === undefined && until === undefined) throw badRequest('Give "seconds", or "until": "nextEvent".');
  if (seconds !== undefined && !(typeof seconds === 'number' && seconds >= 0 && seconds <= longestStepSeconds))
    throw badRequest(`"seconds" must be a number from 0 to ${longestStepSeconds}.`);
  return { seconds, untilEvent: until === 'nextEvent' };
};

const iso = (ms: number): string => new Date(ms).toISOString();

/** The stepping itself: one advance at a time, and every event handed out once. */
const createStepper = ({ clock, endMs, subscribe, score }: ControlOptions) => {
  let events: JsonObject[] = [];
  let moving = false;
  let over = false;
  let closed = false;
  const stop = subscribe((event) => {
    events.push(event);
  });
  const interrupted = (): boolean => closed;

  const stand = () => ({ now: iso(clock.now()), end: iso(endMs), over: over || clock.now() >= endMs });
  const handOut = () => {
    const due = events;
    events = [];
    return { ...stand(), events: due };
  };

  const untilEvent = async (limit: number): Promise<void> => {
    while (events.length === 0 && clock.now() < limit && !closed) {
      await clock.runUntil(Math.min(limit, clock.nextAt() ?? limit), interrupted);
    }
  };

  const still = (): void => {
    if (moving) throw new Refusal(409, 'Advancing', 'Time is moving already: one advance at a time.');
    if (over) throw new Refusal(410, 'Ended', 'The run has been ended.');
  };

  return {
    stand,
    handOut,
    score: () => score(),
    advance: async (step: Step) => {
      still();
      moving = true;
      try {
        const limit = Math.min(endMs, step.seconds === undefined ? endMs : clock.now() + step.seconds * 1_000);
        if (step.untilEvent) await untilEvent(limit);
        else await clock.runUntil(Math.max(limit, clock.now()), interrupted);
      } finally {
        moving = false;
      }
      return handOut();
    },
    end: () => {
      still();
      over = true;
      return { ...stand(), score: score() };
    },
    close: () => {
      closed = true;
      stop();
    },
  };
};

type Stepper = ReturnType<typeof createStepper>;

/** The verb each path takes, and what it does. */
const routes = (
  stepper: Stepper,
): Readonly<Record<string, readonly [string, (incoming: IncomingMessage) => unknown]>> => ({
  '/now': ['GET', stepper.stand],
  '/events': ['GET', stepper.handOut],
  '/score': ['GET', stepper.score],
  '/advance': ['POST', async (incoming) => stepper.advance(stepOf(await bodyOf(incoming)))],
  '/end': ['POST', stepper.end],
});

const answerTo = async (incoming: IncomingMessage, stepper: Stepper): Promise<unknown> => {
  refuseStrangers(incoming.headers);
  const path = (incoming.url ?? '/').split('?', 1)[0] ?? '/';
  const table = routes(stepper);
  const route = Object.hasOwn(table, path) ? table[path] : undefined;
  if (route === undefined) throw new Refusal(404, 'NoSuchPath', `There is ${Object.keys(table).join(', ')}.`);
  const [verb, run] = route;
  if (incoming.method !== verb) throw new Refusal(405, 'WrongMethod', `${path} is for ${verb}.`);
  return await run(incoming);
};

const write = (response: ServerResponse, status: number, body: unknown): void => {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
};

const writeFailure = (response: ServerResponse, error: unknown): void => {
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalFailure', String(error));
  if (refusal.status === 500) console.error('The control address could not answer:', error);
  write(response, refusal.status, { error: refusal.code, message: refusal.message });
};

/**
 * A small address on 127.0.0.1 by which a program in any language moves the virtual clock, JSON in and out. Between two
 * advances time stands still, and the AWS endpoint answers at that moment.
 *
 * - `POST /advance` `{"seconds": 60}`, or `{"until": "nextEvent"}` (with `seconds` as the longest): `{now, end, over, events}`
 * - `GET /events`: the events that came since they were last handed out, by whichever of the two
 * - `GET /score`, `GET /now`, `POST /end` (answers the score; nothing moves afterwards)
 *
 * Refusals are `{error, message}`: 400 BadRequest, 403 NotLoopback, 404 NoSuchPath, 405 WrongMethod, 409 Advancing,
 * 410 Ended, 413 TooLarge.
 */
export const listenControl = async (options: ControlOptions): Promise<Control> => {
  const stepper = createStepper(options);
  const server = createServer((incoming, response) => {
    response.on('error', () => undefined); // the caller hung up: there is nobody to tell
    answerTo(incoming, stepper)
      .then((body) => {
        write(response, 200, body);
        if (incoming.url === '/end') options.onEnd?.();
      })
      .catch((error: unknown) => {
        writeFailure(response, error);
      });
  });
  const url = await listenOnLoopback(server, options.port ?? 0);
  const close = async (): Promise<void> => {
    stepper.close();
    await closeServer(server);
  };
  return { url, close, [Symbol.asyncDispose]: close };
};
