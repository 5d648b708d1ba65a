import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

export const textOf = (value: Json): string => (typeof value === 'string' ? value : '');

/** One call as it came: the input of a query protocol has its flat names (`InstanceIds.member.1`). */
export interface Call {
  readonly operation: string;
  readonly input: JsonObject;
}

/** An error as AWS answers it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  constructor(code: string, message = 'refused by the test') {
    super(message);
    this.code = code;
  }
}

/** Answers by operation, from what was asked and how often it was asked before. */
export type Answers = Readonly<
  Record<string, (input: JsonObject, earlier: number) => JsonObject | Promise<JsonObject>>
>;

export interface LoopbackAws extends AsyncDisposable {
  readonly calls: Call[];
  /** What a client needs to reach it; one attempt, so that a test sees each refusal at once. */
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
}

const read = async (request: IncomingMessage): Promise<Call & { readonly json: boolean }> => {
  const body = await text(request);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string')
    return { operation: target.split('.').at(-1) ?? target, input: JSON.parse(body) as JsonObject, json: true };
  const input = Object.fromEntries(new URLSearchParams(body));
  return { operation: input['Action'] ?? 'none', input, json: false };
};

const escaped = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Auto Scaling repeats `<member>` in a list, EC2 `<item>`. */
const xml = (value: Json, list: 'member' | 'item'): string => {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((it: Json) => `<${list}>${xml(it, list)}</${list}>`).join('');
  if (typeof value !== 'object') return escaped(String(value));
  return Object.entries(value)
    .filter(([, it]) => it !== undefined)
    .map(([key, it]) => `<${key}>${xml(it, list)}</${key}>`)
    .join('');
};

const isEc2 = (input: JsonObject): boolean => input['Version'] === '2016-11-15';

const xmlAnswer = ({ operation, input }: Call, output: JsonObject): string =>
  isEc2(input)
    ? `<${operation}Response>${xml(output, 'item')}</${operation}Response>`
    : `<${operation}Response><${operation}Result>${xml(output, 'member')}</${operation}Result></${operation}Response>`;

const xmlRefusal = ({ input }: Call, { code, message }: Refusal): string => {
  const error = `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  return isEc2(input) ? `<Response><Errors>${error}</Errors></Response>` : `<ErrorResponse>${error}</ErrorResponse>`;
};

/** AWS on loopback, as far as a test says what it answers. It speaks awsJson, awsQuery and ec2Query. */
export const loopbackAws = async (answers: Answers): Promise<LoopbackAws> => {
  const calls: Call[] = [];

  const answer = async (call: Call): Promise<JsonObject> => {
    const earlier = calls.filter((it) => it.operation === call.operation).length;
    calls.push(call);
    const answered = answers[call.operation];
    if (answered === undefined) throw new Refusal('UnexpectedCall', `the test expects no ${call.operation}`);
    return answered(call.input, earlier);
  };

  const server = createServer((request, response) => {
    const respond = async (): Promise<void> => {
      const { json, ...call } = await read(request);
      response.setHeader('content-type', json ? 'application/x-amz-json-1.1' : 'text/xml');
      try {
        const output = await answer(call);
        response.end(json ? JSON.stringify(output) : xmlAnswer(call, output));
      } catch (error) {
        const refusal = error instanceof Refusal ? error : new Refusal('TestFailure', String(error));
        response.statusCode = 400;
        response.end(
          json ? JSON.stringify({ __type: refusal.code, message: refusal.message }) : xmlRefusal(call, refusal),
        );
      }
    };
    void respond();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');

  return {
    calls,
    config: {
      endpoint: `http://127.0.0.1:${address.port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
