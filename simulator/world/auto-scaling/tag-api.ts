import type { Api, JsonObject } from '../api.ts';
import { flag, objects, text, texts } from '../json.ts';
import { tagJson } from './group-json.ts';
import { type Groups, groupPage, invalid } from './lookup.ts';
import type { Group, GroupTag } from './state.ts';

export const tagOf = (input: JsonObject): GroupTag => ({
  key: text(input, 'Key') ?? '',
  value: text(input, 'Value') ?? '',
  propagateAtLaunch: flag(input, 'PropagateAtLaunch') ?? false,
});

const passes = (tag: JsonObject, filter: JsonObject): boolean => {
  const values = texts(filter, 'Values') ?? [];
  const member = {
    'auto-scaling-group': 'ResourceId',
    key: 'Key',
    value: 'Value',
    'propagate-at-launch': 'PropagateAtLaunch',
  };
  const byName: Readonly<Record<string, string>> = member;
  const name = byName[text(filter, 'Name') ?? ''];
  if (name === undefined) throw invalid(`Filter type ${text(filter, 'Name') ?? ''} is not correct.`);
  return values.includes(text(tag, name) ?? '');
};

export const tagApi = (groups: Groups): Api => {
  const groupOf = (tag: JsonObject): Group => {
    const group = groups.get(text(tag, 'ResourceId') ?? '');
    if (group === undefined) throw invalid('AutoScalingGroup name not found - null');
    return group;
  };
  return {
    CreateOrUpdateTags: (input) => {
      for (const it of objects(input, 'Tags') ?? []) groupOf(it).tags.set(text(it, 'Key') ?? '', tagOf(it));
      return {};
    },
    DeleteTags: (input) => {
      for (const it of objects(input, 'Tags') ?? []) groupOf(it).tags.delete(text(it, 'Key') ?? '');
      return {};
    },
    DescribeTags: (input) => {
      const filters = objects(input, 'Filters') ?? [];
      const all = [...groups.values()].flatMap((group) => [...group.tags.values()].map((it) => tagJson(group, it)));
      const found = all.filter((tag) => filters.every((filter) => passes(tag, filter)));
      const { items, nextToken } = groupPage(found, input, 50, 100);
      return { Tags: items, NextToken: nextToken };
    },
  };
};
