import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, object, pageOf, requiredText, text, texts } from '../json.ts';
import type { AgentSettings } from '../machine.ts';

export interface LaunchTemplateVersion {
  readonly number: number;
  readonly data: JsonObject;
  readonly createdAt: number;
}

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly versions: LaunchTemplateVersion[];
}

export interface LaunchTemplates {
  readonly api: Api;
  /** The template data a specification means: by id or name; `$Latest`, `$Default` or a number. */
  resolve(specification: JsonObject): { readonly template: LaunchTemplate; readonly version: LaunchTemplateVersion };
}

/** `NAME=value` in a line of /etc/ecs/ecs.config, or the `echo` that writes it; quotes around the value are allowed. */
const setting = (script: string, name: string): string | undefined =>
  new RegExp(`\\b${name}=["']?([^\\s"'>]+)`).exec(script)?.[1];

/**
 * What user data tells the ECS agent, read from the lines that go into /etc/ecs/ecs.config: ECS_CLUSTER (`default`
 * unless given), ECS_INSTANCE_ATTRIBUTES and ECS_RESERVED_MEMORY. An agent that cannot read its attributes does not
 * start: it has no cluster. (ECS developer guide, container agent configuration.)
 */
export const agentSettingsOf = (userDataBase64: string | undefined): AgentSettings => {
  const script = Buffer.from(userDataBase64 ?? '', 'base64').toString();
  const attributes = parseAttributes(/\bECS_INSTANCE_ATTRIBUTES=["']?(\{[^}]*\})/.exec(script)?.[1]);
  return {
    cluster: attributes === undefined ? undefined : (setting(script, 'ECS_CLUSTER') ?? 'default'),
    attributes: attributes ?? {},
    reservedMemoryMiB: Number(setting(script, 'ECS_RESERVED_MEMORY') ?? 0),
  };
};

const parseAttributes = (json: string | undefined): Readonly<Record<string, string>> | undefined => {
  if (json === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(json.replaceAll('\\"', '"')); // as inside echo "..."
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
  } catch {
    return undefined;
  }
};

const notFound = (): AwsApiError =>
  new AwsApiError('InvalidLaunchTemplateName.NotFoundException', 'The specified launch template does not exist.');

export const createLaunchTemplates = (ground: Ground): LaunchTemplates => {
  const byName = new Map<string, LaunchTemplate>();
  const byId = new Map<string, LaunchTemplate>();

  const find = (specification: JsonObject): LaunchTemplate => {
    const id = text(specification, 'LaunchTemplateId');
    const name = text(specification, 'LaunchTemplateName') ?? '';
    const found = id === undefined ? byName.get(name) : byId.get(id);
    if (found === undefined) throw notFound();
    return found;
  };

  const versionOf = (template: LaunchTemplate, wanted: string): LaunchTemplateVersion => {
    const found =
      wanted === '$Latest'
        ? template.versions.at(-1)
        : template.versions.find((it) => it.number === (wanted === '$Default' ? 1 : Number(wanted)));
    if (found === undefined)
      throw new AwsApiError('InvalidLaunchTemplateId.VersionNotFound', `Could not find version ${wanted}.`);
    return found;
  };

  const versionJson = (template: LaunchTemplate, it: LaunchTemplateVersion): JsonObject => ({
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    VersionNumber: it.number,
    CreateTime: epochSeconds(it.createdAt),
    CreatedBy: `arn:aws:iam::${ground.accountId}:root`,
    DefaultVersion: it.number === 1,
    LaunchTemplateData: it.data,
  });

  const add = (template: LaunchTemplate, input: JsonObject): LaunchTemplateVersion => {
    const version = {
      number: template.versions.length + 1,
      data: object(input, 'LaunchTemplateData') ?? {},
      createdAt: ground.now(),
    };
    template.versions.push(version);
    return version;
  };

  return {
    resolve: (specification) => {
      const template = find(specification);
      return { template, version: versionOf(template, text(specification, 'Version') ?? '$Default') };
    },
    api: {
      CreateLaunchTemplate: (input) => {
        const name = requiredText(input, 'LaunchTemplateName', 'MissingParameter');
        if (byName.has(name)) {
          throw new AwsApiError(
            'InvalidLaunchTemplateName.AlreadyExistsException',
            'Launch template name already in use.',
          );
        }
        const template: LaunchTemplate = { id: `lt-${ground.hex(17)}`, name, versions: [] };
        const version = add(template, input);
        byName.set(name, template);
        byId.set(template.id, template);
        return {
          LaunchTemplate: {
            LaunchTemplateId: template.id,
            LaunchTemplateName: name,
            CreateTime: epochSeconds(version.createdAt),
            DefaultVersionNumber: 1,
            LatestVersionNumber: 1,
          },
        };
      },
      CreateLaunchTemplateVersion: (input) => {
        const template = find(input);
        return { LaunchTemplateVersion: versionJson(template, add(template, input)) };
      },
      DescribeLaunchTemplateVersions: (input) => {
        const wanted = texts(input, 'Versions');
        const named = text(input, 'LaunchTemplateId') ?? text(input, 'LaunchTemplateName');
        const templates = named === undefined ? [...byName.values()] : [find(input)];
        const all = templates.flatMap((template) => {
          const versions = wanted?.map((it) => versionOf(template, it)) ?? template.versions;
          return versions.map((it) => versionJson(template, it));
        });
        const page = pageOf(
          all,
          200,
          text(input, 'NextToken'),
          () => new AwsApiError('InvalidNextToken', 'Invalid token.'),
        );
        return { LaunchTemplateVersions: page.items, NextToken: page.nextToken };
      },
    },
  };
};
