import { describe, expect, it } from '@jest/globals';
import { pick, seededDice } from '../../simulator/kernel/dice.ts';
import { scoreMeter } from '../../simulator/score/meter.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import { isLive, isWanted, type Task } from '../../simulator/world/ecs/state.ts';
import { text, texts } from '../../simulator/world/json.ts';
import {
  drain,
  instancesOf,
  minute,
  refusal,
  start,
  type UnderTest,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { boundOf, scenarioOf, serviceOf } from './told-world.ts';

const shapes: readonly JsonObject[] = [
  {},
  { deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 } },
  { deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 } },
  { schedulingStrategy: 'DAEMON' },
];

const disturb = (under: UnderTest, dice: ReturnType<typeof seededDice>): void => {
  const service = `s${Math.floor(dice.next() * 3)}`;
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
        ShouldDecrementDesiredCapacity: dice.next() < 0.5,
      }),
    () => {
      under.world.interruptSpot(id);
    },
    () => {
      under.world.killInstance(id);
    },
    () => {
      under.world.finishTask(pick(dice, texts(under.ecs('ListTasks', { cluster: 'c' }), 'taskArns') ?? []) ?? '');
    },
  ];
  refusal(() => pick(dice, acts)?.());
};

describe('the meter on a world in which anything happens', () => {
  it.each([1, 2, 3, 4, 5, 6])('agrees with the world at every step (seed %i)', async (seed) => {
    const under = worldUnderTest(seed, { apiThrottling: false });
    const dice = seededDice(seed).fork('disturbances');
    const size = { ...serviceOf('x').size, cpuUnits: 500, memoryMiB: 700 };
    const services = [0, 1, 2].map((n) => serviceOf(`s${n}`, { size }));
    const scenario = scenarioOf({ startMs: start, durationMs: 100 * minute, services });
    const read = scoreMeter({ world: under.world, scenario, bounds: boundOf([0, 1]), isController: () => true });
    withGroup(under, { size: 3, max: 6, zones: ['eu-west-1a', 'eu-west-1b'] });
    for (const [index, more] of shapes.entries()) {
      withDefinition(under, `s${index}`, { cpu: 500, memory: 700 });
      withService(under, `s${index}`, 3, more);
    }

    let steps = 0;
    while (under.clock.now() < start + 90 * minute) {
      disturb(under, dice);
      await under.pass(dice.next() < 0.5 ? 7_000 : 50_000);
      steps++;
      const { score, timeline, instances } = read(under.clock.now());
      const point = timeline.at(-1);
      const cluster = under.world.view.ecs.clusters.get('c');
      const tasks = [...(cluster?.tasks.values() ?? [])].filter((it) => it.want.kind !== 'DAEMON');
      const places = [...(cluster?.instances.values() ?? [])];
      const alive = new Set(instances.filter((it) => it.terminatedAtMs === undefined).map((it) => it.ec2InstanceId));
      const group = under.world.view.groups.get('g');
      const isThere = ({ instance }: Task): boolean => instance !== undefined && alive.has(instance.ec2InstanceId);
      const leaving = new Set(
        [...(group?.instances.values() ?? [])].filter((it) => it.state.startsWith('Term')).map((it) => it.ec2.id),
      );
      const active = places.filter(
        (it) => it.status === 'ACTIVE' && alive.has(it.ec2InstanceId) && !leaving.has(it.ec2InstanceId),
      );

      expect(point).toMatchObject({
        active: active.length,
        runningTasks: tasks.filter((it) => isWanted(it) && it.lastStatus === 'RUNNING' && isThere(it)).length,
        desiredCapacity: group?.desired,
        supplyCpuUnits: active.length * 2_048,
      });
      expect(score.wait.ran + score.wait.withdrawn + score.wait.waitingAtEnd).toBe(score.wait.wanted);
      expect(score.cost.reservedUtilisation).toBeLessThanOrEqual(1);
      expect(score.cost.strandedCapacity).toBeGreaterThanOrEqual(0);
      expect(score.cost.emptyInstanceHours).toBeLessThanOrEqual(score.cost.instanceHours);
      for (const it of instances) {
        const holds = tasks.some((task) => task.instance?.ec2InstanceId === it.ec2InstanceId && isLive(task));
        if (alive.has(it.ec2InstanceId)) expect(it.busy.at(-1)?.toMs === under.clock.now()).toBe(holds);
      }
    }
    expect(steps).toBeGreaterThan(100);
    expect(read(under.clock.now()).score.churn.launches).toBeGreaterThan(5);
  });
});
