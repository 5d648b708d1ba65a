import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { AwsApiError } from '../world/api.ts';

/** The largest body of any API the world plays: an SQS batch and a PutMetricData are limited to 1 MiB. */
export const largestBody = 1024 * 1024;

const tooLarge = (limit: number): AwsApiError =>
  new AwsApiError('RequestEntityTooLarge', `A request body is at most ${limit} bytes`, 413);

/**
 * The request's body as sent. Of a body past the limit nothing is kept, but all is read: a client that is answered
 * while it still sends sees a broken connection instead of the answer.
 */
export const readBody = async (request: IncomingMessage, limit: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let length = 0;
  await new Promise<void>((done, failed) => {
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= limit) parts.push(part);
      else parts.length = 0;
    });
    request.on('end', done);
    request.on('error', failed);
  });
  if (length > limit) throw tooLarge(limit);
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, length);
};

const isTooLong = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

/** The body as text; SDKs and the AWS CLI compress a large PutMetricData. */
export const textOf = (body: Buffer, encoding: string | undefined): string => {
  if (encoding !== 'gzip' || body.length === 0) return body.toString();
  try {
    return gunzipSync(body, { maxOutputLength: largestBody }).toString();
  } catch (error) {
    if (isTooLong(error)) throw tooLarge(largestBody);
    throw new AwsApiError('SerializationException', 'The request body is not gzip, as its content-encoding says');
  }
};
