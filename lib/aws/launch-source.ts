import type { AutoScalingGroup as Answer, LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling';

/** What a group launches from, read back from its `launchSource`. */
export type LaunchSource =
  | {
      readonly kind: 'launchTemplate';
      readonly launchTemplateId: string;
      readonly version: string;
      /** Types that the group's mixed instances policy names; they stand above the template's own. */
      readonly instanceTypes: readonly string[];
    }
  | { readonly kind: 'launchConfiguration'; readonly name: string };

const overrideTypes = (it: Answer): readonly string[] =>
  (it.MixedInstancesPolicy?.LaunchTemplate?.Overrides ?? []).flatMap(({ InstanceType }) => InstanceType ?? []);

/** The types a group may launch: those its policy names, else those its present instances have. */
export const instanceTypesOf = (it: Answer): readonly string[] => {
  const named = overrideTypes(it);
  const types = named.length > 0 ? named : (it.Instances ?? []).flatMap(({ InstanceType }) => InstanceType ?? []);
  return [...new Set(types)].sort();
};

const ofTemplate = (it: LaunchTemplateSpecification, types: readonly string[]): string =>
  [it.LaunchTemplateId ?? it.LaunchTemplateName, it.Version ?? '$Default', [...types].sort().join(',')].join(':');

/**
 * One line that changes when what a new instance would be launched from changes: `lt-0abc:3:m5.large,m5a.large`, or
 * `launch configuration NAME`. A version of `$Latest` stays itself while what it stands for moves on.
 */
export const launchSourceOf = (it: Answer): string | undefined => {
  const template = it.LaunchTemplate ?? it.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  if (template !== undefined) return ofTemplate(template, overrideTypes(it));
  return it.LaunchConfigurationName === undefined ? undefined : `launch configuration ${it.LaunchConfigurationName}`;
};

const numbered = /^\d+$/;

/** `id:version` where the version is a number: `$Latest` and `$Default` stand for another one tomorrow. */
export const launchTemplateOf = (it: LaunchTemplateSpecification | undefined): string | undefined =>
  it?.LaunchTemplateId !== undefined && numbered.test(it.Version ?? '')
    ? `${it.LaunchTemplateId}:${it.Version ?? ''}`
    : undefined;

const configuration = 'launch configuration ';

export const parseLaunchSource = (text: string): LaunchSource | undefined => {
  if (text.startsWith(configuration)) return { kind: 'launchConfiguration', name: text.slice(configuration.length) };
  const [launchTemplateId, version, types] = text.split(':');
  if (launchTemplateId === undefined || version === undefined) return undefined;
  const instanceTypes = (types ?? '').split(',').filter((it) => it !== '');
  return { kind: 'launchTemplate', launchTemplateId, version, instanceTypes };
};
