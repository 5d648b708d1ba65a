import { AwsApiError, type JsonObject } from '../api.ts';
import { number, type Page, pageOf, requiredText, text } from '../json.ts';
import type { Group, GroupInstance } from './state.ts';

export type Groups = Map<string, Group>;

export const invalid = (message: string): AwsApiError => new AwsApiError('ValidationError', message);

export const groupOf = (groups: Groups, input: JsonObject): Group => {
  const group = groups.get(requiredText(input, 'AutoScalingGroupName', 'ValidationError'));
  if (group === undefined) throw invalid('AutoScalingGroup name not found - null');
  return group;
};

const inWarmPool = (id: string): AwsApiError =>
  invalid(`The instance ${id} is in a warm pool: this operation cannot be called on it.`);

/** An instance of any group; those of warm pools cannot be meant. */
export const memberOf = (groups: Groups, id: string): { readonly group: Group; readonly it: GroupInstance } => {
  for (const group of groups.values()) {
    const it = group.instances.get(id);
    if (it !== undefined) return { group, it };
    if (group.warmPool?.instances.has(id) === true) throw inWarmPool(id);
  }
  throw invalid(`Instance Id not found - No managed instance found for instance ID: ${id}`);
};

/** An instance of this group. */
export const memberIn = (group: Group, id: string): GroupInstance => {
  const it = group.instances.get(id);
  if (group.warmPool?.instances.has(id) === true) throw inWarmPool(id);
  if (it === undefined) throw invalid(`The instance ${id} is not part of Auto Scaling group ${group.name}.`);
  return it;
};

export const groupPage = <T>(all: readonly T[], input: JsonObject, defaultSize: number, maximum: number): Page<T> => {
  const size = number(input, 'MaxRecords') ?? defaultSize;
  if (size < 1 || size > maximum) throw invalid(`MaxRecords must be between 1 and ${maximum}`);
  return pageOf(all, size, text(input, 'NextToken'), () => new AwsApiError('InvalidNextToken', 'Invalid next token'));
};
