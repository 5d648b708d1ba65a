import { describe, expect, it } from '@jest/globals';
import { applyPlan } from '../../lib/flows/apply.ts';
import { noMemory } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { DrainInstances, LaunchInstances, Plan, Step, StepInstance } from '../../lib/model/plan.ts';
import type { LaunchOutcome } from '../../lib/ports/group-api.ts';
import { group, instance, member, now } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';

const plan = (...steps: readonly Step[]): Plan => ({
  cluster: 'main',
  observedAt: now,
  steps,
  groups: [],
  instances: [],
  demand: [],
  gaps: [],
  notices: [],
  memory: noMemory,
  drains: [],
  endedDrains: [],
  questions: [],
  nextTimerAt: undefined,
});

const of = (n: number, over: Partial<StepInstance> = {}): StepInstance => ({
  ec2InstanceId: `i-${n}`,
  containerInstanceArn: instance(n).arn,
  version: instance(n).version,
  ...over,
});

const carriedOut = async (
  step: Step,
  seen: Partial<Observation>,
  prepare: (act: FakeAws) => void = () => undefined,
) => {
  const act = new FakeAws(seen);
  prepare(act);
  const [outcome] = await applyPlan(plan(step), act);
  return { result: outcome?.result, detail: outcome?.detail, writes: act.writes, marks: act.marks };
};

const task = 'arn:task/1';

describe('draining instances that run tasks', () => {
  const rotate = (over: Partial<DrainInstances> = {}): DrainInstances => ({
    kind: 'drainInstances',
    group: 'web',
    cause: 'rotation',
    instances: [of(1, { taskArns: [task] })],
    reason: 'old',
    ...over,
  });
  const busy = { containerInstances: [instance(1, { version: 9, runningTasksCount: 3 })] };

  it('goes on although tasks came and went, and marks the instance', async () => {
    expect(await carriedOut(rotate(), busy)).toEqual({
      result: 'done',
      detail: undefined,
      writes: ['DRAINING i-1'],
      marks: ['rotation i-1'],
    });
  });

  it('leaves out an empty one that changed', async () => {
    const { result, detail, writes } = await carriedOut(rotate({ cause: 'empty' }), busy);

    expect([result, detail, writes]).toEqual(['dropped', 'i-1 has changed since the plan was made', []]);
  });

  it('leaves out one that is not ACTIVE any more', async () => {
    const { detail } = await carriedOut(rotate(), { containerInstances: [instance(1, { status: 'DRAINING' })] });

    expect(detail).toBe('i-1 is DRAINING by now');
  });

  it('leaves out one whose task is protected by now, and only that', async () => {
    const instances = [of(1, { taskArns: [task] }), of(2, { taskArns: ['arn:task/2'] })];
    const { result, detail, writes } = await carriedOut(
      rotate({ instances }),
      { containerInstances: [instance(1), instance(2)] },
      (act) => {
        act.protections = { [task]: true, 'arn:task/2': false };
      },
    );

    expect([result, detail, writes]).toEqual(['done', 'left out: i-1 runs a protected task by now', ['DRAINING i-2']]);
  });

  it('leaves out one of which ECS did not say whether its task is protected', async () => {
    const gap = { subject: 'taskProtection', cause: 'throttled', detail: 'slow' } as const;
    const { result, detail } = await carriedOut(rotate(), { ...busy, gaps: [gap] });

    expect([result, detail]).toEqual(['dropped', 'i-1 may run a protected task by now']);
  });

  it('drains what EC2 takes anyway, protected or not', async () => {
    const { writes } = await carriedOut(rotate({ cause: 'spotInterruption' }), busy, (act) => {
      act.protections = { [task]: true };
    });

    expect(writes).toEqual(['DRAINING i-1']);
  });

  it('does not fail where the mark does', async () => {
    const { result } = await carriedOut(rotate(), busy, (act) => {
      act.answerToMark = (id) => ({ id, result: 'failed', detail: 'access denied' });
    });

    expect(result).toBe('done');
  });
});

describe('marks', () => {
  it('go when an instance is ACTIVE again, and are not set where the change failed', async () => {
    const step = { kind: 'restoreInstances', instances: [of(1), of(2)], reason: 'needed' } as const;
    const { marks } = await carriedOut(step, {}, (act) => {
      act.answer = (id) => ({ id, result: id === instance(1).arn ? 'busy' : 'done', detail: undefined });
    });

    expect(marks).toEqual(['no mark i-2']);
  });

  it('are no more than ECS takes at once', async () => {
    const instances = Array.from({ length: 30 }, (_, n) => of(n));
    const { marks } = await carriedOut({ kind: 'restoreInstances', instances, reason: 'needed' }, {});

    expect(marks.flatMap((it) => it.split(' ').filter((word) => word.startsWith('i-')))).toHaveLength(20);
  });

  it('come after all that matters', async () => {
    const act = new FakeAws({ containerInstances: [instance(1)], groups: [group([member(1)])] });
    let marksBefore: number | undefined;
    act.beforeCheck = () => {
      marksBefore = act.marks.length;
    };

    await applyPlan(
      plan(
        { kind: 'restoreInstances', instances: [of(1)], reason: 'needed' },
        { kind: 'setGroupDesiredCapacity', group: 'web', from: 1, to: 2, reason: 'needed' },
      ),
      act,
    );

    expect(act.writes).toEqual(['ACTIVE i-1', 'desired web 2']);
    expect([marksBefore, act.marks]).toEqual([0, ['no mark i-1']]);
  });
});

describe('terminating', () => {
  const step = (instances: readonly StepInstance[]) =>
    ({ kind: 'terminateInstances', group: 'web', instances, reason: 'empty' }) as const;

  it('takes one that goes whatever it holds, although it changed', async () => {
    const { writes } = await carriedOut(step([of(1, { version: undefined })]), {
      containerInstances: [instance(1, { status: 'DRAINING', version: 9, runningTasksCount: 2 })],
    });

    expect(writes).toEqual(['terminate web i-1']);
  });

  it('leaves out even that where somebody made it ACTIVE again', async () => {
    const { result, detail } = await carriedOut(step([of(1, { version: undefined })]), {
      containerInstances: [instance(1, { version: 9 })],
    });

    expect([result, detail]).toEqual(['dropped', 'i-1 is ACTIVE by now']);
  });

  it('takes one that is no longer registered', async () => {
    const { writes } = await carriedOut(step([of(1, { version: undefined })]), {});

    expect(writes).toEqual(['terminate web i-1']);
  });

  it('takes one that never registered, unless it has by now', async () => {
    const never = (n: number) => of(n, { containerInstanceArn: '', version: undefined });
    const { detail, writes } = await carriedOut(step([never(1), never(2)]), { containerInstances: [instance(1)] });

    expect([detail, writes]).toEqual(['left out: i-1 has registered by now', ['terminate web i-2']]);
  });

  it('leaves out what may have registered, for all that could be read', async () => {
    const gap = { subject: 'containerInstances', cause: 'throttled', detail: 'slow' } as const;
    const never = of(1, { containerInstanceArn: '', version: undefined });
    const { result, detail } = await carriedOut(step([never]), { gaps: [gap] });

    expect([result, detail]).toEqual(['dropped', 'i-1 may have registered by now']);
  });

  it('keeps the desired capacity where the instance does not count towards it', async () => {
    const retained = { ...step([of(1)]), keepsDesiredCapacity: true } as const;
    const { writes } = await carriedOut(retained, { containerInstances: [instance(1, { status: 'DRAINING' })] });

    expect(writes).toEqual(['terminate web i-1, desired kept']);
  });
});

describe('making a group smaller without its instances', () => {
  const step = { kind: 'setGroupDesiredCapacity', group: 'web', from: 3, to: 1, reason: 'no capacity' } as const;
  const protectedOne = member(1, { protectedFromScaleIn: true });

  it('is done where it lacks as many, and what it has is protected', async () => {
    const { writes } = await carriedOut(step, { groups: [group([protectedOne], { desiredCapacity: 3 })] });

    expect(writes).toEqual(['desired web 1']);
  });

  it('is dropped where an instance came meanwhile', async () => {
    const late = member(2, { lifecycleState: 'Pending' });
    const { result, detail } = await carriedOut(step, {
      groups: [group([protectedOne, late], { desiredCapacity: 3 })],
    });

    expect([result, detail]).toEqual(['dropped', 'it has 2 instances by now, and would terminate some at 1']);
  });

  it('is dropped where the group could choose a victim', async () => {
    const open = member(1, { protectedFromScaleIn: false });
    const { result, detail } = await carriedOut(step, { groups: [group([open], { desiredCapacity: 3 })] });

    expect([result, detail]).toEqual(['dropped', 'i-1 could be terminated: not protected from scale-in']);
  });
});

describe('setting a size soon after another', () => {
  const set = { kind: 'setGroupDesiredCapacity', group: 'web', from: 5, to: 7, reason: 'tasks wait' } as const;
  const sized = (desiredCapacity: number, step: Step) =>
    carriedOut(step, { groups: [group([member(1, { protectedFromScaleIn: true })], { desiredCapacity })] });

  it('goes on where the read may show the size before Berth’s own last change', async () => {
    expect(await sized(1, { ...set, maySeem: [1] })).toMatchObject({ result: 'done', writes: ['desired web 7'] });
    expect(await sized(1, set)).toMatchObject({ result: 'dropped', writes: [] });
    expect(await sized(2, { ...set, maySeem: [1] })).toMatchObject({ result: 'dropped', writes: [] });
  });

  it('takes a size for given already only where the read cannot be old', async () => {
    expect(await sized(7, set)).toMatchObject({ result: 'done', writes: [] });
    expect(await sized(7, { ...set, maySeem: [7] })).toMatchObject({ result: 'done', writes: ['desired web 7'] });
  });
});

describe('launching instances', () => {
  const step: LaunchInstances = {
    kind: 'launchInstances',
    group: 'web',
    from: 1,
    count: 2,
    availabilityZone: 'eu-west-1a',
    clientToken: 'token',
    reason: 'tasks wait',
  };
  const seen = { groups: [group([member(1)], { maxSize: 3 })] };

  it('asks for so many in one zone, and names those that came', async () => {
    expect(await carriedOut(step, seen)).toMatchObject({
      result: 'done',
      detail: 'launched i-new-0, i-new-1',
      writes: ['launch 2 in web eu-west-1a'],
    });
  });

  it.each([
    ['none came', { kind: 'noCapacity', cause: 'no m5.large' }, 'no m5.large'],
    ['some came', { kind: 'launched', ec2InstanceIds: ['i-9'], missing: 'no m5.large' }, '1 of 2 came: no m5.large'],
    ['the call was refused', { kind: 'failed', detail: 'access denied' }, 'access denied'],
  ] as const)('failed, where %s', async (_, outcome, detail) => {
    const done = await carriedOut(step, seen, (act) => {
      act.answerToLaunch = () => outcome;
    });

    expect([done.result, done.detail]).toEqual(['failed', detail]);
  });

  it('tells how many did not come, and why; not of a call that may just be made again', async () => {
    const told = async (answer: LaunchOutcome) => {
      const act = new FakeAws(seen);
      act.answerToLaunch = () => answer;
      return (await applyPlan(plan(step), act)).map((it) => it.notLaunched);
    };

    expect(await told({ kind: 'noCapacity', cause: 'no m5.large' })).toEqual([{ instances: 2, cause: 'no m5.large' }]);
    expect(await told({ kind: 'launched', ec2InstanceIds: ['i-9'], missing: 'no more' })).toEqual([
      { instances: 1, cause: 'no more' },
    ]);
    expect(await told({ kind: 'failed', detail: 'Rate exceeded' })).toEqual([undefined]);
  });

  it('goes on in the next zone, the group having grown by what came in the one before', async () => {
    const act = new FakeAws({ groups: [group([member(1)], { maxSize: 9 })] });
    const came: Readonly<Record<string, LaunchOutcome>> = {
      'eu-west-1a': { kind: 'launched', ec2InstanceIds: ['i-7'], missing: 'no more' },
      'eu-west-1b': { kind: 'noCapacity', cause: 'none' },
      'eu-west-1c': { kind: 'launched', ec2InstanceIds: ['i-8', 'i-9'], missing: undefined },
    };
    act.answerToLaunch = ({ availabilityZone = '' }) => {
      const answer = came[availabilityZone] ?? { kind: 'failed', detail: 'another zone' };
      const ids = answer.kind === 'launched' ? answer.ec2InstanceIds : [];
      const [web = group([])] = act.seen.groups;
      act.seen = { ...act.seen, groups: [{ ...web, desiredCapacity: web.desiredCapacity + ids.length }] };
      return answer;
    };
    const steps = Object.keys(came).map((availabilityZone) => ({ ...step, availabilityZone }));

    const outcomes = await applyPlan(plan(...steps), act);

    expect(outcomes.map((it) => [it.step, it.result])).toEqual([
      [steps[0], 'failed'],
      [steps[1], 'failed'],
      [steps[2], 'done'],
    ]);
  });

  it('goes on in the next zone where a read does not show yet what came in the one before', async () => {
    const act = new FakeAws({ groups: [group([member(1)], { maxSize: 9 })] });
    act.answerToLaunch = () => ({ kind: 'launched', ec2InstanceIds: ['i-7', 'i-8'], missing: undefined });
    const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];

    const outcomes = await applyPlan(plan(...zones.map((availabilityZone) => ({ ...step, availabilityZone }))), act);

    expect(outcomes.map((it) => it.result)).toEqual(['done', 'done', 'done']);
  });

  it('is dropped all the same where together they would be more than the group may have', async () => {
    const act = new FakeAws({ groups: [group([member(1)], { maxSize: 4 })] });
    act.answerToLaunch = () => ({ kind: 'launched', ec2InstanceIds: ['i-7', 'i-8'], missing: undefined });
    const zones = ['eu-west-1a', 'eu-west-1b'];

    const outcomes = await applyPlan(plan(...zones.map((availabilityZone) => ({ ...step, availabilityZone }))), act);

    expect(outcomes.map((it) => it.result)).toEqual(['done', 'dropped']);
  });

  it.each([
    ['somebody changed the size', group([member(1)], { desiredCapacity: 2 }), /desired capacity is 2 by now/],
    ['the maximum fell', group([member(1)], { maxSize: 2 }), /3 is outside 0 to 2 by now/],
  ])('is dropped where %s', async (_, changed, detail) => {
    const done = await carriedOut(step, { groups: [changed] });

    expect([done.result, done.writes]).toEqual(['dropped', []]);
    expect(done.detail).toMatch(detail);
  });
});

describe('stopping tasks', () => {
  const step = { kind: 'stopTasks', taskArns: [task, 'arn:task/2'], reason: 'past its deadline' } as const;

  it('stops those that are not protected', async () => {
    const { detail, writes } = await carriedOut(step, { taskProtection: { [task]: true, 'arn:task/2': false } });

    expect(writes).toEqual(['stop 2 (past its deadline)']);
    expect(detail).toBe(`left out: ${task} is protected by now, or may be`);
  });

  it('stops those of which ECS knows no protection, unless it did not answer', async () => {
    const gap = { subject: 'taskProtection', cause: 'throttled', detail: 'slow' } as const;

    expect((await carriedOut(step, {})).writes).toEqual(['stop 1 2 (past its deadline)']);
    expect((await carriedOut(step, { gaps: [gap] })).result).toBe('dropped');
  });
});

describe('deregistering', () => {
  const step = { kind: 'deregisterInstances', instances: [of(1), of(2), of(3)], reason: 'lost' } as const;

  it('takes off the books what is still without its agent, and nothing else', async () => {
    const { detail, writes } = await carriedOut(step, {
      containerInstances: [instance(1, { agentConnected: false, version: 9 }), instance(2)],
    });

    expect(writes).toEqual(['deregister i-1']);
    expect(detail).toBe('left out: i-2 has its agent again; i-3 was not found');
  });
});

describe('heartbeats', () => {
  it('are recorded by instance', async () => {
    const step = {
      kind: 'recordHeartbeats',
      group: 'web',
      lifecycleHookName: 'berth-drain',
      instances: [of(1), of(2)],
      reason: 'tasks are leaving',
    } as const;

    expect(await carriedOut(step, {})).toMatchObject({
      result: 'done',
      writes: ['heartbeat web berth-drain i-1 i-2'],
    });
  });
});
