import type { Api } from '../api.ts';
import { requiredText, texts } from '../json.ts';
import { tagsJson } from './container-instance-json.ts';
import { idOf, invalid, tagsOf } from './lookup.ts';
import type { EcsState, Tags } from './state.ts';

const maximumTags = 50; // ECS API, TagResource

/** Any resource of ECS by its ARN: `arn:aws:ecs:REGION:ACCOUNT:KIND/...`. */
const tagsAt = (state: EcsState, arn: string): Tags => {
  const [kind = '', first = ''] = arn.split(':').slice(5).join(':').split('/');
  const cluster = state.clusters.get(first);
  const byKind: Readonly<Record<string, () => Tags | undefined>> = {
    cluster: () => cluster?.tags,
    service: () => cluster?.services.get(idOf(arn))?.tags,
    task: () => cluster?.tasks.get(arn)?.tags,
    'container-instance': () => cluster?.instances.get(arn)?.tags,
    'task-definition': () => state.definitions.get(arn)?.tags,
    'capacity-provider': () => state.providers.get(first)?.tags,
  };
  const found = byKind[kind]?.();
  if (found === undefined) throw invalid('The specified resource could not be found.');
  return found;
};

export const tagApi = (state: EcsState): Api => ({
  TagResource: (input) => {
    const tags = tagsAt(state, requiredText(input, 'resourceArn', 'InvalidParameterException'));
    const merged = new Map([...tags, ...tagsOf(input)]);
    if (merged.size > maximumTags) throw invalid(`The number of tags exceeds ${maximumTags}.`);
    for (const [key, value] of merged) tags.set(key, value);
    return {};
  },
  UntagResource: (input) => {
    const tags = tagsAt(state, requiredText(input, 'resourceArn', 'InvalidParameterException'));
    for (const key of texts(input, 'tagKeys') ?? []) tags.delete(key);
    return {};
  },
  ListTagsForResource: (input) => ({
    tags: tagsJson(tagsAt(state, requiredText(input, 'resourceArn', 'InvalidParameterException'))),
  }),
});
