import { describe, expect, it } from '@jest/globals';
import { decide } from '../../lib/flows/decide.ts';
import { keepMirror, keepMirrors, type MirrorKeeping } from '../../lib/flows/mirror/keeping.ts';
import { mirroredReader, mirroredServices } from '../../lib/flows/mirror/mirrored-reader.ts';
import { folded, instancesIn, taskChange, tasksIn } from '../../lib/mirror/mirror.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { Task } from '../../lib/model/task.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { dynamoDbMirrorStore } from '../../lib/store/mirror.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import {
  definitions,
  group,
  instance,
  member,
  now,
  service,
  settings,
  task,
  taskDefinition,
} from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { localDynamoDb } from '../support/local-dynamo-db.ts';
import { memoryTelemetry } from '../support/memory-telemetry.ts';

const gap = (subject: 'services' | 'containerInstances') => ({ subject, cause: 'throttled' as const, detail: 'slow' });

/** Instances as ECS counts what runs on them. */
const counted = (instances: readonly ContainerInstance[], tasks: readonly Task[]): readonly ContainerInstance[] =>
  instances.map((it) => ({
    ...it,
    runningTasksCount: tasks.filter((one) => one.containerInstanceArn === it.arn && one.desiredStatus === 'RUNNING')
      .length,
  }));

const open = async (seen: Partial<Observation>) => {
  const db = await localDynamoDb();
  const aws = new FakeAws(seen);
  const telemetry = memoryTelemetry();
  const mirrors = dynamoDbMirrorStore(db.client, db.tableName);
  const calls: string[] = [];
  const all = () => aws.seen.tasks;
  const cluster: MirrorKeeping['cluster'] = {
    ...aws.cluster,
    containerInstances: (name) => {
      calls.push('containerInstances');
      return aws.cluster.containerInstances(name);
    },
    tasks: (name) => {
      calls.push('tasks');
      return aws.cluster.tasks(name);
    },
    taskDefinitions: (names) => {
      calls.push(`taskDefinitions ${names.length}`);
      return aws.cluster.taskDefinitions(names);
    },
    tasksOn: (_, arn) => {
      calls.push('tasksOn');
      return Promise.resolve({ items: all().filter((it) => it.containerInstanceArn === arn), gaps: [] });
    },
    tasksByArn: (_, arns) => Promise.resolve({ items: all().filter((it) => arns.includes(it.arn)), gaps: [] }),
  };
  let at = now;
  const clock = { now: () => at, sleep: () => Promise.resolve() };
  return {
    aws,
    mirrors,
    telemetry,
    calls,
    clock,
    cluster,
    keep: (after = 0) => {
      at += after;
      calls.length = 0;
      return keepMirror('main', {
        mirrors,
        cluster,
        clock,
        telemetry,
        settings: { defaults: settings(), clusters: {} },
      });
    },
    recall: () => mirrors.recallMirror('main', at),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
};

const tasks = [task(11, 1), task(12, 1), task(21, 2)];
const seen = {
  containerInstances: counted([instance(1), instance(2), instance(3)], tasks),
  tasks,
  services: [service(3)],
  taskDefinitions: definitions(taskDefinition('api')),
};

const many = Array.from({ length: 20 }, (_, n) => instance(n + 100));

describe('keepMirror', () => {
  it('fills an empty mirror with all that ECS describes', async () => {
    await using it = await open(seen);
    await it.keep();
    const kept = await it.recall();
    expect(instancesIn(kept.mirror)).toHaveLength(3);
    expect(
      tasksIn(kept.mirror)
        .map((one) => one.arn)
        .sort(),
    ).toEqual(tasks.map((one) => one.arn).sort());
    expect(kept.services).toEqual({ services: seen.services, readAt: now });
    expect(kept.comparedAt).toBe(now);
    expect(it.telemetry.counts.get('MirrorDrift')).toBeUndefined();
  });

  it('compares every ten minutes only, and reads a revision once', async () => {
    await using it = await open(seen);
    await it.keep();
    expect(it.calls.sort()).toEqual(['containerInstances', 'taskDefinitions 1', 'tasks']);
    await it.keep(minuteMs);
    expect(it.calls).toEqual([]);
    await it.keep(9 * minuteMs);
    expect(it.calls).toEqual(['containerInstances']);
    expect(it.telemetry.counts.get('MirrorDrift')).toBe(0);
  });

  it('puts right what was lost on few instances by asking for those alone, and counts it', async () => {
    await using it = await open({ ...seen, containerInstances: [...seen.containerInstances, ...many] });
    await it.keep();
    const after = [task(11, 1), task(12, 1), task(22, 2), task(23, 2)];
    const instances = counted([instance(1), instance(2), instance(3), ...many], after);
    it.aws.seen = { ...it.aws.seen, tasks: after, containerInstances: instances };
    await it.keep(10 * minuteMs);
    expect(it.calls).toEqual(['containerInstances', 'tasksOn']);
    expect(
      tasksIn((await it.recall()).mirror)
        .map((one) => one.arn)
        .sort(),
    ).toEqual(after.map((one) => one.arn).sort());
    expect(it.telemetry.counts.get('MirrorDrift')).toBe(1);
    await it.keep(10 * minuteMs);
    expect(it.telemetry.counts.get('MirrorDrift')).toBe(1); // counted once
  });

  it('forgets an instance that is no more, and what it has on it', async () => {
    await using it = await open(seen);
    await it.keep();
    it.aws.seen = {
      ...it.aws.seen,
      tasks: [task(11, 1), task(12, 1)],
      containerInstances: counted([instance(1)], tasks),
    };
    await it.keep(10 * minuteMs);
    const { mirror } = await it.recall();
    expect(instancesIn(mirror).map((one) => one.arn)).toEqual([instance(1).arn]);
    expect(tasksIn(mirror)).toHaveLength(2);
  });

  it('takes a new cluster of the same name for what it is', async () => {
    await using it = await open(seen);
    await it.keep();
    it.aws.seen = { ...it.aws.seen, tasks: [task(71, 7)], containerInstances: counted([instance(7)], [task(71, 7)]) };
    await it.keep(10 * minuteMs);
    const { mirror } = await it.recall();
    expect(instancesIn(mirror).map((one) => one.arn)).toEqual([instance(7).arn]);
    expect(tasksIn(mirror).map((one) => one.arn)).toEqual([task(71, 7).arn]);
  });

  it('keeps the services it had where they cannot be read in full, and says so', async () => {
    await using it = await open(seen);
    await it.keep();
    it.aws.seen = { ...it.aws.seen, services: [], gaps: [gap('services')] };
    await it.keep(minuteMs);
    expect((await it.recall()).services).toEqual({ services: seen.services, readAt: now });
    expect(it.telemetry.counts.get('ObservationGaps')).toBe(1);
  });

  it('ends nothing by a listing with a hole, and goes on with the rest', async () => {
    await using it = await open(seen);
    await it.keep();
    it.aws.seen = { ...it.aws.seen, containerInstances: [], gaps: [gap('containerInstances')] };
    await expect(it.keep(10 * minuteMs)).rejects.toThrow('the mirror of main was not kept in full: Error: slow');
    const kept = await it.recall();
    expect(instancesIn(kept.mirror)).toHaveLength(3);
    expect(kept.services?.readAt).toBe(now + 10 * minuteMs);
  });

  it('gathers what has come once there are many items of it', async () => {
    await using it = await open(seen);
    for (let n = 0; n <= 200; n++) await it.mirrors.tell('main', `m${n}`, folded([taskChange(task(n, 1), now)]), now);
    await it.keep();
    const kept = await it.recall();
    expect(kept.news.keys).toHaveLength(1); // the comparison's own
    expect(tasksIn(kept.mirror).map((one) => one.arn)).toContain(task(200, 1).arn);
  });
});

describe('mirroredReader', () => {
  const read = async (it: Awaited<ReturnType<typeof open>>) =>
    mirroredReader('main', it.cluster, { mirrors: it.mirrors, clock: it.clock, telemetry: it.telemetry });

  it('is none before the first comparison, nor long after the last', async () => {
    await using it = await open(seen);
    expect(await read(it)).toBeUndefined();
    await it.keep();
    expect(await read(it)).toBeDefined();
    it.aws.seen = { ...it.aws.seen, gaps: [gap('containerInstances')] };
    await expect(it.keep(31 * minuteMs)).rejects.toThrow();
    expect(await read(it)).toBeUndefined();
  });

  it('gives what ECS would, without asking it', async () => {
    await using it = await open(seen);
    await it.keep();
    await it.keep(minuteMs);
    it.calls.length = 0;
    const reader = await read(it);
    expect((await reader?.containerInstances('main'))?.items).toHaveLength(3);
    expect((await reader?.tasks('main'))?.items).toHaveLength(3);
    expect((await reader?.services('main'))?.items).toEqual(seen.services);
    expect((await reader?.taskDefinitions([tasks[0]?.taskDefinitionArn ?? '']))?.items).toHaveLength(1);
    expect(it.calls).toEqual([]);
    await reader?.taskDefinitions([tasks[0]?.taskDefinitionArn ?? '', 'other:1']);
    expect(it.calls).toEqual(['taskDefinitions 1']);
  });

  it('reads services anew once they are old', async () => {
    await using it = await open(seen);
    await it.keep();
    it.aws.seen = { ...it.aws.seen, gaps: [gap('services')] };
    await it.keep(3 * minuteMs);
    it.aws.seen = { ...it.aws.seen, services: [service(9)], gaps: [] };
    expect((await (await read(it))?.services('main'))?.items).toEqual([service(9)]);
  });

  it('reads afresh the services that an event told of, or that have other tasks than they were to have', async () => {
    await using it = await open(seen);
    await it.keep();
    await it.keep(2 * minuteMs);
    const asked: (readonly string[])[] = [];
    const cluster = {
      ...it.cluster,
      servicesByName: (name: string, names: readonly string[]) => {
        asked.push(names);
        return it.cluster.servicesByName(name, names);
      },
    };
    const services = async () =>
      (await (await mirroredReader('main', cluster, it))?.services('main')) ?? { items: [], gaps: [] };
    expect((await services()).items).toEqual(seen.services);
    expect(asked).toEqual([]);

    const at = it.clock.now();
    it.aws.seen = { ...it.aws.seen, services: [service(9), service(1, { name: 'new' })] };
    await it.mirrors.tell('main', 'm1', folded([{ kind: 'service', name: 'new', at }]), at);
    expect((await services()).items.map((one) => [one.name, one.desiredCount])).toEqual([
      ['api', 3],
      ['new', 1],
    ]);
    await it.mirrors.tell('main', 'm2', folded([taskChange(task(31, 3, { version: 9 }), at)]), at);
    expect((await services()).items.map((one) => [one.name, one.desiredCount])).toEqual([
      ['api', 9],
      ['new', 1],
    ]);
    expect(asked).toEqual([['new'], ['api', 'new']]);

    it.aws.seen = {
      ...it.aws.seen,
      services: [],
      gaps: [{ subject: 'services', cause: 'missing', detail: 'new: MISSING' }, gap('services')],
    };
    expect(await services()).toEqual({ items: [], gaps: [gap('services')] });
  });

  it('is none where the table cannot be read, and that is said', async () => {
    await using it = await open(seen);
    const broken = { recallMirror: () => Promise.reject(new Error('no table')) };
    const reader = await mirroredReader('main', it.cluster, { ...it, mirrors: broken });
    expect(reader).toBeUndefined();
    expect(it.telemetry.lines.map((one) => one.message)).toEqual([
      'the mirror cannot be read; the cluster is described instead',
    ]);
  });
});

describe('mirroredServices', () => {
  it('are those that were read within two minutes; else, and where the table cannot be read, there are none', async () => {
    await using it = await open(seen);
    expect(await mirroredServices('main', it)).toBeUndefined();
    await it.keep();
    expect(await mirroredServices('main', it)).toEqual({ items: seen.services, gaps: [] });
    it.aws.seen = { ...it.aws.seen, gaps: [gap('services')] };
    await it.keep(2 * minuteMs + 1);
    expect(await mirroredServices('main', it)).toBeUndefined();
    const mirrors = { recallServices: () => Promise.reject(new Error('no table')) };
    expect(await mirroredServices('main', { ...it, mirrors })).toBeUndefined();
  });
});

describe('keepMirrors', () => {
  const clusterSettings = { defaults: settings({ mirror: true }), clusters: { plain: settings() } };

  it('keeps those of the clusters that have one, whatever becomes of another', async () => {
    await using it = await open(seen);
    const cluster = {
      ...it.cluster,
      services: (name: string) =>
        name === 'broken' ? Promise.reject(new Error('denied')) : it.aws.cluster.services(name),
    };
    const kept = keepMirrors({ ...it, cluster, settings: clusterSettings, clusters: ['broken', 'plain', 'main'] });
    await expect(kept).rejects.toThrow('1 of 2 mirrors: AggregateError: the mirror of broken was not kept in full');
    expect((await it.recall()).comparedAt).toBe(now);
    expect((await it.mirrors.recallMirror('plain', now)).comparedAt).toBeUndefined();
  });
});

describe('a decision on a mirror that lags', () => {
  it('leaves an instance that has a task by now, which the mirror has not heard of', async () => {
    const idle = {
      ...seen,
      tasks: [],
      services: [],
      containerInstances: [instance(1), instance(2)],
      groups: [group([member(1), member(2)])],
    };
    await using it = await open(idle);
    await it.keep();
    const store = memoryStore();
    const all = { defaults: settings({ mirror: true, quietTimeMs: 0, peakWindowMs: 0 }), clusters: {} };
    const deps = {
      act: it.aws,
      store,
      clock: it.clock,
      settings: all,
      telemetry: it.telemetry,
      wakeUps: { wake: () => Promise.resolve() },
      deadLetters: { bury: () => Promise.resolve() },
      mirrored: { mirrors: it.mirrors, telemetry: it.telemetry },
    };
    it.aws.seen = {
      ...it.aws.seen,
      containerInstances: [
        instance(1, { version: 2, runningTasksCount: 1 }),
        instance(2, { version: 2, runningTasksCount: 1 }),
      ],
    };
    await decide('main', 'test', deps);
    const { plan, outcomes } = await decide('main', 'test', deps);
    expect(plan.steps.map((one) => one.kind)).toContain('drainInstances');
    expect(new Set(outcomes.map((one) => one.result))).toEqual(new Set(['dropped']));
    expect(it.aws.writes).toEqual([]);
  });
});
