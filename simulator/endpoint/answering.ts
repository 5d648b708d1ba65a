import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AwsApiError } from '../world/api.ts';
import type { World } from '../world/world.ts';
import { type DynamoDbRelay, isDynamoDbTarget, largestDynamoDbBody } from './dynamo-db-relay.ts';
import type { Answer } from './exchange.ts';
import { largestBody, readBody, textOf } from './request-body.ts';
import { exchangeFor } from './route.ts';

/** Names the invocation a call belongs to; the simulator's host adds it to what its functions send. */
const callerOf = (headers: IncomingHttpHeaders): string => {
  const invocation = headers['x-berth-invocation'];
  return typeof invocation === 'string' && invocation !== '' ? invocation : 'external';
};

/** A refusal as it is; anything else is our own mistake: said aloud here, and answered as AWS answers its own. */
const asApiError = (error: unknown): AwsApiError => {
  if (error instanceof AwsApiError) return error;
  console.error('The endpoint could not answer:', error);
  return new AwsApiError('InternalFailure', error instanceof Error ? error.message : String(error), 500);
};

/** The body, or why there is none. Rejects only where the connection broke: then nobody waits for an answer. */
const receive = async (incoming: IncomingMessage): Promise<string | AwsApiError> => {
  try {
    return textOf(await readBody(incoming, largestBody), incoming.headers['content-encoding']);
  } catch (error) {
    if (error instanceof AwsApiError) return error;
    throw error;
  }
};

/** One API call of the world, in whichever protocol it comes. */
const answerFromWorld = async (
  world: Pick<World, 'call'>,
  incoming: IncomingMessage,
  requestId: string,
): Promise<Answer> => {
  const received = await receive(incoming);
  const body = typeof received === 'string' ? received : '';
  const { headers, url = '/' } = incoming;
  const exchange = exchangeFor({ url, headers, body }, requestId);
  try {
    if (typeof received !== 'string') throw received;
    const { service, operation, input } = exchange.read();
    return exchange.writeOutput(world.call(service, operation, input, callerOf(headers)));
  } catch (error) {
    return exchange.writeError(asApiError(error));
  }
};

const answerFromDynamoDb = async (
  relay: DynamoDbRelay,
  incoming: IncomingMessage,
  requestId: string,
): Promise<Answer> => {
  try {
    return await relay.forward(incoming.headers, await readBody(incoming, largestDynamoDbBody));
  } catch (error) {
    return exchangeFor({ url: '/', headers: incoming.headers, body: '' }, requestId).writeError(asApiError(error));
  }
};

/** Answers whatever arrives; rejects only where the connection broke before all of it had. */
export const answering =
  (world: Pick<World, 'call'>, relay: DynamoDbRelay | undefined) =>
  (incoming: IncomingMessage, requestId: string): Promise<Answer> =>
    relay !== undefined && isDynamoDbTarget(incoming.headers['x-amz-target'])
      ? answerFromDynamoDb(relay, incoming, requestId)
      : answerFromWorld(world, incoming, requestId);
