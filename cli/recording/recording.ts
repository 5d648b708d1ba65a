import { historyPeriodMs, type Past, type Shape } from '../../lib/flows/reading/capture.ts';
import { durationText } from '../../simulator/workloads/file/duration.ts';
import { instanceTypes } from '../../simulator/world/ec2/instance-types.ts';
import { counted, timeText } from '../texts.ts';
import { hoursInService, type Span, spanOf } from './counts.ts';
import { type GroupDocument, groupOf } from './groups.ts';
import { anonymousNames, ownNames } from './names.ts';
import { type RecordedService, type ServiceDocument, serviceOf } from './services.ts';
import { type TasksDocument, tasksOf } from './tasks.ts';

/** As a scenario's file has it. */
export interface RecordedDocument {
  readonly name: string;
  readonly description: string;
  readonly start: string;
  readonly duration: string;
  readonly cluster: string;
  readonly trunking?: true;
  readonly groups: Readonly<Record<string, GroupDocument>>;
  readonly services: Readonly<Record<string, ServiceDocument>>;
  readonly tasks?: readonly TasksDocument[];
}

export interface Recording {
  readonly document: RecordedDocument;
  /** Undefined: what there is now, standing still. */
  readonly span: Span | undefined;
  /** Services whose counts of the past are in it. */
  readonly withPast: number;
  readonly standaloneTasks: number;
  /** Of its groups in that time, where Auto Scaling counted. */
  readonly instanceHours: number | undefined;
  /** What is not in it, or otherwise than in life; sentences without a full stop. */
  readonly notes: readonly string[];
}

export interface RecordingOptions {
  readonly cluster: string;
  readonly anonymous: boolean;
  readonly pricePerHour: (group: string) => number | undefined;
}

/** The simulator's region. */
const playedRegion = 'eu-west-1';
const letters = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Zones keep their letters as far as a scenario has them and no two get one. */
const lettersOf = (zones: readonly string[]): ReadonlyMap<string, string> => {
  const given = new Map<string, string>();
  const taken = (): ReadonlySet<string> => new Set(given.values());
  for (const zone of zones) {
    const own = /[a-f]$/.exec(zone)?.[0];
    if (own !== undefined && !taken().has(own)) given.set(zone, own);
  }
  for (const zone of zones) {
    const free = letters.find((it) => !taken().has(it));
    if (!given.has(zone) && free !== undefined) given.set(zone, free);
  }
  return given;
};

const asked = /attribute:([\w./-]+)/g;

/** Attributes of people's own that decide where a task may run. */
const attributesAskedFor = ({ services, taskDefinitions }: Shape): ReadonlySet<string> => {
  const texts = services.flatMap((it) => [
    ...it.placementConstraints.flatMap((one) => (one.type === 'memberOf' ? [one.expression] : [])),
    ...it.placementStrategy.flatMap((one) => one.field ?? []),
    ...(taskDefinitions[it.taskDefinitionArn]?.memberOf ?? []),
  ]);
  const found = texts.flatMap((it) => [...it.matchAll(asked)].flatMap(([, name]) => name ?? []));
  return new Set(found.filter((it) => !it.startsWith('ecs.')));
};

const reservedBy = (services: readonly RecordedService[], countOf: (it: RecordedService) => number): number =>
  services.reduce((sum, it) => sum + countOf(it) * (it.document?.cpuUnits ?? 0), 0);

const named = <T>(items: readonly { readonly name: string; readonly document: T | undefined }[]): Record<string, T> =>
  Object.fromEntries(
    items.flatMap(({ name, document }) => (document === undefined ? [] : [[name, document] as const])),
  );

const stillFor = '1d';

/** What every recording lacks. */
const alwaysUnknown = (tasks: number): readonly string[] => [
  `counts are of tasks that ran, means over ${durationText(historyPeriodMs)}: which tasks waited for room, and how long, nobody keeps; while a deployment ran old and new side by side, both are in the count`,
  'the work behind the counts (requests, CPU) is not in it: what scales services by metrics has nothing to go by',
  tasks === 0
    ? 'no standalone task ran at the moment of the recording; those of the past are not known'
    : `when the ${counted(tasks, 'standalone task')} came and how long each runs is not known: they are played as so many all the time, each for twice the age they had on average`,
  'what is as it was at the moment of the recording: sizes of groups and tasks, placement rules, deployment settings',
  'deployments, Spot interruptions, launches that failed, and how long instances boot and tasks stop are not in it: the simulator has its own figures, see docs/scenarios.md',
];

/** A scenario of what was captured; no environment, command, image, tag or ARN is in it. */
export const recordingOf = (
  shape: Shape,
  past: Past | undefined,
  { cluster, anonymous, pricePerHour }: RecordingOptions,
): Recording => {
  const zoneLetters = lettersOf([...new Set(shape.groups.flatMap((it) => it.availabilityZones))].sort());
  const zones = new Map([...zoneLetters].map(([zone, letter]) => [zone, playedRegion + letter]));
  const names = anonymous ? anonymousNames(zones, new Set(instanceTypes.keys())) : ownNames(cluster, zones);
  const groupsKept = new Set(shape.groups.map((it) => it.name));
  const groupsOfProviders = new Map(
    shape.capacityProviders.flatMap((it) =>
      it.autoScalingGroupName !== undefined && groupsKept.has(it.autoScalingGroupName)
        ? [[it.name, names.group(it.autoScalingGroupName)] as const]
        : [],
    ),
  );
  const span = past === undefined ? undefined : spanOf(past);
  const services = shape.services.map((it) => serviceOf(it, { shape, past, span, names, groupsOfProviders }));
  const desired = new Map(shape.services.map((it) => [names.service(it.name), it.desiredCount]));
  const reservedNow = reservedBy(services, (it) =>
    it.document?.demand === undefined ? 0 : (desired.get(it.name) ?? 0),
  );
  const loadAtStart = reservedNow === 0 ? 1 : reservedBy(services, (it) => it.countAtStart) / reservedNow;
  const attributes = attributesAskedFor(shape);
  const groups = shape.groups.map((it) =>
    groupOf(it, { shape, past, span, names, zoneLetters, attributes, pricePerHour, loadAtStart }),
  );
  const tasks = tasksOf(shape, groupsOfProviders);
  const pastless = services.filter((it) => it.document?.demand !== undefined && !it.hasPast).map((it) => it.name);
  const kept = new Set(Object.keys(named(groups)));
  const hours =
    past &&
    span &&
    hoursInService(
      past,
      shape.groups.map((it) => it.name).filter((it) => kept.has(names.group(it))),
      span,
    );
  const groupless = shape.containerInstances.filter((it) => shape.groupOf[it.ec2InstanceId] === undefined).length;
  const when = span === undefined ? timeText(shape.at) : `${timeText(span.from)} to ${timeText(span.to)}`;
  return {
    document: {
      name: names.cluster,
      description: `cluster ${names.cluster} as recorded${span === undefined ? '' : ' over'} ${when}`,
      start: new Date(span?.from ?? Math.floor(shape.at / historyPeriodMs) * historyPeriodMs)
        .toISOString()
        .replace('.000Z', 'Z'),
      duration: span === undefined ? stillFor : durationText(span.to - span.from),
      cluster: names.cluster,
      ...(shape.containerInstances.some((it) => it.attributes['ecs.awsvpc-trunk-id'] !== undefined)
        ? { trunking: true }
        : {}),
      groups: named(groups),
      services: named(services),
      ...(tasks.documents.length === 0 ? {} : { tasks: tasks.documents }),
    },
    span,
    withPast: services.filter((it) => it.hasPast).length,
    standaloneTasks: tasks.seen,
    instanceHours: hours,
    notes: [
      ...alwaysUnknown(tasks.seen),
      ...(span !== undefined && pastless.length > 0
        ? [
            `CloudWatch has no task counts of ${pastless.join(', ')}: ${pastless.length === 1 ? 'it has' : 'they have'} the count of now, or 0 where nothing runs`,
          ]
        : []),
      ...(groupless === 0 ? [] : [`${counted(groupless, 'container instance')} of no Auto Scaling group: not in it`]),
      ...groups.flatMap((it) => it.notes),
      ...services.flatMap((it) => it.notes),
    ],
  };
};
