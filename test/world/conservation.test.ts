import { describe, expect, it } from '@jest/globals';
import { pick, seededDice } from '../../simulator/kernel/dice.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import { number, objects, text, texts } from '../../simulator/world/json.ts';
import {
  drain,
  instancesOf,
  membersOf,
  minute,
  ofKind,
  refusal,
  second,
  textAt,
  type UnderTest,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from './world-under-test.ts';

const shapes: readonly JsonObject[] = [
  {},
  { deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 } },
  { placementStrategy: [{ type: 'binpack', field: 'memory' }] },
  { deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 2 } },
  { schedulingStrategy: 'DAEMON' },
];

/** One random thing somebody or something does to the world. */
const disturb = (under: UnderTest, dice: ReturnType<typeof seededDice>): void => {
  const service = `s${Math.floor(dice.next() * shapes.length)}`;
  const instance = pick(dice, instancesOf(under)) ?? {};
  const id = text(instance, 'ec2InstanceId') ?? '';
  const acts: readonly (() => unknown)[] = [
    () => under.ecs('UpdateService', { cluster: 'c', service, desiredCount: Math.floor(dice.next() * 9) }),
    () => under.ecs('UpdateService', { cluster: 'c', service, forceNewDeployment: true }),
    () =>
      under.autoScaling('SetDesiredCapacity', {
        AutoScalingGroupName: 'g',
        DesiredCapacity: Math.floor(dice.next() * 6),
      }),
    () => {
      drain(under, instance, dice.next() < 0.5 ? 'DRAINING' : 'ACTIVE');
    },
    () => under.ecs('RunTask', { cluster: 'c', taskDefinition: 's0', count: 3 }),
    () =>
      under.autoScaling('TerminateInstanceInAutoScalingGroup', {
        InstanceId: id,
        ShouldDecrementDesiredCapacity: false,
      }),
    () => {
      under.world.interruptSpot(id);
    },
    () => {
      under.world.disconnectAgent(id);
    },
    () => {
      under.world.reconnectAgent(id);
    },
    () => {
      const arns = texts(under.ecs('ListTasks', { cluster: 'c' }), 'taskArns') ?? [];
      under.world.finishTask(pick(dice, arns) ?? '');
    },
  ];
  refusal(() => pick(dice, acts)?.());
};

const cpuOf = (instance: JsonObject, which: string): number =>
  number(objects(instance, which)?.find((it) => it['name'] === 'CPU') ?? {}, 'integerValue') ?? Number.NaN;

/** Tasks that hold something of an instance: wanted ones, and stopping ones that have not STOPPED. */
const holding = (under: UnderTest, containerInstance: string): readonly JsonObject[] => {
  const arns = ['RUNNING', 'STOPPED'].flatMap(
    (desiredStatus) =>
      texts(under.ecs('ListTasks', { cluster: 'c', containerInstance, desiredStatus }), 'taskArns') ?? [],
  );
  const tasks =
    arns.length === 0
      ? []
      : (objects(under.ecs('DescribeTasks', { cluster: 'c', tasks: arns.slice(-100) }), 'tasks') ?? []);
  return tasks.filter((it) => it['lastStatus'] !== 'STOPPED');
};

describe('whatever happens', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('resources, counts and wants add up (seed %i)', async (seed) => {
    const under = worldUnderTest(seed);
    const dice = seededDice(seed).fork('disturbances');
    withGroup(under, { size: 3, max: 6, zones: ['eu-west-1a', 'eu-west-1b'] });
    for (const [index, more] of shapes.entries()) {
      withDefinition(under, `s${index}`, { cpu: 200 + index, networkMode: index === 1 ? 'awsvpc' : 'bridge' });
      withService(under, `s${index}`, 3, more);
    }

    for (let i = 0; i < 150; i++) {
      disturb(under, dice);
      await under.pass(dice.next() < 0.5 ? 7 * second : 50 * second);
      for (const it of instancesOf(under)) {
        const tasks = holding(under, textAt(it, 'containerInstanceArn'));
        const used = tasks.reduce((sum, task) => sum + Number(task['cpu']), 0);
        expect(cpuOf(it, 'registeredResources') - cpuOf(it, 'remainingResources')).toBe(used);
        expect(cpuOf(it, 'remainingResources')).toBeGreaterThanOrEqual(0);
        const wanted = tasks.filter((task) => task['desiredStatus'] === 'RUNNING');
        const running = wanted.filter((task) => task['lastStatus'] === 'RUNNING').length;
        expect([number(it, 'runningTasksCount'), number(it, 'pendingTasksCount')]).toEqual([
          running,
          wanted.length - running,
        ]);
      }
    }

    for (const it of instancesOf(under)) {
      const containerInstance = textAt(it, 'containerInstanceArn');
      refusal(() => {
        under.world.reconnectAgent(textAt(it, 'ec2InstanceId'));
      });
      if (it['agentConnected'] === false)
        under.ecs('DeregisterContainerInstance', { cluster: 'c', containerInstance, force: true });
    }
    for (let i = 0; i < shapes.length; i++) under.ecs('DeleteService', { cluster: 'c', service: `s${i}`, force: true });
    await under.pass(30 * minute);
    const ended = new Set<string>();
    for (const record of under.records) {
      if (record.kind === 'taskWithdrawn') ended.add(record.wantId);
      if (record.kind === 'taskStatus' && record.lastStatus === 'RUNNING') ended.add(record.wantId);
    }
    const wanted = new Set(ofKind(under, 'taskWanted').map((record) => record.wantId));
    expect([...wanted].filter((id) => !ended.has(id))).toEqual([]);
    expect(membersOf(under).length).toBeLessThanOrEqual(6);
  });
});
