import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { doctorText } from '../../cli/doctor-text.ts';
import { diagnose } from '../../lib/doctor/diagnose.ts';
import type { Examined } from '../../lib/doctor/examined.ts';
import { type Finding, findingKinds } from '../../lib/doctor/finding.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import { scaling } from '../planning/counts/counts.ts';
import {
  deployment,
  group,
  input,
  instance,
  member,
  now,
  provider,
  service,
  settings,
  task,
  taskDefinition,
} from '../support/builders.ts';

const examined = (planning: PlanningInput, over: Partial<Examined> = {}): Examined => ({
  cluster: 'main',
  now,
  input: planning,
  plan: planCluster(planning),
  deployments: [{ name: 'berth-dev', clusters: ['main'], table: 'table', roles: {} }],
  lastDecisionAt: now - minuteMs,
  attached: [{ name: 'web', cluster: 'main' }],
  scalable: [],
  permissions: [],
  quota: { vcpus: 1_000 },
  gaps: [],
  ...over,
});

const hook = { name: 'berth-drain', heartbeatTimeoutMs: 900_000, globalTimeoutMs: 90_000_000 };

const surroundings = (name: string, over: object = {}) => ({
  group: name,
  hooks: [hook],
  scalingPolicies: [],
  isRefreshing: false,
  ...over,
});

const healthy = (): PlanningInput =>
  input({
    containerInstances: [instance(1, { agentVersion: '1.89.2' })],
    groups: [group([member(1)])],
    surroundings: [surroundings('web')],
    services: [service(1, { runningCount: 1 })],
    tasks: [task(1, 1)],
  });

/** As much as can be wrong with one cluster at once. */
const sick = (): Examined => {
  const planning = input(
    {
      containerInstances: [
        instance(1, { agentVersion: '1.40.0' }),
        instance(2, { agentConnected: false, agentVersion: '1.89.2' }),
        ...Array.from({ length: 4_000 }, (_, n) => instance(n + 100)),
      ],
      tasks: Array.from({ length: 400 }, (_, n) => task(n + 1_000, undefined)),
      services: [
        service(2, { name: 'ledger', minimumHealthyPercent: 100, maximumPercent: 100, runningCount: 2 }),
        service(1, {
          name: 'huge',
          taskDefinitionArn: taskDefinition('huge').arn,
          deployments: [deployment({ taskDefinitionArn: taskDefinition('huge').arn })],
        }),
      ],
      taskDefinitions: {
        [taskDefinition('api').arn]: taskDefinition('api'),
        [taskDefinition('huge').arn]: taskDefinition('huge', { memoryMiB: 999_999 }),
      },
      capacityProviders: [provider('of-web', { managedScaling: true })],
      groups: [
        group([member(1, { protectedFromScaleIn: false })], {
          maxSize: 1,
          newInstancesProtectedFromScaleIn: false,
          availabilityZones: ['eu-west-1a', 'eu-west-1b'],
          suspendedProcesses: ['HealthCheck', 'Launch'],
          conflicts: ['weightedCapacity', 'capacityUnits', 'launchSuspended'],
        }),
        group([member(2)], { name: 'short', maxSize: 600 }),
      ],
      surroundings: [
        surroundings('web', { hooks: [], scalingPolicies: ['cpu-40'] }),
        surroundings('short', { hooks: [{ ...hook, heartbeatTimeoutMs: 60_000 }] }),
      ],
      gaps: [{ subject: 'metrics', cause: 'accessDenied', detail: 'GetMetricData: AccessDenied: not you' }],
    },
    {
      settings: {
        mode: 'observe',
        groups: {
          'no-such-group': { registers: undefined, pricePerHour: 1, hold: false, priority: 0, launchInstances: false },
        },
        services: { shared: { metrics: [], scaling: scaling() } },
      },
      asked: { pause: { what: 'scaleIn', until: now + 30 * minuteMs } },
    },
  );
  return examined(planning, {
    deployments: ['berth-dev', 'berth-prod'].map((name) => ({ name, clusters: ['main'], table: name, roles: {} })),
    lastDecisionAt: now - 45 * minuteMs,
    attached: [{ name: 'half', cluster: undefined }],
    scalable: ['ledger', 'shared'],
    permissions: [
      {
        functionName: 'berth-dev-decide',
        role: 'arn:aws:iam::123456789012:role/decide',
        actions: ['ecs:StopTask'],
        because: 'denied',
      },
    ],
    quota: { vcpus: 256 },
  });
};

/** What cannot be wrong at the same time as the rest. */
const others = (): readonly (readonly [string, Examined])[] => [
  [
    'no Berth for it',
    examined(healthy(), { deployments: [{ name: 'berth-dev', clusters: ['bank'], table: 't', roles: {} }] }),
  ],
  ['a Berth that has just been deployed', examined(healthy(), { lastDecisionAt: undefined, permissions: undefined })],
  ['nothing opted in', examined(input({ services: [] }), { attached: [] })],
  [
    'a cluster that is not there',
    examined(input({ cluster: undefined, gaps: [{ subject: 'cluster', cause: 'notFound', detail: 'MISSING' }] }), {
      attached: [],
      deployments: undefined,
    }),
  ],
];

const kindsIn = (findings: readonly Finding[]): readonly string[] => findings.map((it) => it.kind);

describe('diagnose', () => {
  it('finds nothing in a cluster that is well', () => {
    expect(diagnose(examined(healthy()))).toEqual([]);
  });

  it('says each finding with its remedy, in 80 columns', () => {
    const told = [['all at once', sick()] as const, ...others()].map(([title, it]) =>
      doctorText(title, diagnose(it), 80),
    );
    const file = 'test/doctor/findings.txt';
    const text = `${told.join('\n\n')}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);

    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('has every kind of finding in that text', () => {
    const found = new Set([sick(), ...others().map(([, it]) => it)].flatMap((it) => kindsIn(diagnose(it))));

    expect(findingKinds.filter((it) => !found.has(it))).toEqual([]);
  });

  it('puts the worst first', () => {
    const rank = { error: 0, warning: 1, note: 2 };
    const ranks = diagnose(sick()).map((it) => rank[it.severity]);

    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });

  it('leaves alone what the settings ask for', () => {
    const held = input(
      { ...healthy().observation, capacityProviders: [provider('of-web', { managedScaling: true })] },
      {
        settings: {
          ...settings(),
          groups: {
            web: { registers: undefined, pricePerHour: undefined, hold: true, priority: 0, launchInstances: false },
          },
        },
      },
    );
    expect(kindsIn(diagnose(examined(held)))).not.toContain('managedScaling');
  });

  it('says nothing of what could not be read but that', () => {
    const unread = input({
      ...healthy().observation,
      groups: [],
      surroundings: [],
      gaps: [{ subject: 'groups', cause: 'throttled', detail: 'DescribeAutoScalingGroups: Throttling: slow down' }],
    });

    expect(kindsIn(diagnose(examined(unread)))).toEqual(['couldNotRead']);
  });

  it('has every kind in its documentation, with its severity', () => {
    const rows = readFileSync('docs/doctor.md', 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \|/gm);
    const documented = new Map([...rows].map(([, kind = '', severity = '']) => [kind, severity]));

    expect([...documented.keys()].sort()).toEqual([...findingKinds].sort());
    for (const { kind, severity } of diagnose(sick())) expect(documented.get(kind)).toBe(severity);
  });
});
