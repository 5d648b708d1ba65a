import type { GroupCost } from '../lib/flows/reading/look.ts';
import { obstacleTexts } from '../lib/flows/reading/obstacles.ts';
import type { GroupReport, InstanceReport, Plan } from '../lib/model/plan.ts';
import { columns, styled, within } from './print.ts';
import {
  counted,
  demandText,
  dollarsText,
  stepText,
  unplacedName,
  unplacedText,
  verdictText,
  whyText,
  withoutArns,
} from './texts.ts';

/** Which instances are to be shown, and how many. */
export interface Shown {
  readonly limit: number;
  readonly group: string | undefined;
  /** Kinds of verdict, or reasons to keep. */
  readonly verdicts: readonly string[];
  readonly sort: 'verdict' | 'instance';
}

const heading = (text: string): string => styled('bold', text);

/** A title and what stands under it; nothing where there is nothing. */
const section = (title: string, body: string): readonly string[] => (body === '' ? [] : ['', heading(title), body]);

/** Each step with its reason below. */
export const stepsText = ({ steps }: Pick<Plan, 'steps'>): string =>
  steps.map((it) => `  ${stepText(it)}\n    ${withoutArns(it.reason)}`).join('\n');

const sum = (values: readonly (number | undefined)[]): number | undefined =>
  values.every((it) => it !== undefined) ? values.reduce((total, it) => total + it, 0) : undefined;

/** A figure that changes is worth seeing. */
const changed = (before: string, after: string): string => (before === after ? after : styled('bold', after));

const groupRow = (
  { group, desiredCapacity, planned, minSize, maxSize }: GroupReport,
  cost: GroupCost | undefined,
): string[] => {
  const [now, then] = [dollarsText(cost?.now), dollarsText(cost?.planned)];
  return [
    group,
    String(desiredCapacity),
    changed(String(desiredCapacity), String(planned)),
    `${minSize} to ${maxSize}`,
    now,
    changed(now, then),
  ];
};

const totalRow = (groups: readonly GroupReport[], costs: readonly GroupCost[]): string[] => [
  'all',
  String(groups.reduce((total, it) => total + it.desiredCapacity, 0)),
  String(groups.reduce((total, it) => total + it.planned, 0)),
  '',
  dollarsText(sum(costs.map((it) => it.now))),
  dollarsText(sum(costs.map((it) => it.planned))),
];

/** What the dollars rest on, said once. */
const costNote = (costs: readonly GroupCost[]): readonly string[] => {
  const bySize = costs.filter((it) => it.from === 'size').map((it) => it.group);
  const unknown = costs.filter((it) => it.from === undefined).map((it) => it.group);
  return [
    ...(bySize.length === 0
      ? []
      : [`  $ by vCPU and memory, roughly; groups.NAME.pricePerHour in the settings says it of ${bySize.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`  $ ?: nothing is known yet of the instances of ${unknown.join(', ')}`]),
  ];
};

/** Groups with their sizes and costs, now and once the plan was carried out. */
export const groupsText = (groups: readonly GroupReport[], costs: readonly GroupCost[], width: number): string => {
  const rows = groups.map((it) =>
    groupRow(
      it,
      costs.find((cost) => cost.group === it.group),
    ),
  );
  const right = 'right' as const;
  return [
    columns(
      [
        { title: 'Group' },
        { title: 'now', align: right },
        { title: 'wanted', align: right },
        { title: 'may be', align: right },
        { title: '$/h now', align: right },
        { title: '$/h then', align: right },
      ],
      groups.length > 1 ? [...rows, totalRow(groups, costs)] : rows,
      width,
    ),
    ...groups.flatMap(({ group, note }) => (note === undefined ? [] : [`  ${group}: ${note}`])),
    ...costNote(costs),
  ].join('\n');
};

const nameOf = ({ verdict }: InstanceReport): string => (verdict.kind === 'keep' ? verdict.reason : verdict.kind);

/** Those that leave or come back first: they are what a plan is about. */
const order = ['terminate', 'drain', 'draining', 'restore', 'keep'];

const rank = ({ verdict }: InstanceReport): number => order.indexOf(verdict.kind);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sorted = (reports: readonly InstanceReport[], sort: Shown['sort']): readonly InstanceReport[] =>
  reports.toSorted(
    (a, b) =>
      (sort === 'verdict' ? rank(a) - rank(b) || compare(nameOf(a), nameOf(b)) : 0) ||
      compare(a.ec2InstanceId, b.ec2InstanceId),
  );

/** `tasksFitNowhere 2,000, budget 950`: most first. */
const countsText = (reports: readonly InstanceReport[]): string => {
  const counts = Map.groupBy(reports, nameOf);
  return [...counts]
    .map(([name, its]) => ({ name, count: its.length }))
    .sort((a, b) => b.count - a.count || compare(a.name, b.name))
    .map(({ name, count }) => `${name} ${count.toLocaleString('en-US')}`)
    .join(', ');
};

const isWanted = (it: InstanceReport, { group, verdicts }: Shown): boolean =>
  (group === undefined || it.group === group) &&
  (verdicts.length === 0 || verdicts.includes(it.verdict.kind) || verdicts.includes(nameOf(it)));

/** By group, as many as are to be shown; what is left out is counted. */
const instancesText = (all: readonly InstanceReport[], shown: Shown, width: number): readonly string[] => {
  if (all.length === 0) return [];
  const wanted = sorted(
    all.filter((it) => isWanted(it, shown)),
    shown.sort,
  );
  const listed = wanted.slice(0, shown.limit);
  const byGroup = [...Map.groupBy(listed, (it) => it.group ?? '')].sort(([a], [b]) => compare(a, b));
  const cut = wanted.slice(shown.limit);
  const filtered = all.length - wanted.length;
  return [
    ...byGroup.flatMap(([group, reports]) =>
      section(
        group === '' ? 'Instances of no opted-in group' : `Instances of ${group}`,
        columns(
          [{ title: 'Instance' }, { title: 'Verdict' }, { title: 'Why' }],
          reports.map((it) => [it.ec2InstanceId, verdictText(it.verdict), whyText(it.verdict)]),
          width,
        ),
      ),
    ),
    ...(cut.length === 0 ? [] : [`${cut.length.toLocaleString('en-US')} more (${countsText(cut)}); --all shows them`]),
    ...(filtered === 0 ? [] : [`${counted(filtered, 'instance')} left out by --group or --verdict`]),
  ];
};

/** Tasks without a place, and room to be kept, with what becomes of it. */
export const demandsText = ({ demand }: Pick<Plan, 'demand'>, width: number): string => {
  if (demand.length === 0) return '';
  const rows = demand.flatMap((it) =>
    it.verdicts.map(({ tasks, verdict }, n) => {
      const kept = it.isReserve === true && n === 0 ? [it.source] : [];
      const why = [
        ...kept,
        unplacedText(verdict, it.isReserve),
        ...(n === it.verdicts.length - 1 ? obstacleTexts(it) : []),
      ];
      return [String(tasks), demandText(it), unplacedName(verdict), why.join('\n')];
    }),
  );
  return columns(
    [{ title: 'Tasks', align: 'right' }, { title: 'Of' }, { title: 'Verdict' }, { title: 'Why' }],
    rows,
    width,
  );
};

const bullets = (lines: readonly string[], style: 'yellow' | 'red'): string =>
  lines.map((it) => `  ${styled(style, it)}`).join('\n');

/** What could not be seen, and what people should know. */
export const worriesText = ({ gaps, notices }: Pick<Plan, 'gaps' | 'notices'>): readonly string[] => [
  ...section(
    'Not seen, so that nothing which rests on it is taken away',
    bullets(
      gaps.map((it) => `${it.subject} (${it.cause}): ${it.detail}`),
      'red',
    ),
  ),
  ...section('To be looked at', bullets(notices, 'yellow')),
];

export interface PlanTextOptions {
  readonly shown: Shown;
  readonly width: number;
  /** What heads the steps. */
  readonly stepsTitle: string;
}

/** A whole plan for people. */
export const planText = (
  plan: Plan,
  costs: readonly GroupCost[],
  { shown, width, stepsTitle }: PlanTextOptions,
): string =>
  within(
    [
      ...(plan.steps.length === 0 ? ['', 'Nothing is to be done.'] : section(stepsTitle, stepsText(plan))),
      ...section('Groups', plan.groups.length === 0 ? '' : groupsText(plan.groups, costs, width)),
      ...section('Tasks without a place, and room to be kept', demandsText(plan, width)),
      ...instancesText(plan.instances, shown, width),
      ...worriesText(plan),
    ].join('\n'),
    width,
  );
