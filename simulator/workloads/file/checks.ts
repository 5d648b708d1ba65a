import { checkAsked } from './asked-checks.ts';
import { durationText } from './duration.ts';
import type { FaultDocument } from './fault-schema.ts';
import { reasonNotHeld } from './holding.ts';
import { copiesOf, type Parts } from './parts.ts';
import { type DocumentPath, type DocumentProblem, problemAt } from './problem.ts';

interface Named {
  readonly path: DocumentPath;
  readonly groups: readonly string[];
}

const groupLists = ({ services, tasks, faults }: Parts): readonly Named[] => [
  ...[...services].map(([name, it]) => ({ path: ['services', name, 'groups'], groups: it.groups })),
  ...tasks.map((it, index) => ({ path: ['tasks', index, 'groups'], groups: it?.groups ?? [] })),
  ...faults.map((it, index) => ({
    path: ['faults', index, 'groups'],
    groups: it !== undefined && 'groups' in it ? it.groups : [],
  })),
];

const unknownGroups = (document: unknown, parts: Parts): readonly DocumentProblem[] =>
  groupLists(parts).flatMap(({ path, groups }) =>
    groups.flatMap((name, index) => {
      if (parts.groupNames.has(name)) return [];
      const remedy = `write a group of this scenario: ${[...parts.groupNames].join(', ')}`;
      return [problemAt(document, [...path, index], remedy)];
    }),
  );

const tooLarge = (parts: Parts): readonly DocumentProblem[] => {
  const sized = [
    ...[...parts.services].map(([name, it]) => ({ path: ['services', name], size: it, groups: it.groups })),
    ...parts.tasks.flatMap((it, index) =>
      it?.bursts === undefined ? [] : [{ path: ['tasks', index, 'bursts'], size: it.bursts, groups: it.groups }],
    ),
  ];
  return sized.flatMap(({ path, size, groups }) => {
    const most = reasonNotHeld(parts, size, groups);
    if (most === undefined) return [];
    const found = `a task of ${size.cpuUnits} CPU units, ${size.memoryMiB} MiB and ${size.gpus} GPUs`;
    return [{ path, found, remedy: `make it smaller or give its groups a larger type: ${most}` }];
  });
};

const copiesTwice = (parts: Parts): readonly DocumentProblem[] =>
  [...parts.services].flatMap(([name, it]) =>
    it.copies === 1
      ? []
      : copiesOf(name, it)
          .filter((copy) => parts.services.has(copy))
          .map((copy) => ({
            path: ['services', copy],
            found: `a service that is also a copy of ${name}`,
            remedy: 'write another name',
          })),
  );

const times = (parts: Parts): readonly (readonly [DocumentPath, number])[] => [
  ...[...parts.services].flatMap(([name, { deployments }]) =>
    deployments.map((at, n): [DocumentPath, number] => [['services', name, 'deployments', n], at]),
  ),
  ...[...parts.services].flatMap(([name, { demand }]) =>
    (demand?.steps ?? []).map(({ at }, n): [DocumentPath, number] => [
      ['services', name, 'demand', 'steps', n, 'at'],
      at,
    ]),
  ),
  ...parts.capacityRuns.flatMap((it, index): (readonly [DocumentPath, number])[] =>
    it === undefined ? [] : [[['capacityRuns', index, 'at'], it.at]],
  ),
  ...parts.faults.flatMap((it, index) =>
    (it?.at ?? []).map((at, n): [DocumentPath, number] => [['faults', index, 'at', n], at]),
  ),
];

const tooLate = (document: unknown, parts: Parts): readonly DocumentProblem[] => {
  const end = parts.durationMs;
  if (end === undefined) return [];
  return times(parts).flatMap(([path, at]) =>
    at < end ? [] : [problemAt(document, path, `write a time before the end, ${durationText(end)}`)],
  );
};

const isOfSpot = (it: FaultDocument | undefined): boolean =>
  it?.kind === 'spotInterruption' || it?.kind === 'rebalanceRecommendation';

/** EC2 interrupts Spot Instances only. */
const notSpot = (parts: Parts): readonly DocumentProblem[] =>
  parts.faults.flatMap((it, index) => {
    if (it === undefined || !('groups' in it) || !isOfSpot(it)) return [];
    const names = it.groups.length === 0 ? [...parts.groupNames] : it.groups;
    if (names.some((name) => parts.groups.get(name)?.market !== 'onDemand')) return [];
    return [
      {
        path: ['faults', index],
        found: `${it.kind} where every group is onDemand`,
        remedy: 'remove it, or write market: spot in a group',
      },
    ];
  });

/** What the parts of a scenario say of each other and cannot mean. */
export const checkParts = (document: unknown, parts: Parts): readonly DocumentProblem[] => [
  ...unknownGroups(document, parts),
  ...tooLarge(parts),
  ...copiesTwice(parts),
  ...tooLate(document, parts),
  ...notSpot(parts),
  ...checkAsked(document, parts),
];
