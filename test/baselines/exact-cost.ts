import { createRequire } from 'node:module';
import type { Scenario, ScenarioTaskSize } from '../../simulator/workloads/scenario.ts';
import { instanceTypes } from '../../simulator/world/ec2/instance-types.ts';
import { stepMs } from './tiny-scenarios.ts';

const loadHighs = createRequire(import.meta.url)('highs') as typeof import('highs').default;

const leastSteps = 3; // 60 s

interface Slot {
  readonly name: string;
  readonly group: string;
  readonly pricePerHour: number;
  readonly room: readonly number[];
}

/** Something that needs a place: how many of it at each step, and whether it may move from one step to the next. */
interface Item {
  readonly name: string;
  readonly takes: readonly number[];
  readonly groups: readonly string[];
  /** Instances hold one of it. */
  readonly alone: boolean;
  readonly stays: boolean;
  readonly counts: readonly number[];
}

const takesOf = (size: ScenarioTaskSize): readonly number[] => [
  size.cpuUnits,
  size.memoryMiB,
  size.networkMode === 'awsvpc' ? 1 : 0,
];

const itemsOf = ({ services, tasks, durationMs }: Scenario, tasksStay: boolean): readonly Item[] => {
  const times = Array.from({ length: durationMs / stepMs }, (_, step) => step * stepMs);
  return [
    ...services
      .filter((it) => it.schedulingStrategy === 'REPLICA')
      .map((it, n) => ({
        name: `s${n}`,
        takes: takesOf(it.size),
        groups: it.groups,
        alone: it.size.hostPorts.length > 0 || it.placementConstraints.length > 0,
        stays: false,
        counts: times.map((at) => it.counts.findLast((point) => point.atMs <= at)?.count ?? 0),
      })),
    ...tasks.map((it, n) => ({
      name: `t${n}`,
      takes: takesOf(it.size),
      groups: it.groups,
      alone: false,
      stays: tasksStay,
      counts: times.map((at) => (at >= it.arrivalMs && at < it.arrivalMs + it.durationMs ? 1 : 0)),
    })),
  ];
};

const slotsOf = ({ groups, services }: Scenario, perOffer: number): readonly Slot[] => {
  const daemons = services.filter((it) => it.schedulingStrategy === 'DAEMON').map((it) => takesOf(it.size));
  return groups.flatMap((group, g) =>
    group.types.flatMap(({ instanceType, pricePerHour }, k) => {
      const type = instanceTypes.get(instanceType);
      if (type === undefined) return [];
      const whole = [
        type.vcpus * 1_024,
        type.memoryMiB - Math.ceil((type.memoryMiB * 207) / 8_192),
        type.maxNetworkInterfaces - 1,
      ];
      const room = whole.map((it, d) => it - daemons.reduce((sum, takes) => sum + (takes[d] ?? 0), 0));
      return Array.from({ length: perOffer }, (_, n) => ({
        name: `${g}_${k}_${n}`,
        group: group.name,
        pricePerHour,
        room,
      }));
    }),
  );
};

/** A mixed-integer program: which instances are paid at each step, and which of them holds what. */
const programOf = (scenario: Scenario, items: readonly Item[], slots: readonly Slot[]): string => {
  const steps = scenario.durationMs / stepMs;
  const constraints: string[] = [];
  const whole: string[] = [];
  const paid = (slot: Slot, step: number): string => `z${slot.name}_${step}`;
  const held = (item: Item, slot: Slot, step: number): string =>
    `x${item.name}_${slot.name}${item.stays ? '' : `_${step}`}`;
  const mayHold = (item: Item, slot: Slot): boolean =>
    (item.groups.length === 0 || item.groups.includes(slot.group)) &&
    item.takes.every((it, d) => it <= (slot.room[d] ?? 0));
  const cost = slots.flatMap((slot) =>
    Array.from({ length: steps }, (_, step) => `${(slot.pricePerHour * stepMs) / 3_600_000} ${paid(slot, step)}`),
  );
  for (let step = 0; step < steps; step++) {
    for (const item of items) {
      const count = item.counts[step] ?? 0;
      const places = slots.filter((it) => mayHold(item, it)).map((it) => held(item, it, step));
      if (count > 0) constraints.push(`${places.join(' + ')} = ${count}`);
      whole.push(...places);
    }
    for (const slot of slots) {
      const here = items.filter((it) => (it.counts[step] ?? 0) > 0 && mayHold(it, slot));
      slot.room.forEach((room, d) => {
        const terms = here.map((it) => `${it.takes[d] ?? 0} ${held(it, slot, step)}`);
        if (terms.length > 0) constraints.push(`${terms.join(' + ')} - ${room} ${paid(slot, step)} <= 0`);
      });
      for (const it of here) if (it.alone) constraints.push(`${held(it, slot, step)} - ${paid(slot, step)} <= 0`);
      // Launched now, or within what is charged at least: then it is paid now.
      const launches = Array.from({ length: Math.min(leastSteps, step + 1) }, (_, n) => `u${slot.name}_${step - n}`);
      const before = step === 0 ? '' : ` + ${paid(slot, step - 1)}`;
      constraints.push(`u${slot.name}_${step} - ${paid(slot, step)}${before} >= 0`);
      constraints.push(`${launches.join(' + ')} - ${paid(slot, step)} <= 0`);
    }
    for (const { name, minSize } of scenario.groups) {
      const members = slots.filter((it) => it.group === name).map((it) => paid(it, step));
      if (minSize > 0) constraints.push(`${members.join(' + ')} >= ${minSize}`);
    }
  }
  const binaries = slots.flatMap((slot) => Array.from({ length: steps }, (_, step) => paid(slot, step)));
  return [
    'Minimize',
    ` cost: ${cost.join(' + ')}`,
    'Subject To',
    ...constraints.map((it, n) => ` c${n}: ${it}`),
    'Bounds',
    ...[...new Set(whole)].map((it) => ` 0 <= ${it} <= 9`),
    'Binary',
    ` ${binaries.join(' ')}`,
    ...(whole.length > 0 ? ['General', ` ${[...new Set(whole)].join(' ')}`] : []),
    'End',
  ].join('\n');
};

/** What a tiny scenario costs at least in dollars, found by trying everything; undefined where something fits nowhere. */
export const exactCost = async (): Promise<(scenario: Scenario, tasksStay: boolean) => number | undefined> => {
  const highs = await loadHighs();
  return (scenario, tasksStay) => {
    const items = itemsOf(scenario, tasksStay);
    const steps = scenario.durationMs / stepMs;
    const atOnce = Array.from({ length: steps }, (_, step) =>
      items.reduce((sum, it) => sum + (it.counts[step] ?? 0), 0),
    );
    // No more are ever of use than there are tasks at once: one paid for and idle can take the next task.
    const slots = slotsOf(scenario, Math.max(1, ...atOnce));
    const answer = highs.solve(programOf(scenario, items, slots), { mip_rel_gap: 0 });
    return answer.Status === 'Optimal' ? answer.ObjectiveValue : undefined;
  };
};
