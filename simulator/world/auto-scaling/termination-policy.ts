import { AwsApiError } from '../api.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { texts } from '../json.ts';
import { isMixed, type LaunchOption, misalignment, onDemandShareOf, optionsOf, specificationOf } from './pools.ts';
import { type Group, type GroupInstance, isCounted } from './state.ts';

const policies = [
  'Default',
  'AllocationStrategy',
  'OldestLaunchTemplate',
  'OldestLaunchConfiguration',
  'ClosestToNextInstanceHour',
  'NewestInstance',
  'OldestInstance',
] as const;
type Policy = (typeof policies)[number];

const isPolicy = (name: string): name is Policy => policies.some((it) => it === name);

export const terminationPoliciesOf = (group: Group): readonly Policy[] => {
  const asked = texts(group.json, 'TerminationPolicies') ?? [];
  return (asked.length === 0 ? ['Default'] : asked).map((name) => {
    if (!isPolicy(name)) throw new AwsApiError('ValidationError', `The termination policy ${name} is not modelled.`);
    return name;
  });
};

const hourMs = 3_600_000;

interface Candidate {
  readonly it: GroupInstance;
  /** By these it goes before others: the smaller, the sooner; the first difference decides. */
  readonly ranks: readonly number[];
}

const before = (a: Candidate, b: Candidate): number => {
  for (const [place, rank] of a.ranks.entries()) {
    const other = b.ranks[place] ?? 0;
    if (rank !== other) return rank - other;
  }
  return 0;
};

/**
 * Protection from scale-in starts when an instance is InService (Auto Scaling user guide, instance scale-in
 * protection); what is launched above the desired capacity is not taken before it has served its purpose.
 */
export const mayBeTaken = (it: GroupInstance): boolean =>
  isCounted(it) && it.extra === undefined && !(it.isProtected && it.state === 'InService');

/** What ranks the instances of a group by its termination policies. */
const ranking = (
  group: Group,
  templates: LaunchTemplates,
  ground: Ground,
): ((it: GroupInstance) => readonly number[]) => {
  const options: readonly LaunchOption[] = optionsOf(group, templates);
  const current = templates.resolve(specificationOf(group)).template.id;
  const rankBy = (policy: Policy, it: GroupInstance): readonly number[] => {
    const { launchedAt } = it.ec2;
    switch (policy) {
      case 'AllocationStrategy':
        return [-misalignment(group, options, it)];
      case 'OldestLaunchTemplate':
        return [it.source.templateId === current ? 1 : 0, it.source.version];
      case 'ClosestToNextInstanceHour':
        return [hourMs - ((ground.now() - launchedAt) % hourMs)];
      case 'NewestInstance':
        return [-launchedAt];
      case 'OldestInstance':
        return [launchedAt];
      case 'OldestLaunchConfiguration':
        return []; // no instance has one
      case 'Default':
        return [
          ...(isMixed(group) ? rankBy('AllocationStrategy', it) : []),
          ...rankBy('OldestLaunchTemplate', it),
          ...rankBy('ClosestToNextInstanceHour', it),
        ];
    }
  };
  const chosen = terminationPoliciesOf(group);
  return (it) => [...chosen.flatMap((policy) => rankBy(policy, it)), ground.luck()];
};

type Queues = Map<string, Candidate[]>;

/** By zone, the one to go first at the end. */
const queuesOf = (candidates: readonly Candidate[]): Queues => {
  const queues: Queues = new Map();
  for (const it of candidates) {
    const zone = it.it.ec2.machine.availabilityZone;
    const queue = queues.get(zone);
    if (queue === undefined) queues.set(zone, [it]);
    else queue.push(it);
  }
  for (const queue of queues.values()) queue.sort((a, b) => before(b, a));
  return queues;
};

/** Of the fullest zones that still have a candidate, the one who goes first of all their first. */
const takeFrom = (queues: Queues, counts: Map<string, number>): GroupInstance | undefined => {
  let best: Candidate | undefined;
  let most = 0;
  for (const [zone, queue] of queues) {
    const head = queue.at(-1);
    const count = counts.get(zone) ?? 0;
    if (head === undefined || (best !== undefined && count < most)) continue;
    if (best === undefined || count > most || before(head, best) < 0) best = head;
    most = Math.max(most, count);
  }
  if (best === undefined) return undefined;
  const zone = best.it.ec2.machine.availabilityZone;
  queues.get(zone)?.pop();
  counts.set(zone, (counts.get(zone) ?? 1) - 1);
  return best.it;
};

/**
 * Who goes when a group shrinks by so many: in a mixed group first the market in which it has too many, then the zone
 * with most instances (among those with one that is not protected), and there by the termination policies; luck decides
 * between equals. Fewer where the rest is protected. (Auto Scaling user guide, termination policies.)
 */
export const victimsOf = (
  group: Group,
  count: number,
  templates: LaunchTemplates,
  ground: Ground,
): readonly GroupInstance[] => {
  const ranksOf = ranking(group, templates, ground);
  const open = [...group.instances.values()].filter(mayBeTaken).map((it): Candidate => ({ it, ranks: ranksOf(it) }));
  const isOwn = (zone: string): boolean => group.zones.includes(zone);
  const full = Number.POSITIVE_INFINITY; // what stands in a zone that is no longer the group's goes first
  const counts = new Map([...group.tally.zones].map(([zone, count]) => [zone, isOwn(zone) ? count : full]));
  if (!isMixed(group)) {
    const queues = queuesOf(open);
    return Array.from({ length: count }, () => takeFrom(queues, counts)).filter((it) => it !== undefined);
  }
  const spot = queuesOf(open.filter(({ it }) => it.ec2.spot));
  const onDemand = queuesOf(open.filter(({ it }) => !it.ec2.spot));
  const victims: GroupInstance[] = [];
  let onDemandLeft = group.tally.total - group.tally.spot;
  for (let size = group.tally.total; victims.length < count; size--) {
    const onDemandFirst = onDemandLeft > onDemandShareOf(group, templates, size - 1);
    const [first, second] = onDemandFirst ? [onDemand, spot] : [spot, onDemand];
    const victim = takeFrom(first, counts) ?? takeFrom(second, counts);
    if (victim === undefined) break;
    if (!victim.ec2.spot) onDemandLeft--;
    victims.push(victim);
  }
  return victims;
};
