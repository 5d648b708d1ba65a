import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Place } from '../../simulator/world/ecs/fleet.ts';
import { type PlacementRequest, placeAll, serviceDefault } from '../../simulator/world/ecs/placement.ts';
import type { Need, Pool } from '../../simulator/world/ecs/state.ts';

const pool = (more: Partial<Pool> = {}): Pool => ({
  cpuUnits: 2_048,
  memoryMiB: 7_800,
  tcpPortsInUse: new Set([22]),
  udpPortsInUse: new Set(),
  freeGpus: new Set(),
  networkInterfaces: 2,
  ...more,
});

const place = (name: string, more: Partial<Place> = {}): Place => ({
  arn: name,
  ec2InstanceId: `i-${name}`,
  status: 'ACTIVE',
  agentConnected: true,
  agentVersion: '1.98.0',
  registeredAt: 0,
  capacityProviderName: undefined,
  attributes: new Map([['ecs.availability-zone', 'a']]),
  remaining: pool(),
  runningTasks: 0,
  tasksByGroup: new Map(),
  ...more,
});

const inZone = (name: string, zone: string): Place =>
  place(name, { attributes: new Map([['ecs.availability-zone', zone]]) });

const need = (more: Partial<Need> = {}): Need => ({
  cpuUnits: 512,
  memoryMiB: 512,
  tcpPorts: [],
  udpPorts: [],
  gpus: 0,
  networkInterfaces: 0,
  ...more,
});

const rule = (type: string, field?: string, expression?: string) => ({ type, field, expression });

const request = (more: Partial<PlacementRequest> = {}): PlacementRequest => ({
  need: need(),
  group: 'service:web',
  requiredAttributes: [],
  constraints: [],
  strategy: serviceDefault,
  capacityProvider: undefined,
  ...more,
});

const withGpus = (free: readonly string[], gpus: number): Place =>
  place('1', { remaining: pool({ freeGpus: new Set(free), gpus }) });
const withLicences = (count: number): Place =>
  place('1', { remaining: pool({ custom: new Map([['licence', count]]) }) });
const onCpu = (cpu: string): Place => place('1', { attributes: new Map([['cpu', cpu]]) });

const times = <T>(count: number, item: T): readonly T[] => Array.from({ length: count }, () => item);
const first = (): number => 0;
const last = (): number => 0.999_999;

describe('placeAll', () => {
  it('leaves the instances it is given as they were', () => {
    const places = [place('1')];

    placeAll(places, times(3, request()), first);

    expect(places).toEqual([place('1')]);
  });

  it('says undefined for what finds no room, and for no more than that', () => {
    const places = [place('1'), place('2')];

    const found = placeAll(places, times(10, request()), first);

    expect(found.filter((it) => it === undefined)).toHaveLength(2);
  });

  it('breaks ties as it is told, and only ties', () => {
    const places = [inZone('1', 'a'), inZone('2', 'b'), inZone('3', 'b')];
    const asked: (readonly string[])[] = [];
    const tell = (equals: () => readonly Place[]): number => {
      asked.push(equals().map((it) => it.arn));
      return 0.999;
    };

    const found = placeAll(places, times(3, request()), tell);

    expect(found).toEqual(['3', '1', '2']);
    expect(asked).toEqual([['1', '2', '3']]);
  });

  it('binpack depends on luck only where instances are equal', () => {
    const places = [place('1', { remaining: pool({ memoryMiB: 4_000 }) }), place('2'), place('3')];
    const requests = times(6, request({ strategy: [rule('binpack', 'memory')] }));

    expect(placeAll(places, requests, first)).toEqual(['1', '1', '1', '1', '2', '2']);
    expect(placeAll(places, requests, last)).toEqual(['1', '1', '1', '1', '3', '3']);
  });

  it.each<[string, Partial<PlacementRequest>, Place, number]>([
    ['CPU', { need: need({ cpuUnits: 1_000 }) }, place('1'), 2],
    ['memory', { need: need({ cpuUnits: 0, memoryMiB: 3_000 }) }, place('1'), 2],
    ['a TCP port', { need: need({ tcpPorts: [80] }) }, place('1'), 1],
    ['a port the agent keeps', { need: need({ tcpPorts: [22] }) }, place('1'), 0],
    ['a UDP port, which is another than the TCP one', { need: need({ udpPorts: [22] }) }, place('1'), 1],
    ['network interfaces', { need: need({ networkInterfaces: 1 }) }, place('1'), 2],
    ['GPUs', { need: need({ gpus: 2 }) }, place('1', { remaining: pool({ freeGpus: new Set(['a', 'b', 'c']) }) }), 1],
    ['every GPU', { need: need({ gpus: 1, allGpus: true }) }, withGpus(['a', 'b'], 2), 1],
    ['every GPU where one is taken', { need: need({ gpus: 1, allGpus: true }) }, withGpus(['a', 'b'], 3), 0],
    ['every GPU where there is none', { need: need({ gpus: 1, allGpus: true }) }, withGpus([], 0), 0],
    ['EBS volumes', { need: need({ ebsVolumes: 1 }) }, place('1', { remaining: pool({ ebsVolumes: 2 }) }), 2],
    ['resources of other kinds', { need: need({ custom: { licence: 2 } }) }, withLicences(5), 2],
    ['resources of other kinds that it has none of', { need: need({ custom: { licence: 1 } }) }, place('1'), 0],
    ['its own platform', { platform: { cpu: 'X86_64' } }, onCpu('x86_64'), 4],
    ['another platform', { platform: { cpu: 'ARM64' } }, onCpu('x86_64'), 0],
    ['a platform that nobody knows of', { platform: { cpu: 'ARM64' } }, place('1'), 4],
    ['distinctInstance', { constraints: [rule('distinctInstance')] }, place('1'), 1],
    ['a required attribute', { requiredAttributes: ['ecs.capability.task-eni'] }, place('1'), 0],
    ['another capacity provider', { capacityProvider: 'p' }, place('1'), 0],
    ['its own capacity provider', { capacityProvider: 'p' }, place('1', { capacityProviderName: 'p' }), 4],
    ['an agent that is away', {}, place('1', { agentConnected: false }), 0],
    ['DRAINING', {}, place('1', { status: 'DRAINING' }), 0],
    ['REGISTERING', {}, place('1', { status: 'REGISTERING' }), 0],
    [
      'memberOf of what runs there already',
      { constraints: [rule('memberOf', undefined, 'not(task:group == service:web)')] },
      place('1'),
      1,
    ],
  ])('%s bounds what one instance takes', (_, more, host, taken) => {
    const found = placeAll([host], times(6, request(more)), first);

    expect(found.filter((it) => it !== undefined)).toHaveLength(taken);
  });

  it('spreads over any attribute, counting the tasks of the group that are there', () => {
    const rack = (name: string, value: string, tasks: number): Place =>
      place(name, { attributes: new Map([['rack', value]]), tasksByGroup: new Map([['service:web', tasks]]) });
    const places = [rack('1', 'x', 2), rack('2', 'x', 0), rack('3', 'y', 1)];

    const found = placeAll(places, times(2, request({ strategy: [rule('spread', 'attribute:rack')] })), first);

    expect(found).toEqual(['3', '1']);
  });

  it('never gives an instance more than it has, whatever the order of tasks and the luck', () => {
    const sizes = fc.record({
      cpuUnits: fc.constantFrom(100, 256, 700),
      memoryMiB: fc.constantFrom(100, 1_000, 3_000),
      networkInterfaces: fc.constantFrom(0, 1),
      tcpPorts: fc.constantFrom([], [], [80], [81]),
    });
    const strategies = fc.constantFrom(
      serviceDefault,
      [],
      [rule('binpack', 'cpu')],
      [rule('spread', 'instanceId'), rule('binpack', 'memory')],
    );
    const tasks = fc.array(fc.tuple(sizes, strategies, fc.constantFrom('a', 'b')), { maxLength: 40 });
    fc.assert(
      fc.property(tasks, fc.infiniteStream(fc.nat(999)), (all, lucks) => {
        const places = ['1', '2', '3'].map((name) => inZone(name, name === '3' ? 'b' : 'a'));
        const requests = all.map(([size, strategy, group]) => request({ need: need(size), strategy, group }));

        const found = placeAll(places, requests, () => (lucks.next().value ?? 0) / 1_000);

        for (const { arn, remaining } of places) {
          const mine = requests.filter((_, index) => found[index] === arn).map((it) => it.need);
          const sum = (of: (it: Need) => number): number => mine.reduce((total, it) => total + of(it), 0);
          expect(sum((it) => it.cpuUnits)).toBeLessThanOrEqual(remaining.cpuUnits);
          expect(sum((it) => it.memoryMiB)).toBeLessThanOrEqual(remaining.memoryMiB);
          expect(sum((it) => it.networkInterfaces)).toBeLessThanOrEqual(remaining.networkInterfaces);
          const ports = mine.flatMap((it) => it.tcpPorts);
          expect(new Set(ports).size).toBe(ports.length);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('places thousands of tasks onto hundreds of instances in milliseconds', () => {
    const places = Array.from({ length: 300 }, (_, n) => inZone(String(n), `z${n % 3}`));
    const shapes = [1, 2, 3, 4].map((n) =>
      request({ need: need({ cpuUnits: 32 * n, memoryMiB: 128 * n }), group: `service:${n}` }),
    );
    const requests = Array.from({ length: 5_000 }, (_, n) => shapes[n % 4] ?? request());
    placeAll(places, requests, first);

    const before = process.cpuUsage().user;
    const found = placeAll(places, requests, first);
    const spentMs = (process.cpuUsage().user - before) / 1_000;

    expect(found.every((it) => it !== undefined)).toBe(true);
    expect(spentMs).toBeLessThan(1_500); // about 60 ms here; wide, so that a busy machine does not fail it
  });
});
