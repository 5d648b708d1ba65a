import type { NormalizedSchema } from '@smithy/core/schema';
import type { Json, JsonObject } from '../world/api.ts';

/** Writes one value as an element of this name. */
type Writer = (element: string, value: Json) => string;

const special = /[&<>"'\r]|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xD;', // as itself it would come back as a line feed
};

/** Text as XML holds it; what XML 1.0 cannot hold at all becomes the replacement character. */
export const escapeXml = (text: string): string => text.replace(special, (found) => entities[found] ?? '\ufffd');

const isList = (it: Json): it is readonly Json[] => Array.isArray(it);
const isObject = (it: Json): it is JsonObject => typeof it === 'object' && it !== null && !isList(it);

const writeText: Writer = (element, value) => {
  if (typeof value === 'object' || value === undefined) throw new TypeError(`${element} is not a plain value`);
  return `<${element}>${typeof value === 'string' ? escapeXml(value) : value}</${element}>`;
};

/** The world's epoch seconds as ISO 8601, which is what the XML protocols carry. */
const writeTime: Writer = (element, value) =>
  writeText(element, typeof value === 'number' ? new Date(Math.round(value * 1_000)).toISOString() : value);

const membersOf = (schema: NormalizedSchema): ((object: JsonObject) => string) => {
  let members: (readonly [string, string, Writer])[] | undefined; // made on first use: shapes may contain themselves
  return (object) => {
    members ??= [...schema.structIterator()].map(
      ([name, member]) => [member.getMemberTraits().xmlName ?? name, name, writerOf(member)] as const,
    );
    let text = '';
    for (const [element, name, write] of members) {
      const value = object[name];
      if (value !== undefined && value !== null) text += write(element, value);
    }
    return text;
  };
};

const structWriter = (schema: NormalizedSchema): Writer => {
  const write = membersOf(schema);
  return (element, value) => {
    if (!isObject(value)) throw new TypeError(`${element} is not a structure`);
    return `<${element}>${write(value)}</${element}>`;
  };
};

const listWriter = (schema: NormalizedSchema): Writer => {
  const member = schema.getValueSchema();
  const name = member.getMergedTraits().xmlName ?? 'member';
  const flat = schema.getMergedTraits().xmlFlattened !== undefined;
  let write: Writer | undefined;
  return (element, value) => {
    if (!isList(value)) throw new TypeError(`${element} is not a list`);
    const each = (write ??= writerOf(member));
    let text = '';
    for (const item of value) text += each(flat ? element : name, item);
    return flat ? text : `<${element}>${text}</${element}>`;
  };
};

const mapWriter = (schema: NormalizedSchema): Writer => {
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? 'key';
  const valueName = schema.getValueSchema().getMergedTraits().xmlName ?? 'value';
  const flat = schema.getMergedTraits().xmlFlattened !== undefined;
  const entry = (element: string, key: string, value: string): string =>
    `<${element}><${keyName}>${escapeXml(key)}</${keyName}>${value}</${element}>`;
  let write: Writer | undefined;
  return (element, value) => {
    if (!isObject(value)) throw new TypeError(`${element} is not a map`);
    const each = (write ??= writerOf(schema.getValueSchema()));
    const entries = Object.entries(value).map(([key, it]) => entry(flat ? element : 'entry', key, each(valueName, it)));
    return flat ? entries.join('') : `<${element}>${entries.join('')}</${element}>`;
  };
};

const writerOf = (schema: NormalizedSchema): Writer => {
  if (schema.isStructSchema()) return structWriter(schema);
  if (schema.isListSchema()) return listWriter(schema);
  if (schema.isMapSchema()) return mapWriter(schema);
  return schema.isTimestampSchema() ? writeTime : writeText;
};

/**
 * How an operation's output is written as the elements the model names; members the model does not know are left
 * out, a member of the wrong kind throws. Make it once per operation: it remembers what it learns of the model.
 */
export const xmlWriter = (output: NormalizedSchema): ((value: JsonObject) => string) | undefined =>
  output.isStructSchema() ? membersOf(output) : undefined;
