import { describe, expect, it } from '@jest/globals';
import { problemText } from '../../simulator/workloads/file/problem.ts';
import { loadScenario, parseScenario } from '../../simulator/workloads/load-scenario.ts';

const files: Readonly<Record<string, string>> = {
  'scenarios/good.csv': 'timestamp,value\n2026-01-05 00:00:00,60\n2026-01-05 00:01:00,120\n',
  'scenarios/backwards.csv': 'timestamp,value\n2026-01-05 00:01:00,1\n2026-01-05 00:00:00,1\n2026-01-05 00:03:00,x\n',
  'scenarios/disorder.csv': 'timestamp,value\n2026-01-05 00:01:00,1\n2026-01-05 00:00:00,1\n',
  'scenarios/tasks.csv': 'arrival_s,duration_s,cpu_milli,memory_mib\n0,60,500,512\n60,60,64000,512\n120,60,500,512\n',
  'scenarios/late.csv': 'arrival_s,duration_s,cpu_milli,memory_mib\n60,60,500,512\n0,60,500,512\n',
};

const readFile = (path: string): string => {
  const text = files[path];
  if (text === undefined) throw new Error('no such file');
  return text;
};

/** Every problem as it is printed, without the file's name. */
const problemsOf = (text: string): readonly string[] => {
  const result = parseScenario(text, 'scenarios/x.yml', readFile);
  return result.ok ? [] : result.problems.map((it) => problemText(it).replace('scenarios/x.yml:', ''));
};

const head = ['name: x', 'description: x', 'duration: 2h'];
const group = ['groups:', '  web:', '    types: [{ instanceType: m5.large, pricePerHour: 0.1 }]', '    maxSize: 9'];
const service = ['services:', '  api:', '    cpuUnits: 256', '    memoryMiB: 512'];
const whole = (...lines: readonly string[]): string => [...head, ...group, ...lines].join('\n');

describe('parseScenario', () => {
  it('takes a scenario that says only what it must', () => {
    const result = parseScenario(whole(...service, '    demand: { count: 2 }'), 'x.yml', readFile);

    expect(result).toMatchObject({
      ok: true,
      scenario: {
        startMs: Date.UTC(2026, 0, 5, 4),
        durationMs: 7_200_000,
        seed: 1,
        groups: [{ name: 'web', market: 'onDemand', minSize: 0, desiredCapacity: 0, zones: ['a', 'b', 'c'] }],
        services: [{ name: 'api', counts: [{ atMs: 0, count: 2 }], minimumHealthyPercent: 100, maximumPercent: 200 }],
      },
    });
  });

  it('tells all problems at once, in order of place', () => {
    const text = [
      'name: x',
      'description: x',
      'duration: 90', // line 3
      'groups:',
      '  web:',
      '    types: [{ instanceType: m5.huge, pricePerHour: 0.1 }]',
      '    minSize: 7',
      '    maxSize: 5',
      '  small:',
      '    types: [{ instanceType: t3.micro, pricePerHour: 0.01 }]',
      '    maxSize: 3',
      '    desiredCapacity: 4', // line 12
      '    colour: red',
      'services:',
      '  api:',
      '    cpuUnits: 256',
      '    memoryMiB: 512',
      '    demand: { count: -1 }',
      '    groups: [web, wbe]',
      '  big:',
      '    cpuUnits: 4096',
      '    memoryMiB: 512',
      '    groups: [small]',
      '    demand: { series: { file: missing.csv } }', // line 24
    ].join('\n');

    expect(problemsOf(text)).toEqual([
      '3:1 duration: found 90; write a duration from 1m to 366d, such as 90s, 10m, 2h or 7d',
      '6:15 groups.web.types[0].instanceType: found "m5.huge"; write an instance type that the simulated EC2 knows (simulator/world/ec2/instance-types.ts)',
      '7:5 groups.web.minSize: found 7; write at most maxSize, 5',
      '12:5 groups.small.desiredCapacity: found 4; write a number from minSize, 0, to maxSize, 3',
      '13:5 groups.small.colour: found an unknown key; remove it or correct its spelling; known here: types, market, minSize, maxSize, desiredCapacity, zones, attributes, boot, zoneRebalance',
      '18:15 services.api.demand.count: found -1; write a whole number from 0 to 5000',
      '24:5 services.big.demand.perTask: found nothing; write the rate one task serves, a second: a series holds work, not tasks',
    ]);
  });

  it.each([
    [
      'a group that is not there',
      whole(...service, '    demand: { count: 1 }', '    groups: [wbe]'),
      ['13:14 services.api.groups[0]: found "wbe"; write a group of this scenario: web'],
    ],
    [
      'a task that no type can hold',
      whole('services:', '  api:', '    cpuUnits: 4096', '    memoryMiB: 512', '    demand: { count: 1 }'),
      [
        '9:3 services.api: found a task of 4096 CPU units, 512 MiB and 0 GPUs; make it smaller or give its groups a larger type: a m5.large has 2048 CPU units and 7985 MiB for tasks',
      ],
    ],
    [
      'a task for which the daemons leave no room',
      whole(
        'services:',
        '  api: { cpuUnits: 2048, memoryMiB: 512, demand: { count: 1 } }',
        '  agent: { schedulingStrategy: DAEMON, cpuUnits: 64, memoryMiB: 128 }',
      ),
      [
        '9:3 services.api: found a task of 2048 CPU units, 512 MiB and 0 GPUs; make it smaller or give its groups a larger type: a m5.large has 1984 CPU units and 7857 MiB for tasks',
      ],
    ],
    [
      'two services of one name',
      whole(...service, '    demand: { count: 1 }', '  api: { cpuUnits: 1, memoryMiB: 4, demand: { count: 1 } }'),
      ['13:3 found a name that is already there; write another name'],
    ],
    [
      'a copy that has the name of another service',
      whole(
        'services:',
        '  api: { copies: 2, cpuUnits: 1, memoryMiB: 4, demand: { count: 1 } }',
        '  api-2: { cpuUnits: 1, memoryMiB: 4, demand: { count: 1 } }',
      ),
      ['10:3 services.api-2: found a service that is also a copy of api; write another name'],
    ],
    [
      'a file that is not there',
      whole(...service, '    demand: { series: { file: missing.csv }, perTask: 1 }'),
      [
        '12:25 services.api.demand.series.file: found "missing.csv"; write the path of a file that can be read (no such file)',
      ],
    ],
    [
      'wrong lines of a series',
      whole(...service, '    demand: { series: { file: backwards.csv }, perTask: 1 }'),
      ['scenarios/backwards.csv:4 "x" is no value; expected a number of zero or more'],
    ],
    [
      'a series out of order',
      whole(...service, '    demand: { series: { file: disorder.csv }, perTask: 1 }'),
      ['scenarios/disorder.csv:3 not after line 2; expected rising times'],
    ],
    [
      'a task of a file that no type can hold',
      whole('tasks: [{ file: { path: tasks.csv } }]'),
      [
        'scenarios/tasks.csv:3 no type of its groups holds 65536 CPU units and 512 MiB: a m5.large has 2048 CPU units and 7985 MiB for tasks',
      ],
    ],
    [
      'arrivals out of order',
      whole('tasks: [{ file: { path: late.csv } }]'),
      ['scenarios/late.csv:3 arrives before line 2; expected arrivals in order'],
    ],
    [
      'steps out of order',
      whole(...service, '    demand: { steps: [{ at: 1m, value: 1 }, { at: 1m, value: 2 }] }'),
      [
        '12:25 services.api.demand.steps[0].at: found "1m"; write 0s: the first step is at the start',
        '12:47 services.api.demand.steps[1].at: found "1m"; write a later time than the step before',
      ],
    ],
    [
      'a deployment and a fault after the end',
      whole(
        ...service,
        '    demand: { count: 1 }',
        '    deployments: [3h]',
        'faults: [{ kind: instanceDeath, at: [2h], share: 0.1 }]',
      ),
      [
        '13:19 services.api.deployments[0]: found "3h"; write a time before the end, 2h',
        '14:38 faults[0].at[0]: found "2h"; write a time before the end, 2h',
      ],
    ],
    [
      'interruptions where nothing is Spot',
      whole('faults: [{ kind: spotInterruption, at: [1h], share: 0.1 }]'),
      [
        '8:10 faults[0]: found spotInterruption where every group is onDemand; remove it, or write market: spot in a group',
      ],
    ],
    [
      'a fault of no kind, and one with two times',
      whole('faults:', '  - { kind: flood }', '  - { kind: lostEvents, at: [1h], perHour: 1, for: 1m, share: 1 }'),
      [
        '9:7 faults[0].kind: found "flood"; write kind: spotInterruption, rebalanceRecommendation, capacityError, agentDisconnect, instanceDeath, noRegistration or lostEvents',
        '10:35 faults[1].perHour: found 1; keep only one of at, perHour',
      ],
    ],
    [
      'a daemon with a count, and a replica without one',
      whole(
        'services:',
        '  agent: { schedulingStrategy: DAEMON, cpuUnits: 1, memoryMiB: 4, demand: { count: 1 } }',
        '  api: { cpuUnits: 1, memoryMiB: 4 }',
      ),
      [
        '9:67 services.agent.demand: found a section; remove it: a daemon has one task on each instance',
        '10:3 services.api.demand: found nothing; write how many tasks it wants, such as demand: { count: 2 }',
      ],
    ],
    [
      'an expression that is none',
      whole(
        ...service,
        '    demand: { count: 1 }',
        '    placementConstraints: [{ type: memberOf, expression: "attribute:x ~ y" }]',
      ),
      [
        '13:46 services.api.placementConstraints[0].expression: found "attribute:x ~ y"; write an expression of the cluster query language, such as attribute:disk == ssd',
      ],
    ],
    [
      'types of two architectures in one group',
      [
        ...head,
        'groups:',
        '  web:',
        '    types: [{ instanceType: m5.large, pricePerHour: 0.1 }, { instanceType: m7g.large, pricePerHour: 0.1 }]',
        '    maxSize: 9',
      ].join('\n'),
      [
        '6:62 groups.web.types[1].instanceType: found "m7g.large"; write a type of the first one’s architecture, x86_64: a group has one image',
      ],
    ],
    [
      'tasks for a queue that would not take them',
      whole(
        'tasks:',
        '  - { bursts: { tasks: 1, cpuUnits: 256, memoryMiB: 512, duration: { low: 1m, high: 1m } }, via: taskQueue }',
        '  - { file: { path: tasks.csv, limit: 1 }, via: queue }',
        '  - { file: { path: tasks.csv, limit: 1 }, groups: [web, web], via: taskQueue }',
        'settings: { defaults: { taskQueue: { taskDefinitionFamilies: [task-256-1024] } } }',
      ),
      [
        '9:93 tasks[0].via: found "taskQueue"; write taskQueue in settings, with task-256-512 in taskDefinitionFamilies',
        '10:44 tasks[1].via: found "queue"; write runTask or taskQueue',
        '11:44 tasks[2].groups: found a list; write one group or none: a queued task has one capacity provider',
      ],
    ],
    [
      'a queue that the cluster has not',
      whole(
        'cluster: batch',
        'tasks:',
        '  - { file: { path: tasks.csv, limit: 1 }, via: taskQueue }',
        'settings: { defaults: { taskQueue: { taskDefinitionFamilies: [x] } }, clusters: { batch: { taskQueue: off } } }',
      ),
      [
        '10:44 tasks[0].via: found "taskQueue"; write taskQueue in settings, with their families in taskDefinitionFamilies',
      ],
    ],
    [
      'capacity runs that nobody could ask for',
      whole(
        ...service,
        '    demand: { count: 2 }',
        'tasks:',
        '  - { bursts: { tasks: 1, cpuUnits: 256, memoryMiB: 512, duration: { low: 1m, high: 1m } } }',
        'capacityRuns:', // line 15
        '  - { at: 1h, for: 1h, service: apy, tasks: 4 }',
        '  - { at: 2h, for: 1h, service: api, tasks: 4 }',
        '  - { at: 1h, for: 8d, tasks: 0 }',
        '  - { at: 1h, for: 1h, service: api, taskDefinition: x, tasks: 4 }',
        '  - { at: 1h, for: 1h, service: api, group: web, tasks: 4 }',
        '  - { at: 1h, for: 1h, taskDefinition: task-1-2, group: wbe, tasks: 4 }',
      ),
      [
        '16:24 capacityRuns[0].service: found "apy"; write a replica service of this scenario: api',
        '17:7 capacityRuns[1].at: found "2h"; write a time before the end, 2h',
        '18:5 capacityRuns[2]: found a section; write one of service, taskDefinition',
        '18:15 capacityRuns[2].for: found "8d"; write a duration from 1m to 7d, such as 90s, 10m, 2h or 7d',
        '18:24 capacityRuns[2].tasks: found 0; write a whole number from 1 to 5000',
        '19:38 capacityRuns[3].taskDefinition: found "x"; keep only one of service, taskDefinition',
        '20:38 capacityRuns[4].group: found "web"; remove it: a service has its own',
        '21:24 capacityRuns[5].taskDefinition: found "task-1-2"; write a family of this scenario\'s tasks: task-256-512',
        '21:50 capacityRuns[5].group: found "wbe"; write a group of this scenario: web',
      ],
    ],
    [
      'constants that are none, or of another kind',
      whole('world: { bootTime: 1m, instanceBootMs: 40s, drainWaitsForProtectedTasks: 1 }'),
      [
        expect.stringMatching(/^8:10 world\.bootTime: found an unknown key; remove it/),
        '8:24 world.instanceBootMs: found "40s"; write a section with any of low, high',
        '8:45 world.drainWaitsForProtectedTasks: found 1; write true or false',
      ],
    ],
    ['no YAML', 'name: [x', [expect.stringMatching(/^1:9 is not YAML: /)]],
    [
      'nothing at all',
      '',
      [expect.stringMatching(/^1:1 found nothing; write a section with any of name, description/)],
    ],
  ])('names the place of %s', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('draws nothing from a seed it was not given', () => {
    const text = whole(...service, '    demand: { calendar: { low: 5, high: 500, noise: 0.3 } }');
    const of = (seed?: number) => parseScenario(text, 'x.yml', readFile, seed === undefined ? {} : { seed });

    expect(of()).toEqual(of(1));
    expect(of(2)).not.toEqual(of(1));
    expect(of(2)).toMatchObject({ scenario: { seed: 2 } });
  });
});

describe('loadScenario', () => {
  it('says which file cannot be read', () => {
    const result = loadScenario('examples/scenarios/none.yml');

    expect(result).toMatchObject({
      ok: false,
      problems: [
        { file: 'examples/scenarios/none.yml', line: 1, text: expect.stringMatching(/^cannot be read: .*ENOENT/) },
      ],
    });
  });
});
