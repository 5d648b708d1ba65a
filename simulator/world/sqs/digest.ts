import { createHash } from 'node:crypto';
import type { JsonObject } from '../api.ts';
import { isObject, text } from '../json.ts';

const md5 = (content: string | Buffer): string => createHash('md5').update(content).digest('hex');

export const md5OfBody = (body: string): string => md5(body);

/** Content-based deduplication uses the body's SHA-256. (SQS developer guide.) */
export const sha256 = (body: string): string => createHash('sha256').update(body).digest('hex');

const withLength = (content: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};

const encoded = (name: string, attribute: JsonObject): Buffer => {
  const type = text(attribute, 'DataType') ?? 'String';
  const isBinary = type.startsWith('Binary');
  const value = isBinary
    ? Buffer.from(text(attribute, 'BinaryValue') ?? '', 'base64')
    : Buffer.from(text(attribute, 'StringValue') ?? '');
  return Buffer.concat([
    withLength(Buffer.from(name)),
    withLength(Buffer.from(type)),
    Buffer.from([isBinary ? 2 : 1]),
    withLength(value),
  ]);
};

/** The digest SDKs check: names in order, each with its type and value. (SQS developer guide, message attributes' MD5.) */
export const md5OfAttributes = (attributes: JsonObject): string | undefined => {
  const names = Object.keys(attributes).sort((a, b) => (a < b ? -1 : 1));
  if (names.length === 0) return undefined;
  const parts = names.flatMap((name) => {
    const attribute = attributes[name];
    return isObject(attribute) ? [encoded(name, attribute)] : [];
  });
  return md5(Buffer.concat(parts));
};
