import { type ContainerInstance, instanceTypeOf } from '../model/container-instance.ts';
import type { ClusterMemory, LaunchIntent, LearnedShape } from '../model/memory.ts';
import type { GroupReport, Plan, SetGroupDesiredCapacity, Step } from '../model/plan.ts';
import { demandOf } from './demand.ts';
import { moveDrains } from './drains.ts';
import { type GroupState, siblingsOf, stateOf } from './groups.ts';
import { scaleIn } from './scale-in.ts';
import { scaleOut } from './scale-out.ts';
import { isCapability } from './sites.ts';
import { hasGap, type PlanningInput, type View, viewOf } from './view.ts';

/**
 * What should change now, and why everything else stays. Pure: the same input, in whatever order AWS listed it, gives
 * the same plan. Instances that are draining are restored before any is launched, and a group that grows loses none.
 */
export const planCluster = (input: PlanningInput): Plan => {
  const view = viewOf(input);
  const states = view.observation.groups.map((group) => stateOf(view, group));
  const out = scaleOut(view, states, demandOf(view));
  const growing = new Set(out.steps.map((it) => it.group));
  const drains = moveDrains({ view, states, needed: out.neededInstances, restores: out.restores, growing });
  const inward = scaleIn(view, { states, needed: out.neededInstances, growing, moves: drains.moves });
  const wakeAts = [
    ...drains.wakeAts,
    ...inward.wakeAts,
    ...states.flatMap((it) => (it.deadlineAt === undefined ? [] : [it.deadlineAt])),
  ];
  return {
    cluster: view.cluster,
    observedAt: view.observation.observedAt,
    steps: inOrder([...drains.steps, ...out.steps, ...inward.steps]),
    groups: states.map((it) => reportOf(it, out.steps)),
    instances: inward.reports,
    demand: out.demand,
    gaps: view.observation.gaps,
    notices: noticesOf(view),
    memory: memoryAfter(view, states, out.steps, inward.emptySince),
    drains: [...drains.changed, ...inward.drains],
    endedDrains: drains.ended,
    nextTimerAt: wakeAts.length === 0 ? undefined : Math.min(...wakeAts),
  };
};

/** Groups that only the settings know: misspelt, of another region, or without the tag that opts them in. */
const noticesOf = (view: View): readonly string[] =>
  hasGap(view, 'groups')
    ? []
    : Object.keys(view.settings.groups)
        .filter((name) => !view.observation.groups.some((it) => it.name === name))
        .sort()
        .map(
          (name) =>
            `settings name group ${name}; no group of that name carries berth:cluster=${view.cluster} in this region`,
        );

/** First what gives room, then what waits on us, then what takes away. */
const order: Readonly<Record<Step['kind'], number>> = {
  restoreInstances: 0,
  setGroupDesiredCapacity: 1,
  completeLifecycleActions: 2,
  drainInstances: 3,
  terminateInstances: 4,
};

const inOrder = (steps: readonly Step[]): readonly Step[] => steps.toSorted((a, b) => order[a.kind] - order[b.kind]);

const reportOf = (state: GroupState, steps: readonly SetGroupDesiredCapacity[]): GroupReport => {
  const { group, hold, overdue } = state;
  const notes = [hold?.detail, overdue > 0 ? `${overdue} launches overdue` : undefined].filter(
    (it) => it !== undefined,
  );
  return {
    group: group.name,
    desiredCapacity: group.desiredCapacity,
    planned: steps.find((it) => it.group === group.name)?.to ?? group.desiredCapacity,
    minSize: group.minSize,
    maxSize: group.maxSize,
    overdue,
    note: notes.length === 0 ? undefined : notes.join('; '),
  };
};

const memoryAfter = (
  view: View,
  states: readonly GroupState[],
  steps: readonly SetGroupDesiredCapacity[],
  emptySince: ClusterMemory['emptySince'],
): ClusterMemory => {
  const asked: readonly LaunchIntent[] = steps.map((it) => ({ group: it.group, desiredCapacity: it.to, at: view.now }));
  return {
    intents: [...states.flatMap((it) => it.intents), ...unseen(view, view.memory.intents), ...asked],
    emptySince,
    unregisteredSince: {
      ...(hasGap(view, 'groups') ? view.memory.unregisteredSince : {}),
      ...Object.fromEntries(states.flatMap((it) => Object.entries(it.unregisteredSince))),
    },
    shapes: learned(view, states),
    facts: factsOf(view),
  };
};

/** Launches of groups that a partial look did not show are not forgotten. */
const unseen = (view: View, intents: readonly LaunchIntent[]): readonly LaunchIntent[] =>
  hasGap(view, 'groups')
    ? intents.filter((it) => !view.observation.groups.some((group) => group.name === it.group))
    : [];

const factsOf = ({ observation: { cluster, capacityProviders, factsReadAt } }: View): ClusterMemory['facts'] =>
  cluster === undefined || factsReadAt === undefined ? undefined : { cluster, capacityProviders, readAt: factsReadAt };

const sharedByInstances = new WeakMap<ContainerInstance['attributes'], Readonly<Record<string, string>>>();

/**
 * What instances agree on and a new one can be expected to have. What every ECS agent can do is left out, as are the
 * attributes that follow from where an instance is.
 */
const sharedAttributes = (siblings: readonly ContainerInstance[]): Readonly<Record<string, string>> => {
  const [first, ...others] = siblings;
  if (first === undefined) return {};
  const kept = sharedByInstances.get(first.attributes) ?? Object.fromEntries(worthKeeping(first.attributes));
  sharedByInstances.set(first.attributes, kept);
  const agreed = Object.entries(kept).filter(([name, value]) => others.every((it) => it.attributes[name] === value));
  return agreed.length === Object.keys(kept).length ? kept : Object.fromEntries(agreed);
};

const worthKeeping = (attributes: ContainerInstance['attributes']): readonly (readonly [string, string])[] =>
  Object.entries(attributes).filter(([name]) => !isCapability(name) && !ofOneInstance.has(name));

const ofOneInstance: ReadonlySet<string> = new Set([
  'ecs.availability-zone',
  'ecs.subnet-id',
  'ecs.instance-type',
  'ecs.awsvpc-trunk-id',
]);

/** What live instances register, so that a group at zero is planned exactly the next time. */
const learned = (view: View, states: readonly GroupState[]): ClusterMemory['shapes'] => {
  const shapes: Record<string, LearnedShape> = {};
  for (const { group } of states) {
    const before = view.memory.shapes[group.name];
    if (before !== undefined) shapes[group.name] = before;
    const sibling = siblingsOf(view, group)
      .toSorted((a, b) => a.registered.memoryMiB - b.registered.memoryMiB)
      .at(0);
    if (sibling === undefined || group.launchSource === undefined) continue;
    shapes[group.name] = {
      launchSource: group.launchSource,
      instanceType: instanceTypeOf(sibling) ?? 'unknown',
      registered: sibling.registered,
      gpus: sibling.gpusRegistered ?? sibling.gpusRemaining,
      attributes: sharedAttributes(siblingsOf(view, group)),
      from: 'instance',
    };
  }
  return shapes;
};
