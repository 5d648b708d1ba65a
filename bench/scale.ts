import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ecsEventDetails } from '../lib/aws/ecs-event-details.ts';
import { keepMirror } from '../lib/flows/mirror/keeping.ts';
import { tellMirrors } from '../lib/flows/mirror/telling.ts';
import { lookAndPlan } from '../lib/flows/planning.ts';
import { type Change, folded, instanceChange, taskChange, tasksIn } from '../lib/mirror/mirror.ts';
import { nothingAsked } from '../lib/model/asked-for.ts';
import type { ContainerInstance } from '../lib/model/container-instance.ts';
import type { Observation } from '../lib/model/observation.ts';
import type { Settings } from '../lib/model/settings.ts';
import type { Task } from '../lib/model/task.ts';
import { minuteMs, secondMs } from '../lib/model/time.ts';
import type { ClusterReader } from '../lib/ports/cluster-api.ts';
import type { TaskReader } from '../lib/ports/mirror-store.ts';
import { dynamoDbMirrorStore } from '../lib/store/mirror.ts';
import { createTable } from '../lib/store/table.ts';
import { type Dice, seededDice } from '../simulator/kernel/dice.ts';
import { FakeAws } from '../test/support/fake-aws.ts';
import { memoryTelemetry } from '../test/support/memory-telemetry.ts';
import type { Figures, Suite } from './suite.ts';
import { clusterOf, type Size } from './support/planning-inputs.ts';

const cluster = 'main';
const tableName = 'bench';
const looks = 5;
const sizes: readonly Size[] = [50, 200, 1_000, 5_000].map((instances) => ({
  instances,
  tasks: 10 * instances,
  services: Math.ceil(instances / 5),
}));

const rounded = (value: number): number => Number(value.toFixed(1));
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

interface Database extends AsyncDisposable {
  readonly client: DynamoDBClient;
  /** Items written since the beginning. */
  readonly writes: () => number;
}

const portOf = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('the local table has no output');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return line.toString().trim();
};

const database = async (): Promise<Database> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support', 'local-table.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${await portOf(child)}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  await createTable(client, tableName);
  let writes = 0;
  client.middlewareStack.add(
    (next, context) => (args) => {
      if (/^(Put|Update|Delete)Item/.test(context.commandName ?? '')) writes += 1;
      return next(args);
    },
    { step: 'initialize' },
  );
  return {
    client,
    writes: () => writes,
    async [Symbol.asyncDispose]() {
      client.destroy();
      child.kill();
      await once(child, 'exit');
    },
  };
};

/** ECS and Auto Scaling as they see a cluster, with the calls that the adapters would make for each read. */
interface Seen {
  readonly aws: FakeAws;
  readonly reader: ClusterReader & TaskReader;
  readonly groups: FakeAws['groups'];
  calls: number;
}

const pages = (items: number, size = 100): number => Math.ceil(items / size);
const listed = (items: number): number => Math.max(1, pages(items));

const seen = (observation: Observation): Seen => {
  const aws = new FakeAws(observation);
  const charge = <T>(calls: number, answer: Promise<T>): Promise<T> => {
    it.calls += calls;
    return answer;
  };
  const all = () => aws.seen;
  const found = (tasks: readonly Task[]) => Promise.resolve({ items: tasks, gaps: [] });
  const tasksOn = (arn: string) => all().tasks.filter((one) => one.containerInstanceArn === arn);
  const known = new Set<string>();
  const it: Seen = {
    aws,
    calls: 0,
    groups: {
      ...aws.groups,
      groupsOfClusters: (...args) => charge(pages(all().groups.length), aws.groups.groupsOfClusters(...args)),
      surroundings: (names) => charge(3 * names.length, aws.groups.surroundings(names)),
      failedActivities: (names, since) => charge(names.length, aws.groups.failedActivities(names, since)),
    },
    reader: {
      ...aws.cluster,
      cluster: (...args) => charge(1, aws.cluster.cluster(...args)),
      capacityProviders: (names) => charge(pages(names.length), aws.cluster.capacityProviders(names)),
      containerInstances: (...args) =>
        charge(
          listed(all().containerInstances.length) + pages(all().containerInstances.length),
          aws.cluster.containerInstances(...args),
        ),
      containerInstancesByArn: (name, arns) =>
        charge(pages(arns.length), aws.cluster.containerInstancesByArn(name, arns)),
      tasks: () => charge(listed(all().tasks.length) + pages(all().tasks.length), found(all().tasks)),
      tasksOn: (_, arn) => charge(3, found(tasksOn(arn))),
      tasksByArn: (_, arns) => {
        const asked = new Set(arns);
        return charge(pages(arns.length), found(all().tasks.filter((one) => asked.has(one.arn))));
      },
      services: (...args) =>
        charge(listed(all().services.length) + pages(all().services.length, 10), aws.cluster.services(...args)),
      servicesByName: (name, names) => charge(pages(names.length, 10), aws.cluster.servicesByName(name, names)),
      taskProtection: (name, arns) => charge(pages(arns.length), aws.cluster.taskProtection(name, arns)),
      taskDefinitions: (names) => {
        const unknown = names.filter((one) => !known.has(one));
        for (const one of unknown) known.add(one);
        return charge(unknown.length, aws.cluster.taskDefinitions(names));
      },
    },
  };
  return it;
};

const arnOf = (resource: string): string => `arn:aws:ecs:eu-west-1:123456789012:${resource}`;

/** A task's event with one container, as long as they are in ECS's own examples (ECS developer guide, events). */
const bodyOf = (task: Task, at: number): string =>
  JSON.stringify({
    version: '0',
    id: '12345678-1234-1234-1234-123456789012',
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    time: new Date(at).toISOString(),
    account: '123456789012',
    region: 'eu-west-1',
    resources: [task.arn],
    detail: {
      ...task,
      taskArn: task.arn,
      clusterArn: arnOf(`cluster/${cluster}`),
      attachments: [],
      attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
      createdAt: new Date(task.createdAt ?? at).toISOString(),
      containers: [
        {
          containerArn: arnOf(`container/${cluster}/11111111-2222-3333-4444-555555555555`),
          name: 'app',
          image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1',
          imageDigest: `sha256:${'0'.repeat(64)}`,
          runtimeId: '0'.repeat(64),
          lastStatus: task.lastStatus,
          taskArn: task.arn,
          networkInterfaces: [],
          cpu: '512',
          memory: '1024',
        },
      ],
      overrides: { containerOverrides: [{ name: 'app' }] },
      connectivity: 'CONNECTED',
      availabilityZone: 'eu-west-1a',
    },
  });

const withCounts = (observation: Observation): Observation => {
  const counts = Map.groupBy(observation.tasks, (it) => it.containerInstanceArn);
  return {
    ...observation,
    containerInstances: observation.containerInstances.map((it) => ({
      ...it,
      runningTasksCount: counts.get(it.arn)?.length ?? 0,
      pendingTasksCount: 0,
    })),
  };
};

interface Bench {
  readonly db: Database;
  readonly mirrors: ReturnType<typeof dynamoDbMirrorStore>;
  readonly name: string;
  readonly it: Seen;
  readonly telemetry: ReturnType<typeof memoryTelemetry>;
  readonly settings: Settings;
  readonly time: { at: number };
  readonly clock: { readonly now: () => number; readonly sleep: () => Promise<void> };
  readonly look: (mirrored: boolean) => Promise<number>;
}

const benchOf = (size: Size, db: Database): Bench => {
  const input = clusterOf(size);
  const it = seen(withCounts(input.observation));
  const settings = { defaults: { ...input.settings, mirror: true }, clusters: {} };
  const time = { at: input.now };
  const clock = { now: () => time.at, sleep: () => Promise.resolve() };
  const mirrors = dynamoDbMirrorStore(db.client, tableName);
  const telemetry = memoryTelemetry();
  const name = `${cluster}${size.instances}`;
  return {
    db,
    mirrors,
    name,
    it,
    telemetry,
    settings,
    time,
    clock,
    look: async (mirrored) => {
      const start = performance.now();
      await lookAndPlan(name, input.memory, true, {
        read: { cluster: it.reader, groups: it.groups },
        store: { drainsAndAsked: () => Promise.resolve({ drains: input.drains, asked: nothingAsked, runs: [] }) },
        settings,
        clock,
        ...(mirrored ? { mirrored: { mirrors, telemetry } } : {}),
      });
      return performance.now() - start;
    },
  };
};

const callsOf = async (it: Seen, work: () => Promise<unknown>): Promise<number> => {
  it.calls = 0;
  await work();
  return it.calls;
};

const keep = ({ it, name, mirrors, clock, telemetry, settings }: Bench): Promise<void> =>
  keepMirror(name, { mirrors, cluster: it.reader, clock, telemetry, settings });

/** Calls and milliseconds with a mirror and without; ECS itself takes no time here. */
const bySize = async (size: Size, db: Database): Promise<Figures> => {
  const bench = benchOf(size, db);
  const first = await callsOf(bench.it, () => keep(bench));
  bench.time.at += minuteMs;
  const eachMinute = await callsOf(bench.it, () => keep(bench));
  bench.time.at += 10 * minuteMs;
  const comparison = (await callsOf(bench.it, () => keep(bench))) - eachMinute;
  const times = async (mirrored: boolean): Promise<readonly number[]> => {
    const all: number[] = [];
    for (let n = 0; n < looks; n++) all.push(await bench.look(mirrored));
    return all;
  };
  await bench.look(false); // so that every task definition is known
  const direct = await callsOf(bench.it, () => bench.look(false));
  const mirrored = await callsOf(bench.it, () => bench.look(true));
  const { bytes } = await bench.mirrors.recallMirror(bench.name, bench.time.at);
  const of = size.instances;
  return {
    [`aws_calls_per_reconcile_${of}_direct`]: direct,
    [`aws_calls_per_reconcile_${of}`]: mirrored,
    [`look_ms_p50_${of}_direct_without_ecs`]: rounded(median(await times(false))),
    [`look_ms_p50_${of}`]: rounded(median(await times(true))),
    [`store_bytes_read_per_decision_${of}`]: bytes,
    [`aws_calls_to_fill_${of}`]: first,
    [`aws_calls_per_minute_${of}`]: eachMinute,
    [`aws_calls_per_comparison_${of}`]: comparison,
  };
};

const eventsAtOnce = 1_000;
const batches = 5;

const telling = async ({ it, db, mirrors, settings, clock, telemetry }: Bench): Promise<Figures> => {
  const tell = (batch: number) => {
    const some = it.aws.seen.tasks.slice(batch * eventsAtOnce, (batch + 1) * eventsAtOnce);
    const messages = some.map((task, n) => ({ id: `${batch}-${n}`, body: bodyOf(task, clock.now()) }));
    return tellMirrors(messages, {
      clusters: [cluster],
      telemetry,
      mirroring: { mirrors, changes: ecsEventDetails, settings, clock },
    });
  };
  await tell(0);
  const [writes, cpu] = [db.writes(), process.cpuUsage()];
  for (let batch = 0; batch < batches; batch++) await tell(batch);
  const { user, system } = process.cpuUsage(cpu);
  return {
    store_writes_per_1000_events: rounded((db.writes() - writes) / batches),
    cpu_ms_per_1000_events: rounded((user + system) / 1_000 / batches),
  };
};

/** The last comparison is five minutes ago then. */
const minutes = 65;
const movedAMinute = 200;
const lostShare = 0.01;
const doubledShare = 0.05;
const lateShare = 0.1;

/** A minute in which tasks end here and begin there; all that ECS tells of it. */
const churn = (observation: Observation, minute: number, at: number, dice: Dice): readonly [Observation, Change[]] => {
  const tasks = [...observation.tasks];
  const instances = new Map(observation.containerInstances.map((it) => [it.arn, it]));
  const arns = [...instances.keys()];
  const changes: Change[] = [];
  const count = (arn: string | undefined, by: number): void => {
    const it = instances.get(arn ?? '');
    if (it === undefined) return;
    const next: ContainerInstance = {
      ...it,
      version: it.version + 1,
      runningTasksCount: it.runningTasksCount + by,
    };
    instances.set(next.arn, next);
    changes.push(instanceChange(next, at));
  };
  for (let n = 0; n < movedAMinute; n++) {
    const index = Math.floor(dice.next() * tasks.length);
    const old = tasks[index];
    const to = arns[Math.floor(dice.next() * arns.length)];
    if (old === undefined || to === undefined) continue;
    changes.push(taskChange({ ...old, version: old.version + 1, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }, at));
    count(old.containerInstanceArn, -1);
    const next: Task = { ...old, arn: `${old.arn.slice(0, 60)}${minute}x${n}`, version: 1, containerInstanceArn: to };
    tasks[index] = next;
    changes.push(taskChange({ ...next, lastStatus: 'PENDING' }, at), taskChange({ ...next, version: 2 }, at));
    tasks[index] = { ...next, version: 2 };
    count(to, 1);
  }
  return [{ ...observation, tasks, containerInstances: [...instances.values()] }, changes];
};

const differences = async ({ mirrors, name, it, clock }: Bench): Promise<number> => {
  const { mirror } = await mirrors.recallMirror(name, clock.now());
  const known = new Set(tasksIn(mirror).map((one) => one.arn));
  const real = new Set(it.aws.seen.tasks.map((one) => one.arn));
  const versions = it.aws.seen.containerInstances.filter(
    (one) => mirror.instances.get(one.arn)?.value?.version !== one.version,
  );
  return (
    [...known].filter((arn) => !real.has(arn)).length +
    [...real].filter((arn) => !known.has(arn)).length +
    versions.length
  );
};

/** An hour and more of events that come late, doubled, in any order, or not at all; the keeper runs each minute. */
const lossy = async (size: Size, db: Database): Promise<Figures> => {
  const bench = benchOf(size, db);
  const dice = seededDice(1);
  let late: Change[] = [];
  await keep(bench);
  const before = db.writes();
  for (let minute = 1; minute <= minutes; minute++) {
    bench.time.at += minuteMs;
    const [observation, changes] = churn(bench.it.aws.seen, minute, bench.time.at - 30 * secondMs, dice);
    bench.it.aws.seen = observation;
    const heard = [...late, ...changes.filter(() => dice.next() >= lostShare)];
    late = [];
    const told: { readonly change: Change; readonly order: number }[] = [];
    for (const change of heard) {
      if (dice.next() < lateShare) late.push(change);
      else told.push({ change, order: dice.next() });
      if (dice.next() < doubledShare) told.push({ change, order: dice.next() });
    }
    told.sort((a, b) => a.order - b.order);
    for (let from = 0; from < told.length; from += eventsAtOnce) {
      const some = told.slice(from, from + eventsAtOnce).map((it) => it.change);
      await bench.mirrors.tell(bench.name, `${minute}-${from}`, folded(some), bench.time.at);
    }
    await keep(bench);
  }
  const wrong = await differences(bench);
  const found = bench.telemetry.counts.get('MirrorDrift') ?? 0;
  await bench.mirrors.tell(bench.name, 'late', folded(late), bench.time.at);
  let rounds = 0;
  let left = wrong;
  while (left > 0 && rounds < 5) {
    bench.time.at += 10 * minuteMs;
    await keep(bench);
    rounds += 1;
    left = await differences(bench);
  }
  return {
    mirror_drift_found_in_an_hour: found,
    mirror_wrong_after_an_hour: wrong,
    mirror_drift: left,
    mirror_rounds_until_right: rounds,
    store_writes_in_an_hour: db.writes() - before,
  };
};

export const suite: Suite = {
  about:
    'Mirrors: 50 to 5,000 instances with 10 tasks each, DynamoDB on loopback, ECS answering at once; 65,000 events of an hour at 1,001 instances, 1 % lost; seed 1',
  run: async () => {
    await using db = await database();
    const figures: Figures[] = [];
    for (const size of sizes) figures.push(await bySize(size, db));
    const rss = { rss_mb: rounded(process.resourceUsage().maxRSS / 1_024) };
    const largest = benchOf({ instances: 5_000, tasks: 50_000, services: 1_000 }, db);
    figures.push(rss, await telling(largest));
    figures.push(await lossy({ instances: 1_001, tasks: 10_010, services: 201 }, db));
    return Object.assign({}, ...figures) as Figures;
  },
};
