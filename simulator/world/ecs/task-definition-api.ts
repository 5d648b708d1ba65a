import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, object, objects, requiredText, text, texts } from '../json.ts';
import { tagsJson } from './container-instance-json.ts';
import { definitionOf, ecsPage, rulesOf, tagsOf } from './lookup.ts';
import { compileQuery } from './query-language.ts';
import { needOf } from './resources.ts';
import type { EcsState, TaskDefinition } from './state.ts';

/** What a definition needs of an agent, as RegisterTaskDefinition derives it; the two that bear on placement. */
const requiredAttributesOf = (networkMode: string): readonly string[] => [
  'com.amazonaws.ecs.capability.docker-remote-api.1.18',
  ...(networkMode === 'awsvpc' ? ['ecs.capability.task-eni'] : []),
];

/**
 * Instances of another CPU architecture or operating system are refused for their attributes: observed, and not documented
 * for EC2.
 */
const platformOf = (input: JsonObject): Readonly<Record<string, string>> => {
  const platform = object(input, 'runtimePlatform') ?? {};
  const [architecture, family] = [text(platform, 'cpuArchitecture'), text(platform, 'operatingSystemFamily')];
  return {
    ...(architecture === undefined ? {} : { 'ecs.cpu-architecture': architecture }),
    ...(family === undefined ? {} : { 'ecs.os-family': family }),
  };
};

const definitionJson = (it: TaskDefinition): JsonObject => ({
  ...it.json,
  taskDefinitionArn: it.arn,
  family: it.family,
  revision: it.revision,
  networkMode: it.networkMode,
  status: it.deregisteredAt === undefined ? 'ACTIVE' : 'INACTIVE',
  containerDefinitions: it.containers,
  volumes: objects(it.json, 'volumes') ?? [],
  placementConstraints: it.constraints.map((expression) => ({ type: 'memberOf', expression })),
  requiresAttributes: it.requiredAttributes.map((name) => ({ name })),
  compatibilities: ['EXTERNAL', 'EC2'],
  registeredAt: epochSeconds(it.registeredAt),
  deregisteredAt: epochSeconds(it.deregisteredAt),
  tags: undefined,
});

const containersOf = (input: JsonObject): readonly JsonObject[] => {
  const containers = objects(input, 'containerDefinitions') ?? [];
  if (containers.length === 0) {
    throw new AwsApiError('ClientException', 'Container list cannot be empty.');
  }
  return containers.map((it) => ({
    cpu: 0,
    portMappings: [],
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    ...it,
  }));
};

const checkMemory = (input: JsonObject, containers: readonly JsonObject[]): void => {
  if (text(input, 'memory') !== undefined) return;
  const without = containers.find(
    (it) => text(it, 'memory') === undefined && text(it, 'memoryReservation') === undefined,
  );
  if (without === undefined) return;
  const name = text(without, 'name') ?? '';
  throw new AwsApiError(
    'ClientException',
    `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
  );
};

export const taskDefinitionApi = (ground: Ground, state: EcsState): Api => {
  const register = (input: JsonObject): TaskDefinition => {
    const family = requiredText(input, 'family', 'ClientException');
    const containers = containersOf(input);
    checkMemory(input, containers);
    const revisions = state.families.get(family) ?? [];
    const revision = revisions.length + 1;
    const networkMode = text(input, 'networkMode') ?? 'bridge';
    const constraints = (rulesOf(input, 'placementConstraints') ?? []).map((it) => it.expression ?? '');
    for (const expression of constraints) compileQuery(expression); // refuse now what could never be placed
    const definition: TaskDefinition = {
      arn: ground.arn('ecs', `task-definition/${family}:${revision}`),
      family,
      revision,
      networkMode,
      need: needOf({ ...input, containerDefinitions: containers }, networkMode),
      containers,
      constraints,
      requiredAttributes: requiredAttributesOf(networkMode),
      platform: platformOf(input),
      json: input,
      registeredAt: ground.now(),
      deregisteredAt: undefined,
      tags: tagsOf(input),
    };
    state.families.set(family, [...revisions, definition]);
    state.definitions.set(definition.arn, definition);
    return definition;
  };

  return {
    RegisterTaskDefinition: (input) => {
      const definition = register(input);
      return { taskDefinition: definitionJson(definition), tags: tagsJson(definition.tags) };
    },
    DeregisterTaskDefinition: (input) => {
      const definition = definitionOf(state, requiredText(input, 'taskDefinition', 'ClientException'));
      definition.deregisteredAt ??= ground.now();
      return { taskDefinition: definitionJson(definition) };
    },
    DescribeTaskDefinition: (input) => {
      const definition = definitionOf(state, requiredText(input, 'taskDefinition', 'ClientException'));
      const withTags = texts(input, 'include')?.includes('TAGS') === true;
      return { taskDefinition: definitionJson(definition), tags: withTags ? tagsJson(definition.tags) : [] };
    },
    ListTaskDefinitions: (input) => {
      const status = text(input, 'status') ?? 'ACTIVE';
      const prefix = text(input, 'familyPrefix');
      const families = [...state.families].filter(([family]) => prefix === undefined || family === prefix);
      const sorted = families.sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, revisions]) => revisions);
      const all = sorted
        .filter((it) => (it.deregisteredAt === undefined) === (status === 'ACTIVE'))
        .map((it) => it.arn);
      const { items, nextToken } = ecsPage(text(input, 'sort') === 'DESC' ? all.reverse() : all, input, 100, 100);
      return { taskDefinitionArns: items, nextToken };
    },
  };
};
