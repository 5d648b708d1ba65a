import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsApiError, type Json, type JsonObject } from '../world/api.ts';

/** `A.B.1=x` as a tree: the parameter's value sits under A, B, 1. */
interface FormNode {
  value: string | undefined;
  readonly children: Map<string, FormNode>;
}

/** How the two query protocols name things in a form; they differ in lists and capitals. */
export type Dialect = 'awsQuery' | 'ec2Query';

/** Deeper than any AWS input; keeps a hostile key from nesting without end. */
const deepestKey = 32;

const malformed = (value: string, problem: string): AwsApiError => {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value; // a mistake may be as long as the form
  return new AwsApiError('MalformedInput', `${shown} ${problem}`);
};

const node = (): FormNode => ({ value: undefined, children: new Map() });

const treeOf = (form: URLSearchParams): FormNode => {
  const root = node();
  for (const [key, value] of form) {
    const path = key.split('.', deepestKey + 1);
    if (path.length > deepestKey) throw malformed('A parameter', 'is nested too deeply');
    let at = root;
    for (const part of path) {
      const next = at.children.get(part) ?? node();
      at.children.set(part, next);
      at = next;
    }
    at.value = value;
  }
  return root;
};

/** Reads one value of the tree; undefined where the form says nothing. */
type Reader = (at: FormNode) => Json;

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The key a member goes by in the form. */
const keyOf = (member: NormalizedSchema, name: string, dialect: Dialect): string => {
  const { xmlName, ec2QueryName } = member.getMergedTraits();
  if (dialect === 'awsQuery') return xmlName ?? name;
  return typeof ec2QueryName === 'string' ? ec2QueryName : capitalised(xmlName ?? name);
};

const numbered = (at: FormNode | undefined): FormNode[] =>
  [...(at?.children ?? [])].sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => child);

const structReader = (schema: NormalizedSchema, dialect: Dialect): ((at: FormNode) => JsonObject) => {
  let members: (readonly [string, string, Reader])[] | undefined; // made on first use: shapes may contain themselves
  return (at) => {
    members ??= [...schema.structIterator()].map(
      ([name, member]) => [keyOf(member, name, dialect), name, readerOf(member, dialect)] as const,
    );
    const object: Record<string, Json> = {};
    for (const [key, name, read] of members) {
      const child = at.children.get(key);
      const value = child && read(child);
      if (value !== undefined) object[name] = value;
    }
    return object;
  };
};

const listReader = (schema: NormalizedSchema, dialect: Dialect): Reader => {
  const member = schema.getValueSchema();
  const flat = dialect === 'ec2Query' || schema.getMergedTraits().xmlFlattened !== undefined;
  const key = member.getMergedTraits().xmlName ?? 'member';
  let read: Reader | undefined;
  return (at) => {
    const each = (read ??= readerOf(member, dialect));
    return numbered(flat ? at : at.children.get(key)).map(each);
  };
};

const mapReader = (schema: NormalizedSchema, dialect: Dialect): Reader => {
  const flat = schema.getMergedTraits().xmlFlattened !== undefined;
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? 'key';
  const valueName = schema.getValueSchema().getMergedTraits().xmlName ?? 'value';
  let read: Reader | undefined;
  return (at) => {
    const each = (read ??= readerOf(schema.getValueSchema(), dialect));
    const entries = numbered(flat ? at : at.children.get('entry')).flatMap((entry): [string, Json][] => {
      const value = entry.children.get(valueName);
      return [[entry.children.get(keyName)?.value ?? '', value && each(value)]];
    });
    return Object.fromEntries(entries);
  };
};

const readNumber: Reader = ({ value }) => {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() === '' || Number.isNaN(number)) throw malformed(value, 'is not a number');
  return number;
};

const readBoolean: Reader = ({ value }) => {
  if (value === undefined) return undefined;
  if (!/^(true|false)$/i.test(value)) throw malformed(value, 'must be true or false');
  return value.toLowerCase() === 'true';
};

/** ISO 8601 in the form, epoch seconds to the world. */
const readTime: Reader = ({ value }) => {
  if (value === undefined) return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw malformed(value, 'is not a time in ISO 8601');
  return time / 1_000;
};

const readerOf = (schema: NormalizedSchema, dialect: Dialect): Reader => {
  if (schema.isStructSchema()) return structReader(schema, dialect);
  if (schema.isListSchema()) return listReader(schema, dialect);
  if (schema.isMapSchema()) return mapReader(schema, dialect);
  if (schema.isTimestampSchema()) return readTime;
  if (schema.isNumericSchema()) return readNumber;
  if (schema.isBooleanSchema()) return readBoolean;
  return ({ value }) => value;
};

/**
 * How an operation's form is read into its input, typed as the model says; parameters the model does not know are
 * passed over. Make it once per operation: it remembers what it learns of the model.
 */
export const formReader = (input: NormalizedSchema, dialect: Dialect): ((form: URLSearchParams) => JsonObject) => {
  if (!input.isStructSchema()) return () => ({});
  const read = structReader(input, dialect);
  return (form) => read(treeOf(form));
};
