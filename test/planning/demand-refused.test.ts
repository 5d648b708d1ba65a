import { describe, expect, it } from '@jest/globals';
import { nothingAsked, type RefusedRun, stillAsked } from '../../lib/model/asked-for.ts';
import type { Observation } from '../../lib/model/observation.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { demandOf } from '../../lib/planning/demand.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { viewOf } from '../../lib/planning/view.ts';
import {
  definitions,
  group,
  input,
  instance,
  member,
  now,
  provider,
  task,
  taskDefinition,
} from '../support/builders.ts';

const report = taskDefinition('report');

const refused = (over: Partial<RefusedRun> = {}): RefusedRun => ({
  id: 'a',
  taskDefinition: report.arn,
  group: undefined,
  target: { launchType: undefined, capacityProviderStrategy: [] },
  tasks: 2,
  at: now - minuteMs,
  until: now + 9 * minuteMs,
  ...over,
});

const demands = (runs: readonly RefusedRun[], seen: Partial<Observation> = {}) =>
  demandOf(viewOf(input({ taskDefinitions: definitions(report), ...seen }, { asked: { refused: runs } })));

const counts = (...args: Parameters<typeof demands>) => demands(...args).map((it) => [it.source, it.tasks]);

const source = 'refused RunTask family:report';

describe('tasks whose RunTask call was refused', () => {
  it('are demand of their task definition, by its ARN, its revision or its family', () => {
    for (const name of [report.arn, 'report:1', 'report'])
      expect(counts([refused({ taskDefinition: name })])).toEqual([[source, 2]]);
  });

  it('are added up where the calls were made side by side', () => {
    const burst = Array.from({ length: 60 }, (_, n) => refused({ id: `${n}`, tasks: 10, at: now - n * 100 }));

    expect(counts(burst)).toEqual([[source, 600]]);
  });

  it('are the same ones where somebody asks again and again', () => {
    const again = Array.from({ length: 6 }, (_, n) =>
      refused({ id: `${n}`, tasks: 10 - n, at: now - n * 30 * secondMs }),
    );

    expect(counts(again)).toEqual([[source, 10]]);
  });

  it('are the same ones where somebody asks again each second', () => {
    const again = Array.from({ length: 9 }, (_, n) => refused({ id: `${n}`, at: now - n * secondMs }));

    expect(counts(again)).toEqual([[source, 2]]);
  });

  it('are other ones where they ask for something else', () => {
    const other = { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'cp', base: 0, weight: 1 }] };
    const found = demands([refused(), refused({ id: 'b', group: 'nightly' }), refused({ id: 'c', target: other })], {
      capacityProviders: [provider('cp')],
    });

    expect(found.map((it) => [it.source, it.binding.kind, it.tasks]).toSorted()).toEqual([
      ['refused RunTask family:report', 'anywhere', 2],
      ['refused RunTask family:report', 'provider', 2],
      ['refused RunTask nightly', 'anywhere', 2],
    ]);
  });

  it('are fewer by those that came since: somebody asked again, and there was room', () => {
    const came = (at: number, over = {}) =>
      task(1, 1, { taskDefinitionArn: report.arn, group: 'family:report', createdAt: at, ...over });

    expect(counts([refused()], { tasks: [came(now)] })).toEqual([[source, 1]]);
    expect(counts([refused()], { tasks: [came(now - 2 * minuteMs)] })).toEqual([[source, 2]]);
    expect(counts([refused()], { tasks: [came(now, { group: 'service:report' })] })).toEqual([[source, 2]]);
    expect(counts([refused({ tasks: 1 })], { tasks: [came(now)] })).toEqual([]);
  });

  it('are fewer by those that an instance counts and no list has yet', () => {
    const containerInstances = [instance(1, { runningTasksCount: 1, pendingTasksCount: 1 })];

    expect(counts([refused({ tasks: 3 })], { containerInstances, tasks: [task(1, 1)] })).toEqual([[source, 2]]);
    expect(counts([refused({ tasks: 3 })], { containerInstances, tasks: [task(1, 1), task(2, 1)] })).toEqual([
      [source, 3],
    ]);
  });

  it('are none of ours on Fargate', () => {
    expect(counts([refused({ target: { launchType: 'FARGATE', capacityProviderStrategy: [] } })])).toEqual([]);
  });

  it('are told without a size where their task definition is not there', () => {
    expect(demands([refused({ taskDefinition: 'gone' })])).toMatchObject([
      { source: 'refused RunTask family:gone', wants: undefined },
    ]);
  });

  it('keep their own placement', () => {
    const placementConstraints = [{ type: 'memberOf', expression: 'a == b' }] as const;
    const placementStrategy = [{ type: 'spread', field: 'host' }] as const;

    expect(demands([refused({ placementConstraints, placementStrategy })])[0]?.wants).toMatchObject({
      constraints: placementConstraints,
      strategy: placementStrategy,
    });
  });

  it('have room launched for them, and once it is there are told to be nobody’s but the caller’s', () => {
    const plan = (instances: number) =>
      planCluster(
        input(
          {
            taskDefinitions: definitions(report),
            containerInstances: Array.from({ length: instances }, (_, n) => instance(n)),
            groups: [group(Array.from({ length: instances }, (_, n) => member(n)))],
          },
          {
            asked: { refused: [refused({ tasks: 1 })] },
            memory: {
              shapes: {
                web: {
                  launchSource: group([]).launchSource ?? '',
                  instanceType: 'm5.large',
                  registered: { cpuUnits: 2_048, memoryMiB: 7_680 },
                  from: 'instance',
                },
              },
            },
          },
        ),
      );

    expect(plan(0).steps).toMatchObject([{ kind: 'setGroupDesiredCapacity', to: 1 }]);
    expect(plan(1).steps).toEqual([]);
    expect(plan(1).demand[0]?.verdicts).toEqual([
      {
        tasks: 1,
        verdict: {
          kind: 'fitsNow',
          instances: 1,
          detail: 'no one will retry this: whoever called RunTask has to call it again',
        },
      },
    ]);
  });

  it('are forgotten when their time is over', () => {
    const asked = { ...nothingAsked, refused: [refused({ until: now }), refused({ until: now + 1 })] };

    expect(stillAsked(asked, now).refused).toEqual([refused({ until: now + 1 })]);
  });
});
