import { describe, expect, it } from '@jest/globals';
import type { Obstacle } from '../../lib/model/obstacle.ts';
import type { PlacementConstraint } from '../../lib/model/service.ts';
import type { Requirements } from '../../lib/model/task-definition.ts';
import { factsOf } from '../../lib/placement/attributes.ts';
import { constraintsOf } from '../../lib/placement/constraints.ts';
import { describeObstacle, obstacleTo } from '../../lib/placement/fit.ts';
import { place } from '../../lib/placement/place.ts';
import { apartKey } from '../../lib/placement/requirements.ts';
import { type Room, roomOf } from '../../lib/placement/room.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { instance, taskDefinition } from '../support/builders.ts';

const site = (room: Partial<Room> = {}, over: Partial<Site> = {}): Site => ({
  id: 'i-1',
  room: { ...roomOf({ cpuUnits: 1024, memoryMiB: 2048 }), ...room },
  gpus: room.gpus ?? 0,
  facts: factsOf(instance(1, { attributes: { stack: 'prod' } }), new Set()),
  capacityProvider: 'p',
  tasksByGroup: new Map(),
  ...over,
});

const ask = (
  over: Partial<Requirements> = {},
  rest: Partial<Ask> & { readonly placed?: readonly PlacementConstraint[] } = {},
): Ask => {
  const definition = taskDefinition('api', { cpuUnits: 512, memoryMiB: 1024, ...over });
  return {
    id: 'api',
    count: 1,
    group: 'service:api',
    requirements: definition.requirements,
    constraints: constraintsOf(definition, 'service:api', rest.placed ?? []),
    strategy: [],
    capacityProvider: undefined,
    apart: undefined,
    ...rest,
  };
};

const absent = { kind: 'absent' } as const;

/** A site of one type, or of a group that may launch any of several. */
const ofType = (...types: readonly (string | undefined)[]): Site => {
  const known = types.filter((it) => it !== undefined);
  const type = known.length === 0 ? { kind: 'unknown' as const } : { kind: 'present' as const, values: known };
  return site({}, { facts: { ...site().facts, attribute: (it) => (it === 'ecs.instance-type' ? type : absent) } });
};

const memberOf = (expression: string): readonly PlacementConstraint[] => [{ type: 'memberOf', expression }];
const lacks = (resource: string, needed: number): Obstacle => ({ kind: 'lacks', resource, needed });

describe('whether a task fits on an instance', () => {
  it.each<readonly [string, Ask, Site, Obstacle | undefined, string]>([
    ['what fits', ask(), site(), undefined, ''],
    ['exactly', ask({ cpuUnits: 1024, memoryMiB: 2048 }), site(), undefined, ''],
    ['CPU', ask({ cpuUnits: 1025 }), site(), lacks('CPU', 1025), 'has less than 1025 CPU left'],
    ['memory', ask({ memoryMiB: 2049 }), site(), lacks('MEMORY', 2049), 'has less than 2049 MEMORY left'],
    ['less than nothing', ask({ cpuUnits: 0 }), site({ cpuUnits: -1 }), lacks('CPU', 0), 'has less than 0 CPU left'],
    ['GPUs', ask({ gpus: 2 }), site({ gpus: 1 }), lacks('GPU', 2), 'has less than 2 GPU left'],
    ['all GPUs', ask({ gpus: 1, allGpus: true }), site({ gpus: 4 }), undefined, ''],
    [
      'all GPUs where one is taken',
      ask({ gpus: 1, allGpus: true }),
      site({ gpus: 3 }, { gpus: 4 }),
      lacks('GPU', 4),
      'has less than 4 GPU left',
    ],
    ['all GPUs of none', ask({ gpus: 1, allGpus: true }), site(), lacks('GPU', 1), 'has less than 1 GPU left'],
    [
      'a shared GPU',
      ask({ gpus: 1, sharesGpus: true }),
      site({ gpus: 4 }),
      { kind: 'sharedGpus' },
      'cannot be judged: it is not known how many tasks may share a GPU',
    ],
    ['an EBS volume', ask({ ebsVolumes: 1 }), ofType('m5.large'), undefined, ''],
    [
      'an EBS volume on Xen',
      ask({ ebsVolumes: 1 }),
      ofType('t2.large'),
      { kind: 'notNitro' },
      'is no Nitro instance, which the task’s EBS volume needs',
    ],
    ['no EBS volume on Xen', ask({ ebsVolumes: 0 }), ofType('t2.large'), undefined, ''],
    ['an EBS volume on bare metal', ask({ ebsVolumes: 1 }), ofType('i3.metal'), undefined, ''],
    ['an EBS volume on a type nobody knows', ask({ ebsVolumes: 1 }), ofType(undefined), undefined, ''],
    [
      'an EBS volume where either may come',
      ask({ ebsVolumes: 1 }),
      ofType('c4.large', 'c5.large'),
      { kind: 'unclear', cause: { kind: 'notNitro' } },
      'may be one that is no Nitro instance, which the task’s EBS volume needs',
    ],
    [
      'an EBS volume where no more can be attached',
      ask({ ebsVolumes: 1 }),
      site({ ebsVolumes: 0 }),
      lacks('EBS', 1),
      'has less than 1 EBS left',
    ],
    ['no EBS volume there', ask({ ebsVolumes: 0 }), site({ ebsVolumes: 0 }), undefined, ''],
    ['no EBS volume that is spoken of there', ask(), site({ ebsVolumes: 0 }), undefined, ''],
    [
      'an interface',
      ask({ networkInterfaces: 1 }),
      site({ networkInterfaces: 0 }),
      lacks('ENI', 1),
      'has less than 1 ENI left',
    ],
    ['a licence', ask({ custom: { licence: 2 } }), site({ custom: { licence: 2 } }), undefined, ''],
    [
      'two of one',
      ask({ custom: { licence: 2 } }),
      site({ custom: { licence: 1 } }),
      lacks('licence', 2),
      'has less than 2 licence left',
    ],
    ['what is not there', ask({ custom: { licence: 1 } }), site(), lacks('licence', 1), 'has less than 1 licence left'],
    [
      'a port',
      ask({ hostPorts: [{ protocol: 'tcp', port: 80 }] }),
      site({ claims: new Set(['tcp/80']) }),
      { kind: 'portTaken', port: 'tcp/80' },
      'has tcp/80 taken',
    ],
    [
      'the port of another protocol',
      ask({ hostPorts: [{ protocol: 'udp', port: 80 }] }),
      site({ claims: new Set(['tcp/80']) }),
      undefined,
      '',
    ],
    [
      'its provider',
      ask({}, { capacityProvider: 'q' }),
      site(),
      { kind: 'otherProvider', capacityProvider: 'q' },
      'is not of capacity provider q',
    ],
    ['the right provider', ask({}, { capacityProvider: 'p' }), site(), undefined, ''],
    [
      'distinctInstance',
      ask({}, { apart: 'service:api' }),
      site({ claims: new Set([apartKey('service:api')]) }),
      { kind: 'distinctInstance', group: 'service:api' },
      'has a task of service:api already',
    ],
    [
      'an expression',
      ask({}, { placed: memberOf('attribute:stack == dev') }),
      site(),
      { kind: 'memberOf', expression: 'attribute:stack == dev' },
      'is no member of attribute:stack == dev',
    ],
    [
      'an expression about what is not known',
      ask({}, { placed: memberOf('attribute:stack == dev') }),
      site({}, { facts: { ...site().facts, attribute: () => ({ kind: 'unknown' }) } }),
      { kind: 'unclear', cause: { kind: 'memberOf', expression: 'attribute:stack == dev' } },
      'may be one that is no member of attribute:stack == dev',
    ],
    [
      'an expression that does not parse',
      ask({}, { placed: memberOf('stack = dev') }),
      site(),
      {
        kind: 'unparsable',
        expression: 'stack = dev',
        problem:
          'at character 1: expected a subject (attribute:NAME, agentConnected, agentVersion, ec2InstanceId, registeredAt, runningTasksCount, task:group), found stack',
      },
      'cannot be judged by stack = dev (at character 1: expected a subject (attribute:NAME, agentConnected, agentVersion, ec2InstanceId, registeredAt, runningTasksCount, task:group), found stack)',
    ],
  ])('%s', (_, task, on, obstacle, wording) => {
    expect(obstacleTo(task, on)).toEqual(obstacle);
    if (obstacle !== undefined) expect(describeObstacle(obstacle)).toBe(wording);
  });

  it.each<readonly [Obstacle, string]>([
    [{ kind: 'notActive', status: 'DRAINING' }, 'is DRAINING'],
    [{ kind: 'agentDisconnected' }, 'has a disconnected agent'],
    [{ kind: 'missingAttribute', name: 'gpu' }, 'has no attribute gpu'],
    [{ kind: 'otherPlatform', attribute: 'ecs.os-family', needed: 'LINUX' }, 'has another ecs.os-family than LINUX'],
  ])('is described: %j', (obstacle, wording) => {
    expect(describeObstacle(obstacle)).toBe(wording);
  });
});

describe('placing tasks', () => {
  const supply = (present: readonly Site[]) => ({ present, incoming: {}, restorable: [], launchable: [] });
  const placed = (task: Ask, on: readonly Site[]): number =>
    place([task], supply(on)).outcomes.get(task.id)?.certainNow ?? 0;

  it('gives one task every GPU of an instance', () => {
    const train = ask({ cpuUnits: 1, memoryMiB: 1, gpus: 1, allGpus: true }, { count: 3 });

    expect(placed(train, [site({ gpus: 4 }), site({ gpus: 2 }, { id: 'i-2' }), site({}, { id: 'i-3' })])).toBe(2);
  });

  it('gives tasks with EBS volumes the Nitro instances only, as many as their resources allow', () => {
    const stateful = ask({ cpuUnits: 1, memoryMiB: 1, ebsVolumes: 1 }, { count: 60 });
    const sites = [ofType('t2.large'), { ...ofType('m5.large'), id: 'i-2' }];
    const { outcomes } = place([stateful], supply(sites));

    const places = outcomes.get('api')?.places ?? [];
    expect(new Set(places.map((it) => it.site))).toEqual(new Set(['i-2']));
    expect(places.reduce((sum, it) => sum + it.tasks, 0)).toBe(60);
    expect(placed(stateful, [ofType('t2.large')])).toBe(0);
  });

  it('counts resources of the user’s own down', () => {
    const licensed = ask({ cpuUnits: 1, memoryMiB: 1, custom: { licence: 2 } }, { count: 9 });

    expect(placed(licensed, [site({ custom: { licence: 5 } }), site({}, { id: 'i-2' })])).toBe(2);
  });

  it('keeps apart what keeps itself apart by an expression', () => {
    const shy = ask({ cpuUnits: 1, memoryMiB: 1 }, { count: 5, placed: memberOf('not(task:group == service:api)') });

    expect(placed(shy, [site(), site({}, { id: 'i-2' })])).toBe(2);
  });

  it('follows what must be there first, in whatever order it comes', () => {
    const first = ask({ cpuUnits: 1, memoryMiB: 1 }, { id: 'db', group: 'service:db' });
    const second = ask({ cpuUnits: 1, memoryMiB: 1 }, { count: 3, placed: memberOf('task:group == service:db') });
    const { outcomes } = place([second, first], supply([site()]));

    const places = outcomes.get('api')?.places ?? [];

    expect(places.reduce((sum, it) => sum + it.tasks, 0)).toBe(3);
    expect(outcomes.get('api')?.unplaced).toBe(0);
  });

  it('promises nothing that another task might take first', () => {
    const small = ask({ cpuUnits: 512 }, { count: 2 });
    const large = ask({ cpuUnits: 1024 }, { id: 'large' });
    const { outcomes } = place([small, large], supply([site()]));

    expect([outcomes.get('api')?.certainNow, outcomes.get('large')?.certainNow]).toEqual([0, 0]);
  });
});
