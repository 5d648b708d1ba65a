import { describe, expect, it } from '@jest/globals';
import { historyText } from '../../cli/history-text.ts';
import { planText, type Shown } from '../../cli/plan-text.ts';
import { columns, within } from '../../cli/print.ts';
import { resourcesText, spanText, timeText, withoutArns } from '../../cli/texts.ts';
import type { DemandReport, InstanceVerdict, Plan, Step, UnplacedVerdict } from '../../lib/model/plan.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { input, now } from '../support/builders.ts';

const keep = (reason: Extract<InstanceVerdict, { kind: 'keep' }>['reason'], detail: string): InstanceVerdict => ({
  kind: 'keep',
  reason,
  detail,
  others: [],
});

const verdicts: readonly InstanceVerdict[] = [
  { kind: 'keep', reason: 'notQuietLongEnough', detail: 'empty for 30 s of 120 s', until: now + 90_000, others: [] },
  keep('recentlyMoved', 'arn:aws:ecs:eu-west-1:123456789012:task/main/0123abcd may have been moved'),
  { kind: 'drain', cause: 'consolidation', detail: 'its 2 tasks fit on the 4 that stay' },
  { kind: 'draining', cause: 'byHand', detail: '1 task left' },
  { kind: 'terminate', cause: 'empty', detail: 'proven empty' },
  { kind: 'restore', detail: 'its room is needed again' },
];

const unplaced: readonly UnplacedVerdict[] = [
  { kind: 'fitsNow', instances: 1 },
  { kind: 'fitsNow', instances: 2, detail: 'ECS does not start them' },
  { kind: 'mayFitNow', instances: 1 },
  { kind: 'waitsForLaunch', group: 'web', instances: 2 },
  { kind: 'waitsForRoom', instances: 1 },
  { kind: 'launch', group: 'web', instances: 3 },
  { kind: 'restore', instances: 1 },
  { kind: 'heldBack', detail: 'they had room for 5 min' },
  { kind: 'unplaceable', reason: 'groupsAtMaximum', detail: 'web may have 4' },
];

const one = [{ ec2InstanceId: 'i-1', containerInstanceArn: 'arn', version: 1 }];
const steps: readonly Step[] = [
  { kind: 'setGroupDesiredCapacity', group: 'web', from: 2, to: 3, reason: 'r1' },
  { kind: 'setServiceDesiredCount', service: 'api', from: 4, to: 6, reason: 'r2' },
  {
    kind: 'launchInstances',
    group: 'web',
    from: 2,
    count: 2,
    availabilityZone: 'eu-west-1a',
    clientToken: 't',
    reason: 'r3',
  },
  {
    kind: 'drainInstances',
    group: 'web',
    cause: 'empty',
    instances: [...one, ...one, ...one, ...one, ...one, ...one],
    reason: 'r4',
  },
  { kind: 'restoreInstances', instances: one, reason: 'r5' },
  { kind: 'terminateInstances', group: 'web', instances: one, reason: 'r6' },
  { kind: 'completeLifecycleActions', group: 'web', lifecycleHookName: 'berth-drain', instances: one, reason: 'r7' },
  { kind: 'recordHeartbeats', group: 'web', lifecycleHookName: 'berth-drain', instances: one, reason: 'r8' },
  { kind: 'stopTasks', taskArns: ['arn:1', 'arn:2'], reason: 'r9' },
  { kind: 'deregisterInstances', instances: one, reason: 'r10' },
];

const demand: DemandReport = {
  source: 'service api',
  capacityProvider: 'spot',
  requirements: { cpuUnits: 512, memoryMiB: 1_024 },
  tasks: 9,
  verdicts: unplaced.map((verdict) => ({ tasks: 1, verdict })),
  obstacles: [{ obstacle: { kind: 'lacks', resource: 'CPU', needed: 512 }, instances: 2, mostLeft: 100 }],
};

const reserve: DemandReport = {
  ...demand,
  source: 'capacity run sale: 8 more of service api until 2026-11-23T14:00:00.000Z',
  isReserve: true,
  capacityProvider: undefined,
  verdicts: [{ tasks: 8, verdict: { kind: 'launch', group: 'web', instances: 2 } }],
  obstacles: [],
};

const plan: Plan = {
  ...planCluster(input({})),
  steps,
  groups: [
    {
      group: 'web',
      desiredCapacity: 2,
      planned: 3,
      minSize: 0,
      maxSize: 4,
      overdue: 0,
      note: 'launches fail: none left',
    },
    { group: 'spot', desiredCapacity: 0, planned: 0, minSize: 0, maxSize: 2, overdue: 0, note: undefined },
  ],
  instances: verdicts.map((verdict, n) => ({ ec2InstanceId: `i-${n}`, group: n === 1 ? undefined : 'web', verdict })),
  demand: [demand, reserve],
  gaps: [{ subject: 'tasks', cause: 'accessDenied', detail: 'ListTasks: AccessDenied' }],
  notices: ['web: its instances are not protected from scale-in'],
};

const all: Shown = { limit: Number.POSITIVE_INFINITY, group: undefined, verdicts: [], sort: 'verdict' };
const shownAs = (shown: Partial<Shown> = {}, width = 80): string =>
  planText(
    plan,
    [
      { group: 'web', perInstance: 0.1, from: 'settings', now: 0.2, planned: 0.3 },
      { group: 'spot', perInstance: undefined, from: undefined, now: undefined, planned: undefined },
    ],
    { shown: { ...all, ...shown }, width, stepsTitle: 'To be done now' },
  );

describe('planText', () => {
  it('has every kind of step, verdict and worry, within 80 columns', () => {
    const text = shownAs();

    expect(text).toMatchInlineSnapshot(`
"
To be done now
  set the desired capacity of web from 2 to 3
    r1
  set the desired count of service api from 4 to 6
    r2
  launch 2 in web (eu-west-1a)
    r3
  drain i-1, i-1, i-1, i-1, i-1 and 1 more
    r4
  set i-1 to ACTIVE again
    r5
  terminate i-1 of web
    r6
  let i-1 go (berth-drain)
    r7
  keep the hook of i-1 waiting
    r8
  stop 2 tasks
    r9
  deregister i-1
    r10

Groups
Group  now  wanted  may be  $/h now  $/h then
web      2       3  0 to 4    0.200     0.300
spot     0       0  0 to 2        ?         ?
all      2       3                ?         ?
  web: launches fail: none left
  $ ?: nothing is known yet of the instances of spot

Tasks without a place, and room to be kept
Tasks  Of                  Verdict         Why
    1  service api (spot)  fitsNow         there is room on 1 instance: ECS
                                           starts them
    1  service api (spot)  fitsNow         there is room on 2 instances: ECS
                                           starts them; ECS does not start them
    1  service api (spot)  mayFitNow       there is room on 1 instance, unless
                                           ECS takes the worst of several equals
    1  service api (spot)  waitsForLaunch  2 instances of web on the way
    1  service api (spot)  waitsForRoom    tasks that are about to end leave
                                           room on 1 instance
    1  service api (spot)  launch          this plan launches 3 instances of web
    1  service api (spot)  restore         1 draining instance taken back
    1  service api (spot)  heldBack        they had room for 5 min
    1  service api (spot)  unplaceable     groupsAtMaximum: web may have 4
                                           2 instances: has less than 512 CPU
                                           left (the most that one has left is
                                           100)
    8  room to be kept     launch          capacity run sale: 8 more of service
                                           api until 2026-11-23T14:00:00.000Z
                                           this plan launches 2 instances of web

Instances of no opted-in group
Instance  Verdict  Why
i-1       keep     recentlyMoved: task 0123abcd may have been moved

Instances of web
Instance  Verdict    Why
i-4       terminate  empty: proven empty
i-2       drain      consolidation: its 2 tasks fit on the 4 that stay
i-3       draining   byHand: 1 task left
i-5       restore    its room is needed again
i-0       keep       notQuietLongEnough: empty for 30 s of 120 s, until
                     2026-11-23 12:01:30Z

Not seen, so that nothing which rests on it is taken away
  tasks (accessDenied): ListTasks: AccessDenied

To be looked at
  web: its instances are not protected from scale-in"
`);
    expect(Math.max(...text.split('\n').map((it) => it.length))).toBeLessThanOrEqual(80);
  });

  it('has a line a row where nobody said how wide it is', () => {
    expect(shownAs({}, Number.POSITIVE_INFINITY)).toMatch(
      /^i-2 +drain +consolidation: its 2 tasks fit on the 4 that stay$/m,
    );
  });

  it('counts what it leaves out', () => {
    expect(shownAs({ limit: 2 }, 120)).toContain(
      '4 more (draining 1, notQuietLongEnough 1, recentlyMoved 1, restore 1); --all shows them',
    );
    expect(shownAs({ group: 'web', verdicts: ['drain', 'recentlyMoved'] })).toContain(
      '5 instances left out by --group or --verdict',
    );
    expect(shownAs({ sort: 'instance' }).indexOf('i-0 ')).toBeLessThan(shownAs({ sort: 'instance' }).indexOf('i-2 '));
  });

  it('says so where nothing is to be done', () => {
    const options = { shown: all, width: 80, stepsTitle: 'To be done now' };

    expect(planText(planCluster(input({})), [], options)).toBe('\nNothing is to be done.');
  });
});

describe('historyText', () => {
  it('has a row a step, and counts the steps it has not', () => {
    const step = {
      kind: 'drainInstances' as const,
      group: 'web',
      instances: ['i-1', 'i-2'],
      moreInstances: 3,
      from: undefined,
      to: undefined,
      reason: 'empty for at least 120 s',
      result: 'failed' as const,
      detail: 'AccessDenied',
    };
    const record = { at: now, generation: 1, reason: 'event', moreSteps: 2, waiting: [], moreWaiting: 0 };

    expect(historyText([{ ...record, steps: [step] }], 80)).toMatchInlineSnapshot(`
"When                  Step   Result  What, and why
2026-11-23 12:00:00Z  drain  failed  web: i-1, i-2, and 3 more
                                     empty for at least 120 s; AccessDenied
                                     and 2 steps more"
`);
  });
});

describe('texts', () => {
  it('spans of time have two units at most', () => {
    expect([0, 999, 61_000, 3_600_000, 90_061_000].map(spanText)).toEqual(['0s', '0s', '1m 1s', '1h', '1d 1h']);
  });

  it('times are the same for all who read them', () => {
    expect(timeText(now)).toBe('2026-11-23 12:00:00Z');
    expect(resourcesText({ cpuUnits: 1, memoryMiB: 2 })).toBe('1 CPU units, 2 MiB');
  });

  it('ARNs of tasks and container instances become their ids, others stay', () => {
    expect(withoutArns('arn:aws:ecs:eu-west-1:1:task/main/0a1b and arn:aws:ecs:eu-west-1:1:service/main/api')).toBe(
      'task 0a1b and arn:aws:ecs:eu-west-1:1:service/main/api',
    );
  });
});

describe('columns and within', () => {
  it('break what is too long between words, and a word that is longer than a line', () => {
    expect(columns([{ title: 'A' }, { title: 'B' }], [['1', `some words ${'x'.repeat(30)}`]], 30)).toBe(
      ['A  B', '1  some words', `   ${'x'.repeat(27)}`, '   xxx'].join('\n'),
    );
    expect(within('  a line that is too long for this', 26)).toBe('  a line that is too long\n    for this');
  });

  it('are empty without rows', () => {
    expect(columns([{ title: 'A' }], [], 80)).toBe('');
  });
});
