import * as fc from 'fast-check';
import { type Act, eventfulMs, type FuzzSchedule, type TimedAct } from './schedule.ts';

/** Few sizes, chosen so that tasks fit in many ways and often only just. */
const taskSizes = [
  { cpuUnits: 256, memoryMiB: 512 },
  { cpuUnits: 512, memoryMiB: 1_024 },
  { cpuUnits: 768, memoryMiB: 3_000 },
  { cpuUnits: 1_200, memoryMiB: 1_024 },
  { cpuUnits: 2_000, memoryMiB: 6_000 },
] as const;

const strategies = [
  undefined,
  [{ type: 'binpack', field: 'cpu' }],
  [{ type: 'binpack', field: 'memory' }],
  [{ type: 'spread', field: 'instanceId' }],
  [
    { type: 'spread', field: 'attribute:ecs.availability-zone' },
    { type: 'binpack', field: 'memory' },
  ],
  [{ type: 'random' }],
] as const;

const types = [
  { instanceType: 'm5.large', pricePerHour: 0.096 },
  { instanceType: 'c5.xlarge', pricePerHour: 0.17 },
] as const;

const group = fc
  .record({
    type: fc.constantFrom(...types),
    minSize: fc.nat({ max: 2 }),
    room: fc.integer({ min: 2, max: 8 }),
    market: fc.constantFrom('onDemand', 'spot'),
    zones: fc.constantFrom(['a', 'b', 'c'], ['a', 'b'], ['a']),
  })
  .map(({ type, minSize, room, market, zones }) => ({
    types: [type],
    market,
    zones,
    minSize,
    maxSize: minSize + room,
    desiredCapacity: minSize,
  }));

const service = fc
  .record({
    size: fc.constantFrom(...taskSizes),
    count: fc.nat({ max: 6 }),
    strategy: fc.constantFrom(...strategies),
    healthy: fc.constantFrom([100, 200], [50, 200], [100, 150], [100, 100]),
    loadBalancer: fc.boolean(),
    distinct: fc.boolean(),
    stopSeconds: fc.constantFrom(1, 30, 90),
  })
  .map(({ size, count, strategy, healthy, loadBalancer, distinct, stopSeconds }) => ({
    ...size,
    demand: { count },
    minimumHealthyPercent: healthy[0],
    maximumPercent: healthy[1],
    loadBalancer,
    stop: { low: '1s', high: `${stopSeconds}s` },
    ...(strategy === undefined ? {} : { placementStrategy: strategy }),
    ...(distinct ? { placementConstraints: [{ type: 'distinctInstance' }] } : {}),
  }));

const daemon = fc.constant({ schedulingStrategy: 'DAEMON', cpuUnits: 32, memoryMiB: 64 });

const settings = fc.record(
  {
    consolidation: fc.record({ enabled: fc.boolean() }),
    quietTime: fc.constantFrom('30s', '2m'),
    peakWindow: fc.constantFrom('0s', '5m'),
    rotation: fc.record({ outdatedLaunchTemplate: fc.boolean() }),
    repair: fc.record({ agentDisconnected: fc.constantFrom('5m', '30m'), neverRegistered: fc.boolean() }),
    drain: fc.record({ daemonGrace: fc.constantFrom('0s', '10s') }),
    bootDeadline: fc.constantFrom('4m', '10m'),
  },
  { requiredKeys: [] },
);

const nth = fc.nat({ max: 9 });
const seconds = fc.integer({ min: 20, max: 900 });

/** Each with how often it is drawn: what clusters live through daily comes most. */
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('setCount'), nth, count: fc.nat({ max: 12 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('deploy'), nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteService'), nth }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('runTask'),
      cpuUnits: fc.constantFrom(256, 1_024),
      count: fc.integer({ min: 1, max: 4 }),
      seconds,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stopTask'), nth }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('instanceDeath'), nth }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('spotInterruption'), nth }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('agentDisconnect'), nth, seconds }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('capacityError'), seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('noRegistration'), seconds }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('personDrains'), nth, seconds }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('personTerminates'), nth, decrement: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('personProtects'), nth, seconds }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('personSetsDesired'), nth, by: fc.integer({ min: -2, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('handDrains'), nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('handRestores'), nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause'), seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deployAgain'), settings }) },
);

const timedActs: fc.Arbitrary<readonly TimedAct[]> = fc
  .array(fc.record({ atSecond: fc.integer({ min: 300, max: eventfulMs / 1_000 - 1 }), act }), { maxLength: 14 })
  .map((acts) => acts.toSorted((a, b) => a.atSecond - b.atSecond));

/** Constants of the world that make it unkind; throttling and another tenant are part of it anyway. */
const world = fc.record(
  {
    eventLateShare: fc.constantFrom(0, 0.2),
    eventDoubledShare: fc.constantFrom(0, 0.3),
    bestEffortLostShare: fc.constantFrom(0, 0.3, 1),
    ecsWriteVisibleAfterMs: fc.constantFrom({ low: 0, high: 1_000 }, { low: 0, high: 5_000 }),
    groupWriteVisibleAfterMs: fc.constantFrom({ low: 0, high: 1_000 }, { low: 0, high: 5_000 }),
  },
  { requiredKeys: [] },
);

const named = <T>(prefix: string, its: readonly T[]): Readonly<Record<string, T>> =>
  Object.fromEntries(its.map((it, n) => [`${prefix}${n + 1}`, it]));

export const fuzzSchedules: fc.Arbitrary<FuzzSchedule> = fc
  .record({
    seed: fc.nat({ max: 1_000_000 }),
    groups: fc.array(group, { minLength: 1, maxLength: 2 }),
    services: fc.array(service, { minLength: 1, maxLength: 4 }),
    daemons: fc.array(daemon, { maxLength: 1 }),
    world,
    settings,
    acts: timedActs,
    unreliable: fc.record({
      killed: fc.constantFrom(0, 0, 0.1, 0.3),
      refused: fc.constantFrom(0, 0, 0.05, 0.2),
      answersLost: fc.constantFrom(0, 0, 0.05),
    }),
  })
  .map(({ groups, services, daemons, world: constants, ...rest }) => ({
    ...rest,
    scenario: {
      groups: named('group', groups),
      services: { ...named('service', services), ...named('daemon', daemons) },
      world: constants,
    },
  }));
