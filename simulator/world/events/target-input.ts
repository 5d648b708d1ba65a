import type { Json, JsonObject } from '../api.ts';
import { isObject, object, text } from '../json.ts';
import type { Target } from './rule.ts';

/** `$.detail.x` of an event. */
const atPath = (event: JsonObject, path: string): Json =>
  path
    .split('.')
    .slice(1)
    .reduce<Json>((value, name) => (isObject(value) ? value[name] : undefined), event);

/** What the target receives: the event, a part of it, a constant, or a template filled from it. */
export const inputFor = ({ json }: Target, event: JsonObject, whole: () => string): string => {
  const constant = text(json, 'Input');
  if (constant !== undefined) return constant;
  const path = text(json, 'InputPath');
  if (path !== undefined) return JSON.stringify(atPath(event, path) ?? null);
  const transformer = object(json, 'InputTransformer');
  if (transformer === undefined) return whole();
  const paths = object(transformer, 'InputPathsMap') ?? {};
  return (text(transformer, 'InputTemplate') ?? '').replace(/<([\w.-]+)>/g, (placeholder, name: string) => {
    if (name === 'aws.events.event.json') return whole();
    const source = text(paths, name);
    return source === undefined ? placeholder : JSON.stringify(atPath(event, source) ?? null);
  });
};
