import { countsTowardsDesired } from '../model/auto-scaling-group.ts';
import type { GroupReport, Plan } from '../model/plan.ts';
import { type GroupState, stateOf } from './groups.ts';
import { pricePerHour } from './supply.ts';
import { type PlanningInput, type View, viewOf } from './view.ts';

/** What a group costs an hour, in dollars, at its desired capacity as it is and as it is planned. */
export interface GroupCost {
  readonly group: string;
  /** Of one new instance; undefined where nothing is known of what it would be. */
  readonly perInstance: number | undefined;
  /** `settings`: of berth.yml. `size`: in proportion to vCPU and memory, a rough figure. */
  readonly from: 'settings' | 'size' | undefined;
  readonly now: number | undefined;
  readonly planned: number | undefined;
}

/** Sums of prices are not exact. */
const rounded = (dollars: number): number => Math.round(dollars * 1e6) / 1e6;

const perInstanceOf = (view: View, { group, registered }: GroupState): number | undefined =>
  view.settings.groups[group.name]?.pricePerHour ??
  (registered === undefined ? undefined : pricePerHour(view, group.name, registered.resources));

/** What its instances cost as they are, those that have yet to register as a new one. */
const priceNow = (view: View, { group }: GroupState, perInstance: number): number => {
  const members = group.instances.filter(countsTowardsDesired);
  const present = members.reduce((sum, { ec2InstanceId }) => {
    const instance = view.instanceByEc2Id.get(ec2InstanceId);
    return sum + (instance === undefined ? perInstance : pricePerHour(view, group.name, instance.registered));
  }, 0);
  return present + (group.desiredCapacity - members.length) * perInstance;
};

const groupCost = (view: View, state: GroupState, { desiredCapacity, planned }: GroupReport): GroupCost => {
  const { name } = state.group;
  const perInstance = perInstanceOf(view, state);
  if (perInstance === undefined) {
    const nothing = desiredCapacity === 0 && planned === 0 ? 0 : undefined;
    return { group: name, perInstance, from: undefined, now: nothing, planned: nothing };
  }
  const from = view.settings.groups[name]?.pricePerHour === undefined ? 'size' : 'settings';
  const now = priceNow(view, state, perInstance);
  const then = now + (planned - desiredCapacity) * perInstance;
  return { group: name, perInstance, from, now: rounded(now), planned: rounded(then) };
};

/**
 * The cost of each group of a plan, in the plan's order: on-demand figures of compute alone. Whatever discounts, spot
 * prices, disks and traffic there are, Berth does not know.
 */
export const costOf = (input: PlanningInput, { groups }: Pick<Plan, 'groups'>): readonly GroupCost[] => {
  const view = viewOf(input);
  return groups.flatMap((report) => {
    const group = view.observation.groups.find((it) => it.name === report.group);
    return group === undefined ? [] : [groupCost(view, stateOf(view, group), report)];
  });
};
