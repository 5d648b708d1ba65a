import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { minuteMs } from '../../lib/model/time.ts';
import { ebsVolumesForTasks } from '../../lib/placement/ebs-volumes.ts';
import { interfacesForTasks } from '../../lib/placement/network-interfaces.ts';
import { pack } from '../../lib/placement/pack.ts';
import { lastingOf } from '../../lib/planning/consolidation/lasting.ts';
import { scoreOf, totalsOf, weigh } from '../../lib/planning/consolidation/weigh.ts';
import { tasksFor } from '../../lib/planning/counts/tasks-for.ts';
import { deadlineFor, emptyingMs } from '../../lib/planning/deadlines.ts';
import { demandOf } from '../../lib/planning/demand.ts';
import { launchBudgetOf } from '../../lib/planning/launching/budget.ts';
import { siteOf } from '../../lib/planning/sites.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { candidate, shape } from '../placement/packing-cases.ts';
import {
  deployment,
  drain,
  group,
  input,
  instance,
  member,
  now,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';

const pages = ['docs/calculations.md', 'docs/service-counts.md']
  .map((it) => readFileSync(it, 'utf8').replaceAll(/\s+/g, ' '))
  .join(' ');

/** The numbers of a worked example as it stands in the text: what stands there no more fails here. */
const stated = (words: RegExp): readonly number[] => {
  const found = words.exec(pages);
  if (found === null) throw new Error(`no document says ${String(words)}`);
  return found.slice(1).map((it) => Number(it.replaceAll(',', '')));
};

const counted = { four: 4, two: 2, ten: 10, nine: 9 } as const;

const lackOf = (...of: Parameters<typeof input>): number =>
  demandOf(viewOf(input(...of))).reduce((sum, it) => sum + it.tasks, 0);

const old = deployment({ id: 'ecs-svc/0', status: 'ACTIVE', createdAt: now - 120 * minuteMs });
const fresh = deployment({ id: 'ecs-svc/1', desiredCount: 4, rolloutState: 'IN_PROGRESS' });

describe('worked numbers of the documents', () => {
  it('what a rolling service lacks', () => {
    const [desired = 0, maximumPercent = 0, lack] = stated(
      /desired (\d+), maximumPercent (\d+), four old tasks run, none of the new revision: `min\([^`]*\) = (\d+)`/,
    );
    const tasks = Array.from({ length: counted.four }, (_, n) => task(n, 1, { startedBy: 'ecs-svc/0' }));
    const services = [service(desired, { maximumPercent, deployments: [fresh, old] })];

    expect(lackOf({ containerInstances: [instance(1)], services, tasks })).toBe(lack);
  });

  it('what a blue/green service lacks', () => {
    const [blue = 0, wanted = 0, has = 0, lack] = stated(
      /(\d+) blue tasks, green wants (\d+) and has (\d+): (\d+) are missing/,
    );
    const tasks = [
      ...Array.from({ length: blue }, (_, n) => task(n, 1, { startedBy: 'ecs-svc/0' })),
      ...Array.from({ length: has }, (_, n) => task(100 + n, 1, { startedBy: 'ecs-svc/1' })),
    ];
    const services = [
      service(wanted, { deploymentKind: 'blueGreen', deployments: [fresh, { ...old, desiredCount: blue }] }),
    ];

    expect(lackOf({ containerInstances: [instance(1)], services, tasks })).toBe(lack);
  });

  it('network interfaces and EBS volumes of an instance type', () => {
    expect(/m5\.large has 3: two tasks, with a trunk ten\./.test(pages)).toBe(true);
    expect([interfacesForTasks('m5.large', false), interfacesForTasks('m5.large', true)]).toEqual([
      counted.two,
      counted.ten,
    ]);
    const volumes = stated(/root volume: (\d+) volumes of tasks\. m7i\.large: 32 less 1: (\d+)\./);
    expect([ebsVolumesForTasks('m5.large'), ebsVolumesForTasks('m7i.large')]).toEqual(volumes);
  });

  it('how many instances', () => {
    const [tasks = 0, cpu = 0, memory = 0, hasCpu = 0, hasMemory = 0, launched] = stated(
      /(\d+) tasks of (\d+) CPU units and ([\d,]+) MiB onto instances of ([\d,]+) and ([\d,]+): [^`]*`⌈9 ÷ 4⌉ = (\d+)`/,
    );

    const packing = pack([shape('a', [cpu, memory], tasks)], [], [candidate('web', [hasCpu, hasMemory])]);

    expect(packing.launches).toEqual({ web: launched });
  });

  it('how many launches a group may waste', () => {
    const [allowed = 0, launched = 0, hold = 0, wasted = 0, left] = stated(
      /(\d+) allowed, (\d+) launched in the last hour, (\d+) of them hold a task: (\d+) wasted, (\d+) more/,
    );
    const numbers = Array.from({ length: hold }, (_, n) => n);
    const members = group(numbers.map((n) => member(n)));
    const view = viewOf(
      input(
        {
          containerInstances: numbers.map((n) => instance(n, { registeredAt: now - 5 * minuteMs })),
          tasks: numbers.map((n) => task(n, n)),
          services: [service(hold)],
          groups: [members],
        },
        {
          memory: { launches: [{ group: members.name, at: now - 30 * minuteMs, instances: launched }] },
          settings: { launchesPerHour: allowed },
        },
      ),
    );

    expect(launched - hold).toBe(wasted);
    expect(launchBudgetOf(view, members).left).toBe(left);
  });

  it('what is worth moving', () => {
    const [nine = 0, tasks = 0, few = 0] = stated(
      /ten equal instances, nine with (\d+) tasks and one with (\d+): all of them disturb 9 × 10 \+ (\d+) = 95/,
    );
    const [one, other] = stated(/\(5 ÷ 95\) = ([\d.]+)`\. Each other: `\(1 ÷ 10\) ÷ \(10 ÷ 95\) = ([\d.]+)`/);
    const numbers = Array.from({ length: counted.ten }, (_, n) => n);
    const view = viewOf(
      input({
        containerInstances: numbers.map((n) => instance(n)),
        tasks: numbers.flatMap((n) => Array.from({ length: n === 0 ? tasks : nine }, (_, k) => task(100 * n + k, n))),
        services: [service(counted.nine * nine + tasks)],
        groups: [group(numbers.map((n) => member(n)))],
      }),
    );
    const totals = totalsOf(
      view,
      view.observation.containerInstances.map((it) => siteOf(view, it)),
    );
    const price = totals.price / counted.ten;

    expect(few).toBe(1 + tasks);
    expect(totals.disturbance).toBe(95);
    expect(scoreOf(price, 1 + tasks, totals)).toBeCloseTo(one ?? 0, 5);
    expect(scoreOf(price, 1 + nine, totals)).toBeCloseTo(other ?? 0, 5);
  });

  it('how much of a saving lasts', () => {
    const [minutes, alone, first] = stated(
      /four launches in an hour, ([\d.]+) minutes to empty it [^`]*`[^`]*` = ([\d.]+) of its saving, the first of two `[^`]*` = (\d+\.\d+)/,
    );
    const members = group([member(0), member(1)]);
    const view = viewOf(
      input(
        {
          containerInstances: [instance(0), instance(1)],
          tasks: [task(0, 0), task(1, 1), task(2, 1)],
          services: [service(3, { hasLoadBalancer: true })],
          groups: [members],
        },
        {
          memory: {
            launches: Array.from({ length: counted.four }, (_, n) => ({
              group: members.name,
              at: now - (10 + n) * minuteMs,
              instances: 1,
            })),
          },
        },
      ),
    );
    const candidates = view.observation.containerInstances.map((it) => weigh(view, { instance: it, group: members }));
    const shares = (its: typeof candidates): readonly number[] =>
      [...lastingOf(view, its).values()].map((it) => Math.round(it * 100) / 100);

    expect(emptyingMs(view, candidates[0]?.instance.arn ?? '') / minuteMs).toBe(minutes);
    expect(shares(candidates.slice(0, 1))).toEqual([alone]);
    expect(shares(candidates)[0]).toBe(first);
  });

  it('how long a drain may take', () => {
    const [tasks = 0, desired = 0, minimum = 0, maximum = 0, minutes] = stated(
      /(\d+) tasks behind a load balancer, desired (\d+), (\d+) % to (\d+) %: 5 at once, 2 waves of [^:]*: (\d+) minutes/,
    );
    const definition = taskDefinition('api');
    const view = viewOf(
      input({
        containerInstances: [instance(1)],
        tasks: Array.from({ length: tasks }, (_, n) => task(n, 1)),
        services: [
          service(desired, { hasLoadBalancer: true, minimumHealthyPercent: minimum, maximumPercent: maximum }),
        ],
        taskDefinitions: { [definition.arn]: definition },
      }),
    );
    const own = drain(1, { cause: 'consolidation' });

    expect(((deadlineFor(view, own) ?? Infinity) - own.startedAt) / minuteMs).toBe(minutes);
  });

  it('how many tasks a service has by its target', () => {
    const [ready = 0, value = 0, target = 0, wanted] = stated(
      /(\d+) tasks at (\d+) % of a target of (\d+) % make (\d+)/,
    );
    const tolerances = { scaleOut: { tolerance: 0.1 }, scaleIn: { tolerance: 0.1 } };
    const present = { desired: ready, ready, unready: 0 };

    expect(tasksFor({ measure: 'perTask', target }, value, present, tolerances)).toBe(wanted);
  });
});
