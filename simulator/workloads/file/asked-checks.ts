import { familyOf } from '../compile/tasks.ts';
import { copiesOf, type Parts } from './parts.ts';
import { type DocumentProblem, isMapping, problemAt } from './problem.ts';

const within = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>((it, key) => (isMapping(it) ? it[key] : undefined), value);

/** The families that the scenario's settings let into the cluster's queue; undefined: there is no queue. */
const queuedFamilies = (document: unknown): readonly unknown[] | undefined => {
  const settings = within(document, 'settings');
  const cluster = within(document, 'cluster') ?? 'scenario';
  const own = typeof cluster === 'string' ? within(settings, 'clusters', cluster, 'taskQueue') : undefined;
  const queue = own ?? within(settings, 'defaults', 'taskQueue');
  if (!isMapping(queue)) return undefined;
  const families: unknown = queue['taskDefinitionFamilies'];
  return Array.isArray(families) ? families.map((it: unknown) => it) : [];
};

/** Tasks for a queue that the settings do not have, or that would be refused there. */
const notQueued = (document: unknown, { tasks }: Parts): readonly DocumentProblem[] =>
  tasks.flatMap((it, index) => {
    if (it?.via !== 'taskQueue') return [];
    const families = queuedFamilies(document);
    const family = it.bursts === undefined ? undefined : familyOf(it.bursts);
    if (families !== undefined && (family === undefined || families.includes(family))) return [];
    const remedy = `write taskQueue in settings, with ${family ?? 'their families'} in taskDefinitionFamilies`;
    return [problemAt(document, ['tasks', index, 'via'], remedy)];
  });

/** Families are known ahead where no source of tasks is a file. */
const familiesOf = ({ tasks }: Parts): readonly string[] | undefined =>
  tasks.every((it) => it?.bursts !== undefined)
    ? [...new Set(tasks.flatMap((it) => (it?.bursts === undefined ? [] : [familyOf(it.bursts)])))]
    : undefined;

const orNone = (names: readonly string[]): string => names.join(', ') || 'there is none';

const unknownTargets = (document: unknown, parts: Parts): readonly DocumentProblem[] => {
  const services = [...parts.services].flatMap(([name, it]) =>
    it.schedulingStrategy === 'DAEMON' ? [] : copiesOf(name, it),
  );
  const families = familiesOf(parts);
  return parts.capacityRuns.flatMap((it, index) => {
    const at = (key: string, remedy: string): DocumentProblem =>
      problemAt(document, ['capacityRuns', index, key], remedy);
    const { service, taskDefinition, group } = it ?? {};
    return [
      ...(service !== undefined && !services.includes(service)
        ? [at('service', `write a replica service of this scenario: ${orNone(services)}`)]
        : []),
      ...(taskDefinition !== undefined && families?.includes(taskDefinition) === false
        ? [at('taskDefinition', `write a family of this scenario's tasks: ${orNone(families)}`)]
        : []),
      ...(group !== undefined && !parts.groupNames.has(group)
        ? [at('group', `write a group of this scenario: ${[...parts.groupNames].join(', ')}`)]
        : []),
    ];
  });
};

/** What is asked of the controller and cannot be meant. */
export const checkAsked = (document: unknown, parts: Parts): readonly DocumentProblem[] => [
  ...notQueued(document, parts),
  ...unknownTargets(document, parts),
];
