import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { doctorText } from '../../cli/doctor-text.ts';
import { explainedText } from '../../cli/explain-text.ts';
import { planText, type Shown } from '../../cli/plan-text.ts';
import { demandText, unplacedText, whyText } from '../../cli/texts.ts';
import { diagnose } from '../../lib/doctor/diagnose.ts';
import type { Decision } from '../../lib/flows/decide.ts';
import { decisionsAbout } from '../../lib/flows/reading/explain.ts';
import { recordOf } from '../../lib/flows/record.ts';
import type { DecisionRecord } from '../../lib/model/decision.ts';
import type {
  DemandReport,
  InstanceReport,
  InstanceVerdict,
  KeepReason,
  UnplaceableReason,
  UnplacedVerdict,
} from '../../lib/model/plan.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { costOf } from '../../lib/planning/cost.ts';
import { explain } from '../../lib/planning/explain.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { watchedBerth } from '../../simulator/host/ports/watched-berth.ts';
import { input, now } from '../support/builders.ts';
import { exampleScenario } from '../support/scenarios.ts';

const names = readdirSync('examples/scenarios').flatMap((it) => (it.endsWith('.yml') ? basename(it, '.yml') : []));

/** No scenario is played for longer than this before it is looked at; the week has 200 instances. */
const longestMs = 12 * 60 * minuteMs;
const longestOfWeekMs = 3 * 60 * minuteMs;

const shown: Shown = { limit: Number.POSITIVE_INFINITY, group: undefined, verdicts: [], sort: 'verdict' };
const unbroken = Number.POSITIVE_INFINITY;

const planOf = ({ input: on, plan }: Decision, width: number): string =>
  planText(plan, costOf(on, plan), { shown, width, stepsTitle: 'To be done now' });

const explanationsOf = ({ input: on, plan }: Decision, asked: string, history: readonly DecisionRecord[]): string[] =>
  explain(on, plan, asked).map((explanation) =>
    explainedText(
      { explanation, decisions: decisionsAbout(explanation, history) },
      { now: plan.observedAt, width: 80, costs: costOf(on, plan) },
      true,
    ),
  );

/** What the account would add to the cluster: one deployment, all of whose groups are attached. */
const diagnosisOf = ({ input: on, plan }: Decision, cluster: string): string => {
  const findings = diagnose({
    cluster,
    now: plan.observedAt,
    input: on,
    plan,
    deployments: [{ name: 'berth-dev', clusters: [cluster], table: 'berth', roles: {} }],
    lastDecisionAt: plan.observedAt,
    attached: on.observation.groups.map(({ name }) => ({ name, cluster })),
    scalable: [],
    permissions: [],
    quota: undefined,
    gaps: [],
  });
  return doctorText(cluster, findings, 80);
};

const nameOf = ({ verdict }: InstanceReport): string => (verdict.kind === 'keep' ? verdict.reason : verdict.kind);

/** One instance for each verdict, the most telling service and group, and a task that waits and one that runs. */
const subjectsOf = ({ input: { observation }, plan }: Decision): readonly string[] => {
  const byVerdict = new Map(plan.instances.map((it) => [nameOf(it), it.ec2InstanceId]));
  const waiting = observation.services.find((it) => plan.demand.some(({ source }) => source === `service ${it.name}`));
  const placed = observation.tasks.find((it) => it.containerInstanceArn !== undefined);
  const unplaced = observation.tasks.find((it) => it.containerInstanceArn === undefined);
  return [
    ...byVerdict.values(),
    ...[waiting ?? observation.services[0]].flatMap((it) => it?.name ?? []),
    ...plan.groups.slice(0, 1).map((it) => it.group),
    ...[placed, unplaced].flatMap((it) => it?.arn ?? []),
  ];
};

const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ');

const expectReadable = (text: string): void => {
  expect(text.split('\n').filter((it) => it.length > 80)).toEqual([]);
  expect(text).not.toMatch(/undefined|NaN|Infinity|\[object|Invalid Date|arn:aws:ecs:[^ ]*(task|container-instance)\//);
};

/** The middle of each scenario, and the decision before it that had the most to tell. */
const played = async (name: string): Promise<{ readonly cluster: string; readonly decisions: readonly Decision[] }> => {
  const scenario = exampleScenario(name);
  const { clock, decisions } = await watchedBerth({ scenario, seed: 1 });
  const most = name.startsWith('week') ? longestOfWeekMs : longestMs;
  await clock.runUntil(scenario.startMs + Math.min(scenario.durationMs / 2, most));
  return { cluster: scenario.cluster, decisions };
};

const toldBy = ({ plan }: Decision): number =>
  new Set(plan.instances.map(nameOf)).size + plan.demand.flatMap((it) => it.verdicts).length;

describe('plan, explain and doctor', () => {
  it.each(names)(
    'tell all of the middle of %s in 80 columns, and of what was busiest before it',
    async (name) => {
      const { cluster, decisions } = await played(name);
      const history = decisions.flatMap((it, n) => recordOf({ generation: n }, 'event', it.plan, it.outcomes) ?? []);
      const last = decisions.slice(-1);
      const [busiest] = decisions
        .filter((it) => it.plan.instances.length > 0) // the first of a cluster from zero has only tasks to tell of
        .toSorted((a, b) => toldBy(b) - toldBy(a));

      expect(last).toHaveLength(1);
      for (const decision of [...last, ...(busiest === undefined ? [] : [busiest])]) {
        const { plan } = decision;
        const text = planOf(decision, 80);
        const told = squeezed(planOf(decision, unbroken));
        const subjects = subjectsOf(decision);

        expectReadable(text);
        expectReadable(diagnosisOf(decision, cluster));
        expect(plan.instances.length).toBeGreaterThan(0);
        for (const it of plan.instances) {
          expect(text).toContain(it.ec2InstanceId);
          expect(told).toContain(`${it.ec2InstanceId} ${it.verdict.kind} ${squeezed(whyText(it.verdict))}`);
        }
        for (const it of plan.demand)
          for (const { tasks, verdict } of it.verdicts) {
            expect(told).toContain(`${tasks} ${demandText(it)} ${verdict.kind} `);
            expect(told).toContain(squeezed(unplacedText(verdict, it.isReserve)));
            if (it.isReserve === true) expect(told).toContain(squeezed(it.source));
          }
        expect(subjects.length).toBeGreaterThanOrEqual(3);
        for (const it of subjects) {
          const answers = explanationsOf(decision, it, history);
          expect(answers.length).toBeGreaterThan(0);
          answers.forEach(expectReadable);
        }
      }
    },
    60_000,
  );
});

/** One of each, in the words of the planner: a reason without a line here does not compile. */
const details: Readonly<Record<KeepReason, string>> = {
  standaloneTask: 'a task of no service (family:report)',
  protectedTask: 'task arn:aws:ecs:eu-west-1:123456789012:task/main/0123abcd of service web is protected',
  protectionUnknown: 'whether its tasks are protected is not known',
  serviceCannotMove: 'service ledger: 2 of 2 tasks, of which 2 must run (100 %) and 2 may (100 %)',
  runningDeployment: 'a deployment of service web is under way; for 40 min more at most',
  lastCopyInZone: 'service web would bring its task back to eu-west-1a: zone rebalancing is on',
  instanceRefresh: 'an instance refresh of web is under way',
  tooYoung: 'it registered 120 s ago, less than 300 s',
  recentlyMoved: 'task arn:aws:ecs:eu-west-1:123456789012:task/main/0123abcd may have been moved less than 30 min ago',
  recentlyAbandoned: 'its last drain was given up; left alone for 20 min more',
  tasksFitNowhere: 'its 3 tasks would not find room for certain on the others',
  notWorthIt: 'moving 3 tasks saves $0.010: 0.4, less than the threshold 1',
  headroom: 'room that is to be kept free, or asked for, would not fit without it',
  recentPeak: 'what was wanted a short while ago would not fit without it',
  budget: 'as many as the budgets let leave are leaving',
  circuitBreaker: '3 of 4 instances are without an agent or unhealthy',
  paused: 'scale-in is paused by a person',
  consolidationOff: 'consolidation is not enabled',
  notLookedAt: '4 tasks; consolidation looks once a minute',
  retiring: 'rotation: leaves once what it runs has room elsewhere',
  tasksStillStopping: 'ECS still holds resources of tasks that are stopping',
  notQuietLongEnough: 'empty for 30 s of 120 s',
  neededForWaitingTasks: 'tasks without a place fit here',
  groupMinimum: 'its group may not become smaller',
  notOptedIn: 'in no group tagged berth:cluster; counted as supply only',
  externalInstance: 'ECS Anywhere: in no Auto Scaling group',
  managedInstance: 'ECS Managed Instances: AWS launches and drains it',
  agentDisconnected: 'its task list is stale: "empty" would prove nothing',
  standby: 'EnteringStandby',
  notInGroup: 'its group says Detaching',
  foreignDrain: 'DRAINING, and not by Berth',
  scaleInProtected: 'protected by a person: its group does not protect new instances',
  managedScaling: 'capacity provider of-web has managed scaling ENABLED: ECS sizes the group',
  groupConflict: 'its instance types have weights',
  partialView: 'part of the cluster could not be read',
  scalingOutGroup: 'its group grows in this very plan',
  notActive: 'REGISTERING',
  notRegistered: 'Pending in its group, not registered with ECS',
  registeredTwice: 'registered under two ARNs: what runs there is not certain',
};

const refusals: Readonly<Record<UnplaceableReason, string>> = {
  largerThanEveryInstance: 'needs 20480 MiB; the most that a new instance has is 7680 (web)',
  excludedByConstraints: 'web: attribute:disk == ssd',
  unclearConstraints: 'web: attribute:rack is not known of a new instance',
  sharedGpus: 'it shares a GPU, and how many may is not known',
  groupsAtMaximum: 'web may have 4',
  noGroup: 'no opted-in group may run it',
  boundToManagedGroup: 'capacity provider of-web: ECS sizes web',
  boundToUnknownProvider: 'capacity provider spot is none of the cluster',
  launchesDoNotRegister: '3 launches of web did not register',
  capacityErrors: 'web: InsufficientInstanceCapacity in eu-west-1a; tried again in 4 min',
  launchBudget: '12 launches of the last hour bore no fruit',
  caps: '200 of 200 vCPUs',
  unknownInstanceShape: 'no instance of web was ever seen',
  groupConflict: 'web: another scaling policy also sizes it: cpu-40',
  missingTaskDefinition: 'api:7 could not be read',
  partialView: 'the groups were read in part',
};

const going: readonly InstanceVerdict[] = [
  { kind: 'terminate', cause: 'repair', detail: 'proven empty' },
  ...(['empty', 'byHand', 'consolidation', 'rotation', 'rebalance', 'repair'] as const).map(
    (cause): InstanceVerdict => ({ kind: 'drain', cause, detail: 'asked for by this plan' }),
  ),
  ...(['lifecycleAction', 'spotInterruption'] as const).map(
    (cause): InstanceVerdict => ({ kind: 'draining', cause, detail: '2 tasks left' }),
  ),
  { kind: 'restore', detail: 'its room is needed again' },
];

const keepReasons = Object.entries(details) as readonly (readonly [KeepReason, string])[];

const waiting: readonly UnplacedVerdict[] = [
  { kind: 'fitsNow', instances: 1 },
  { kind: 'mayFitNow', instances: 1 },
  { kind: 'waitsForLaunch', group: 'web', instances: 2 },
  { kind: 'waitsForRoom', instances: 1 },
  { kind: 'launch', group: 'web', instances: 3 },
  { kind: 'restore', instances: 1 },
  { kind: 'heldBack', detail: 'they had room for 5 min' },
  ...(Object.entries(refusals) as readonly (readonly [UnplaceableReason, string])[]).map(
    ([reason, detail]): UnplacedVerdict => ({ kind: 'unplaceable', reason, detail }),
  ),
];

describe('plan', () => {
  it('has words for every verdict and every reason, in 80 columns', () => {
    const verdicts: readonly InstanceVerdict[] = [
      ...going,
      ...keepReasons.map(
        ([reason, detail]): InstanceVerdict => ({ kind: 'keep', reason, detail, until: now + minuteMs, others: [] }),
      ),
    ];
    const demand: DemandReport = {
      source: 'service api',
      capacityProvider: undefined,
      requirements: { cpuUnits: 512, memoryMiB: 1_024 },
      tasks: waiting.length,
      verdicts: waiting.map((verdict) => ({ tasks: 1, verdict })),
      obstacles: [],
    };
    const on = input({});
    const plan = {
      ...planCluster(on),
      demand: [demand],
      instances: verdicts.map((verdict, n) => ({
        ec2InstanceId: `i-${String(n).padStart(2, '0')}`,
        group: 'web',
        verdict,
      })),
    };
    const text = `${planOf({ input: on, plan, outcomes: [] }, 80)}\n`;
    const file = 'test/cli/verdicts.txt';
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);

    expectReadable(text);
    expect(text).toBe(readFileSync(file, 'utf8'));
    for (const it of [...Object.keys(details), ...Object.keys(refusals)]) expect(text).toContain(`${it}:`);
  });
});
