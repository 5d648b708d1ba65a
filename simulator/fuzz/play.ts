import type { Decision } from '../../lib/flows/decide.ts';
import { type Drain, isEndedByOthers } from '../../lib/model/memory.ts';
import type { Step } from '../../lib/model/plan.ts';
import type { InvocationStart } from '../host/lambda.ts';
import { person, type WatchedBerth, watchedBerth } from '../host/ports/watched-berth.ts';
import { type Dice, seededDice } from '../kernel/dice.ts';
import { problemText } from '../workloads/file/problem.ts';
import { parseScenario } from '../workloads/load-scenario.ts';
import type { Scenario } from '../workloads/scenario.ts';
import { AwsApiError, type JsonObject, type ServiceName } from '../world/api.ts';
import { objects, text } from '../world/json.ts';
import { type Act, eventfulMs, type FuzzSchedule, quietMs } from './schedule.ts';

const cluster = 'main';
const secondMs = 1_000;
const minuteMs = 60_000;

/** At rest, a cluster is left as it is for so long. */
const restMs = 12 * minuteMs;

/** What came of a schedule. */
export interface FuzzResult {
  /** Broken laws, failed invocations, buried messages. */
  readonly broken: readonly string[];
  /** What had not come to rest when it should have. */
  readonly restless: readonly string[];
  readonly decisions: number;
  readonly kills: number;
  readonly faults: number;
  /** Of Berth's doing: what others end is not counted. */
  readonly terminatedWithLiveTask: number;
  /** Kinds of acts that happened, and kinds of steps that were carried out, by how often. */
  readonly acts: ReadonlyMap<Act['kind'], number>;
  readonly steps: ReadonlyMap<Step['kind'], number>;
}

/** All that should not have happened, in sentences. */
export const failuresOf = ({ broken, restless }: FuzzResult): readonly string[] => [...broken, ...restless];

const scenarioOf = ({ scenario, settings }: FuzzSchedule): Scenario => {
  const document = {
    name: 'fuzz',
    description: 'made by the fuzzer',
    duration: '3d',
    cluster,
    ...scenario,
    settings: { defaults: { mode: 'act', ...settings } },
  };
  const parsed = parseScenario(JSON.stringify(document), 'fuzz.json', () => '');
  if (parsed.ok) return parsed.scenario;
  throw new Error(parsed.problems.map(problemText).join('\n'));
};

const increment = <K>(counts: Map<K, number>, key: K): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

const pick = <T>(list: readonly T[], nth: number): T | undefined => list[nth % Math.max(1, list.length)];

/** What an act can be done to, as it is at that moment. */
const handsOn = ({ world, clock, deployment, decisions }: WatchedBerth) => {
  const clusterState = () => world.view.ecs.clusters.get(cluster);
  const instances = () =>
    [...(clusterState()?.instances.values() ?? [])].toSorted((a, b) => (a.ec2InstanceId < b.ec2InstanceId ? -1 : 1));
  const services = () =>
    [...(clusterState()?.services.values() ?? [])]
      .filter((it) => it.status === 'ACTIVE' && !it.name.startsWith('daemon'))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  /** What AWS refuses a person is no act. */
  const call = (service: ServiceName, operation: string, input: JsonObject): JsonObject | undefined => {
    try {
      return world.call(service, operation, input, person);
    } catch (error) {
      if (error instanceof AwsApiError) return undefined;
      throw error;
    }
  };
  const did = (service: ServiceName, operation: string, input: JsonObject): boolean =>
    call(service, operation, input) !== undefined;
  const byHand = (request: JsonObject): boolean => {
    deployment()?.capacityRun.invoke({ cluster, ...request });
    return true;
  };
  const afterwards = (seconds: number, what: () => void): void => {
    clock.at(Math.min(clock.now() + seconds * secondMs, clock.now() + eventfulMs), what);
  };
  const askedToDrain = new Map<string, number>();
  const drainByHand = (ec2InstanceId: string): boolean => {
    askedToDrain.set(ec2InstanceId, clock.now());
    return byHand({ action: 'drain', instances: [ec2InstanceId] });
  };
  /** As far as the last decision knows, and what it was asked for since. */
  const isBerths = (ec2InstanceId: string): boolean => {
    const last = decisions.at(-1);
    const known = [...(last?.input.drains ?? []), ...(last?.plan.drains ?? [])];
    const askedAt = askedToDrain.get(ec2InstanceId) ?? Number.NEGATIVE_INFINITY;
    return known.some((it) => it.ec2InstanceId === ec2InstanceId) || askedAt > (last?.plan.observedAt ?? 0);
  };
  const { groups } = world.view;
  return { world, instances, services, call, did, byHand, drainByHand, afterwards, deployment, groups, isBerths };
};

type Hands = ReturnType<typeof handsOn>;

const setState = (hands: Hands, containerInstance: string, status: string): boolean =>
  hands.did('ecs', 'UpdateContainerInstancesState', { cluster, containerInstances: [containerInstance], status });

const ofInstance = (hands: Hands, nth: number, what: (it: ReturnType<Hands['instances']>[number]) => boolean) => {
  const it = pick(hands.instances(), nth);
  return it !== undefined && what(it);
};

const ofService = (hands: Hands, nth: number, operation: string, input: JsonObject): boolean => {
  const it = pick(hands.services(), nth);
  return it !== undefined && hands.did('ecs', operation, { cluster, service: it.name, ...input });
};

const setDesired = (hands: Hands, nth: number, by: number): boolean => {
  const group = pick([...hands.groups.values()], nth);
  if (group === undefined) return false;
  const DesiredCapacity = Math.min(group.maxSize, Math.max(group.minSize, group.desired + by));
  return hands.did('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: group.name, DesiredCapacity });
};

const runTask = (hands: Hands, { cpuUnits, count, seconds }: Extract<Act, { readonly kind: 'runTask' }>): boolean => {
  const family = `job-${cpuUnits}`;
  const container = { name: 'main', image: 'example', cpu: cpuUnits, memory: 256 };
  hands.call('ecs', 'RegisterTaskDefinition', { family, containerDefinitions: [container] });
  const answer = hands.call('ecs', 'RunTask', { cluster, taskDefinition: family, count, launchType: 'EC2' });
  const arns = (objects(answer ?? {}, 'tasks') ?? []).flatMap((it) => text(it, 'taskArn') ?? []);
  hands.afterwards(seconds, () => {
    for (const arn of arns) hands.world.finishTask(arn);
  });
  return arns.length > 0;
};

/** Whether it could be done: what there is to do it to may be gone. */
const perform = (act: Act, hands: Hands): boolean => {
  const { world, afterwards } = hands;
  switch (act.kind) {
    case 'setCount':
      return ofService(hands, act.nth, 'UpdateService', { desiredCount: act.count });
    case 'deploy':
      return ofService(hands, act.nth, 'UpdateService', { forceNewDeployment: true });
    case 'deleteService':
      return hands.services().length > 1 && ofService(hands, act.nth, 'DeleteService', { force: true });
    case 'runTask':
      return runTask(hands, act);
    case 'stopTask':
      return ofInstance(hands, act.nth, (it) => {
        const [task] = it.tasks;
        return task !== undefined && hands.did('ecs', 'StopTask', { cluster, task: task.arn });
      });
    case 'instanceDeath':
      return ofInstance(hands, act.nth, (it) => {
        world.killInstance(it.ec2InstanceId);
        return true;
      });
    case 'spotInterruption':
      return ofInstance(hands, act.nth, (it) => {
        world.interruptSpot(it.ec2InstanceId);
        return true;
      });
    case 'agentDisconnect':
      return ofInstance(hands, act.nth, (it) => {
        world.disconnectAgent(it.ec2InstanceId);
        afterwards(act.seconds, () => {
          if (hands.instances().includes(it)) world.reconnectAgent(it.ec2InstanceId);
        });
        return true;
      });
    case 'capacityError':
      afterwards(act.seconds, world.setCapacityError({ instanceTypes: [], availabilityZones: [], market: undefined }));
      return true;
    case 'noRegistration':
      afterwards(act.seconds, world.setRegistrationFailures(1));
      return true;
    // ECS does not say who asked for DRAINING: over a drain of Berth’s own that is under way, a person’s cannot be told.
    case 'personDrains':
      return ofInstance(hands, act.nth, (it) => {
        if (hands.isBerths(it.ec2InstanceId)) return false;
        afterwards(act.seconds, () => {
          setState(hands, it.arn, 'ACTIVE');
        });
        return setState(hands, it.arn, 'DRAINING');
      });
    case 'personTerminates':
      return ofInstance(hands, act.nth, (it) =>
        hands.did('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
          InstanceId: it.ec2InstanceId,
          ShouldDecrementDesiredCapacity: act.decrement,
        }),
      );
    case 'personProtects':
      return ofInstance(hands, act.nth, (it) => {
        const group = [...hands.groups.values()].find((one) => one.instances.has(it.ec2InstanceId));
        const protect = (ProtectedFromScaleIn: boolean): boolean =>
          hands.did('autoscaling', 'SetInstanceProtection', {
            AutoScalingGroupName: group?.name ?? '',
            InstanceIds: [it.ec2InstanceId],
            ProtectedFromScaleIn,
          });
        afterwards(act.seconds, () => {
          protect(false);
        });
        return protect(true);
      });
    case 'personSetsDesired':
      return setDesired(hands, act.nth, act.by);
    // What a person has drained already is theirs: to have Berth drain it too would be to give it away.
    case 'handDrains':
      return ofInstance(hands, act.nth, (it) => it.status === 'ACTIVE' && hands.drainByHand(it.ec2InstanceId));
    case 'handRestores':
      return ofInstance(hands, act.nth, (it) => hands.byHand({ action: 'restore', instances: [it.ec2InstanceId] }));
    case 'pause':
      return hands.byHand({ action: 'pause', what: 'all', until: `${Math.ceil(act.seconds / 60)}m` });
    case 'deployAgain':
      hands.deployment()?.deployAgain({ defaults: { mode: 'act', ...act.settings } });
      return true;
  }
};

/** What a person asked of the function is refused with a reason, where it makes no sense at that moment. */
const isRefusal = (broken: string): boolean => broken.startsWith('capacityRun failed: RequestError: ');

/** An invocation that fails because its calls were made to fail is what retries are for. */
const isMadeToFail = (broken: string): boolean => / failed: /.test(broken) && !/TypeError|RangeError/.test(broken);

/** Steps that change something; telling a hook to wait changes nothing. */
const isChange = ({ kind }: Step): boolean => kind !== 'recordHeartbeats';

/** Verdicts with which tasks may rightly wait for ever: the plan says what would have to change. */
const isExplained = (decision: Decision | undefined): boolean =>
  (decision?.plan.demand ?? []).some(({ verdicts }) =>
    verdicts.some(({ verdict }) => verdict.kind === 'unplaceable' || verdict.kind === 'heldBack'),
  );

/** Services of which ECS starts no task before another has stopped: nothing can move them off an instance that others end. */
const cannotMove = ({ world }: WatchedBerth): ReadonlySet<string> =>
  new Set(
    [...(world.view.ecs.clusters.get(cluster)?.services.values() ?? [])]
      .filter(
        (it) => it.minimumHealthyPercent >= 100 && (it.desiredCount * it.maximumPercent) / 100 < it.desiredCount + 1,
      )
      .map((it) => `service:${it.name}`),
  );

/** A drain that others began lasts as long as their hook lets it, where its tasks have nowhere to go. */
const mayLast = ({ cause, containerInstanceArn: arn }: Drain, watched: WatchedBerth, last: Decision): boolean => {
  if (!isEndedByOthers(cause)) return false;
  const fixed = cannotMove(watched);
  const left = last.input.observation.tasks.filter((it) => it.containerInstanceArn === arn);
  return isExplained(last) || left.some((it) => fixed.has(it.group ?? ''));
};

const restlessIn = (watched: WatchedBerth): readonly string[] => {
  const { world, clock, decisions } = watched;
  const now = clock.now();
  const late = decisions.filter((it) => it.plan.observedAt > now - restMs);
  const last = decisions.at(-1);
  const steps = late.flatMap(({ outcomes }) => outcomes.filter((it) => isChange(it.step)));
  const drains = last === undefined ? [] : last.input.drains.filter((it) => !mayLast(it, watched, last));
  const lacking = [...(world.view.ecs.clusters.get(cluster)?.services.values() ?? [])]
    .filter((it) => it.status === 'ACTIVE' && it.schedulingStrategy === 'REPLICA')
    .filter((it) => [...it.tasks].filter((task) => task.lastStatus === 'RUNNING').length < it.desiredCount);
  return [
    ...(late.length === 0 ? ['nothing was decided for long'] : []),
    ...steps.map(({ step, result, detail }) => `still: ${step.kind} ${result} ${detail ?? ''}: ${step.reason}`),
    ...drains.map((it) => `drain of ${it.ec2InstanceId} (${it.cause}) still ${it.state}`),
    ...(isExplained(last) ? [] : lacking.map((it) => `${it.name} lacks tasks and nothing says why`)),
  ];
};

/** Where an invocation dies, drawn once for each. */
const killsBy = (dice: Dice, share: number, isOver: () => boolean, onKill: () => void) => {
  const drawn = new Map<string, { readonly call: number; readonly after: boolean } | undefined>();
  const fateOf = ({ invocationId }: InvocationStart) => {
    if (drawn.has(invocationId)) return drawn.get(invocationId);
    const dies = !isOver() && dice.next() < share;
    const fate = dies ? { call: 1 + Math.floor(dice.next() * 18), after: dice.next() < 0.5 } : undefined;
    drawn.set(invocationId, fate);
    if (fate !== undefined) onKill();
    return fate;
  };
  const callIf = (after: boolean) => (start: InvocationStart) => {
    const fate = fateOf(start);
    return fate?.after === after ? fate.call : undefined;
  };
  return { killAt: callIf(false), killAfter: callIf(true) };
};

/** Plays a schedule to its end: an hour in which things happen, and a while to come to rest. */
export const playSchedule = async (
  schedule: FuzzSchedule,
  /** So that nothing can come to rest; to try the judge. */
  { failsForEver = false }: { readonly failsForEver?: boolean } = {},
): Promise<FuzzResult> => {
  const { seed, acts, unreliable } = schedule;
  const dice = seededDice(seed).fork('fuzz');
  const faultDice = dice.fork('faults');
  const scenario = scenarioOf(schedule);
  let isOver = false;
  let kills = 0;
  let faults = 0;
  const faultOf = (): 'refused' | 'answerLost' | undefined => {
    if (isOver) return undefined;
    const drawn = faultDice.next();
    if (drawn >= unreliable.refused + unreliable.answersLost) return undefined;
    faults++;
    return drawn < unreliable.refused ? 'refused' : 'answerLost';
  };
  const watched = await watchedBerth({
    scenario,
    seed,
    faultOf,
    ...killsBy(
      dice.fork('kills'),
      unreliable.killed,
      () => isOver,
      () => kills++,
    ),
  });
  const { clock } = watched;
  const hands = handsOn(watched);
  const done = new Map<Act['kind'], number>();
  for (const { atSecond, act } of acts)
    clock.at(scenario.startMs + atSecond * secondMs, () => {
      if (perform(act, hands)) increment(done, act.kind);
    });
  clock.at(scenario.startMs + eventfulMs, () => {
    isOver = !failsForEver;
  });
  await clock.runUntil(scenario.startMs + eventfulMs + quietMs);

  const isUnreliable = unreliable.killed + unreliable.refused + unreliable.answersLost > 0;
  const steps = new Map<Step['kind'], number>();
  for (const { outcomes } of watched.decisions)
    for (const { step, result } of outcomes) if (result === 'done') increment(steps, step.kind);
  const broken = watched.broken().filter((it) => !isRefusal(it) && !(isUnreliable && isMadeToFail(it)));
  return {
    broken,
    restless: restlessIn(watched),
    decisions: watched.decisions.length,
    kills,
    faults,
    terminatedWithLiveTask: broken.filter((it) => it.startsWith('2: ')).length,
    acts: done,
    steps,
  };
};
