import type { Decision } from '../../lib/flows/decide.ts';
import type { Controller } from '../../simulator/baselines/controller.ts';
import { managedScalings } from '../../simulator/baselines/managed-scaling/controllers.ts';
import { withTargetTracking } from '../../simulator/baselines/target-tracking.ts';
import { type BerthListener, berthController } from '../../simulator/host/ports/berth-controller.ts';
import { simulate } from '../../simulator/host/simulate.ts';
import type { Simulation } from '../../simulator/score/simulation.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import { objects } from '../../simulator/world/json.ts';

const minuteMs = 60_000;

/** A service whose count nobody sets but who scales it. */
export interface ScaledService {
  readonly name: string;
  /** CPU in per cent. */
  readonly target: number;
  readonly minimum: number;
  readonly maximum: number;
  /** As `berth.yml` has it; only Berth's. */
  readonly scaleIn?: object;
  /** As `berth.yml` has it. */
  readonly forecast?: object;
}

/** The workload gives services their first count only; their work goes on as it says. */
const leftToScaler = (scenario: Scenario, services: readonly ScaledService[]): Scenario => ({
  ...scenario,
  services: scenario.services.map((it) =>
    services.some((one) => one.name === it.name) ? { ...it, counts: it.counts.slice(0, 1) } : it,
  ),
});

const scalingSettings = (cluster: string, services: readonly ScaledService[], quiet = '7m'): object => ({
  defaults: { mode: 'act' },
  clusters: {
    [cluster]: {
      services: Object.fromEntries(
        services.map(({ name, target, minimum, maximum, scaleIn, forecast }) => [
          name,
          {
            scaling: {
              minimum,
              maximum,
              signals: [{ kind: 'cpu', target }],
              quietReadInterval: quiet,
              scaleIn,
              forecast,
            },
          },
        ]),
      ),
    },
  },
});

/** Minute by minute what a service's work was and what it had. */
interface Minute {
  readonly at: number;
  readonly service: string;
  /** Work per running task, as a share of its target. */
  readonly load: number;
  readonly running: number;
  readonly desired: number;
}

/** Seconds from a change of the load to what had to follow; undefined: it did not. */
interface FirstAfter {
  readonly countRaised?: number;
  readonly groupRaised?: number;
  readonly instanceRegistered?: number;
  readonly taskRunning?: number;
  readonly taskOnNewInstance?: number;
}

export interface ScaledRun {
  readonly firstAfter: FirstAfter;
  readonly simulation: Simulation;
  readonly minutes: readonly Minute[];
  /** Share of minutes in which work per running task was above 1.25 times the target. */
  readonly overloaded: number;
  readonly taskHours: number;
  readonly countChanges: number;
  /** Metrics that GetMetricData was asked for. */
  readonly metricsAsked: number;
}

const rateAt = ({ rates = [] }: Scenario['services'][number], atMs: number): number =>
  rates.findLast((it) => it.atMs <= atMs)?.rate ?? 0;

/** Watches a controller's services. */
const watched = (controller: Controller, services: readonly ScaledService[], minutes: Minute[], asked: { n: number }) =>
  ({
    ...controller,
    start: async (stage) => {
      const { world, clock, scenario } = stage;
      const ask = world.apis.monitoring['GetMetricData'];
      if (ask !== undefined)
        Object.assign(world.apis.monitoring, {
          GetMetricData: (input: JsonObject) => {
            asked.n += objects(input, 'MetricDataQueries')?.length ?? 0;
            return ask(input);
          },
        });
      const look = (): void => {
        for (const { name, target } of services) {
          const service = world.view.ecs.clusters.get(scenario.cluster)?.services.get(name);
          const offered = scenario.services.find((it) => it.name === name);
          if (service === undefined || offered?.perTask === undefined) continue;
          const running = [...service.tasks].filter((it) => it.lastStatus === 'RUNNING').length;
          const work = rateAt(offered, clock.now() - scenario.startMs) / offered.perTask;
          const load = running === 0 ? Number.POSITIVE_INFINITY : work / running / (target / 100);
          minutes.push({
            at: clock.now() - scenario.startMs,
            service: name,
            load,
            running,
            desired: service.desiredCount,
          });
        }
        clock.at(clock.now() + minuteMs, look);
      };
      clock.at(scenario.startMs + 10 * minuteMs, look);
      return controller.start(stage);
    },
  }) satisfies Controller;

const lookMs = 1_000;

/** Looks each second at what comes after a time, of the first service on the first group. */
const withFirsts = (
  controller: Controller,
  [service]: readonly ScaledService[],
  stepAtMs: number,
  firsts: { -readonly [Part in keyof FirstAfter]: FirstAfter[Part] },
): Controller => ({
  ...controller,
  start: async (stage) => {
    const { world, clock, scenario } = stage;
    const seen = () => {
      const cluster = world.view.ecs.clusters.get(scenario.cluster);
      const it = cluster?.services.get(service?.name ?? '');
      const running = [...(it?.tasks ?? [])].filter((task) => task.lastStatus === 'RUNNING');
      const groups = [...world.view.groups.values()];
      return {
        desired: it?.desiredCount ?? 0,
        running,
        capacity: groups.reduce((sum, group) => sum + group.desired, 0),
        instances: new Set(cluster?.instances.keys()),
      };
    };
    const startsAt = scenario.startMs + stepAtMs;
    clock.at(startsAt, () => {
      const before = seen();
      const look = (): void => {
        const now = seen();
        const note = (part: keyof FirstAfter, is: boolean): void => {
          if (is) firsts[part] ??= (clock.now() - startsAt) / 1_000;
        };
        note('countRaised', now.desired > before.desired);
        note('groupRaised', now.capacity > before.capacity);
        note(
          'instanceRegistered',
          [...now.instances].some((arn) => !before.instances.has(arn)),
        );
        note('taskRunning', now.running.length > before.running.length);
        note(
          'taskOnNewInstance',
          now.running.some(({ instance }) => instance !== undefined && !before.instances.has(instance.arn)),
        );
        if (firsts.taskOnNewInstance === undefined) clock.at(clock.now() + lookMs, look);
      };
      look();
    });
    return controller.start(stage);
  },
});

const overload = 1.25;

export const runScaled = async (
  scenario: Scenario,
  services: readonly ScaledService[],
  make: 'berth' | 'twoLoops',
  {
    seed = 1,
    quiet = '7m',
    stepAtMs,
    onDecision = () => undefined,
  }: {
    readonly seed?: number;
    readonly quiet?: string;
    /** When the load changes, to be followed second by second. */
    readonly stepAtMs?: number;
    readonly onDecision?: (decision: Decision) => void;
  } = {},
): Promise<ScaledRun> => {
  const minutes: Minute[] = [];
  const asked = { n: 0 };
  const left = leftToScaler(scenario, services);
  const [managed] = managedScalings;
  if (managed === undefined) throw new Error('no managed scaling');
  const firstAfter: { -readonly [Part in keyof FirstAfter]: FirstAfter[Part] } = {};
  const watch = (it: Controller): Controller => {
    const all = watched(it, services, minutes, asked);
    return stepAtMs === undefined ? all : withFirsts(all, services, stepAtMs, firstAfter);
  };
  const berth = berthController(scalingSettings(scenario.cluster, services, quiet));
  const tracked = services.map((it) => ({ ...it, cooldownMs: 5 * minuteMs }));
  const controller =
    make === 'berth'
      ? { ...berth, listenedTo: (listener: BerthListener) => watch(berth.listenedTo(listener)) }
      : watch(withTargetTracking(managed, tracked));
  const simulation = await simulate({
    scenario: left,
    controller,
    seed,
    laws: make === 'berth',
    onPlan: onDecision,
  });
  const byService = Map.groupBy(minutes, (it) => it.service);
  const changes = [...byService.values()].map(
    (its) => its.filter((it, n) => n > 0 && it.desired !== its[n - 1]?.desired).length,
  );
  return {
    simulation,
    firstAfter,
    minutes,
    overloaded: minutes.filter((it) => it.load > overload).length / minutes.length,
    taskHours: minutes.reduce((sum, it) => sum + it.running, 0) / 60,
    countChanges: changes.reduce((sum, it) => sum + it, 0),
    metricsAsked: asked.n,
  };
};
