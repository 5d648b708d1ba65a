import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordingOf } from '../../cli/recording/recording.ts';
import { recordingText } from '../../cli/recording/text.ts';
import { historyPeriodMs, type Past, type Samples, type Shape } from '../../lib/flows/reading/capture.ts';
import type { LaunchingGroup } from '../../lib/ports/launching-group-api.ts';
import { parseScenario } from '../../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { definitions, instance, now, provider, service, task, taskDefinition } from '../support/builders.ts';

const launching = (over: Partial<LaunchingGroup> = {}): LaunchingGroup => ({
  name: 'workers',
  minSize: 1,
  maxSize: 10,
  desiredCapacity: 4,
  availabilityZones: ['us-east-1b', 'us-east-1d'],
  instanceTypes: ['m5.large'],
  market: 'onDemand',
  hasWeights: false,
  hasWarmPool: false,
  ec2InstanceIds: ['i-1'],
  ...over,
});

const web = taskDefinition('web');

const shape = (over: Partial<Shape> = {}): Shape => ({
  at: now,
  services: [service(6, { name: 'web', taskDefinitionArn: web.arn, runningCount: 6 })],
  tasks: [],
  taskDefinitions: definitions(web),
  containerInstances: [instance(1)],
  capacityProviders: [],
  groups: [launching()],
  groupOf: { 'i-1': 'workers' },
  gaps: [],
  ...over,
});

const from = now - 10 * 3_600_000;

/** A value for each period from the so-manieth on; `undefined`: no datapoint. */
const samples = (values: readonly (number | undefined)[], first = 0): Samples =>
  new Map(
    values.flatMap((value, n) => (value === undefined ? [] : [[from + (first + n) * historyPeriodMs, value] as const])),
  );

const past = (over: Partial<Past>): Past => ({
  from,
  to: from + 120 * historyPeriodMs,
  running: new Map(),
  inService: new Map(),
  gaps: [],
  ...over,
});

const options = { cluster: 'main', anonymous: false, pricePerHour: () => undefined };

const played = (recording: ReturnType<typeof recordingOf>): Scenario => {
  const text = recordingText(recording.document, recording.notes, 'berth record');
  const parsed = parseScenario(text, 'main.yml', (path) => path);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenario;
};

describe('a recording', () => {
  it('begins with the first task that ran, counts whole tasks, and none where there is no datapoint', () => {
    const values = [2, 2.2, undefined, undefined, 5, ...Array.from({ length: 30 }, () => 5)];
    const scenario = played(recordingOf(shape(), past({ running: new Map([['web', samples(values, 80)]]) }), options));
    const minutes = (n: number): number => n * 60_000;
    expect(scenario.startMs).toBe(from + 80 * historyPeriodMs);
    expect(scenario.durationMs).toBe(40 * historyPeriodMs);
    expect(scenario.services[0]?.counts).toEqual([
      { atMs: 0, count: 2 },
      { atMs: minutes(10), count: 0 },
      { atMs: minutes(20), count: 5 },
      { atMs: minutes(175), count: 0 },
    ]);
  });

  it('plays whatever counts were kept: as many task-minutes as CloudWatch has', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 120, maxLength: 120 }), (counts) => {
        fc.pre(counts[0] !== 0);
        const running = new Map([['web', samples(counts.map((it) => (it === 0 ? undefined : it)))]]);
        const { services, durationMs } = played(recordingOf(shape(), past({ running }), options));
        const steps = services[0]?.counts ?? [];
        const taskMs = steps.reduce((sum, it, n) => sum + it.count * ((steps[n + 1]?.atMs ?? durationMs) - it.atMs), 0);
        expect(taskMs).toBe(counts.reduce((sum, it) => sum + it * historyPeriodMs, 0));
      }),
      { numRuns: 30 },
    );
  });

  it('begins with as many instances as Auto Scaling counted, or as the tasks of then need', () => {
    const running = new Map([['web', samples(Array.from({ length: 120 }, () => 3))]]);
    const inService = new Map([['workers', samples(Array.from({ length: 120 }, () => 7))]]);
    const guessed = recordingOf(shape(), past({ running }), options);
    const counted = recordingOf(shape(), past({ running, inService }), options);
    expect(guessed.document.groups['workers']?.desiredCapacity).toBe(2); // half the tasks of now, and 4 now
    expect(guessed.instanceHours).toBeUndefined();
    expect(counted.document.groups['workers']?.desiredCapacity).toBe(7);
    expect(counted.instanceHours).toBe(70);
  });

  it('keeps the count of now for a service without a past, and says so', () => {
    const running = new Map([['web', samples(Array.from({ length: 120 }, () => 3))]]);
    const both = shape({
      services: [...shape().services, service(2, { name: 'silent', taskDefinitionArn: web.arn, runningCount: 2 })],
    });
    const recording = recordingOf(both, past({ running }), options);
    expect(played(recording).services.map((it) => it.counts)).toEqual([
      [{ atMs: 0, count: 3 }],
      [{ atMs: 0, count: 2 }],
    ]);
    expect(recording.notes).toContain(
      'CloudWatch has no task counts of silent: it has the count of now, or 0 where nothing runs',
    );
  });

  it('plays types that the simulator does not know as the nearest ones, at the price of the settings', () => {
    const seen = instance(1, { attributes: { 'ecs.instance-type': 'm5a.large', 'ecs.cpu-architecture': 'x86_64' } });
    const recording = recordingOf(
      shape({ containerInstances: [seen], groups: [launching({ instanceTypes: ['m5a.large', 'x9.huge'] })] }),
      undefined,
      { ...options, pricePerHour: () => 0.08 },
    );
    expect(recording.document.groups['workers']?.types).toEqual([
      { instanceType: expect.stringMatching(/^\w+\.large$/), pricePerHour: 0.08 },
    ]);
    expect(recording.notes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^m5a\.large of group workers, which the simulator does not know, is played as/),
        'x9.huge of group workers, which the simulator does not know, is left out',
      ]),
    );
    expect(recording.notes.join()).not.toContain('list prices');
  });

  it('binds services to the groups of their capacity providers, and leaves out what runs elsewhere', () => {
    const onProvider = { capacityProviderStrategy: [{ capacityProvider: 'cp', base: 0, weight: 1 }] };
    const onFargate = { launchType: 'FARGATE' as const, capacityProviderStrategy: [] };
    const recording = recordingOf(
      shape({
        services: [
          service(1, { name: 'bound', taskDefinitionArn: web.arn, launchType: undefined, ...onProvider }),
          service(1, { name: 'elsewhere', taskDefinitionArn: web.arn, ...onFargate }),
        ],
        capacityProviders: [provider('cp', { autoScalingGroupName: 'workers' })],
      }),
      undefined,
      options,
    );
    expect(Object.keys(recording.document.services)).toEqual(['bound']);
    expect(played(recording).services[0]?.groups).toEqual(['workers']);
    expect(recording.notes).toContain(
      'service elsewhere is left out: its tasks do not run on instances of these groups',
    );
  });

  it('plays as many standalone tasks all the time as were met, for twice their age', () => {
    const alone = (n: number, minutes: number) =>
      task(n, 1, { group: 'family:job', taskDefinitionArn: web.arn, createdAt: now - minutes * 60_000 });
    const recording = recordingOf(shape({ tasks: [alone(1, 10), alone(2, 20)] }), undefined, options);
    expect(recording.document.tasks).toEqual([
      {
        bursts: { every: '30m', tasks: 2, cpuUnits: 512, memoryMiB: 1024, duration: { low: '30m', high: '30m' } },
      },
    ]);
    expect(played(recording).tasks.length).toBe(96);
  });

  it('moves zones in expressions to those of the simulator, and leaves out rules that would tell a name', () => {
    const constrained = (expression: string) =>
      shape({
        services: [
          service(1, {
            name: 'secret-shop',
            taskDefinitionArn: web.arn,
            placementConstraints: [{ type: 'memberOf', expression }],
          }),
        ],
      });
    const expressionIn = (expression: string, anonymous: boolean) => {
      const recording = recordingOf(constrained(expression), undefined, { ...options, anonymous });
      const [first] = Object.values(recording.document.services);
      return { expression: first?.placementConstraints?.[0]?.expression, notes: recording.notes.join('\n') };
    };
    const zoned = 'attribute:ecs.availability-zone in [us-east-1b, us-east-1d] and attribute:team == payments';
    expect(expressionIn(zoned, false).expression).toBe(
      'attribute:ecs.availability-zone in [eu-west-1b, eu-west-1d] and attribute:team == payments',
    );
    expect(expressionIn(zoned, true).expression).toBe(
      'attribute:ecs.availability-zone in [eu-west-1b, eu-west-1d] and attribute:attribute-1 == value-1',
    );
    const lost = expressionIn('attribute:team =~ pay.*', true);
    expect(lost.expression).toBeUndefined();
    expect(lost.notes).toContain('service service-1 has placement rules that would give names away');
    expect(lost.notes).not.toContain('secret');
  });

  it('says what a group has that is not played', () => {
    const { notes } = recordingOf(
      shape({ groups: [launching({ market: 'mixed', hasWeights: true, hasWarmPool: true })] }),
      undefined,
      options,
    );
    expect(notes).toEqual(
      expect.arrayContaining([
        'group workers counts its instances by weight; here each counts as one',
        'group workers has a warm pool, which is not played',
        'group workers has On-Demand and Spot Instances; here all are On-Demand',
      ]),
    );
  });

  it('says what runs outside of the groups, and what is not divided evenly', () => {
    const strategy = [
      { capacityProvider: 'first', base: 1, weight: 1 },
      { capacityProvider: 'second', base: 0, weight: 3 },
    ];
    const { notes } = recordingOf(
      shape({
        containerInstances: [instance(1), instance(2)],
        groups: [launching(), launching({ name: 'others' })],
        capacityProviders: [
          provider('first', { autoScalingGroupName: 'workers' }),
          provider('second', { autoScalingGroupName: 'others' }),
        ],
        services: [service(1, { taskDefinitionArn: web.arn, capacityProviderStrategy: strategy })],
      }),
      undefined,
      options,
    );
    expect(notes).toContain('1 container instance of no Auto Scaling group: not in it');
    expect(notes).toContain('service api is divided among its capacity providers by base and weight; here evenly');
  });
});
