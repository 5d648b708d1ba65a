import type { Decision } from '../../lib/flows/decide.ts';
import type { InstanceVerdict } from '../../lib/model/plan.ts';
import type { LocalAws } from '../host/local-aws.ts';
import { type ClusterListener, watchCluster } from '../score/cluster-watch.ts';
import { followDemand } from '../score/demand.ts';
import { isAnybodyElse } from '../score/meter.ts';
import type { Scenario } from '../workloads/scenario.ts';
import type { World } from '../world/world.ts';
import { ActionRefusal, perform } from './actions.ts';
import { type PlanWords, tell } from './feed.ts';
import { keepHistory, Newest } from './history.ts';
import { liveInstances } from './instances.ts';
import type {
  Action,
  Answer,
  FeedEntry,
  LiveFault,
  LiveGroup,
  LiveInstance,
  LivePoint,
  LiveService,
  LiveState,
  Scene,
  Speed,
  Totals,
} from './wire.ts';

const mostFeed = 200;
const hourMs = 3_600_000;

export interface LiveRunOptions {
  readonly scenario: Scenario;
  readonly scene: Scene;
  readonly speed: Speed;
  readonly words: PlanWords;
}

/** A run as it is watched and played with: all that a page shows of it, and what it may do to it. */
export class LiveRun {
  private readonly options: LiveRunOptions;
  private readonly feed = new Newest<FeedEntry>(mostFeed);
  private told = 0;
  private news = '';
  private verdicts: ReadonlyMap<string, InstanceVerdict> = new Map();
  private faults: readonly LiveFault[] = [];
  private asked: Speed;
  private isOver = false;
  private followed: Followed | undefined;
  private readonly paceMeter = new PaceMeter();

  constructor(options: LiveRunOptions) {
    this.options = options;
    this.asked = options.speed;
  }

  /** Virtual seconds a real second, as the run is to go from now on. */
  readonly speed = (): number => this.asked ?? Number.POSITIVE_INFINITY;

  /** Follows a world from its beginning. */
  readonly onWorld = (aws: Pick<LocalAws, 'world' | 'clock'>): void => {
    this.followed = follow(aws, this.options.scenario, (entry) => {
      this.say(entry);
    });
  };

  readonly onDecision = (decision: Decision): void => {
    this.verdicts = new Map(decision.plan.instances.map((it) => [it.ec2InstanceId, it.verdict]));
    const { entry, news } = tell(decision, this.news, this.options.words);
    this.news = news;
    if (entry !== undefined) this.say(entry);
  };

  end(): void {
    this.isOver = true;
  }

  /** As it is now. */
  state(): LiveState {
    const { scene, scenario } = this.options;
    const now = this.followed?.aws.clock.now() ?? scenario.startMs;
    return {
      scene,
      now,
      speed: this.asked,
      pace: this.paceMeter.at(now),
      isOver: this.isOver,
      faults: this.faults.filter((it) => it.until > now),
      feed: this.feed.all,
      ...(this.followed === undefined ? nothingYet : this.followed.state(this.verdicts, this.options.words.plain)),
    };
  }

  /** Does it as soon as the clock lets anything happen; a refusal is an answer too. */
  async act(action: Action): Promise<Answer> {
    if (action.kind === 'speed') {
      this.asked = action.speed;
      return { ok: true, said: action.speed === 0 ? 'Time stands still.' : 'Time moves on.' };
    }
    const { followed } = this;
    if (followed === undefined || this.isOver) return { ok: false, said: 'The run is over: start another one.' };
    const { clock, world } = followed.aws;
    const target = {
      world,
      clock,
      cluster: this.options.scenario.cluster,
      onFault: (fault: LiveFault): void => {
        this.faults = [...this.faults.filter((it) => it.until > clock.now()), fault];
      },
    };
    return new Promise((answer) => {
      clock.at(clock.now(), () => {
        try {
          const said = perform(target, action);
          this.say({ at: clock.now(), from: 'you', lines: [lineOf(said)], notes: [] });
          answer({ ok: true, said });
        } catch (error) {
          if (!(error instanceof ActionRefusal)) console.error('The live page could not do what it was asked:', error);
          answer({ ok: false, said: error instanceof Error ? error.message : String(error) });
        }
      });
    });
  }

  private say(entry: Omit<FeedEntry, 'number'>): void {
    this.feed.add({ ...entry, number: ++this.told });
  }
}

const lineOf = (text: string): FeedEntry['lines'][number] => ({ text, reason: undefined, isTrouble: false });

/** How fast virtual time goes by, over the last second or so. */
class PaceMeter {
  private readonly seen: { readonly real: number; readonly virtual: number }[] = [];

  at(virtual: number): number {
    const real = performance.now();
    this.seen.push({ real, virtual });
    while (this.seen.length > 2 && real - (this.seen[1]?.real ?? real) > 1_000) this.seen.shift();
    const [first] = this.seen;
    return first === undefined || real - first.real < 1
      ? 0
      : Math.round((virtual - first.virtual) / (real - first.real));
  }
}

const nothingYet: Pick<LiveState, 'totals' | 'groups' | 'services' | 'instances' | 'points'> = {
  totals: { runningTasks: 0, waitingTasks: 0, instanceHours: 0, terminationsWithLiveTask: 0 },
  groups: [],
  services: [],
  instances: {},
  points: [],
};

interface Followed {
  readonly aws: Pick<LocalAws, 'world' | 'clock'>;
  readonly state: (
    verdicts: ReadonlyMap<string, InstanceVerdict>,
    plain: (text: string) => string,
  ) => Pick<LiveState, 'totals' | 'groups' | 'services' | 'instances' | 'points'>;
}

/** Instance-hours as they are billed, and what Berth ended that still worked. */
const followBill = () => {
  const since = new Map<string, number>();
  const warned = new Set<string>();
  let endedMs = 0;
  let terminationsWithLiveTask = 0;
  const listener: ClusterListener = {
    launched: ({ ec2InstanceId }, at) => {
      since.set(ec2InstanceId, at);
    },
    warned: ({ ec2InstanceId }) => {
      warned.add(ec2InstanceId);
    },
    stopped: ({ ec2InstanceId, tasks }, at, cause) => {
      endedMs += at - (since.get(ec2InstanceId) ?? at);
      since.delete(ec2InstanceId);
      warned.delete(ec2InstanceId);
      if (tasks.size > 0 && cause.kind === 'call' && isAnybodyElse(cause.caller)) terminationsWithLiveTask++;
    },
  };
  const hours = (now: number): number => [...since.values()].reduce((sum, at) => sum + now - at, endedMs) / hourMs;
  return {
    listener,
    warned,
    figures: (now: number) => ({ instanceHours: Math.round(hours(now) * 10) / 10, terminationsWithLiveTask }),
  };
};

const rounded = (value: number): number => Math.round(value * 100) / 100;

const groupsOf = ({ view }: World): readonly LiveGroup[] =>
  [...view.groups.values()].map(({ name, minSize, maxSize, desired, zones }) => ({
    name,
    minSize,
    maxSize,
    desired,
    zones: zones.toSorted(),
  }));

const follow = (
  aws: Pick<LocalAws, 'world' | 'clock'>,
  scenario: Scenario,
  say: (entry: Omit<FeedEntry, 'number'>) => void,
): Followed => {
  const { world, clock } = aws;
  const demand = followDemand(scenario, hourMs);
  const bill = followBill();
  const watch = watchCluster({ world, arrivals: [] }, [demand.listener, bill.listener]);

  world.log.subscribe(
    (it) => {
      if (it.kind !== 'api' || it.operation !== 'UpdateService' || it.caller !== 'workload') return;
      const { service, taskDefinition } = it.input;
      if (typeof service === 'string' && taskDefinition !== undefined)
        say({ at: it.at, from: 'scenario', lines: [lineOf(`A new revision of ${service} is deployed.`)], notes: [] });
    },
    ['api'],
  );

  const waiting = (): readonly string[] =>
    [...watch.wants].filter((it) => !it.placed).map((it) => it.service ?? 'standalone');

  const services = (): readonly LiveService[] => {
    const lacking = Map.groupBy(waiting(), (it) => it);
    return [...(world.view.ecs.clusters.get(scenario.cluster)?.services.values() ?? [])].map((it) => ({
      name: it.name,
      desired: it.desiredCount,
      running: [...it.tasks].filter((task) => task.lastStatus === 'RUNNING').length,
      waiting: lacking.get(it.name)?.length ?? 0,
    }));
  };

  const runningTasks = (): number => {
    let count = 0;
    for (const it of world.view.ecs.clusters.get(scenario.cluster)?.tasks.values() ?? [])
      if (it.lastStatus === 'RUNNING') count++;
    return count;
  };

  const totals = (): Totals => ({
    runningTasks: runningTasks(),
    waitingTasks: waiting().length,
    ...bill.figures(clock.now()),
  });

  const instances = (verdicts: ReadonlyMap<string, InstanceVerdict>, plain: (text: string) => string) =>
    liveInstances(world, scenario.cluster, { verdicts, warned: bill.warned, plain });

  const look = (at: number): LivePoint => {
    const paid = instances(new Map(), (text) => text).filter((it) => it.stage !== 'dead');
    const active = paid.filter((it) => it.stage === 'active');
    const vcpu = (of: readonly LiveInstance[]): number => rounded(of.reduce((sum, it) => sum + it.cpuUnits, 0) / 1024);
    const gib = (of: readonly LiveInstance[]): number => rounded(of.reduce((sum, it) => sum + it.memoryMiB, 0) / 1024);
    const { cpuUnits, memoryMiB } = demand.total();
    return {
      at,
      needVcpu: rounded(cpuUnits / 1024),
      activeVcpu: vcpu(active),
      paidVcpu: vcpu(paid),
      needGib: rounded(memoryMiB / 1024),
      activeGib: gib(active),
      paidGib: gib(paid),
      waiting: waiting().length,
    };
  };
  const history = keepHistory(clock, look);

  return {
    aws,
    state: (verdicts, plain) => ({
      totals: totals(),
      groups: groupsOf(world),
      services: services(),
      instances: Object.fromEntries(instances(verdicts, plain).map((it) => [it.id, it])),
      points: history.points(),
    }),
  };
};
