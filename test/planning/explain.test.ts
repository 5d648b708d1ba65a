import { describe, expect, it } from '@jest/globals';
import { decisionsAbout } from '../../lib/flows/reading/explain.ts';
import type { DecisionRecord, StepRecord } from '../../lib/model/decision.ts';
import { explain } from '../../lib/planning/explain.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import { drain, group, input, instance, instanceArn, member, now, service, task } from '../support/builders.ts';

const logger = service(2, { name: 'logger', schedulingStrategy: 'DAEMON', runningCount: 2 });

/** Three of five tasks of `api` run on `i-1`, one waits; `i-2` has a daemon alone; `i-3` is drained by Berth. */
const cluster: PlanningInput = input(
  {
    containerInstances: [
      instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 }),
      instance(2, { runningTasksCount: 1 }),
      instance(3, { status: 'DRAINING' }),
    ],
    tasks: [
      task(1, 1),
      task(2, 1),
      task(3, 1),
      task(4, undefined),
      task(5, 1, { group: 'service:logger' }),
      task(6, 2, { group: 'service:logger' }),
    ],
    services: [service(5, { runningCount: 3 }), logger],
    groups: [group([member(1), member(2), member(3)]), group([], { name: 'api' })],
  },
  {
    drains: [drain(3)],
    asked: {
      capacity: [
        { id: 'sale', tasks: 2, target: { kind: 'service', service: 'api' }, requestedAt: now, until: now + 60_000 },
      ],
    },
    memory: {
      peaks: { api: [{ tasks: 7, at: now - 1_000 }] },
      launchFailures: [{ group: 'web', at: now - 1_000, budget: 1, cause: 'none left' }],
    },
  },
);
const plan = planCluster(cluster);

const explained = (asked: string) => explain(cluster, plan, asked);

describe('explain', () => {
  it('an instance by its id or ARN: verdict, what it runs, daemons apart', () => {
    const [answer, ...others] = explained('i-1');

    expect(others).toEqual([]);
    expect(answer).toMatchObject({
      kind: 'instance',
      report: { ec2InstanceId: 'i-1', verdict: { kind: 'keep' } },
      instanceType: 'm5.large',
      availabilityZone: 'eu-west-1a',
      registered: { status: 'ACTIVE', agentConnected: true },
      tasks: [
        { of: 'service:api', count: 3, isDaemon: false },
        { of: 'service:logger', count: 1, isDaemon: true },
      ],
      drain: undefined,
    });
    expect(explained(instanceArn('1'))).toEqual([answer]);
    expect(explained('i-3')).toMatchObject([{ drain: { cause: 'empty', state: 'draining' } }]);
  });

  it('an instance that has not registered', () => {
    const booting = { ...cluster, observation: { ...cluster.observation, containerInstances: [] } };

    expect(explain(booting, planCluster(booting), 'i-1')).toMatchObject([
      { kind: 'instance', registered: undefined, instanceType: 'm5.large', tasks: [] },
    ]);
  });

  it('a task that runs, by its instance; one that waits, by what becomes of its like', () => {
    expect(explained(task(1, 1).arn)).toMatchObject([{ kind: 'task', on: { ec2InstanceId: 'i-1' }, demand: [] }]);

    const [waiting] = explained(task(4, undefined).arn);
    expect(waiting).toMatchObject({ kind: 'task', on: undefined, demand: [{ source: 'service:api', tasks: 1 }] });
  });

  it('a service and a group of one name', () => {
    const answers = explained('api');

    expect(answers.map((it) => it.kind)).toEqual(['service', 'group']);
    expect(answers[0]).toMatchObject({
      service: { desiredCount: 5 },
      placed: [{ of: 'web', count: 3 }],
      capacity: [{ id: 'sale' }],
      peaks: [{ tasks: 7 }],
    });
    const [of] = answers;
    expect(of?.kind === 'service' ? of.demand.map((it) => it.source) : []).toEqual(
      expect.arrayContaining(['service api', 'service:api', expect.stringContaining('service api')]),
    );
  });

  it('a group, by name or ARN, with its steps, instances and failures', () => {
    const arn = cluster.observation.groups[0]?.arn ?? '';

    expect(explained(arn)).toEqual(explained('web'));
    expect(explained('web')).toMatchObject([
      { kind: 'group', report: { group: 'web', desiredCapacity: 3 }, failures: [{ cause: 'none left' }] },
    ]);
    const [web] = explained('web');
    const instances = web?.kind === 'group' ? web.instances : [];
    expect(instances.reduce((sum, it) => sum + it.count, 0)).toBe(3);
  });

  it('nothing where there is no such thing', () => {
    expect(explained('i-9')).toEqual([]);
    expect(explained('')).toEqual([]);
  });
});

describe('decisionsAbout', () => {
  const step = (over: Partial<StepRecord>): StepRecord => ({
    kind: 'drainInstances',
    group: 'web',
    instances: [],
    moreInstances: 0,
    from: undefined,
    to: undefined,
    reason: 'empty',
    result: 'done',
    detail: undefined,
    ...over,
  });
  const record = (generation: number, over: Partial<DecisionRecord>): DecisionRecord => ({
    at: now,
    generation,
    reason: 'event',
    steps: [],
    moreSteps: 0,
    waiting: [],
    moreWaiting: 0,
    ...over,
  });
  const records = [
    record(1, { steps: [step({ instances: ['i-1', 'i-2'] })] }),
    record(2, { steps: [step({ group: 'other', instances: ['i-12'] })] }),
    record(3, { waiting: [{ source: 'service api', tasks: 1, verdict: 'launch' }] }),
    record(4, { waiting: [{ source: 'service:api', tasks: 1, verdict: 'launch' }] }),
    record(5, { waiting: [{ source: 'service api2', tasks: 1, verdict: 'launch' }] }),
  ];
  const about = (asked: string, at = 0): readonly number[] => {
    const answer = explained(asked)[at];
    return answer === undefined ? [] : decisionsAbout(answer, records).map((it) => it.generation);
  };

  it('are those that named the instance or the group, or saw tasks of the service wait', () => {
    expect(about('i-1')).toEqual([1]);
    expect(about('web')).toEqual([1]);
    expect(about('api')).toEqual([3, 4]);
    expect(about('api', 1)).toEqual([]);
    expect(about(task(1, 1).arn)).toEqual([1, 3, 4]); // a task: its instance, and its service
  });
});
