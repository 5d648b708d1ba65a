import type { Past, Shape } from '../../lib/flows/reading/capture.ts';
import { type ContainerInstance, instanceTypeOf } from '../../lib/model/container-instance.ts';
import type { LaunchingGroup } from '../../lib/ports/launching-group-api.ts';
import type { Span } from './counts.ts';
import type { Names } from './names.ts';
import { architectureOf, isKnownType, listPriceOf, nearestType } from './types.ts';

export interface GroupDocument {
  readonly types: readonly { readonly instanceType: string; readonly pricePerHour: number }[];
  readonly market?: 'spot';
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly zones: readonly string[];
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface RecordedGroup {
  readonly name: string;
  /** Undefined: it is left out. */
  readonly document: GroupDocument | undefined;
  readonly notes: readonly string[];
}

export interface GroupGround {
  readonly shape: Shape;
  readonly past: Past | undefined;
  readonly span: Span | undefined;
  readonly names: Names;
  /** Letters of the zones, by their names. */
  readonly zoneLetters: ReadonlyMap<string, string>;
  /** Names of attributes that services ask for. */
  readonly attributes: ReadonlySet<string>;
  readonly pricePerHour: (group: string) => number | undefined;
  /** What the services reserved when the recording begins, over what they reserve now. */
  readonly loadAtStart: number;
}

interface Typed {
  readonly instanceType: string | undefined;
  readonly note: string | undefined;
}

const knownTypeFor = (instanceType: string, instances: readonly ContainerInstance[], group: string): Typed => {
  if (isKnownType(instanceType)) return { instanceType, note: undefined };
  const seen = instances.find((it) => instanceTypeOf(it) === instanceType);
  const nearest = seen && nearestType(seen.registered, seen.attributes['ecs.cpu-architecture'] ?? 'x86_64');
  return nearest === undefined
    ? {
        instanceType: undefined,
        note: `${instanceType} of group ${group}, which the simulator does not know, is left out`,
      }
    : {
        instanceType: nearest.name,
        note: `${instanceType} of group ${group}, which the simulator does not know, is played as ${nearest.name}`,
      };
};

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

const mostInstances = 5_000; // of a group in a scenario

/** As Auto Scaling counted it, else as many fewer or more than now as the services had. */
const sizeAtStart = ({ name, desiredCapacity }: LaunchingGroup, { past, span, loadAtStart }: GroupGround): number => {
  const counted = span && past?.inService.get(name)?.get(span.from);
  return counted === undefined ? Math.ceil(desiredCapacity * loadAtStart) : Math.ceil(counted);
};

/** On which all instances agree, of those that services ask for. */
const attributesOf = (instances: readonly ContainerInstance[], { attributes, names }: GroupGround) => {
  const [first] = instances;
  const shared = Object.entries(first?.attributes ?? {}).filter(
    ([name, value]) => attributes.has(name) && value !== '' && instances.every((it) => it.attributes[name] === value),
  );
  return Object.fromEntries(shared.map(([name, value]) => [names.attribute(name), names.value(value)]));
};

const unlike: readonly (readonly [keyof LaunchingGroup, string])[] = [
  ['hasWeights', 'counts its instances by weight; here each counts as one'],
  ['hasWarmPool', 'has a warm pool, which is not played'],
];

export const groupOf = (group: LaunchingGroup, ground: GroupGround): RecordedGroup => {
  const { shape, names, zoneLetters } = ground;
  const name = names.group(group.name);
  const instances = shape.containerInstances.filter((it) => shape.groupOf[it.ec2InstanceId] === group.name);
  const typed = group.instanceTypes.map((it) => knownTypeFor(it, instances, name));
  const known = [...new Set(typed.flatMap((it) => it.instanceType ?? []))];
  const [first] = known;
  const alike = known.filter((it) => architectureOf(it) === architectureOf(first ?? ''));
  const notes = typed.flatMap((it) => it.note ?? []);
  if (first === undefined) {
    return { name, document: undefined, notes: [...notes, `group ${name} is left out: what it launches is not known`] };
  }
  const settled = ground.pricePerHour(group.name);
  const factor = settled === undefined ? 1 : settled / (listPriceOf(first) ?? settled);
  const priced = alike.map((instanceType) => ({
    instanceType,
    pricePerHour: Number(((listPriceOf(instanceType) ?? 0.0001) * factor).toPrecision(4)),
  }));
  const letters = group.availabilityZones.flatMap((it) => zoneLetters.get(it) ?? []).sort();
  const maxSize = Math.min(group.maxSize, mostInstances);
  const minSize = Math.min(group.minSize, maxSize);
  const attributes = attributesOf(instances, ground);
  return {
    name,
    document: {
      types: priced,
      ...(group.market === 'spot' ? { market: 'spot' } : {}),
      minSize,
      maxSize,
      desiredCapacity: clamp(sizeAtStart(group, ground), minSize, maxSize),
      zones: letters.length === 0 ? ['a'] : letters,
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    },
    notes: [
      ...notes,
      ...(settled === undefined
        ? [`prices of group ${name} are On-Demand list prices of us-east-1: the settings name no pricePerHour of it`]
        : []),
      ...unlike.filter(([key]) => group[key] === true).map(([, text]) => `group ${name} ${text}`),
      ...(group.market === 'mixed' ? [`group ${name} has On-Demand and Spot Instances; here all are On-Demand`] : []),
      ...(alike.length < known.length
        ? [`group ${name} has types of two architectures; those of its first are kept`]
        : []),
    ],
  };
};
