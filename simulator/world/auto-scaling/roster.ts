import type { Market } from '../ec2/capacity.ts';
import { type Extra, type Group, type GroupInstance, isCounted, type LifecycleState, type Tally } from './state.ts';

/** Keeps who is in a group and how many count towards its size in step, so that nobody has to count them anew. */

const count = (tally: Tally, zone: string, spot: boolean, by: 1 | -1): void => {
  tally.total += by;
  if (spot) tally.spot += by;
  tally.zones.set(zone, (tally.zones.get(zone) ?? 0) + by);
};

const countMember = (group: Group, it: GroupInstance, by: 1 | -1): void => {
  count(group.tally, it.ec2.machine.availabilityZone, it.ec2.spot, by);
};

/** Something launched above the desired capacity is there, or will not come: it is no longer extra. */
const settleExtra = (group: Group, it: GroupInstance): void => {
  if (it.extra === undefined) return;
  it.extra = undefined;
  group.extra--;
};

export const admit = (group: Group, it: GroupInstance): void => {
  group.instances.set(it.ec2.id, it);
  if (isCounted(it)) countMember(group, it, 1);
  if (it.extra !== undefined) group.extra++;
};

export const moveTo = (group: Group, it: GroupInstance, state: LifecycleState): void => {
  const writable: { state: LifecycleState } = it;
  const isMember = group.instances.get(it.ec2.id) === it;
  if (isMember && isCounted(it)) countMember(group, it, -1);
  writable.state = state;
  if (isMember && isCounted(it)) countMember(group, it, 1);
  if (!state.startsWith('Pending')) settleExtra(group, it);
};

export const dismiss = (group: Group, it: GroupInstance): void => {
  if (!group.instances.delete(it.ec2.id)) return;
  if (isCounted(it)) countMember(group, it, -1);
  settleExtra(group, it);
  group.atRisk.delete(it.ec2.id);
};

/** What a group has asked EC2 for. */
export interface Request {
  readonly zone: string;
  readonly market: Market;
  readonly extra: Extra | undefined;
}

/** Counts from now on. */
export const asked = (group: Group, { zone, market, extra }: Request): void => {
  group.asked++;
  if (extra !== undefined) group.extra++;
  count(group.tally, zone, market === 'spot', 1);
};

/** EC2 has answered, with an instance or without. */
export const answered = (group: Group, { zone, market, extra }: Request): void => {
  group.asked--;
  if (extra !== undefined) group.extra--;
  count(group.tally, zone, market === 'spot', -1);
};

export const inZone = (group: Group, zone: string): number => group.tally.zones.get(zone) ?? 0;

export const emptyTally = (): Tally => ({ total: 0, spot: 0, zones: new Map() });
